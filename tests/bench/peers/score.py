"""The same questions to every tool: its readings as passages, compared by ``speedcam validate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from speedcam.model import (
    Direction,
    Grade,
    Passage,
    Provenance,
    Sample,
    SpeedMeasurement,
)
from speedcam.record import dumps
from speedcam.site import Site
from tests.bench.command import run

UNSTATED_KMH = 1.0
"""No tool states an uncertainty and every passage needs one. Nothing here looks at it."""

SIZES = ("median_abs_kmh", "p95_abs_kmh", "max_abs_kmh", "mean_abs_kmh", "bias_kmh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a tool made of some clips.

    Attributes:
        n: Vehicles that passed.
        errors_kmh: Reading minus truth, of each vehicle that has a reading.
        refused: Vehicles with a refusal instead.
        extra: Readings of nobody, and second readings of somebody.
        frames: Of the clips.
        cpu_s: Processor seconds of the whole process, whatever it did.
    """

    n: int
    errors_kmh: tuple[float, ...]
    refused: int
    extra: int
    frames: int
    cpu_s: float

    def __add__(self, other: Score) -> Score:
        """Both clips together."""
        return Score(
            n=self.n + other.n,
            errors_kmh=self.errors_kmh + other.errors_kmh,
            refused=self.refused + other.refused,
            extra=self.extra + other.extra,
            frames=self.frames + other.frames,
            cpu_s=self.cpu_s + other.cpu_s,
        )

    def figures(self) -> dict[str, float | int | None]:
        """As in docs/validate.md, but ``within_3`` counts readings within ±3 km/h and no more."""
        error = np.array(self.errors_kmh)
        counts: dict[str, float | int | None] = {
            "n": self.n, "captured": len(error), "refused": self.refused, "extra": self.extra,
            "within_3": int(np.sum(np.abs(error) <= 3)), "over_3": int(np.sum(error > 3)),
            "cpu_ms_per_frame": round(self.cpu_s / self.frames * 1000, 1),
        }  # fmt: skip
        if not len(error):
            return counts | dict.fromkeys(SIZES)
        size = np.abs(error)
        sizes = (*np.percentile(size, (50, 95, 100)), size.mean(), error.mean())
        return counts | {k: round(float(v), 2) for k, v in zip(SIZES, sizes, strict=True)}


def compared(passages: Path, truth: Path, *, frames: int, cpu_s: float) -> Score:
    """By ``speedcam validate``: the matching and the errors are its own."""
    told = json.loads(run("speedcam", "validate", passages, truth, "--json"))
    vehicles = told["vehicles"]
    return Score(
        n=len(vehicles),
        errors_kmh=tuple(v["error_kmh"] for v in vehicles if v["error_kmh"] is not None),
        refused=sum(v["outcome"] == "refused" for v in vehicles),
        extra=sum(one["reading_kmh"] is not None for one in told["extra"]),
        frames=frames,
        cpu_s=cpu_s,
    )


def write_passages(rows: Sequence[dict[str, Any]], site: Site, to: Path) -> None:
    """A tool's tracks as passages. Who drives at 0 km/h for it has no reading."""
    numbered = enumerate(row for row in rows if row["speed_kmh"] > 0 and len(row["samples"]) > 1)
    lines = [dumps(passage(row, site, number)) for number, row in numbered]
    to.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def passage(row: dict[str, Any], site: Site, number: int) -> Passage:
    """A track with one speed. Its places serve to find the vehicle, and for nothing else."""
    samples = tuple(Sample(**sample) for sample in row["samples"])
    first, last = samples[0], samples[-1]
    direction = Direction.RECEDING if last.y_m > first.y_m else Direction.APPROACHING
    lane = site.lane_at(float(np.median([s.x_m for s in samples])), direction)
    return Passage(
        id=f"track-{number}",
        place=site.place(direction),
        lane=lane.name if lane else None,
        direction=direction,
        limit_kmh=None,
        at=site.clip_starts_at + timedelta(seconds=last.time_s),
        first_s=first.time_s,
        last_s=last.time_s,
        position_m=(samples[len(samples) // 2].x_m, samples[len(samples) // 2].y_m),
        speed=SpeedMeasurement(
            speed_kmh=row["speed_kmh"],
            uncertainty_kmh=UNSTATED_KMH,
            grade=Grade.B,
            direction=direction,
            anchors=(),
            over_m=abs(last.y_m - first.y_m),
            over_s=last.time_s - first.time_s,
            samples=samples,
        ),
        plate=None,
        exhibits=(),
        provenance=Provenance(
            clip="clip",
            clip_sha256="0" * 64,
            site_sha256=site.sha256,
            software="another tool",
            track_ordinal=number,
        ),
    )
