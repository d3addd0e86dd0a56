"""The shapes of people, and of what they ride: limbs, tubes and wheels.

Vehicle axes: ``x`` across, ``y`` behind the front, ``z`` above the road, metres.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.atlas import Sheet
from speedcam.simulate.body import Body
from speedcam.simulate.fittings import blank_plate_sheet, wheel_sheet
from speedcam.simulate.joints import Limb, Wheel
from speedcam.simulate.limbs import Point, ball, limb, ring
from speedcam.simulate.mesh import Mesh, block, disc, patch, tread
from speedcam.simulate.plates import MOTORCYCLE_PLATE_M

Part = tuple[Mesh, Wheel | Limb | None]
"""A mesh, and what it turns about."""

_JACKETS = ("#2b3a55", "#7a2a26", "#33373b", "#8d8f92", "#c9c6bd", "#4d5a3a", "#b5652b")
_TROUSERS = ("#22252b", "#2d3c57", "#4a4741", "#6b6356")
_SKIN = ("#b89c8a", "#a58a78", "#7d6454")
_HAIR = ("#1c1613", "#3a2a1e", "#6f6a64")
_HEAD_M = (0.080, 0.100, 0.125)
_STRIDE_M = 1.4
_PEDALS_M = 5.2
"""Way of a bicycle for one turn of its pedals."""


def figure_parts(body: Body) -> list[Part]:
    """All parts of a body that has no hull."""
    shapes = {"motorcycle": _motorcycle, "bicycle": _bicycle, "pedestrian": _pedestrian}
    return shapes[body.kind](body)


def figure_sheets(body: Body, colour: str, rng: np.random.Generator) -> Mapping[str, Sheet]:
    """The paint and the clothes of a body that has no hull."""
    worn = {
        "paint": (colour, "paint"),
        "jacket": (str(rng.choice(_JACKETS)), "rubber"),
        "trousers": (str(rng.choice(_TROUSERS)), "rubber"),
        "skin": (str(rng.choice(_SKIN)), "rubber"),
        "shoes": ("#1a1a1b", "plastic"),
        "black": ("#202124", "plastic"),
        "tread": ("#1b1b1c", "rubber"),
        "metal": ("#8d9194", "chrome"),
        "lamp": ("#d9dcdc", "lamp"),
        "tail": ("#8e1413", "lamp"),
    }
    sheets = {name: _cloth(rgb, finish, rng) for name, (rgb, finish) in worn.items()}
    sheets["head"] = _head_sheet(worn["skin"][0], str(rng.choice(_HAIR)))
    if body.kind == "motorcycle":
        sheets["wheel"] = wheel_sheet(body.wheel_radius_m, rng)
        sheets["plate"] = blank_plate_sheet()
    return sheets


def _cloth(rgb: str, finish: str, rng: np.random.Generator) -> Sheet:
    """One colour with folds and stains."""
    sheet = Sheet((0.0, 0.0), (1.5, 1.4), 120)
    sheet.fill(rgb, finish)
    sheet.dust(rng, 2.2)
    return sheet


def _head_sheet(skin: str, hair: str) -> Sheet:
    """A face in front, hair on top and behind; laid out as :func:`ball` unrolls."""
    around, down = np.pi * _HEAD_M[0], np.pi * _HEAD_M[2]
    sheet = Sheet((0.0, 0.0), (2 * around, down), 300)
    sheet.fill(skin, "rubber")
    sheet.box(0.0, 0.0, 2 * around, 0.32 * down, hair, "rubber")
    sheet.box(0.0, 0.0, around, 0.62 * down, hair, "rubber")
    return sheet


def _motorcycle(body: Body) -> list[Part]:
    still = [
        ball((0, 0.56, 0.94), (0.17, 0.15, 0.17), "paint"),
        ball((0, 0.43, 0.93), (0.10, 0.05, 0.07), "lamp"),
        ball((0, 0.98, 0.86), (0.18, 0.34, 0.15), "paint"),
        ball((0, 1.76, 0.86), (0.12, 0.26, 0.07), "paint"),
        ball((0, 2.00, 0.84), (0.09, 0.03, 0.04), "tail"),
        ball((0, 1.42, 0.82), (0.15, 0.30, 0.07), "black"),
        *block(np.array([-0.18, 0.74, 0.28]), np.array([0.18, 1.22, 0.74]), "black"),
        limb((-0.37, 0.80, 1.04), (0.37, 0.80, 1.04), 0.018, "black"),
        limb((0.20, 1.02, 0.34), (0.23, 1.80, 0.42), 0.05, "metal"),
        limb((0, 1.88, 0.82), (0, 2.08, 0.66), 0.03, "black"),
    ]
    for side in (-1, 1):
        still += [
            limb((side * 0.10, 0.31, 0.31), (side * 0.10, 0.60, 0.98), 0.028, "metal"),
            limb((side * 0.13, 1.20, 0.44), (side * 0.12, 1.72, 0.31), 0.03, "black"),
            limb((side * 0.30, 0.80, 1.06), (side * 0.32, 0.78, 1.20), 0.008, "black"),
            ball((side * 0.34, 0.77, 1.22), (0.06, 0.02, 0.04), "black"),
        ]
    still += [*_torso((0, 1.40, 0.96), (0, 1.12, 1.36)), *_helmet((0, 1.00, 1.555))]
    for side in (-1, 1):
        shoulder, elbow = (side * 0.21, 1.12, 1.35), (side * 0.32, 1.02, 1.14)
        still += _bent(shoulder, elbow, (side * 0.34, 0.82, 1.06), 0.055, "jacket")
        hip, knee, foot = (side * 0.12, 1.38, 0.92), (side * 0.24, 0.98, 0.76), (side * 0.22, 1.2)
        still += _bent(hip, knee, (*foot, 0.36), 0.08, "trousers")
        still.append(limb((*foot, 0.33), (side * 0.22, 1.04, 0.30), 0.045, "shoes"))
    still.append(_rear_plate(body.length_m, body.plate_rear_m))
    return [(mesh, None) for mesh in still] + _wheels(body, wide_m=0.15)


def _bicycle(body: Body) -> list[Part]:
    front, rear = ((0.0, axle, body.wheel_radius_m) for axle in body.axles_m)
    head, pedals, seat = (0.0, 0.52, 0.88), (0.0, 0.93, 0.30), (0.0, 1.10, 0.90)
    still = [
        limb(front, head, 0.016, "paint"),
        limb(head, pedals, 0.02, "paint"),
        limb(head, (0.0, 1.07, 0.80), 0.018, "paint"),
        limb(pedals, seat, 0.018, "paint"),
        limb(pedals, rear, 0.013, "paint"),
        limb((0.0, 1.07, 0.80), rear, 0.013, "paint"),
        limb(head, (0.0, 0.50, 1.02), 0.016, "metal"),
        limb((-0.29, 0.52, 1.03), (0.29, 0.52, 1.03), 0.014, "black"),
        ball((0, 1.12, 0.94), (0.08, 0.14, 0.035), "black"),
        *_torso((0, 1.10, 1.03), (0, 0.86, 1.44)),
        *_head((0, 0.78, 1.70)),
    ]
    parts: list[Part] = []
    for side in (-1, 1):
        still += _bent(
            (side * 0.20, 0.86, 1.43),
            (side * 0.27, 0.74, 1.20),
            (side * 0.26, 0.53, 1.06),
            0.045,
            "jacket",
        )
        hip, down = (side * 0.10, 1.08, 1.0), 0.12 if side > 0 else 0.36
        leg = _bent(
            hip, (side * 0.11, 0.78, 0.50 + down), (side * 0.11, 0.95, down), 0.07, "trousers"
        )
        leg.append(limb((side * 0.11, 0.97, down), (side * 0.11, 0.84, down - 0.03), 0.04, "shoes"))
        swing = Limb(axle_m=(hip[1], hip[2]), reach_rad=side * 0.15, stride_m=_PEDALS_M)
        parts += [(mesh, swing) for mesh in leg]
    return [(mesh, None) for mesh in still] + parts + _thin_wheels(body)


def _pedestrian(body: Body) -> list[Part]:
    y = body.length_m / 2
    still = [*_torso((0, y, 0.98), (0, y - 0.02, 1.40)), *_head((0, y - 0.02, 1.635))]
    parts: list[Part] = [(mesh, None) for mesh in still]
    for side in (-1, 1):
        hip, knee, heel = (side * 0.10, y, 0.92), (side * 0.10, y - 0.02, 0.50), (side * 0.10, y)
        leg = _bent(hip, knee, (*heel, 0.11), 0.075, "trousers")
        leg.append(limb((*heel, 0.045), (side * 0.11, y - 0.15, 0.04), 0.04, "shoes"))
        arm = _bent(
            (side * 0.21, y, 1.39), (side * 0.25, y + 0.02, 1.12), (side * 0.25, y - 0.04, 0.88),
            0.05, "jacket",
        )  # fmt: skip
        arm.append(ball((side * 0.25, y - 0.05, 0.82), (0.04, 0.05, 0.06), "skin"))
        step = Limb(axle_m=(hip[1], hip[2]), reach_rad=side * 0.38, stride_m=_STRIDE_M)
        swing = Limb(axle_m=(y, 1.39), reach_rad=-side * 0.30, stride_m=_STRIDE_M)
        parts += [(mesh, step) for mesh in leg] + [(mesh, swing) for mesh in arm]
    return parts


def _torso(hips: Point, shoulders: Point) -> list[Mesh]:
    return [limb(hips, shoulders, 0.13, "jacket", end_radius_m=0.125, wide=1.45)]


def _helmet(middle: Point) -> list[Mesh]:
    x, y, z = middle
    return [
        ball(middle, (0.125, 0.15, 0.14), "paint"),
        ball((x, y - 0.075, z), (0.10, 0.082, 0.065), "black"),
    ]


def _head(middle: Point) -> list[Mesh]:
    x, y, z = middle
    return [
        ball(middle, _HEAD_M, "head"),
        limb((x, y + 0.02, z - 0.18), (x, y + 0.01, z - 0.06), 0.05, "skin"),
    ]


def _bent(top: Point, middle: Point, bottom: Point, radius_m: float, sheet: str) -> list[Mesh]:
    """An arm or a leg of two straight parts, the lower one thinner."""
    return [
        limb(top, middle, radius_m, sheet, end_radius_m=radius_m * 0.8),
        limb(middle, bottom, radius_m * 0.8, sheet, end_radius_m=radius_m * 0.6),
    ]


def _rear_plate(y: float, height: float) -> Mesh:
    wide, high = MOTORCYCLE_PLATE_M
    across, down = np.linspace(0, 1, 4)[None, :], np.linspace(0, 1, 4)[:, None]
    x, z = np.broadcast_arrays((across - 0.5) * wide, height + (0.5 - down) * high)
    points = np.stack([x, np.full(x.shape, y), z], axis=-1)
    metres = np.stack(np.broadcast_arrays(across * wide, down * high), axis=-1)
    return patch(points, np.broadcast_to([0.0, 1.0, 0.0], points.shape), metres, "plate", layer=3)


def _wheels(body: Body, *, wide_m: float) -> list[Part]:
    parts: list[Part] = []
    for axle in body.axles_m:
        turns = Wheel(axle_m=(axle, body.wheel_radius_m), radius_m=body.wheel_radius_m)
        right = _hub(body, axle, wide_m / 2)
        parts.append((tread(right, body.wheel_radius_m, wide_m, "tread"), turns))
        for side in (-1.0, 1.0):
            hub = _hub(body, axle, side * wide_m / 2)
            parts.append((disc(hub, body.wheel_radius_m, side, "wheel", layer=1), turns))
    return parts


def _thin_wheels(body: Body) -> list[Part]:
    parts: list[Part] = []
    for axle in body.axles_m:
        turns = Wheel(axle_m=(axle, body.wheel_radius_m), radius_m=body.wheel_radius_m)
        parts.append((tread(_hub(body, axle, 0.02), body.wheel_radius_m, 0.04, "tread"), turns))
        for side in (-1.0, 1.0):
            middle = (side * 0.02, axle, body.wheel_radius_m)
            parts.append((ring(middle, body.wheel_radius_m, 0.05, side, "tread"), turns))
    return parts


def _hub(body: Body, axle: float, x_m: float) -> Floats:
    return np.array([x_m, axle, body.wheel_radius_m])
