"""What kind of vehicle is told by its size, against the truth.

``python -m tests.bench.kinds PASSAGES CLIPS`` takes every folder in PASSAGES that ``speedcam
process`` made of a clip in CLIPS (with its site and truth beside it), measures sizes anew from the
raw data, and prints one line of JSON per true kind, and one on the sizes of the vehicles that were
measured. Refused ones are counted with the kinds: their outlines were often not their own.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speedcam.ground import fit_ground
from speedcam.model import ExhibitKind, Passage, SpeedMeasurement, VehicleSize
from speedcam.raw import unpack
from speedcam.record import read_passages
from speedcam.simulate.bodies import bodies
from speedcam.site import load_site
from speedcam.size import kind_of, vehicle_size
from speedcam.validate.matching import match
from speedcam.validate.truth import read_truth

MEASURES = ("length_m", "height_m", "width_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One vehicle of the truth and what its outlines say."""

    kind: str
    size: VehicleSize | None
    measured: bool


def told_in(passages: Path, clips: Path) -> Iterator[Told]:
    """Every vehicle of one clip that left a passage."""
    clip = clips / passages.name
    site = load_site(clip.with_suffix(".site.toml"))
    truth = read_truth(clip.with_suffix(".truth.json"))
    pairs = match(truth.vehicles, list(read_passages(passages / "passages.jsonl"))).pairs
    ground = None
    for vehicle, passage in pairs:
        if passage is None:
            continue
        raw = unpack((passages / _raw_path(passage)).read_bytes())
        ground = ground or fit_ground(site.survey, raw.picture_px, site.drive)
        yield Told(
            kind=vehicle.kind,
            size=vehicle_size(raw.track, ground, passage.direction),
            measured=isinstance(passage.speed, SpeedMeasurement),
        )


def _raw_path(passage: Passage) -> str:
    return next(e.path for e in passage.exhibits if e.kind is ExhibitKind.RAW)


def kinds(told: Sequence[Told]) -> Iterator[dict[str, object]]:
    """Per true kind, how often each kind was told."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for one in told:
        rows[one.kind][kind_of(one.size)] += 1
    yield from ({"kind": kind} | dict(sorted(rows[kind].items())) for kind in sorted(rows))


def sizes(told: Sequence[Told]) -> dict[str, object]:
    """Errors of the sizes: measured minus true, metres."""
    row: dict[str, object] = {}
    known = bodies()
    for name in MEASURES:
        pairs = [
            (getattr(t.size, name) - getattr(known[t.kind], name), _doubt(t.size, name))
            for t in told
            if t.size and t.measured
        ]
        errors, doubts = np.array(pairs).T
        row |= {
            "n": len(errors),
            f"{name} median": round(float(np.median(errors)), 2),
            f"{name} p90": round(float(np.percentile(np.abs(errors), 90)), 2),
            f"{name} covered": round(float(np.mean(np.abs(errors) < doubts)), 3),
        }
    return row


def _doubt(size: VehicleSize, name: str) -> float:
    return float(getattr(size, name.replace("_m", "_uncertainty_m")))


def main(arguments: Sequence[str]) -> int:
    """Compare every clip that was processed."""
    passages, clips = map(Path, arguments)
    folders = sorted(path.parent for path in passages.glob("*/passages.jsonl"))
    told = [one for folder in folders for one in told_in(folder, clips)]
    for row in (*kinds(told), sizes(told)):
        print(json.dumps(row))  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
