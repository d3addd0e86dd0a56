"""The picture that a survey is drawn on: a picture file, or the empty road of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from speedcam.adapters.decoding import Clip, open_clip
from speedcam.adapters.still import MOST_PIXELS, SIGNATURES
from speedcam.calibrate.forecast import PICTURES_PER_S
from speedcam.errors import FootageError
from speedcam.model import Frame, Image
from speedcam.steady import why_not_as_surveyed

PICTURES = frozenset({".png", ".jpg", ".jpeg"})
FRAMES = 15
"""Whatever moves is in fewer than half of so many frames, and not in their median."""
WITHIN_S = 60.0
JPEG = [
    *(cv2.IMWRITE_JPEG_QUALITY, 75),
    *(cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    *(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
]
"""Small enough for a page, letters still sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a camera sees.

    Attributes:
        picture: ``(height, width, 3)`` blue-green-red.
        source: What it is, in words.
        every_s: Time from one picture of the clip to the next.
    """

    picture: Image
    source: str
    every_s: float = 1 / PICTURES_PER_S

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def moved(self, reference_frame: Path) -> str | None:
        """How it differs from the surveyed picture, in words; None where it shows the same.

        Raises:
            SiteError: The reference frame is no picture.
        """
        luma = np.asarray(cv2.cvtColor(self.picture, cv2.COLOR_BGR2GRAY), np.uint8)
        return why_not_as_surveyed(luma, reference_frame)

    def png(self) -> bytes:
        """The picture as a PNG file."""
        return encoded(self.picture)


def see(path: Path, at_s: float | None = None) -> View:
    """The picture in ``path``, or the road of the clip in ``path``.

    Args:
        path: A PNG or JPEG file, or footage.
        at_s: For footage: the frame at this time as it is, vehicles and all. Without it, what
            stands still in the first minute: people and vehicles are gone.

    Raises:
        FootageError: It is neither, or the clip ends before ``at_s``.
    """
    if _is_picture(path):
        return View(picture=_picture(path), source=path.name)
    footage = open_clip(path)
    if at_s is None:
        return _empty_road(footage)
    frame = next((frame for frame in footage.frames() if frame.time_s >= at_s), None)
    if frame is None:
        raise FootageError(f"{path} ends before {at_s:g} s. Give an earlier --at.")
    return View(picture=frame.colour(), source=f"{path.name} at {frame.time_s:.2f} s")


def encoded(picture: Image, suffix: str = ".png") -> bytes:
    """A blue-green-red picture as a file of the kind that ``suffix``, of PICTURES, names."""
    how = [] if suffix.lower() == ".png" else JPEG
    return bytes(cv2.imencode(suffix, picture, how)[1])


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in PICTURES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(SIGNATURES)
    except OSError:
        return False  # whatever is wrong with it, opening it as footage says so in words


def _picture(path: Path) -> Image:
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise FootageError(
            f"{path}: cannot be opened ({error.strerror}). Check the name."
        ) from None
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if picture is None or picture.size > 3 * MOST_PIXELS:
        raise FootageError(f"{path} cannot be read as a PNG or JPEG picture. Save it again.")
    return np.asarray(picture, np.uint8)


def _empty_road(footage: Clip) -> View:
    """The median of frames spread over the first minute."""
    frames = _spread(footage)
    pictures = np.stack([frame.colour() for frame in frames])
    # Half sorting row by row takes a fraction of the time and memory of one median over all.
    middle = len(pictures) // 2
    rows = [
        np.partition(pictures[:, row], middle, axis=0)[middle] for row in range(len(pictures[0]))
    ]
    times = np.array([frame.time_s for frame in frames])
    return View(
        picture=np.stack(rows),
        source=f"{footage.path.name}, the median of {len(frames)} frames up to {times[-1]:.0f} s",
        every_s=_every_s(footage),
    )


def _spread(footage: Clip) -> list[Frame]:
    until_s = min(footage.duration_s or WITHIN_S, WITHIN_S)
    wanted = list(np.linspace(0, until_s, FRAMES, endpoint=False))
    found: list[Frame] = []
    for frame in footage.frames():
        if wanted and frame.time_s >= wanted[0]:
            wanted.pop(0)
            found.append(frame)
        if not wanted:
            break
    return found


def _every_s(footage: Clip) -> float:
    if footage.duration_s and footage.frame_count:
        return footage.duration_s / footage.frame_count
    return 1 / PICTURES_PER_S
