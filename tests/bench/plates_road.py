"""Plates that drive by, read: ``python -m tests.bench.plates_road [--vehicles N] [--first SEED]``.

The vehicles are those of :mod:`tests.bench.plates_passing`. A table of what was given, read and
wrong by the plate's width, and one of what the confidence was worth. Seeds below ``FRESH`` were in
view when the reader was made, so that only the others check it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.table import Table

from speedcam.adapters.plate_text import TextReader
from speedcam.adapters.plates import RapidPlateReader
from speedcam.model import PlateReading
from speedcam.plate import Outcome, Tally, outcome, tally, vote
from tests.bench.plates_bands import BANDS
from tests.bench.plates_passing import WIDTHS_PX, Passing, looks, passing
from tests.bench.reliability import reliability

FRESH = 10_000
"""The first seed that nothing was chosen on."""
EDGES_PX = (*range(int(WIDTHS_PX[0]), 110, 10), 120.0, WIDTHS_PX[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one vehicle.

    Attributes:
        seed: Of the vehicle.
        width_px: Of its plate where it is nearest.
        outcome: Read, doubtful or unreadable.
        given: Whether the vote gave a reading at all.
        wrong: Whether that reading is not the plate.
        told: The country that the reading tells, or None.
        misread: For each wrong figure, the right one and what it was read as.
        confidence: In the likeliest text; None where there is no text.
        exact: Whether the likeliest text is the plate.
        ms: Processor time of the reader.
    """

    seed: int
    width_px: float
    outcome: Outcome
    given: bool
    wrong: bool
    told: str | None
    misread: tuple[str, ...]
    confidence: float | None
    exact: bool
    ms: float


def row(one: Passing, reader: RapidPlateReader, folder: Path) -> Row:
    """Draw one vehicle, read its plate and compare."""
    seen = looks(one, folder)
    began = time.thread_time()
    sightings = reader.read_track(seen)
    spent_ms = 1000 * (time.thread_time() - began)
    given, told = vote(sightings), tally(sightings)
    text = given.text if isinstance(given, PlateReading) else one.text
    return Row(
        seed=one.scene.seed,
        width_px=one.width_px,
        outcome=outcome(given),
        given=isinstance(given, PlateReading),
        wrong=text != one.text,
        told=given.told_country if isinstance(given, PlateReading) else None,
        misread=tuple(a + b for a, b in zip(one.text, text, strict=False) if a != b),
        confidence=told.confidence if isinstance(told, Tally) else None,
        exact=isinstance(told, Tally) and told.text == one.text,
        ms=round(spent_ms, 1),
    )


def rows(vehicles: Iterable[Passing], reader: RapidPlateReader) -> Iterator[Row]:
    """One for each vehicle."""
    with tempfile.TemporaryDirectory() as folder:
        for one in vehicles:
            yield row(one, reader, Path(folder))


def document(seen: Sequence[Row]) -> dict[str, Any]:
    """All figures as JSON has them: by width, of all, by confidence, and every vehicle."""
    widths = {
        f"{low:g} to {high:g} px": [r for r in seen if low <= r.width_px < high]
        for low, high in pairwise(EDGES_PX)
    }
    told = [(r.confidence, r.exact) for r in seen if r.confidence is not None]
    given = [(r.confidence, not r.wrong) for r in seen if r.given and r.confidence is not None]
    return {
        "widths": {name: _counted(own) for name, own in widths.items()},
        "all": _counted(seen),
        "reliability": asdict(reliability(given)),
        "reliability_of_all_texts": asdict(reliability(told)),
        "misread": dict(Counter(pair for r in seen for pair in r.misread)),
        "vehicles": [asdict(r) for r in seen],
    }


def _counted(seen: Sequence[Row]) -> dict[str, Any]:
    read = [r for r in seen if r.outcome is Outcome.READ]
    return {
        "n": len(seen),
        "exact": sum(r.exact for r in seen),
        "given": sum(r.given for r in seen),
        "given_wrong": sum(r.wrong for r in seen),
        "read": len(read),
        "read_wrong": sum(r.wrong for r in read),
        "told_AL": sum(r.told == "AL" for r in read),
        "ms": round(sum(r.ms for r in seen) / max(1, len(seen)), 1),
    }


def show(told: dict[str, Any], console: Console) -> None:
    """Print the tables."""
    counts = {**told["widths"], "all": told["all"]}
    table = Table("plate", *(name.replace("_", " ") for name in told["all"]))
    for name, counted in counts.items():
        table.add_row(name, *map(str, counted.values()))
    console.print(table)
    worth = Table("readings", "confidence", "right")
    for each in told["reliability"]["bins"]:
        worth.add_row(str(each["n"]), f"{each['confidence']:.4f}", f"{each['right']:.4f}")
    console.print(worth)
    console.print(f"expected calibration error {told['reliability']['error']:.4f}")
    console.print(f"misread: {told['misread'] or 'none'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or all of it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plates_road", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=1000)
    parser.add_argument("--first", type=int, default=FRESH, help="seed of the first")
    parser.add_argument("--country", choices=["AL", *BANDS], default="AL", help="whose bands")
    parser.add_argument("--from-px", type=float, default=0.0, help="leave smaller plates out")
    parser.add_argument("--second", type=Path, metavar="MODEL", help="a second reader's ONNX file")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader = RapidPlateReader(TextReader(options.second) if options.second else None)
    seeds = range(options.first, options.first + options.vehicles)
    drawn = (passing(seed, options.country) for seed in seeds)
    wide = (one for one in drawn if one.width_px >= options.from_px)
    told = document(list(rows(wide, reader)))
    if options.json:
        sys.stdout.write(json.dumps(told, indent=1, allow_nan=False) + "\n")
    else:
        show(told, Console(width=None if sys.stdout.isatty() else 140))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
