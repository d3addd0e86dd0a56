"""Whether vehicles keep clear of one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.drive import Drive
from speedcam.simulate.scene import Scene

_EVERY_S = 0.1
_CLEAR_M = 0.2


def collision(
    scene: Scene, ones: Sequence[Drive], others: Sequence[Drive]
) -> tuple[Drive, Drive] | None:
    """The first pair that comes nearer than 20 cm while both are on the road, or None."""
    times = np.arange(0, scene.seconds, _EVERY_S)
    boxes = {id(drive): _boxes(scene, drive, times) for drive in (*ones, *others)}
    for one, other in product(ones, others):
        if one is not other and _touch(boxes[id(one)], boxes[id(other)]):
            return one, other
    return None


def _boxes(scene: Scene, drive: Drive, times_s: Floats) -> Floats:
    """``(4, n)``: left, right, near and far side at each instant; not a number off the road."""
    near = drive.contact_m(times_s)
    gone = drive.course.gone_m(times_s - drive.pass_s)
    one_end = drive.x_m + drive.course.aside_m(gone)
    lean = drive.body.length_m * np.sin(np.arctan(drive.course.slope(gone)))
    other_end = one_end + drive.onwards * lean
    half, far = drive.body.width_m / 2, near + drive.body.length_m
    left, right = np.minimum(one_end, other_end) - half, np.maximum(one_end, other_end) + half
    on_road = (far > 0) & (near < scene.traffic.far_m)
    sides = np.stack([np.broadcast_to(side, near.shape) for side in (left, right, near, far)])
    return np.where(on_road, sides, np.nan)


def _touch(one: Floats, other: Floats) -> bool:
    apart = np.maximum(one[[0, 2]] - other[[1, 3]], other[[0, 2]] - one[[1, 3]])
    return bool(np.any(np.all(apart < _CLEAR_M, axis=0)))
