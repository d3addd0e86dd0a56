"""Plates degraded one way at a time: ``python -m tests.bench.plates_grid [--vehicles N]``.

Drawn plates with invented letters, so the truth is exact. Each vehicle is seen in five frames that
differ a little in size, angle and noise. One JSON line per vehicle goes to stdout.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from speedcam.adapters.plate_text import TextReader
from speedcam.adapters.plates import RapidPlateReader
from speedcam.model import Box, Image, PlateReading
from speedcam.plate import Outcome, Tally, outcome, tally, vote
from speedcam.ports import Look
from speedcam.simulate.plates import random_plate
from tests.builders_plates import DrawnPlate, a_drawn_plate, a_frame

FRAMES = 5
SIZE = (400, 200)
MIDDLE = (SIZE[0] / 2, SIZE[1] * 0.68)
"""Where the plate is."""
Chance = np.random.Generator
Spoil = Callable[[Image, Chance, Chance], Image]
"""What happens to a picture: by the chance of its frame, and by that of its vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One way to degrade a plate.

    Attributes:
        name: What and how much.
        width_px: Of the plate.
        blur_px: Standard deviation of the lens's blur.
        smear_px: How far it moves while a frame is exposed.
        yaw_deg: How far it is turned away.
        noise: Standard deviation, grey levels.
        spoil: What happens to the picture after that.
        crf: H.264's rate factor, or None for frames that were never encoded.
    """

    name: str
    width_px: float = 100.0
    blur_px: float = 0.6
    smear_px: float = 0.0
    yaw_deg: float = 12.0
    noise: float = 2.0
    spoil: Spoil = lambda picture, *_: picture
    crf: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One vehicle: what it was seen under, and what was made of it."""

    cell: str
    outcome: Outcome
    exact: bool
    wrong: bool
    confidence: float | None
    score: float
    agreeing: int
    frames: int


def glare(strength: float) -> Spoil:
    """A bright patch over a part of the plate, as the sun or a lamp makes it."""

    def spoil(picture: Image, rng: Chance, _: Chance) -> Image:
        rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
        u, v = MIDDLE[0] + rng.uniform(-40, 40), MIDDLE[1] + rng.uniform(-6, 6)
        spot = np.exp(-(((columns - u) / 30) ** 2 + ((rows - v) / 20) ** 2))
        lit = picture + (255 * strength * spot)[..., None]
        return np.clip(lit, 0, 255).astype(np.uint8)

    return spoil


def dirt(blots: int) -> Spoil:
    """Mud in blots of a few pixels. The same in every frame, as it is on the road."""

    def spoil(picture: Image, _: Chance, spots: Chance) -> Image:
        dirty = picture.copy()
        for _ in range(blots):
            at = (
                round(MIDDLE[0] + spots.uniform(-48, 48)),
                round(MIDDLE[1] + spots.uniform(-10, 10)),
            )
            cv2.circle(dirty, at, int(spots.integers(1, 4)), (60, 72, 84), -1, cv2.LINE_AA)
        return dirty

    return spoil


def night(gain: float) -> Spoil:
    """Little light: few grey levels and much noise."""

    def spoil(picture: Image, rng: Chance, _: Chance) -> Image:
        dark = picture * gain + rng.normal(0, 6, picture.shape)
        return np.clip(dark, 0, 255).astype(np.uint8)

    return spoil


def jpeg(quality: int) -> Spoil:
    """Each frame as a JPEG of this quality."""

    def spoil(picture: Image, *_: Chance) -> Image:
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return spoil


CELLS = (
    *(Cell(name=f"width {width} px", width_px=width) for width in (50, 65, 80, 100, 140, 200)),
    *(Cell(name=f"blur {blur:g} px", blur_px=blur) for blur in (1.5, 2.5)),
    *(Cell(name=f"smear {smear} px", smear_px=smear) for smear in (3, 6)),
    *(Cell(name=f"angle {yaw} deg", yaw_deg=yaw) for yaw in (25, 35, 45)),
    *(Cell(name=f"glare {strength:g}", spoil=glare(strength)) for strength in (0.5, 1.5)),
    *(Cell(name=f"dirt, {blots} blots", spoil=dirt(blots)) for blots in (6, 20)),
    *(Cell(name=f"night, gain {gain:g}", spoil=night(gain)) for gain in (0.3, 0.12)),
    *(Cell(name=f"JPEG {quality}", spoil=jpeg(quality)) for quality in (40, 15)),
    *(Cell(name=f"H.264 CRF {crf}", crf=crf) for crf in (28, 36)),
    Cell(name="65 px, blur 1.5, smear 2, CRF 28", width_px=65, blur_px=1.5, smear_px=2, crf=28),
)


def drawn(cell: Cell, text: str, seed: int) -> list[DrawnPlate]:
    """The frames of one vehicle."""
    shown = f"{text[:2]} {text[2:5]} {text[5:]}"
    frames = [_drawn(cell, shown, FRAMES * seed + index, index) for index in range(FRAMES)]
    if cell.crf is None:
        return frames
    coded = _encoded([one.frame.colour() for one in frames], cell.crf)
    return [replace(one, frame=a_frame(picture)) for one, picture in zip(frames, coded,
                                                                         strict=True)]  # fmt: skip


def _drawn(cell: Cell, shown: str, seed: int, index: int) -> DrawnPlate:
    rng, own = np.random.default_rng(seed), np.random.default_rng(seed // FRAMES)
    one = a_drawn_plate(
        shown,
        width_px=cell.width_px * (1 - 0.04 * index),
        yaw_deg=cell.yaw_deg + rng.uniform(-2, 2),
        pitch_deg=rng.uniform(8, 18),
        roll_deg=rng.uniform(-3, 3),
        blur_px=cell.blur_px,
        smear_px=cell.smear_px,
        noise=cell.noise,
        seed=seed,
        offset_px=tuple(rng.uniform(-0.5, 0.5, 2)),
        size=SIZE,
    )
    return replace(one, frame=a_frame(cell.spoil(one.frame.colour(), rng, own), index=index))


def _encoded(pictures: Sequence[Image], crf: int) -> list[Image]:
    """What a decoder makes of the pictures after H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def row(cell: Cell, seed: int, reader: RapidPlateReader) -> Row:
    """Draw one vehicle, read it and compare."""
    text = random_plate(np.random.default_rng(seed))
    frames = drawn(cell, text, seed)
    seen = reader.read_track([Look(frame=one.frame, vehicle=_near(one)) for one in frames])
    given, told = vote(seen), tally(seen)
    counted = isinstance(told, Tally)
    what = outcome(given)
    return Row(
        cell=cell.name,
        outcome=what,
        exact=counted and told.text == text,
        wrong=what is Outcome.READ and isinstance(given, PlateReading) and given.text != text,
        confidence=told.confidence if counted else None,
        score=told.score if counted else 0.0,
        agreeing=told.agreeing if counted else 0,
        frames=told.frames if counted else 0,
    )


def _near(one: DrawnPlate) -> Box:
    """A vehicle's box that is not larger than the plate asks for: three plates wide."""
    u, v = one.corners_px.mean(axis=0)
    half = 1.5 * float(np.ptp(one.corners_px[:, 0]))
    return Box(left=u - half, top=v - 1.3 * half, right=u + half, bottom=v + 0.5 * half)


def rows(vehicles: int, first: int, reader: RapidPlateReader) -> Iterator[Row]:
    """Every cell in turn, so that a run that is cut short has seen all of them."""
    for seed in range(first, first + vehicles):
        for place, cell in enumerate(CELLS):
            yield row(cell, 1000 * seed + place, reader)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line of JSON per vehicle."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plates_grid", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=20, help="of each cell")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--second", type=Path, metavar="MODEL", help="a second reader's ONNX file")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader = RapidPlateReader(TextReader(options.second) if options.second else None)
    for one in rows(options.vehicles, options.first, reader):
        told: dict[str, Any] = asdict(one)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
