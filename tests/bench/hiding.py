"""What of others can be found in the public photo: faces and plates, by an independent look.

``python -m tests.bench.hiding CLIP... [--faces MODEL]`` makes the public photo of every vehicle
over 25 km/h in each clip (its ``.site.toml`` beside it) and prints one line of JSON per clip. Into
every frame are put, before it is redacted: a face behind the windscreen, one to either side of the
vehicle, one before its bumper, a plate to either side and a second one on the bumper. They are
looked for before and after, in the JPEG that would be sent; no picture is kept.

MODEL is a YuNet file (OpenCV's ``FaceDetectorYN``, MIT): the redactor does not know it. Without it
only OpenCV's cascades look, which the redactor itself uses in the sharp part.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.evidence import encode_jpeg, surroundings
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import PLATE_M, MosaicRedactor, sharp_part
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.adapters.witness import PictureWitness
from speedcam.ground import Ground
from speedcam.model import Box, Floats, Image
from speedcam.site import Site
from speedcam.subject import Subject
from tests.bench.hiding_clip import Nowhere, passed, report
from tests.bench.looks import Looks
from tests.builders_faces import with_face
from tests.builders_plates import plate_texture

TRIGGER_KMH = 25
HEAD_M = 0.24
"""Side of the drawn head with its hair."""
STRANGER = "ST 707 GR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A picture with what was put into it, and where."""

    picture: Image
    faces: dict[str, Box]
    plates: dict[str, Box]


def planted(picture: Image, subject: Subject) -> Planted:
    """A copy of ``picture`` with strangers around, in and before the vehicle of ``subject``."""
    faces = {k: b for k, b in faces_around(subject) if fits(b, picture)}
    plates = {k: b for k, b in _plates(subject) if fits(b, picture)}
    for box in faces.values():
        picture = with_face(picture, box)
    for box in plates.values():
        picture = _with_plate(picture, box)
    return Planted(picture=picture, faces=faces, plates=plates)


def faces_around(subject: Subject) -> Iterator[tuple[str, Box]]:
    vehicle, plate = subject.vehicle, subject.plate
    if plate is None:
        return
    px_per_m = plate.width / PLATE_M
    side, middle = HEAD_M * px_per_m, (plate.left + plate.right) / 2
    below = (plate.bottom + vehicle.bottom) / 2
    high = plate.top - 0.95 * px_per_m
    for name, u, v in (
        ("passenger", middle - 0.4 * px_per_m, high),
        ("left", vehicle.left - 0.3 * px_per_m, plate.top - 0.5 * px_per_m),
        ("right", vehicle.right + 0.3 * px_per_m, plate.top - 0.5 * px_per_m),
        ("before the bumper", middle - 0.6 * px_per_m, below),
    ):
        yield (
            name,
            Box(left=u - side / 2, top=v - side / 2, right=u + side / 2, bottom=v + side / 2),
        )


def _plates(subject: Subject) -> Iterator[tuple[str, Box]]:
    vehicle, plate = subject.vehicle, subject.plate
    if plate is None:
        return
    for name, left, top in (
        ("left", vehicle.left - 1.6 * plate.width, plate.top),
        ("right", vehicle.right + 0.6 * plate.width, plate.top),
        ("on the bumper", plate.left, plate.bottom + plate.height),
    ):
        yield (
            name,
            Box(left=left, top=top, right=left + plate.width, bottom=top + plate.width / 4.7),
        )


def fits(box: Box, picture: Image) -> bool:
    height, width = picture.shape[:2]
    return box.left >= 0 and box.top >= 0 and box.right < width and box.bottom < height


def _with_plate(picture: Image, box: Box) -> Image:
    left, top = round(box.left), round(box.top)
    size = (round(box.width), round(box.height))
    pasted = picture.copy()
    plate = cv2.resize(plate_texture(STRANGER), size, interpolation=cv2.INTER_AREA)
    pasted[top : top + size[1], left : left + size[0]] = plate
    return pasted


@dataclass(slots=True, kw_only=True)
class Watched:
    """A redactor that plants strangers first and looks for them afterwards.

    Attributes:
        redactor: What is tested.
        looks: What looks.
        counts: How often something was planted, was found before, and is found after.
        folder: Where photos are kept to be looked at, or None.
    """

    redactor: MosaicRedactor
    looks: Looks
    folder: Path | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def shown(self, picture: Image, subject: Subject) -> Floats:
        """What the redactor lets be seen of the picture with the strangers."""
        return self.redactor.shown(planted(picture, subject).picture, subject)

    def redact(self, picture: Image, subject: Subject, shown: Floats | None = None) -> Image:
        """The redacted picture, strangers and all."""
        strangers = planted(picture, subject)
        redacted = self.redactor.redact(strangers.picture, subject, shown)
        left, top, right, bottom = surroundings(subject.vehicle, picture.shape[1], picture.shape[0])
        cut = Box(left=left, top=top, right=right, bottom=bottom)
        content = np.frombuffer(encode_jpeg(redacted), np.uint8)
        public = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)
        self._compare(strangers, public, subject, cut)
        if self.folder is not None:
            self._keep(public[top:bottom, left:right])
        return redacted

    def _compare(self, strangers: Planted, public: Image, subject: Subject, cut: Box) -> None:
        self.counts["photos"] += 1
        if subject.plate is not None:
            own = _grown(subject.plate, 0.5 * subject.plate.height)
            read = self.looks.text(strangers.picture, own)
            self.counts["own plate: read before"] += bool(read)
            self.counts["own plate: read after"] += (
                bool(read) and self.looks.text(public, own) == read
            )
        was = self.looks.faces(strangers.picture, cut)
        self._count("face", strangers.faces, was, still := self.looks.faces(public, cut))
        legible = [b for b in strangers.plates.values() if self._says_stranger(strangers, b)]
        lines = self.looks.plates(public, cut, subject.plate)
        self._count("plate", strangers.plates, legible, lines)
        sharp = sharp_part(subject)
        self._count_anywhere("faces", still, sharp)
        self._count_anywhere("plates", lines, sharp)

    def _says_stranger(self, strangers: Planted, box: Box) -> bool:
        read = self.looks.text(strangers.picture, _grown(box, 0.5 * box.height))
        return read == STRANGER.replace(" ", "")

    def _count(
        self, what: str, put: dict[str, Box], was: Sequence[Box], still: Sequence[Box]
    ) -> None:
        for name, box in put.items():
            self.counts[f"{what} {name}: put"] += 1
            self.counts[f"{what} {name}: found before"] += is_any_at(box, was)
            self.counts[f"{what} {name}: found after"] += is_any_at(box, still)

    def _count_anywhere(self, what: str, found: Sequence[Box], sharp: Box | None) -> None:
        """Whatever is found in the public picture, planted or not, true or not."""
        for box in found:
            middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            inside = sharp is not None and sharp.contains(*middle)
            self.counts[f"{what} after, {'sharp part' if inside else 'elsewhere'}"] += 1

    def _keep(self, picture: Image) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(self.folder / f"{self.counts['photos']:03d}.png"), picture)


def _grown(box: Box, by_px: float) -> Box:
    return Box(
        left=box.left - by_px,
        top=box.top - by_px,
        right=box.right + by_px,
        bottom=box.bottom + by_px,
    )


def is_any_at(box: Box, found: Sequence[Box]) -> bool:
    """Whether one of ``found`` is at the place of ``box``, and about as large."""
    return any(box.overlap(other) > 0.25 * max(box.area, other.area) for other in found)


def hide(
    clip: Path, looks: Looks, reader: RapidPlateReader, given: argparse.Namespace
) -> Counter[str]:
    """The counts of all photos of one clip."""
    redactor = MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader)))
    folder = given.keep and given.keep / clip.stem
    watched = Watched(redactor=redactor, looks=looks, folder=folder)

    def witness(site: Site, ground: Ground, _: tuple[int, int]) -> PictureWitness:
        return PictureWitness(
            site=site, ground=ground, store=Nowhere(), folder_name="", redactor=watched
        )

    for passage in passed(clip, reader, witness):
        if passage.vehicle is not None:
            watched.counts[f"kind {passage.vehicle.kind}"] += 1
    return watched.counts


def main(arguments: list[str]) -> int:
    """Measure the clips that are named."""
    parser = argparse.ArgumentParser(description="Look for strangers in public photos.")
    parser.add_argument("--keep", type=Path, help="a folder for the photos, of renders only")
    return report(parser, hide, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
