"""A camera that looks for no plate, and one that nobody survives; both can be sent to a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from speedcam.adapters.exhibits import FolderExhibits, FolderRaw
from speedcam.adapters.motion import MotionDetector
from speedcam.assembly import sealer_at
from speedcam.ground import fit_ground
from speedcam.model import Box, Detection, Frame, Image, PlateSighting
from speedcam.pipeline import Camera
from speedcam.ports import Look
from speedcam.process import RAW
from speedcam.site import Site


class NoReader:
    """Sees no plate."""

    def read_track(self, _: Sequence[Look]) -> list[PlateSighting]:
        return []


def no_witness(*_: Any, **__: Any) -> Any:
    raise AssertionError("without a plate nobody is proven")


def a_camera(site: Site, size: tuple[int, int], out: Path) -> Camera:
    """A camera that measures, and keeps its raw data in ``out``."""
    return Camera(
        site=site,
        ground=fit_ground(site.survey, size, site.drive),
        make_detector=MotionDetector,
        reader=NoReader(),
        witness=no_witness,
        keep_raw=FolderRaw(store=FolderExhibits(folder=out / RAW), folder_name=RAW),
    )


class DeadlyDetector(MotionDetector):
    """No process outlives the frame that it is shown after ``fatal_s``."""

    def __init__(
        self, fatal_s: float, glimpses: Sequence[Image], is_wide: Callable[[Box], bool]
    ) -> None:
        super().__init__(glimpses, is_wide)
        self._fatal_s = fatal_s

    def detect(self, frame: Frame) -> list[Detection]:
        if frame.time_s > self._fatal_s:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(frame)


def a_deadly_camera(fatal_s: float, site: Site, size: tuple[int, int], out: Path) -> Camera:
    """A camera that nobody survives who looks at what it saw after ``fatal_s``."""
    deadly = partial(DeadlyDetector, fatal_s)
    return replace(a_camera(site, size, out), make_detector=deadly)


def a_signing_camera(key: Path, site: Site, size: tuple[int, int], out: Path) -> Camera:
    """A camera that measures, keeps its raw data in ``out`` and signs them."""
    return replace(a_camera(site, size, out), seal=sealer_at("motion", key, site, out))
