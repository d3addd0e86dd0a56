"""The same look at real photographs: one vehicle is taken for the measured one.

``python -m tests.bench.hiding_stills FOLDER [--faces MODEL]`` prints one line of JSON with counts.
The vehicle is the one with the widest plate that is read; its box is guessed around that plate.
Nothing is kept and no plate is told: the photographs show real people's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.evidence import encode_jpeg
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor, sharp_part
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.model import Box, Image
from speedcam.subject import Subject
from tests.bench.hiding import is_any_at
from tests.bench.looks import Looks

LARGEST_PX = 1600


def counts(pictures: Sequence[Image], looks: Looks, redactor: MosaicRedactor) -> Counter[str]:
    """How many faces and other lines that read like plates are found before and after."""
    told: Counter[str] = Counter(pictures=len(pictures))
    for picture in pictures:
        whole = Box(left=0, top=0, right=picture.shape[1], bottom=picture.shape[0])
        lines = looks.plates(picture, whole, None)
        if not lines:
            told["without a plate"] += 1
            continue
        own = max(lines, key=lambda line: line.width)
        subject = Subject(vehicle=_vehicle(own, whole), plate=own, clear=True)
        content = np.frombuffer(encode_jpeg(redactor.redact(picture, subject)), np.uint8)
        public = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)
        told["faces before"] += len(looks.faces(picture, whole))
        told["faces after"] += len(looks.faces(public, whole))
        body = sharp_part(subject) or own
        for when, found in (("before", lines), ("after", looks.plates(public, whole, own))):
            for line in _others(found, own):
                where = "on its body" if line.overlap(body) > 0.5 * line.area else "elsewhere"
                told[f"other lines {when}, {where}"] += 1
    return told


def _vehicle(plate: Box, whole: Box) -> Box:
    middle, width = (plate.left + plate.right) / 2, plate.width
    return Box(
        left=max(whole.left, middle - 2 * width),
        top=max(whole.top, plate.top - 2.2 * width),
        right=min(whole.right, middle + 2 * width),
        bottom=min(whole.bottom, plate.bottom + 0.9 * width),
    )


def _others(lines: Sequence[Box], own: Box) -> list[Box]:
    """Lines at other places than ``own``; one that two tiles found counts once."""
    different: list[Box] = []
    for line in lines:
        if not is_any_at(line, [own, *different]):
            different.append(line)
    return different


def _read(path: Path) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path} is no picture.")
    scale = min(1.0, LARGEST_PX / max(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def main(arguments: Sequence[str]) -> int:
    """Look at every picture of a folder."""
    parser = argparse.ArgumentParser(description="Look for strangers in redacted photographs.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faces", type=Path, help="a YuNet model")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader = RapidPlateReader()
    looks = Looks(reader=reader, model=given.faces)
    redactor = MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader)))
    paths = sorted(p for p in given.folder.rglob("*") if p.suffix in {".jpg", ".png"})
    told = counts([_read(path) for path in paths], looks, redactor)
    row = {"photographs": given.folder.name, "looks": looks.name} | dict(sorted(told.items()))
    print(json.dumps(row), flush=True)  # noqa: T201 - its data
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
