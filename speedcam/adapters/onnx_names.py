"""Names what moves, by a network of the YOLO kind that the operator brings as an ONNX file.

Motion finds and bounds the vehicles, with or without a network: no speed depends on it. The
network only says what they are. No weights come with speedcam; mind the licence of yours.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.adapters.motion import MotionDetector
from speedcam.errors import DetectorError
from speedcam.model import Box, Detection, Frame, Image, VehicleClass
from speedcam.ports import Detector, MakeDetector

EVERY_S = 0.2
"""A vehicle is named this often: it does not change on its way."""
LEAST_SCORE = 0.4
WITHIN = 0.5
"""Share of a network's box that must lie within an outline to name it, and of the outline that it
must fill: a neighbour who is partly covered says nothing."""
USUAL_SIDE_PX = 640
PADDING = 114
"""Grey that networks of this kind were trained with around their pictures."""

COCO = {1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
"""The vehicles among the 80 things of COCO, which most networks of this kind were taught."""
_KINDS = {
    "bicycle": VehicleClass.MOTORCYCLE,
    "motorbike": VehicleClass.MOTORCYCLE,
    "motorcycle": VehicleClass.MOTORCYCLE,
    "car": VehicleClass.CAR,
    "van": VehicleClass.VAN,
    "truck": VehicleClass.TRUCK,
    "lorry": VehicleClass.TRUCK,
    "bus": VehicleClass.BUS,
}


_CORNERS = 6
"""Columns of a table of corners, score and class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A vehicle that the network sees."""

    box: Box
    kind: VehicleClass


def load(model: str) -> MakeDetector:
    """What makes detectors that name vehicles by the network in the file ``model``.

    Raises:
        DetectorError: It cannot be read, or is no network of this kind.
    """
    network = Network(Path(model))

    def make(glimpses: Sequence[Image], is_wide: Callable[[Box], bool]) -> Detector:
        return NamingDetector(MotionDetector(glimpses, is_wide), network.find)

    return make


def digest(model: str) -> str:
    """SHA-256 of the file, by which results made with it are known."""
    try:
        return hashlib.sha256(Path(model).read_bytes()).hexdigest()
    except OSError as error:
        raise DetectorError(f"cannot read the network {model}: {error.strerror}.") from None


class NamingDetector:
    """A :class:`speedcam.ports.Detector`: another one's outlines, with names."""

    def __init__(self, moving: Detector, find: Callable[[Image], Sequence[Named]]) -> None:
        self._moving = moving
        self._find = find
        self._next_s = 0.0

    @property
    def still(self) -> Image:
        """Luma of the empty scene."""
        return self._moving.still

    @property
    def gain(self) -> float:
        """Brightness of the last frame relative to ``still``."""
        return self._moving.gain

    @property
    def lit(self) -> bool:
        """Whether vehicles light the road with their lamps."""
        return self._moving.lit

    def detect(self, frame: Frame) -> Sequence[Detection]:
        """What moves; named in one frame of several."""
        moving = self._moving.detect(frame)
        if not moving or frame.time_s < self._next_s:
            return moving
        self._next_s = frame.time_s + EVERY_S
        seen = self._find(frame.colour())
        return [replace(found, kind=_kind(found, seen)) for found in moving]


def _kind(found: Detection, seen: Sequence[Named]) -> str:
    """What the network takes an outline for; what it was, where that is not one thing."""
    kinds = {
        named.kind
        for named in seen
        if found.box.overlap(named.box) > WITHIN * max(named.box.area, found.box.area)
    }
    return kinds.pop().value if len(kinds) == 1 else found.kind


class Network:
    """A network of the YOLO kind: letterboxed RGB in, boxes with scores out."""

    def __init__(self, model: Path) -> None:
        """Load ``model``.

        Raises:
            DetectorError: It cannot be read, or has other inputs than one picture.
        """
        import onnxruntime  # noqa: PLC0415 # 0.2 s to load

        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(model), providers=["CPUExecutionProvider"]
            )
            self._input, self._size = _input_of(self._session)
            self._names = _names(self._session.get_modelmeta().custom_metadata_map)
            # A network that cannot be run is better known before the footage than in it.
            self.find(np.full((self._size[1], self._size[0], 3), PADDING, np.uint8))
        except Exception as error:  # noqa: BLE001 # the runtime has a type for each fault
            raise DetectorError(
                f"{model} is no network that can name vehicles: {' '.join(str(error).split())}. "
                "Export a detector of the YOLO kind to ONNX, with one picture in and boxes out."
            ) from None

    def find(self, colour: Image) -> list[Named]:
        """The vehicles in a picture (BGR)."""
        picture, scale = letterboxed(colour, self._size)
        output = self._session.run(None, {self._input: picture})[0]
        return named_in(np.asarray(output, np.float64), self._names, scale)


def _input_of(session: Any) -> tuple[str, tuple[int, int]]:  # noqa: ANN401 # it has no types
    """Name, width and height of the picture that a network takes."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
        shapes = [value.shape for value in inputs]
        raise DetectorError(f"it takes {shapes}, not one picture (1, 3, height, width)")
    height, width = inputs[0].shape[2:]
    return inputs[0].name, (_side(width), _side(height))


def _side(said: object) -> int:
    """A side of the input; networks of variable size have a word there."""
    return said if isinstance(said, int) and said > 0 else USUAL_SIDE_PX


def _names(metadata: Mapping[str, str]) -> dict[int, str]:
    """What the classes are called: as the file says, else as COCO numbers them."""
    try:
        told = ast.literal_eval(metadata.get("names", ""))
        return {int(number): str(name).lower() for number, name in told.items()}
    except (ValueError, SyntaxError, AttributeError):
        return COCO


def letterboxed(colour: Image, size: tuple[int, int]) -> tuple[NDArray[np.float32], float]:
    """``colour`` as such networks take it, and its scale.

    That is ``(1, 3, height, width)`` RGB from 0 to 1, the picture in the upper left.
    """
    width, height = size
    scale = min(width / colour.shape[1], height / colour.shape[0])
    inner = (round(colour.shape[1] * scale), round(colour.shape[0] * scale))
    framed = np.full((height, width, 3), PADDING, np.uint8)
    framed[: inner[1], : inner[0]] = cv2.resize(colour, inner, interpolation=cv2.INTER_AREA)
    picture = np.ascontiguousarray(framed[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
    return picture / np.float32(255), scale


def named_in(output: NDArray[np.float64], names: Mapping[int, str], scale: float) -> list[Named]:
    """The vehicles in a network's output.

    Args:
        output: ``(1, n, 6)`` corners, score, class; or ``(1, n, 5 + classes)`` centre, size,
            score, scores; or ``(1, 4 + classes, n)`` the same without the first score.
        names: Of the classes.
        scale: Pixels of the network's picture per pixel of the frame.

    Raises:
        DetectorError: The output has another form.
    """
    table = output.ndim == 3 and output.shape[0] == 1
    if not table or (output.shape[2] != _CORNERS and min(output.shape[1:]) < _CORNERS - 1):
        raise DetectorError(f"its output of shape {output.shape} is not one table of boxes")
    corners, scores, numbers = _rows(output[0])
    found = []
    for place in np.flatnonzero(scores >= LEAST_SCORE):
        kind = _KINDS.get(names.get(int(numbers[place]), ""))
        left, top, right, bottom = (corners[place] / scale).tolist()
        if kind is not None and right > left and bottom > top:
            found.append(Named(box=Box(left=left, top=top, right=right, bottom=bottom), kind=kind))
    return found


_Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _rows(table: NDArray[np.float64]) -> _Rows:
    """``(n, 4)`` corners, ``(n,)`` scores, ``(n,)`` numbers of classes."""
    if table.shape[1] == _CORNERS:
        return table[:, :4], table[:, 4], table[:, 5]
    if table.shape[0] < table.shape[1]:
        table = table.T
        scores = table[:, 4:]
    else:
        scores = table[:, 5:] * table[:, 4:5]
    middle, half = table[:, :2], table[:, 2:4] / 2
    return np.hstack([middle - half, middle + half]), scores.max(axis=1), scores.argmax(axis=1)
