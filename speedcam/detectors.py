"""Detectors by name, built in or from other packages by entry point.

A package names its own in its ``pyproject.toml``::

    [project.entry-points."speedcam.detectors"]
    radar = "radar_package:make_for"

Each is called with what the user wrote after ``=``, and returns a
:data:`speedcam.ports.MakeDetector`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from speedcam.adapters import onnx_names
from speedcam.adapters.motion import MotionDetector
from speedcam.errors import DetectorError
from speedcam.ports import MakeDetector

GROUP = "speedcam.detectors"
MOTION = "motion"
ONNX = "onnx"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenDetector:
    """A detector that the user chose.

    Attributes:
        name: By which results made with it are known.
        make: Makes it.
    """

    name: str
    make: MakeDetector


def detector_of(choice: str) -> ChosenDetector:
    """The detector called ``choice``: ``motion``, ``onnx=FILE``, or another package's.

    Raises:
        DetectorError: Nobody offers it, or it cannot be made from what follows ``=``.
    """
    name, _, given = choice.partition("=")
    if name == MOTION:
        return ChosenDetector(name=MOTION, make=MotionDetector)
    if name == ONNX:
        known = f"{ONNX} {onnx_names.digest(given)}"
        return ChosenDetector(name=known, make=onnx_names.load(given))
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        names = ", ".join((MOTION, f"{ONNX}=FILE", *sorted(offered)))
        raise DetectorError(f"no installed package offers a detector {name!r}. There are: {names}.")
    return ChosenDetector(name=choice, make=_from_package(offered[name], given))


def _from_package(entry: EntryPoint, given: str) -> MakeDetector:
    make_for = cast("Callable[[str], MakeDetector]", entry.load())
    return make_for(given)
