"""Who is seen in pictures of drivers: the driver, and whether anybody else.

``python -m tests.bench.hiding_driver CLIP... [--faces MODEL]`` makes the picture of the driver of
every vehicle over 25 km/h that comes towards the camera (its ``.site.toml`` beside it), once as if
drivers sat on the left and once on the right, and prints one line of JSON per clip. Into every
frame are put, before anything is cut: a face at the wheel, one on the seat beside, one in the
middle of the seat behind, and those beside the vehicle of :mod:`tests.bench.hiding`. They are
looked for in the frame and in the picture; none is kept unless ``--keep`` names a folder.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.driver import DriverLook
from speedcam.adapters.evidence import encode_jpeg
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.shown import Taken
from speedcam.adapters.witness import PictureWitness
from speedcam.driver import Side
from speedcam.ground import Ground
from speedcam.model import Box, Image, Passage, PlateReading, SpeedMeasurement
from speedcam.site import Site
from tests.bench.hiding import HEAD_M, faces_around, fits, is_any_at
from tests.bench.hiding_clip import Nowhere, passed, report
from tests.bench.looks import Looks
from tests.builders_faces import with_face

COUNTRIES: dict[Side, str] = {"left": "DE", "right": "GB"}
SEATS = {"driver": (0.36, 2.0, 1.2), "beside": (-0.36, 2.0, 1.2), "behind": (0.0, 3.1, 1.2)}
"""Metres to the driver's side of the car's middle, behind its front, above the road."""
PLATE_HEIGHT_M = 0.5


@dataclass(slots=True, kw_only=True)
class Watched:
    """A look for drivers that puts faces into its frames first, and looks for them afterwards.

    Attributes:
        ground: The road plane.
        looks: What looks.
        folder: Where pictures are kept to be looked at, or None.
        counts: How often something was put, was found before, and is found after.
    """

    ground: Ground
    looks: Looks
    folder: Path | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def __call__(self, passage: Passage, taken: Taken) -> Image | None:
        """Try both seats; nothing is kept as an exhibit."""
        if taken.subject.front:
            self.counts["vehicles that approach"] += 1
            for seat in COUNTRIES:
                self._try(_of_country(passage, seat), taken, seat)
        return None

    def _try(self, passage: Passage, taken: Taken, seat: Side) -> None:
        look = DriverLook(ground=self.ground, seat=seat)
        if look(passage, taken) is None:
            return
        heads = self._heads(passage, taken, seat)
        picture = taken.picture
        for box in heads.values():
            picture = with_face(picture, box)
        seen = look(passage, replace(taken, picture=picture))
        self.counts["pictures"] += seen is not None
        self._count(picture, heads)
        if seen is not None:
            self._count_in(seen)

    def _heads(self, passage: Passage, taken: Taken, seat: Side) -> dict[str, Box]:
        assert isinstance(passage.speed, SpeedMeasurement)
        foot = next(s for s in passage.speed.samples if s.frame_index == taken.sighting.frame_index)
        side = 1 if seat == "left" else -1
        middle_m = self._middle_m(taken.subject.plate, foot.y_m)
        heads = {
            name: self._head(middle_m + side * aside, foot.y_m + behind, height)
            for name, (aside, behind, height) in SEATS.items()
        }
        around = {n: b for n, b in faces_around(taken.subject) if n in {"left", "right"}}
        # Whoever is behind is drawn first: whoever sits before them covers them.
        order = ("behind", "beside", "driver")
        return around | {name: heads[name] for name in order if fits(heads[name], taken.picture)}

    def _middle_m(self, plate: Box | None, front_m: float) -> float:
        """Where across the road a plate hangs that is as high as most are."""
        assert plate is not None
        across = np.column_stack([np.arange(-10.0, 10.0, 0.02), np.full(1000, front_m)])
        ends = self.ground.image_at(across, PLATE_HEIGHT_M)[:, 0]
        return float(np.interp((plate.left + plate.right) / 2, ends, across[:, 0]))

    def _head(self, x_m: float, y_m: float, height_m: float) -> Box:
        sides = np.array([[x_m - HEAD_M / 2, y_m], [x_m + HEAD_M / 2, y_m]])
        (left, v), (right, _) = self.ground.image_at(sides, height_m)
        half = (right - left) / 2
        return Box(left=left, top=v - half, right=right, bottom=v + half)

    def _count(self, picture: Image, heads: dict[str, Box]) -> None:
        whole = Box(left=0, top=0, right=picture.shape[1], bottom=picture.shape[0])
        found = self.looks.faces(picture, whole)
        for name, box in heads.items():
            self.counts[f"{name}: put"] += 1
            self.counts[f"{name}: found before"] += is_any_at(box, found)

    def _count_in(self, seen: Image) -> None:
        content = np.frombuffer(encode_jpeg(seen), np.uint8)
        public = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)
        # As large as in the frame, where the look has another of its own at twice that.
        small = cv2.resize(public, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        whole = Box(left=0, top=0, right=small.shape[1], bottom=small.shape[0])
        found = _apart(self.looks.faces(np.asarray(small, np.uint8), whole))
        self.counts["pictures with a face"] += bool(found)
        self.counts["pictures with two"] += len(found) > 1
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(self.folder / f"{self.counts['pictures']:03d}.png"), public)


def _apart(found: Sequence[Box]) -> list[Box]:
    """One of each face that was found more than once."""
    each: list[Box] = []
    for box in found:
        if all(box.overlap(known) < 0.15 * min(box.area, known.area) for known in each):
            each.append(box)
    return each


def _of_country(passage: Passage, seat: Side) -> Passage:
    """The same with a plate of a country where drivers sit there."""
    if not isinstance(passage.plate, PlateReading):
        return passage
    country = COUNTRIES[seat]
    return replace(passage, plate=replace(passage.plate, country=country, countries=(country,)))


def hide(
    clip: Path, looks: Looks, reader: RapidPlateReader, given: argparse.Namespace
) -> Counter[str]:
    """The counts of all pictures of one clip."""
    counts, folder = Counter[str](), given.keep and given.keep / clip.stem

    def witness(site: Site, ground: Ground, _: tuple[int, int]) -> PictureWitness:
        return PictureWitness(
            site=site,
            ground=ground,
            store=Nowhere(),
            folder_name="",
            redactor=MosaicRedactor(),
            driver=Watched(ground=ground, looks=looks, folder=folder, counts=counts),
        )

    for _ in passed(clip, reader, witness):
        pass
    return counts


def main(arguments: list[str]) -> int:
    """Measure the clips that are named."""
    parser = argparse.ArgumentParser(description="Look for others in pictures of drivers.")
    parser.add_argument("--keep", type=Path, help="a folder for the pictures, of renders only")
    return report(parser, hide, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
