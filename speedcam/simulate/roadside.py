"""Things that stand beside the road, drawn far to near into a canvas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.canvas import Canvas
from speedcam.simulate.foliage import draw_foliage
from speedcam.simulate.light import Colour, Radiance, irradiance, linear
from speedcam.simulate.plan import Thing

TUNNEL_M = 12.0
"""How deep one sees into an underpass."""

_Draw = Callable[[Canvas, Thing, np.random.Generator], None]


def tunnel_light(inside_m: float) -> float:
    """Share of the daylight that is left so far inside an underpass."""
    return float(np.clip(1 - inside_m / TUNNEL_M, 0, 1) ** 2.2) * 0.5


def draw_things(canvas: Canvas, things: tuple[Thing, ...], seed: int) -> None:
    """Draw all of them, the farthest first; long things in pieces, so that each lies right."""
    pieces = [
        (piece, [seed, 23, number, i])
        for number, thing in enumerate(things)
        for i, piece in enumerate(_pieces(thing))
    ]
    for piece, entropy in sorted(pieces, key=lambda item: -_distance(item[0])):
        _DRAW[piece.kind](canvas, piece, np.random.default_rng(entropy))


def _pieces(thing: Thing) -> list[Thing]:
    if thing.kind not in ("wall", "fence", "rail", "kerb"):
        return [thing]
    edges = np.linspace(thing.near_m, thing.far_m, round((thing.far_m - thing.near_m) / 4) + 1)
    return [replace(thing, near_m=float(near), far_m=float(far)) for near, far in pairwise(edges)]


def _distance(thing: Thing) -> float:
    return math.hypot(thing.x_m, (thing.near_m + thing.far_m) / 2)


def _lit(canvas: Canvas, normal: tuple[float, float, float]) -> Floats:
    return np.asarray(irradiance(canvas.light, np.array([normal], dtype=float))[0])


def _box_x(x: float, near: float, far: float, low: float, high: float) -> Floats:
    """An upright rectangle along the road: far top, near top, near bottom, far bottom."""
    return np.array([[x, far, high], [x, near, high], [x, near, low], [x, far, low]])


def _box_y(y: float, left: float, right: float, low: float, high: float) -> Floats:
    """An upright rectangle across the road: left top, right top, right bottom, left bottom."""
    return np.array([[left, y, high], [right, y, high], [right, y, low], [left, y, low]])


def _lid(left: float, right: float, near: float, far: float, z: float) -> Floats:
    return np.array([[left, far, z], [right, far, z], [right, near, z], [left, near, z]])


def _stretches(near: float, far: float, step: float) -> list[tuple[float, float]]:
    """Even pieces of about ``step`` metres, the farthest first."""
    edges = np.linspace(near, far, max(round((far - near) / step), 1) + 1).tolist()
    return list(pairwise(edges))[::-1]


def _tree(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    radius = thing.width_m / 2
    trunk = min(thing.height_m * 0.4, 2.2)
    for side, shade in ((-0.14, 0.5), (-0.04, 0.8), (0.06, 1.1)):
        x = thing.x_m + side
        canvas.face(_box_y(thing.near_m, x, x + 0.1, 0, trunk + 1), linear("#5b4c3d"), shade)
    centre = np.array([thing.x_m, thing.near_m, trunk + (thing.height_m - trunk) * 0.5])
    draw_foliage(canvas, centre, np.array([radius, radius, (thing.height_m - trunk) * 0.56]), rng)


def _bush(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    centre = np.array([thing.x_m, thing.near_m, thing.height_m * 0.42])
    radius = thing.width_m / 2
    draw_foliage(canvas, centre, np.array([radius, radius, thing.height_m * 0.62]), rng)


def _hill(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    x = np.linspace(thing.x_m - thing.width_m / 2, thing.x_m + thing.width_m / 2, 160)
    ridge = np.zeros_like(x)
    for wave in (1.0, 0.43, 0.21, 0.08, 0.03):
        ridge += wave * np.sin(x / (thing.width_m * 0.12 * wave) + rng.uniform(0, 6.28))
    ridge = thing.height_m * (0.75 + 0.16 * ridge)
    ridge *= np.clip(np.minimum(x - x[0], x[-1] - x) / (thing.width_m * 0.2), 0, 1) ** 0.7
    green = np.array(linear("#56663f")) * _lit(canvas, (0.0, -0.8, 0.6))
    for i in range(len(x) - 1):
        outline = np.array(
            [
                [x[i], thing.near_m, -2.0],
                [x[i], thing.near_m, ridge[i]],
                [x[i + 1], thing.near_m, ridge[i + 1]],
                [x[i + 1], thing.near_m, -2.0],
            ]
        )
        slope = 1 + 0.25 * math.tanh((ridge[i + 1] - ridge[i]) / 6)
        canvas.polygon(outline, green * slope)


def _pole(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    half = thing.width_m / 2
    tint = rng.uniform(0.9, 1.1)
    for i in range(6):
        left = thing.x_m - half + i * thing.width_m / 6
        shade = tint * (0.5 + 0.6 * math.sin((i + 0.7) / 6 * math.pi))
        strip = _box_y(thing.near_m, left, left + thing.width_m / 6, 0, thing.height_m)
        canvas.face(strip, linear("#8b8d8c"), shade)


def _delineator(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    del rng
    left, right = thing.x_m - 0.06, thing.x_m + 0.06
    canvas.face(_box_y(thing.near_m, left, right, 0, 0.95), linear("#d9d8d2"))
    canvas.face(_box_y(thing.near_m, left, right, 0.62, 0.82), linear("#26262a"))
    canvas.face(_box_y(thing.near_m, left + 0.03, right - 0.03, 0.64, 0.80), linear("#d05c2a"))


def _rail(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    """A W-beam on posts: seven strips whose brightness follows the wave of the beam."""
    top = thing.height_m
    waves = (0.75, 1.15, 0.8, 0.5, 0.85, 1.2, 0.7)
    for near, far in _stretches(thing.near_m, thing.far_m, 2.0):
        post = _box_y(far, thing.x_m + 0.05, thing.x_m + 0.17, 0, top - 0.03)
        canvas.face(post, linear("#6f7273"), 0.8)
        tint = rng.uniform(0.94, 1.05)
        for i, wave in enumerate(waves):
            high = top - i * 0.31 / 7
            strip = _box_x(thing.x_m, near, far, high - 0.31 / 7, high)
            canvas.face(strip, linear("#9fa3a4"), wave * tint)


def _kerb(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    for near, far in _stretches(thing.near_m, thing.far_m, 1.0):
        tint = rng.uniform(0.88, 1.06)
        grey = linear("#a09c95")
        left, right = thing.x_m - thing.width_m / 2, thing.x_m + thing.width_m / 2
        face = right if thing.x_m < 0 else left
        canvas.face(_box_x(face, near, far - 0.012, 0, thing.height_m), grey, tint * 0.86)
        canvas.face(_lid(left, right, near, far - 0.012, thing.height_m), grey, tint)


def _stucco(
    rng: np.random.Generator, rows: int, columns: int, colour: Colour, lit: Floats
) -> Radiance:
    coarse = np.kron(rng.normal(0, 1, (rows // 8 + 1, columns // 8 + 1)), np.ones((8, 8)))
    grime = 1 + 0.05 * coarse[:rows, :columns] + rng.normal(0, 0.05, (rows, columns))
    weather = 1 - 0.28 * np.linspace(0, 1, rows)[:, None] ** 6
    return np.asarray((grime * weather)[..., None] * np.array(colour) * lit, np.float32)


def _wall(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    """A rendered garden wall with a coping and pilasters."""
    normal = (1.0, 0.0, 0.0) if thing.x_m < 0 else (-1.0, 0.0, 0.0)
    lit = _lit(canvas, normal)
    for near, far in _stretches(thing.near_m, thing.far_m, thing.far_m - thing.near_m):
        texture = _stucco(rng, 64, 128, linear("#b9ab93"), lit)
        texture[:, :8] *= 0.8
        texture[:, 8:10] *= 0.6
        canvas.panel(_box_x(thing.x_m, near, far, 0, thing.height_m), texture)
        side = thing.width_m if thing.x_m > 0 else -thing.width_m
        left, right = sorted((thing.x_m, thing.x_m + side))
        lid = _lid(left, right, near, far, thing.height_m)
        canvas.face(lid, linear("#a9a498"))
        cap = _box_x(thing.x_m, near, far, thing.height_m - 0.09, thing.height_m)
        canvas.face(cap, linear("#a9a498"), 0.9)


def _fence(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    del rng
    for near, far in _stretches(thing.near_m, thing.far_m, 2.5):
        canvas.face(_box_y(far, thing.x_m, thing.x_m + 0.06, 0, thing.height_m), linear("#4c5a4a"))
        for z in (0.25, 0.55, 0.85, 0.98):
            bar = _box_x(thing.x_m, near, far, thing.height_m * z - 0.025, thing.height_m * z)
            canvas.face(bar, linear("#4f604d"))
        for at in np.arange(near, far, 0.25):
            picket = _box_x(thing.x_m, at, at + 0.03, 0.1, thing.height_m * 0.97)
            canvas.face(picket, linear("#4f604d"))


def _facade(
    rng: np.random.Generator, length: float, height: float, lit: Floats, colour: Colour
) -> Radiance:
    """Rows of windows with frames, reveals and shutters, 5 cm a texel."""
    rows, columns = max(int(height * 20), 8), max(int(length * 20), 8)
    texture = _stucco(rng, rows, columns, colour, lit)
    glass = np.array(linear("#3a434c")) * lit * 1.3
    for storey in range(int(height // 3.0)):
        bottom = rows - int((storey * 3.0 + 0.9) * 20)
        for left in np.arange(1.0, length - 1.6, 2.6):
            i, j = bottom - 28, int(left * 20)
            texture[i - 2 : bottom + 2, j - 2 : j + 24] *= 0.72
            texture[i:bottom, j : j + 22] = glass * rng.uniform(0.5, 1.3)
            texture[i:bottom, j + 10 : j + 12] = np.array(linear("#cfcbc2")) * lit
            if rng.random() < 0.35:
                drop = rng.integers(6, 22)
                texture[i : i + drop, j : j + 22] = np.array(linear("#b6b09f")) * lit
    return texture


def _house(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    """A block: the side along the road, the gable towards the camera, a flat roof's edge."""
    colour = linear(("#cdb890", "#c9c2b6", "#b99a7c", "#c4ab9d")[rng.integers(4)])
    outer = thing.x_m - thing.width_m if thing.x_m < 0 else thing.x_m + thing.width_m
    left, right = sorted((thing.x_m, outer))
    gable = _facade(rng, thing.width_m, thing.height_m, _lit(canvas, (0, -1, 0)), colour)
    canvas.panel(_box_y(thing.near_m, left, right, 0, thing.height_m), gable)
    normal = (1.0, 0.0, 0.0) if thing.x_m < 0 else (-1.0, 0.0, 0.0)
    length = thing.far_m - thing.near_m
    side = _facade(rng, length, thing.height_m, _lit(canvas, normal), colour)
    canvas.panel(_box_x(thing.x_m, thing.near_m, thing.far_m, 0, thing.height_m), side)
    roof = linear("#8a5b48")
    canvas.face(
        _lid(left - 0.3, right + 0.3, thing.near_m - 0.3, thing.far_m, thing.height_m), roof
    )
    edge = _box_y(
        thing.near_m - 0.3, left - 0.3, right + 0.3, thing.height_m - 0.25, thing.height_m
    )
    canvas.face(edge, roof, 0.7)


def _sign(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    """The back of a sign: seen by the camera's traffic from the other side."""
    _pole(canvas, thing, rng)
    angles = np.linspace(0, 2 * math.pi, 25)[:-1]
    for radius, colour in ((0.33, "#9a9c9c"), (0.30, "#85888a")):
        ring = np.array(
            [
                [
                    thing.x_m + radius * math.cos(a),
                    thing.near_m - 0.02,
                    thing.height_m - 0.1 + radius * math.sin(a),
                ]
                for a in angles
            ]
        )
        canvas.face(ring, linear(colour))


def _underpass(canvas: Canvas, thing: Thing, rng: np.random.Generator) -> None:
    """A railway bridge over the road: deck, parapet, abutments, and dark below."""
    y, left, right = thing.near_m, thing.x_m - thing.width_m / 2, thing.x_m + thing.width_m / 2
    lit = _lit(canvas, (0, -1, 0))
    concrete = linear("#a49d90")
    _tunnel(canvas, y, left, right, height=thing.height_m, concrete=concrete)
    for x0, x1 in ((left - 14, left), (right, right + 14)):
        canvas.panel(
            _box_y(y, x0, x1, 0, thing.height_m + 0.1), _stucco(rng, 90, 280, concrete, lit)
        )
    deck = _stucco(rng, 40, 800, concrete, lit)
    deck[:4] *= 1.15
    deck[-5:] *= 0.6
    deck[12:14] *= 0.75
    top = thing.height_m + 1.3
    canvas.panel(_box_y(y - 0.3, left - 20, right + 20, thing.height_m, top), deck)
    for x in np.arange(left - 20, right + 20, 1.5):
        canvas.face(_box_y(y - 0.2, x, x + 0.06, top, top + 1.0), linear("#545f5c"))
    for z in (0.5, 0.95):
        canvas.face(
            _box_y(y - 0.2, left - 20, right + 20, top + z, top + z + 0.06), linear("#545f5c")
        )


def _tunnel(
    canvas: Canvas, y: float, left: float, right: float, *, height: float, concrete: Colour
) -> None:
    """Walls and end of the passage, darker the deeper; the road inside is the ground's matter."""
    edges = np.linspace(0, TUNNEL_M, 25)
    canvas.polygon(_box_y(y + TUNNEL_M, left, right, 0, height), np.zeros(3))
    for near, far in pairwise(edges):
        shade = tunnel_light((near + far) / 2) * 0.6
        for x in (left, right):
            canvas.face(_box_x(x, y + near, y + far, 0, height), concrete, shade)
        soffit = _lid(left, right, y + near, y + far, height)
        canvas.polygon(soffit, np.array(concrete) * np.array(canvas.light.bounce) * shade)


_DRAW: dict[str, _Draw] = {
    "tree": _tree,
    "bush": _bush,
    "hill": _hill,
    "pole": _pole,
    "delineator": _delineator,
    "rail": _rail,
    "kerb": _kerb,
    "wall": _wall,
    "fence": _fence,
    "house": _house,
    "sign": _sign,
    "underpass": _underpass,
}
