"""Where the time of a measurement goes: decoding, motion, tracks, plates, evidence, the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from speedcam.model import Box, Detection, Frame, Image, PlateSighting
from speedcam.ports import Detector, FrameSource, Look, PlateReader
from speedcam.segments import WHOLE, Segment

if TYPE_CHECKING:
    from speedcam.pipeline import Camera

STAGES = ("decode", "motion", "tracks", "plates", "evidence", "rest")

Item = TypeVar("Item")
Given = ParamSpec("Given")
Made = TypeVar("Made")


class Stopwatch:
    """Processor seconds by stage; while one has another do something, only the other's count."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = defaultdict(float)
        self._stages = ["rest"]
        self._since_s = process_time()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done within as ``name``."""
        self.lap()
        self._stages.append(name)
        try:
            yield
        finally:
            self.lap()
            self._stages.pop()

    def lap(self) -> None:
        """Add what has gone by until now."""
        now_s = process_time()
        self.spent_s[self._stages[-1]] += now_s - self._since_s
        self._since_s = now_s

    def over(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """The same items; the making of each counts as ``name``."""
        source = iter(items)
        while True:
            with self.stage(name):
                made = list(islice(source, 1))
            if not made:
                return
            yield made[0]

    def on(self, name: str, work: Callable[Given, Made]) -> Callable[Given, Made]:
        """``work``, which counts as ``name``."""

        def watched(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            with self.stage(name):
                return work(*args, **kwargs)

        return watched

    def camera(self, camera: Camera) -> Camera:
        """The same camera, watched."""

        def make(glimpses: Sequence[Image], is_wide: Callable[[Box], bool]) -> Detector:
            with self.stage("motion"):
                return _Detector(detector=camera.make_detector(glimpses, is_wide), clock=self)

        return replace(
            camera,
            make_detector=make,
            reader=_Reader(reader=camera.reader, clock=self),
            witness=self.on("evidence", camera.witness),
            keep_raw=self.on("evidence", camera.keep_raw),
        )

    def footage(self, footage: FrameSource) -> FrameSource:
        """The same footage, watched."""
        return _Footage(footage=footage, clock=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detector:
    detector: Detector
    clock: Stopwatch

    @property
    def still(self) -> Image:
        return self.detector.still

    @property
    def gain(self) -> float:
        return self.detector.gain

    @property
    def lit(self) -> bool:
        return self.detector.lit

    def detect(self, frame: Frame) -> Sequence[Detection]:
        with self.clock.stage("motion"):
            return self.detector.detect(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    reader: PlateReader
    clock: Stopwatch

    def read_track(self, looks: Sequence[Look]) -> list[PlateSighting]:
        with self.clock.stage("plates"):
            return self.reader.read_track(looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Footage:
    footage: FrameSource
    clock: Stopwatch

    @property
    def path(self) -> Path:
        return self.footage.path

    @property
    def sha256(self) -> str:
        return self.footage.sha256

    @property
    def size(self) -> tuple[int, int]:
        return self.footage.size

    @property
    def decoder(self) -> str:
        return self.footage.decoder

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        return self.clock.over("decode", self.footage.frames(segment))

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        return self.clock.over("decode", self.footage.recall(index_at))

    def glimpses(self, count: int, segment: Segment = WHOLE) -> list[Image]:
        with self.clock.stage("decode"):
            return self.footage.glimpses(count, segment)
