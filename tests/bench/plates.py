"""Photos of plates: ``python -m tests.bench.plates TRUTH.json [--json]``.

TRUTH.json names sets of photos in folders beside it, each with its plate; whole photos, or crops
of plates. A photo is one view where footage has many, so it is looked at three times: as it is, a
little smaller and a little larger. What does not survive that is doubtful. Plates are never
printed: photos are named by their place in the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from speedcam.adapters.plates import RapidPlateReader
from speedcam.errors import SpeedcamError
from speedcam.model import Box, Frame, Image, PlateReading, PlateSighting, Refusal
from speedcam.plate import Outcome, Tally, outcome, tally, vote
from tests.bench.reliability import Reliability, reliability

SCALES = (1.0, 0.93, 1.07)
"""Of the three looks at a photo."""

CROP_RATIO = 1.8
"""A picture that is wider than this is the crop of a plate: it is given some margin."""

EXACT, GIVEN, RIGHT, ECE = 0.85, 0.75, 0.99, 0.03
"""The bars: read exactly, of each set; given as read, and right of those, of all sets together; and
the expected error of the confidence in the readings that the vote gave."""

ALIKE = str.maketrans("OI", "01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo and its truth.

    Attributes:
        set: Name of its set.
        name: Its place there.
        path: The file.
        plate: What it shows.
        alike: Whether its truth takes O for 0 and I for 1.
    """

    set: str
    name: str
    path: Path
    plate: str
    alike: bool

    def is_right(self, text: str) -> bool:
        """Whether ``text`` is the whole plate."""
        table = ALIKE if self.alike else {}
        return text.translate(table) == self.plate.translate(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one photo.

    Attributes:
        set: Name of its set.
        photo: Its place there.
        outcome: Read, doubtful or unreadable.
        given: Whether the vote gave a reading at all, to a policy or a person.
        exact: Whether the likeliest text is the whole plate, whatever the outcome.
        wrong: Whether something else was given as read.
        repaired: A look-alike was put right, or may have to be.
        confidence: In the likeliest text; None where there is no text.
        why: The refusal's words, or nothing.
        ms: Processor time, for all three looks.
    """

    set: str
    photo: str
    outcome: Outcome
    given: bool
    exact: bool
    wrong: bool
    repaired: bool
    confidence: float | None
    why: str
    ms: float


def photos(truth: Path) -> list[Photo]:
    """Every photo that ``truth`` names.

    Raises:
        SpeedcamError: It cannot be read, or is laid out otherwise.
    """
    try:
        told: dict[str, Any] = json.loads(truth.read_text(encoding="utf-8"))
        notes = told.pop("notes", {})
        found = [
            Photo(
                set=name,
                name=f"{name} {place}",
                path=truth.parent / row["file"],
                plate=row["plate"],
                alike="O=0" in notes.get(name, ""),
            )
            for name, rows in told.items()
            for place, row in enumerate(rows, start=1)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpeedcamError(f"{truth} cannot be read as sets of photos: {error!r}.") from error
    if not found:
        raise SpeedcamError(f"{truth} names no photo.")
    return found


def result(photo: Photo, reader: RapidPlateReader) -> Result:
    """Look at one photo and compare with its truth."""
    began = time.thread_time()
    sightings = _looks(_picture(photo.path), reader)
    spent_ms = 1000 * (time.thread_time() - began)
    given, told = vote(sightings), tally(sightings)
    exact = isinstance(told, Tally) and photo.is_right(told.text)
    what = outcome(given)
    return Result(
        set=photo.set,
        photo=photo.name,
        outcome=what,
        given=isinstance(given, PlateReading),
        exact=exact,
        wrong=what is Outcome.READ and not exact,
        repaired=isinstance(given, PlateReading) and given.repaired,
        confidence=told.confidence if isinstance(told, Tally) else None,
        why=given.text() if isinstance(given, Refusal) else "",
        ms=round(spent_ms, 1),
    )


def _picture(path: Path) -> Image:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SpeedcamError(f"{path} is no picture that can be read.")
    height, width = picture.shape[:2]
    if width < CROP_RATIO * height:
        return picture
    margin = height // 2
    return cv2.copyMakeBorder(picture, *[margin] * 4, cv2.BORDER_REPLICATE)


def _looks(picture: Image, reader: RapidPlateReader) -> list[PlateSighting]:
    found = []
    for index, scale in enumerate(SCALES):
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        view = picture if scale == 1 else cv2.resize(picture, None, fx=scale, fy=scale,
                                                     interpolation=how)  # fmt: skip
        sighting = reader.read(_frame(view, index), _everything(view))
        found += [sighting] if sighting else []
    return found


def _frame(view: Image, index: int) -> Frame:
    luma = cv2.cvtColor(view, cv2.COLOR_BGR2GRAY)
    return Frame(index=index, time_s=float(index), luma=luma, corrupt=False, colour=view.copy)


def _everything(view: Image) -> Box:
    """A vehicle whose lower three quarters, where plates are, fill the picture."""
    height, width = view.shape[:2]
    return Box(left=0, top=-height / 3, right=width, bottom=height)


def document(results: Sequence[Result]) -> dict[str, Any]:
    """All figures as JSON has them: by set, of all, the bars, and every photo."""
    sets = {name: [r for r in results if r.set == name] for name in {r.set: 0 for r in results}}
    return {
        "sets": {name: figures(rows) for name, rows in sets.items()},
        "all": figures(results),
        "reliability": asdict(_reliability([row for row in results if row.given])),
        "reliability_of_all_texts": asdict(_reliability(results)),
        "bars": list(_bars(sets, results)),
        "photos": [asdict(row) for row in results],
    }


def figures(rows: Sequence[Result]) -> dict[str, Any]:
    """Counts of one set, or of all."""
    counts = {what.value: sum(row.outcome is what for row in rows) for what in Outcome}
    return {
        "n": len(rows),
        "exact": sum(row.exact for row in rows),
        **counts,
        "read_wrong": sum(row.wrong for row in rows),
        "ms_per_photo": round(sum(row.ms for row in rows) / len(rows), 1),
    }


def _reliability(rows: Sequence[Result]) -> Reliability:
    return reliability([(r.confidence, r.exact) for r in rows if r.confidence is not None])


def _bars(sets: dict[str, list[Result]], rows: Sequence[Result]) -> Iterator[dict[str, Any]]:
    for name, own in sets.items():
        yield _bar(f"exact, {name}", sum(r.exact for r in own) / len(own), EXACT)
    read = [row for row in rows if row.outcome is Outcome.READ]
    yield _bar("given as read", len(read) / len(rows), GIVEN)
    right = sum(not row.wrong for row in read) / len(read) if read else 0.0
    yield _bar("right of what is given as read", right, RIGHT)
    error = _reliability([row for row in rows if row.given]).error
    yield {"bar": "expected calibration error", "value": round(error, 4), "at_most": ECE,
           "holds": error <= ECE}  # fmt: skip


def _bar(name: str, value: float, least: float) -> dict[str, Any]:
    return {"bar": name, "value": round(value, 4), "at_least": least, "holds": value >= least}


def show(told: dict[str, Any], console: Console) -> None:
    """The table: a line per set and one for all; then the bars."""
    table = Table(title="Plates read from photos")
    rows = {**told["sets"], "all": told["all"]}
    table.add_column("set")
    for name in told["all"]:
        table.add_column(name, justify="right")
    for name, row in rows.items():
        table.add_row(name, *map(str, row.values()))
    console.print(table)
    for bar in told["bars"]:
        wanted = f">= {bar['at_least']}" if "at_least" in bar else f"<= {bar['at_most']}"
        console.print(f"{bar['bar']}: {bar['value']} ({wanted}: {bar['holds']})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; 1 where a bar does not hold, 2 where the truth cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plates", description=__doc__)
    parser.add_argument("truth", type=Path, metavar="TRUTH.json")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    shown = Console(stderr=True)
    try:
        wanted = photos(options.truth)
        reader = RapidPlateReader()
        seen = progress(wanted, "reading", console=shown, transient=True)
        told = document([result(photo, reader) for photo in seen])
    except SpeedcamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(told, indent=1, allow_nan=False) + "\n")
    else:
        show(told, Console(width=None if sys.stdout.isatty() else 140))
    return 0 if all(bar["holds"] for bar in told["bars"]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
