"""How much footage may ask of whoever decodes it: size, rate, length, and time that rises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from speedcam.errors import FootageError
from speedcam.model import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is asked of footage at most; each can be set by its name.

    Attributes:
        bytes: Of the file.
        pixels: Width times height.
        fps: Pictures a second.
        least_fps: Pictures a second, at least.
        seconds: From the first picture to the last.
        frames: Pictures in the file.
    """

    bytes: float = 4e9
    pixels: float = 3840 * 2160
    fps: float = 120
    least_fps: float = 5
    seconds: float = 3600
    frames: float = 250_000

    def with_set(self, words: str) -> Bounds:
        """These with one set by words such as ``seconds=7200``.

        Raises:
            FootageError: There is no bound of that name, or it is no number above 0.
        """
        name, _, value = words.partition("=")
        known = [field.name for field in fields(self)]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if name not in known or not 0 < number < math.inf:
            raise FootageError(
                f"--bound {words} sets no bound. Write NAME=NUMBER, with one of the names "
                f"{', '.join(known)}."
            )
        return replace(self, **{name: number})


def require_modest(
    path: Path, bounds: Bounds, *, size: tuple[int, int], fps: float, seconds: float, frames: int
) -> None:
    """Hold what a container promises against the bounds, before a picture is decoded.

    Args:
        path: What the footage is called.
        bounds: What is allowed.
        size: Width and height in pixels.
        fps: Pictures a second, or 0 where it does not say.
        seconds: Its length, or 0 where it does not say.
        frames: How many there are, or 0 where it does not say.

    Raises:
        FootageError: It promises more, or less, than the bounds allow.
    """
    width, height = size
    if not (min(size) > 0 and width * height <= bounds.pixels):
        raise FootageError(
            f"{path} is {width}x{height}; up to {bounds.pixels:.0f} pixels are allowed. Export it "
            "smaller, or allow more with --bound pixels=NUMBER.",
            "picture_size",
        )
    if fps and not bounds.least_fps <= fps <= bounds.fps:
        raise FootageError(
            f"{path} promises {fps:.4g} pictures a second; {bounds.least_fps:g} to {bounds.fps:g} "
            "are allowed. Export it again, or see --bound fps=NUMBER and least_fps=NUMBER.",
            "frame_rate",
        )
    _require_length(path, bounds, seconds, frames)


def in_order(path: Path, bounds: Bounds, frames: Iterator[Frame]) -> Iterator[Frame]:
    """The frames, as long as each comes after the one before.

    Raises:
        FootageError: Time does not rise, or there are more than the bounds allow.
    """
    last_s = -math.inf
    for index, frame in enumerate(frames):
        if not last_s < frame.time_s < math.inf:
            raise FootageError(
                f"{path}: time does not rise at frame {index} "
                f"({frame.time_s:.3f} s after {last_s:.3f} s). Speeds from such a file "
                "would be wrong; export the footage again from the recorder.",
                "time",
            )
        _require_length(path, bounds, frame.time_s, index + 1)
        _require_pace(path, bounds, frame.time_s, index)
        last_s = frame.time_s
        yield frame


def _require_pace(path: Path, bounds: Bounds, time_s: float, index: int) -> None:
    """A file that lies of its rate is found out by its own time stamps, after two seconds' worth.

    Without this a small file of equal pictures, a microsecond apart, would keep a core for hours.
    """
    if index > bounds.fps * (time_s + 2):
        raise FootageError(
            f"{path}: {index} pictures in {time_s:.3f} s; {bounds.fps:g} a second are allowed. "
            "Export it again, or allow more with --bound fps=NUMBER.",
            "frame_rate",
        )


def _require_length(path: Path, bounds: Bounds, seconds: float, frames: int) -> None:
    if seconds > bounds.seconds:
        raise FootageError(
            f"{path} is longer than {bounds.seconds:g} s. Split it without re-encoding, or allow "
            "more with --bound seconds=NUMBER.",
            "too_long",
        )
    if frames > bounds.frames:
        raise FootageError(
            f"{path} has more than {bounds.frames:.0f} frames. Split it without re-encoding, or "
            "allow more with --bound frames=NUMBER.",
            "too_many_frames",
        )
