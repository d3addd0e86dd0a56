"""What the camera asks of the outside: each port is a role with one or two methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from speedcam.model import Box, Detection, Frame, Image, PlateSighting


class FrameSource(Protocol):
    """Footage of one fixed camera."""

    size: tuple[int, int]
    """Width and height in pixels, the same for every frame."""

    def frames(self) -> Iterator[Frame]:
        """Every frame in order of time."""
        ...

    def recall(self, times_s: Iterable[float]) -> dict[float, Frame]:
        """The frames with exactly these times, decoded again; colour stays available."""
        ...


class Detector(Protocol):
    """Finds what moves."""

    def detect(self, frame: Frame) -> Sequence[Detection]:
        """Everything that moves in this frame; frames must come in order."""
        ...


class PlateReader(Protocol):
    """Finds and reads the plate of one vehicle in one frame."""

    def read(self, frame: Frame, vehicle: Box) -> PlateSighting | None:
        """The plate inside ``vehicle`` (pixels), or None where there is none to see."""
        ...


class ExhibitStore(Protocol):
    """Keeps pictures durably before anything names them."""

    def keep(self, name: str, jpeg: bytes) -> tuple[Path, str]:
        """Write ``jpeg`` under ``name`` durably; return its path and its SHA-256."""
        ...


class Redactor(Protocol):
    """Hides everybody but the measured vehicle."""

    def redact(self, picture: Image, vehicle: Box, plate: Box | None) -> Image:
        """A copy of ``picture`` (BGR) that may leave the sealed store."""
        ...
