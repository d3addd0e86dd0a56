"""What of others can be found in the stills and the film that go with the photo.

``python -m tests.bench.hiding_shown CLIP... [--faces MODEL] [--every N]`` makes them of every
vehicle over 25 km/h in each clip (its ``.site.toml`` beside it) and prints one line of JSON per
clip. Into every frame are put, before anything is hidden, the faces and plates of
:mod:`tests.bench.hiding`. They are looked for in the frames of both stills as they were, in the
JPEG of both, and in each frame of the film as a browser shows it; no picture is kept.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import cv2
import numpy as np

from speedcam.adapters.film import moments
from speedcam.adapters.lettering import header_height
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.adapters.witness import PictureWitness
from speedcam.ground import Ground
from speedcam.model import (
    Box,
    Exhibit,
    ExhibitKind,
    Frame,
    Image,
    Passage,
    PlateSighting,
    Sighting,
    Track,
)
from speedcam.site import Site
from speedcam.subject import Subject
from tests.bench.hiding import Planted, is_any_at, planted
from tests.bench.hiding_clip import passed, report
from tests.bench.looks import Looks

STILLS = (ExhibitKind.SHOWN_FIRST, ExhibitKind.SHOWN_LAST)


@dataclass(slots=True)
class Caught:
    """Keeps exhibits in memory."""

    content: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, content: bytes) -> tuple[Path, str]:
        """Write ``content`` under ``name``."""
        self.content[name] = content
        return Path(name), ""


@dataclass(slots=True, kw_only=True)
class Watched:
    """A witness whose every frame has strangers in it, and who looks for them afterwards.

    Attributes:
        witness: What is tested.
        caught: Where it keeps its pictures.
        looks: What looks.
        size_px: Width and height of the footage.
        every: One of so many frames of a film is looked at.
        counts: How often something was put, was found before, and is found after.
    """

    witness: PictureWitness
    caught: Caught
    looks: Looks
    size_px: tuple[int, int]
    every: int = 1
    counts: Counter[str] = field(default_factory=Counter)

    def __call__(
        self,
        passage: Passage,
        frames: Mapping[float, Frame],
        track: Track,
        plates: Sequence[PlateSighting],
        beside: Callable[[Sighting], Sequence[Box]],
        *,
        recall: Callable[[Mapping[float, int]], Iterable[Frame]],
    ) -> tuple[Exhibit, ...]:
        """The exhibits, strangers and all."""
        seen = {sighting.time_s: sighting for sighting in track.sightings}
        near = self._near(track, plates)
        if near is None:
            return self.witness(passage, frames, track, plates, beside, recall=recall)

        def peopled(given: Iterable[Frame]) -> Iterator[Frame]:
            for f in given:
                yield replace(f, colour=lambda f=f: put(f.colour(), seen[f.time_s]).picture)

        def put(picture: Image, sighting: Sighting) -> Planted:
            return planted(picture, _with_plate(near, sighting.box))

        made = self.witness(
            passage,
            {frame.time_s: frame for frame in peopled(frames.values())},
            track,
            plates,
            beside,
            recall=lambda at: peopled(recall(at)),
        )
        by_kind = {each.kind: each for each in made}
        for kind in set(STILLS) & by_kind.keys():
            still = by_kind[kind]
            self._look_at_still(
                self.caught.content[Path(still.path).name],
                put(frames[still.time_s].colour(), seen[still.time_s]),
                _with_plate(near, seen[still.time_s].box),
            )
        if film := by_kind.get(ExhibitKind.FILM):
            photo = by_kind[ExhibitKind.PHOTO]
            shown = moments(track.sightings, photo.time_s)
            empty = np.zeros((self.size_px[1], self.size_px[0], 3), np.uint8)
            filmed = zip(_frames(self.caught.content[Path(film.path).name]), shown, strict=True)
            for picture, sighting in list(filmed)[:: self.every]:
                self._look_at_frame(picture, put(empty, sighting), _with_plate(near, sighting.box))
        self.caught.content.clear()
        return made

    def _near(self, track: Track, plates: Sequence[PlateSighting]) -> Subject | None:
        boxes = {sighting.frame_index: sighting.box for sighting in track.sightings}
        for plate in plates[-1:]:
            u, v = zip(*plate.corners_px, strict=True)
            place = Box(left=min(u), top=min(v), right=max(u), bottom=max(v))
            return Subject(vehicle=boxes[plate.frame_index], plate=place)
        return None

    def _look_at_still(self, content: bytes, before: Planted, subject: Subject) -> None:
        whole = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR))
        shown = _within_strips(np.asarray(whole, np.uint8), before.picture.shape)
        self.counts["stills"] += 1
        view = Box(left=0, top=0, right=shown.shape[1], bottom=shown.shape[0])
        was = (
            self.looks.faces(before.picture, view),
            self.looks.plates(before.picture, view, subject.plate),
        )
        self._compare("still", before, shown, subject.plate, was)

    def _look_at_frame(self, picture: Image, put: Planted, subject: Subject) -> None:
        scale = picture.shape[1] / self.size_px[0]
        inside = _within_strips(picture, (round(self.size_px[1] * scale), picture.shape[1]))
        self.counts["frames of films"] += 1
        small = subject.scaled(scale)
        placed = Planted(
            picture=inside,
            faces={name: _scaled(box, scale) for name, box in put.faces.items()},
            plates={name: _scaled(box, scale) for name, box in put.plates.items()},
        )
        self._compare("film", placed, inside, small.plate, None)

    def _compare(
        self,
        where: str,
        put: Planted,
        shown: Image,
        plate: Box | None,
        was: tuple[Sequence[Box], Sequence[Box]] | None,
    ) -> None:
        view = Box(left=0, top=0, right=shown.shape[1], bottom=shown.shape[0])
        still = self.looks.faces(shown, view), self.looks.plates(shown, view, plate)
        for what, places, number in (("face", put.faces, 0), ("plate", put.plates, 1)):
            for name, box in places.items():
                self.counts[f"{where}, {what} {name}: put"] += 1
                if was:
                    self.counts[f"{where}, {what} {name}: before"] += is_any_at(box, was[number])
                self.counts[f"{where}, {what} {name}: after"] += is_any_at(box, still[number])
            self.counts[f"{where}, {what}s anywhere after"] += len(still[number])


def _with_plate(near: Subject, vehicle: Box) -> Subject:
    """The vehicle in another frame with its plate at the same place of its outline."""
    plate, outline = near.plate, near.vehicle
    assert plate is not None
    across, down = vehicle.width / outline.width, vehicle.height / outline.height
    return Subject(
        vehicle=vehicle,
        plate=Box(
            left=vehicle.left + across * (plate.left - outline.left),
            top=vehicle.top + down * (plate.top - outline.top),
            right=vehicle.left + across * (plate.right - outline.left),
            bottom=vehicle.top + down * (plate.bottom - outline.top),
        ),
    )


def _scaled(box: Box, by: float) -> Box:
    return Box(left=by * box.left, top=by * box.top, right=by * box.right, bottom=by * box.bottom)


def _within_strips(picture: Image, shape: tuple[int, ...]) -> Image:
    """The part of an exhibit that is of the footage."""
    top = header_height(picture.shape[1])
    return np.ascontiguousarray(picture[top : top + shape[0]])


def _frames(film: bytes) -> Iterator[Image]:
    with av.open(io.BytesIO(film)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def hide(
    clip: Path, looks: Looks, reader: RapidPlateReader, given: argparse.Namespace
) -> Counter[str]:
    """The counts of all stills and films of one clip."""
    caught, counts = Caught(), Counter[str]()

    def witness(site: Site, ground: Ground, size_px: tuple[int, int]) -> Watched:
        drawn = PictureWitness(
            site=site,
            ground=ground,
            store=caught,
            folder_name="",
            redactor=MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader))),
        )
        return Watched(
            witness=drawn,
            caught=caught,
            looks=looks,
            size_px=size_px,
            every=given.every,
            counts=counts,
        )

    for _ in passed(clip, reader, witness):
        pass
    return counts


def main(arguments: list[str]) -> int:
    """Measure the clips that are named."""
    parser = argparse.ArgumentParser(description="Look for strangers in stills and films.")
    parser.add_argument("--every", type=int, default=1, help="look at one of so many frames")
    return report(parser, hide, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
