"""What the camera asks of the outside: each port is a role with one or two methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from speedcam.model import (
    Box,
    Detection,
    Exhibit,
    Floats,
    Frame,
    Image,
    Passage,
    PlateSighting,
    Sighting,
    Track,
)
from speedcam.plate_place import PlatePlace
from speedcam.raw import RawData
from speedcam.segments import WHOLE, Segment
from speedcam.subject import Subject


class FrameSource(Protocol):
    """Footage of one fixed camera."""

    @property
    def path(self) -> Path:
        """The file, whose name passages bear."""
        ...

    @property
    def sha256(self) -> str:
        """Of the footage's bytes."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    @property
    def decoder(self) -> str:
        """Where and how confined it is decoded, in words, for the record of a run."""
        ...

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """Every frame of the segment, its warm-up and its run-out, in order of time."""
        ...

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        """The frames with exactly these times (and ordinals), decoded again, in order of time.

        They come one by one, so that whoever wants many need not hold them.

        Raises:
            FootageError: One of them does not come back.
        """
        ...

    def glimpses(self, count: int, segment: Segment = WHOLE) -> list[Image]:
        """Luma of up to ``count`` frames spread over the segment."""
        ...


class Detector(Protocol):
    """Finds what moves, and knows what the scene is like when nothing does."""

    @property
    def still(self) -> Image:
        """Luma of the empty scene at full resolution, as far as it is known."""
        ...

    @property
    def gain(self) -> float:
        """Brightness of the last frame relative to ``still``."""
        ...

    @property
    def lit(self) -> bool:
        """Whether vehicles light the road with their lamps."""
        ...

    def detect(self, frame: Frame) -> Sequence[Detection]:
        """Everything that moves in this frame; frames must come in order."""
        ...


MakeDetector = Callable[[Sequence[Image], Callable[[Box], bool]], Detector]
"""Makes a detector from glimpses of the scene, and from whether an outline is too wide on the
road for one vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One vehicle in one frame, for whoever reads its plate.

    Attributes:
        frame: The picture.
        vehicle: The vehicle's outline in pixels.
        place: Where on it a plate can be, or None where the road is not surveyed.
    """

    frame: Frame
    vehicle: Box
    place: PlatePlace | None = None


class PlateReader(Protocol):
    """Finds and reads the plate of one vehicle in several frames."""

    def read_track(self, looks: Sequence[Look]) -> list[PlateSighting]:
        """The plate in every frame that shows it, in any order.

        Its text is empty in a frame that shows the same plate as others, but was not read.
        """
        ...


class Witness(Protocol):
    """Makes the pictures that prove a passage."""

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
        """Draw, seal and keep the exhibits of a measured passage.

        Args:
            passage: Complete but for its exhibits.
            frames: By footage time: the ends of the measured stretch and the plate's frames.
            track: The vehicle, for its box in each frame.
            plates: The plate where it was seen; the best last.
            beside: The outlines of everybody else in the frame of a sighting.
            recall: Brings further frames back, as :meth:`FrameSource.recall`.
        """
        ...


class RawKeeper(Protocol):
    """Keeps the raw data of every passage, measured or refused."""

    def __call__(self, raw: RawData) -> Exhibit:
        """Keep ``raw`` durably; what the passage says of it."""
        ...


class Sealer(Protocol):
    """Signs every passage, measured or refused."""

    def __call__(self, passage: Passage, raw: RawData) -> tuple[Exhibit, ...]:
        """Sign ``passage``, complete with its proof, and keep its seal; what it says of that."""
        ...


class ExhibitStore(Protocol):
    """Keeps exhibits durably before anything names them."""

    def keep(self, name: str, content: bytes) -> tuple[Path, str]:
        """Write ``content`` under ``name`` durably; return its path and its SHA-256."""
        ...


class Redactor(Protocol):
    """Hides everybody but the measured vehicle."""

    def redact(self, picture: Image, subject: Subject, shown: Floats | None = None) -> Image:
        """A copy of ``picture`` (BGR) that may leave the sealed store.

        ``shown`` is what :meth:`shown` said of it, or None where nobody has asked yet.
        """
        ...

    def shown(self, picture: Image, subject: Subject) -> Floats:
        """``(height, width)`` share of each pixel of ``picture`` that may be seen, 0..1."""
        ...
