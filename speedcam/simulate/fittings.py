"""Painted fittings: wheels, plates, a lorry's box and its rear bumper."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from speedcam.simulate.atlas import Sheet
from speedcam.simulate.body import Body, Shell
from speedcam.simulate.plates import MOTORCYCLE_PLATE_M, PLATE_M, plate_texture

TEXELS_PER_M = 170.0
"""Of the sheets of a body: 6 mm a texel."""


def plate_sheet(text: str) -> Sheet:
    """A plate, half a millimetre a texel."""
    picture = plate_texture(text)
    sheet = Sheet((0, 0), PLATE_M, picture.shape[1] / PLATE_M[0])
    gloss = np.full(picture.shape[:2], 12, np.uint8)
    sheet.pixels = np.dstack([picture, gloss])
    return sheet


def blank_plate_sheet() -> Sheet:
    """A motorcycle's plate without a text: a white field in a dark frame."""
    sheet = Sheet((0, 0), MOTORCYCLE_PLATE_M, 600)
    sheet.fill("#33363a", "plastic")
    wide, high = MOTORCYCLE_PLATE_M
    sheet.box(0.006, 0.006, wide - 0.006, high - 0.006, "#e8ece8", "rubber")
    return sheet


def wheel_sheet(radius: float, rng: np.random.Generator) -> Sheet:
    """Tyre and rim, seen from the side."""
    sheet = Sheet((-radius, -radius), (radius, radius), 260)
    sheet.fill("#1a1a1b", "rubber")
    sheet.circle((0, 0), radius * 0.90, "#202021", "rubber")
    rim = radius * 0.70
    shade = str(rng.choice(["#a7abad", "#8f9396", "#b9bcbe", "#4b4e51"]))
    sheet.circle((0, 0), rim, shade, "chrome")
    sheet.circle((0, 0), rim * 0.90, "#151617", "plastic")
    spokes = int(rng.integers(5, 9))
    for spoke in range(spokes):
        angle = 2 * np.pi * spoke / spokes
        along, across = (
            np.array([np.cos(angle), np.sin(angle)]),
            np.array([-np.sin(angle), np.cos(angle)]),
        )
        wide = rim * 1.1 / spokes
        corners = [
            across * wide * 0.9,
            along * rim * 0.95 + across * wide * 0.7,
            along * rim * 0.95 - across * wide * 0.7,
            -across * wide * 0.9,
        ]
        sheet.polygon([tuple(c) for c in corners], shade, "chrome")
    sheet.circle((0, 0), rim * 0.26, "#74777a", "chrome")
    return sheet


def paint_box(made: Mapping[str, Sheet], shell: Shell, rng: np.random.Generator) -> None:
    """A box body: ribs, a frame, a painted band, rear doors with bars."""
    side, rear = made["side"], made["rear"]
    high = max(z for _, z in shell.top)
    for y in np.arange(shell.front_m, shell.rear_m, 0.6):
        side.line([(y, shell.base), (y, high)], 0.012, "#9b9a95")
    band = str(rng.choice(["#2f5d8c", "#a3332b", "#3d7a52", "#d0a030"]))
    side.box(shell.front_m + 0.9, 1.7, shell.rear_m - 0.9, 2.3, band, "paint")
    for at in np.arange(shell.front_m + 1.3, shell.rear_m - 1.4, 0.42):
        side.box(at, 1.85, at + 0.22, 2.15, "#e6e4dd", "paint")
    half = shell.half_width
    for sheet, ends in ((side, (shell.front_m, shell.rear_m)), (rear, (-half, half))):
        sheet.box(ends[0], shell.base, ends[1], shell.base + 0.08, "#4a4c4e", "plastic")
        sheet.box(ends[0], high - 0.08, ends[1], high, "#8b8d8f", "plastic")
    for x in (-half + 0.04, half - 0.04):
        rear.line([(x, shell.base), (x, high)], 0.06, "#8b8d8f")
    rear.line([(0.0, shell.base), (0.0, high)], 0.02, "#26282a")
    for x in (-0.72, -0.30, 0.30, 0.72):
        rear.line([(x, shell.base + 0.05), (x, high - 0.1)], 0.035, "#6d7072")
        for z in (1.15, 1.9, 2.7):
            rear.box(x - 0.05, z, x + 0.05, z + 0.07, "#3c3e40", "plastic")
    for x in (-half + 0.14, half - 0.14):
        rear.box(x - 0.06, high - 0.2, x + 0.06, high - 0.13, "#9b2320", "lamp")
    top = made["top"]
    for at in np.arange(0.4, shell.rear_m - shell.front_m, 0.8):
        top.line([(at, -half), (at, half)], 0.02, "#a4a39d")


def tail_bar_sheet(body: Body) -> Sheet:
    """A lorry's rear bumper with its lamps."""
    half = body.width_m / 2
    low, high = body.tail_lamp_z
    sheet = Sheet((-half, 0.3), (half, 1.0), TEXELS_PER_M)
    sheet.fill("#232527", "plastic")
    for sign in (-1, 1):
        sheet.box(
            sign * half * 0.60, low + 0.02, sign * half * 0.94, high - 0.02, "#97201b", "lamp"
        )
        sheet.box(
            sign * half * 0.70, low + 0.02, sign * half * 0.77, high - 0.02, "#c88a2c", "lamp"
        )
        sheet.box(sign * half * 0.95, low - 0.02, sign * half, high + 0.02, "#d8cf3c", "plastic")
    return sheet
