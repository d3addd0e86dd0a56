"""Painting a vehicle: what is drawn on its sheets, in metres."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from speedcam.simulate.atlas import Sheet
from speedcam.simulate.body import Body, Shell
from speedcam.simulate.fittings import (
    TEXELS_PER_M,
    paint_box,
    plate_sheet,
    tail_bar_sheet,
    wheel_sheet,
)
from speedcam.simulate.mesh import upper_arc

_GLASS = "#14181b"
_BLACK = "#17181a"

COLOURS = (
    "#d9dad8",
    "#d9dad8",
    "#a9adb0",
    "#a9adb0",
    "#5d6266",
    "#33373b",
    "#1d1f22",
    "#1f3558",
    "#8f1f1c",
    "#6d2320",
    "#31506f",
    "#b7a98c",
    "#2e4a3c",
    "#c4731d",
)


def _shade(rgb: str, share: float) -> str:
    """A darker tone of a colour: seams and creases are shadows, not ink."""
    parts = [int(rgb[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{int(part * share):02x}" for part in parts)


def paint_sheets(
    body: Body, colour: str, plate: str, rng: np.random.Generator
) -> Mapping[str, Sheet]:
    """Every sheet of a vehicle by name."""
    sheets: dict[str, Sheet] = {}
    for number, shell in enumerate(body.shells):
        box = number > 0
        tint = rng.choice(["#d8d6cf", "#cfd2d4", "#2d4a72", "#8a2a24"]) if box else colour
        for name, sheet in _shell_sheets(body, shell, str(tint), rng, box=box).items():
            sheet.dust(rng, 1.0)
            sheets[f"{number}{name}"] = sheet
    sheets["wheel"] = wheel_sheet(body.wheel_radius_m, rng)
    sheets["tread"] = _plain("#1b1b1c", "rubber")
    sheets["black"] = _plain("#202124", "plastic")
    sheets["paint"] = _plain(colour, "paint")
    sheets["bar"] = tail_bar_sheet(body)
    sheets["plate"] = plate_sheet(plate)
    return sheets


def _plain(rgb: str, finish: str) -> Sheet:
    sheet = Sheet((0, 0), (0.1, 0.1), 200)
    sheet.fill(rgb, finish)
    return sheet


def _shell_sheets(
    body: Body, shell: Shell, colour: str, rng: np.random.Generator, *, box: bool
) -> dict[str, Sheet]:
    high = max(z for _, z in shell.top)
    wide = shell.half_width + 0.05
    arc = float(upper_arc(shell, np.array([shell.rear_m]))[0])
    made = {
        "side": Sheet((shell.front_m, 0.0), (shell.rear_m, high), TEXELS_PER_M),
        "top": Sheet((0.0, -wide), (arc, wide), TEXELS_PER_M),
        "front": Sheet((-wide, 0.0), (wide, high), TEXELS_PER_M),
        "rear": Sheet((-wide, 0.0), (wide, high), TEXELS_PER_M),
    }
    for sheet in made.values():
        sheet.fill(colour, "paint")
    if box:
        paint_box(made, shell, rng)
        return made
    _side(made["side"], body, shell, colour)
    _top(made["top"], body, shell, colour)
    _front(made["front"], body, shell)
    if len(body.shells) == 1:
        _rear(made["rear"], body, shell, colour)
    _road_dirt(made["side"], 0.75)
    _road_dirt(made["front"], 0.55)
    _road_dirt(made["rear"], 0.85)
    return made


def _road_dirt(sheet: Sheet, up_to_m: float) -> None:
    """Dust from the wheels, thick below, thin above."""
    rows = sheet.pixels.shape[0]
    z = sheet.low[1] + np.arange(rows) / sheet.texels_per_m
    share = 0.38 * np.clip(1 - z / up_to_m, 0, 1)[:, None, None] ** 1.4
    dust = np.array([92.0, 104.0, 112.0])
    mixed = sheet.pixels[..., :3] * (1 - share) + dust * share
    sheet.pixels[..., :3] = mixed.astype(np.uint8)
    dull = sheet.pixels[..., 3:] * (1 - 1.6 * share)
    sheet.pixels[..., 3:] = np.clip(dull, 0, 255).astype(np.uint8)


def _side(sheet: Sheet, body: Body, shell: Shell, colour: str) -> None:
    seam = _shade(colour, 0.42)
    front, rear, belt = shell.front_m, shell.rear_m, shell.belt
    sheet.box(front, 0.0, rear, shell.base + 0.09, _BLACK, "plastic")
    sheet.line([(front + 0.3, belt - 0.13), (rear - 0.2, belt - 0.10)], 0.012, _shade(colour, 0.7))
    sheet.line([(front + 0.5, 0.48), (rear - 0.5, 0.50)], 0.02, _shade(colour, 0.72))
    for polygon in body.glazing.sides:
        _window(sheet, polygon)
    for y in body.doors_m:
        top = belt + 0.01
        sheet.line([(y, top), (y + 0.02, 0.6), (y - 0.03, shell.base + 0.1)], 0.009, seam)
    for y in body.doors_m[1:]:
        sheet.box(y - 0.30, belt - 0.115, y - 0.10, belt - 0.075, "#2b2c2e", "chrome")
    for y in body.axles_m:
        radius = body.wheel_radius_m
        if front - 0.1 < y < rear + 0.1:
            sheet.circle((y, radius * 1.02), radius * 1.24, "#2a2b2d", "plastic")
            sheet.circle((y, radius * 1.02), radius * 1.16, "#08090a", "rubber")
    low, high = body.head_lamp_z
    sheet.polygon(
        [(front, low), (front + 0.34, low + 0.05), (front + 0.40, high), (front, high)],
        "#b9bec2",
        "lamp",
    )
    if len(body.shells) == 1:
        low, high = body.tail_lamp_z
        sheet.polygon(
            [(rear, low), (rear - 0.26, low + 0.02), (rear - 0.30, high), (rear, high)],
            "#8e1413",
            "lamp",
        )
    sheet.box(front + 0.12, 0.40, front + 0.2, 0.44, "#c98b2b", "lamp")


def _window(sheet: Sheet, polygon: tuple[tuple[float, float], ...]) -> None:
    corners = np.array(polygon)
    centre = corners.mean(axis=0)
    out = corners - centre
    frame = corners + out / np.linalg.norm(out, axis=1, keepdims=True) * 0.035
    sheet.polygon([tuple(p) for p in frame], "#0c0d0e", "plastic")
    sheet.polygon([tuple(p) for p in corners], _GLASS, "glass")


def _top(sheet: Sheet, body: Body, shell: Shell, colour: str) -> None:
    glazing, half = body.glazing, shell.half_width
    roof, back = 0.3, _arc(shell, shell.rear_m) - 0.1
    if glazing.screen:
        _windscreen(sheet, shell, glazing.screen, colour)
        roof = _arc(shell, glazing.screen[1]) + 0.12
    if glazing.rear:
        _rear_window(sheet, shell, glazing.rear, colour)
        back = _arc(shell, glazing.rear[0]) - 0.1
    for x in (-half * 0.62, half * 0.62):
        sheet.line([(roof, x), (back, x)], 0.012, _shade(colour, 0.42))
    sheet.box(back - 0.22, -0.03, back - 0.12, 0.03, "#141516", "plastic")


def _arc(shell: Shell, y: float) -> float:
    """Place of a station on the sheet of the upper surface."""
    return float(upper_arc(shell, np.array([y]))[0])


def _windscreen(sheet: Sheet, shell: Shell, span: tuple[float, float], colour: str) -> None:
    half, seam = shell.half_width, _shade(colour, 0.42)
    low, high = half * 0.90 - 0.07, half * (1 - shell.tumble) - 0.10
    start, end = (_arc(shell, y) for y in span)
    sheet.box(start - 0.16, -low, start + 0.01, low, "#121314", "plastic")
    _pane(sheet, (start, low), (end, high))
    _cabin(sheet, start, end, low)
    for x in (-low * 0.65, low * 0.10):
        sheet.line([(start + 0.0, x), (start + 0.05, x + low * 0.62)], 0.014, "#050505")
    if start > 0.6:
        for x in (-low * 0.92, low * 0.92):
            sheet.line([(0.10, x * 0.86), (start - 0.18, x)], 0.009, seam)
        for x in (-0.28, 0.28):
            sheet.line([(0.28, x * 1.2), (start - 0.25, x * 1.6)], 0.03, _shade(colour, 0.86))


def _rear_window(sheet: Sheet, shell: Shell, span: tuple[float, float], colour: str) -> None:
    half = shell.half_width
    low, high = half * (1 - shell.tumble) - 0.12, half * 0.88 - 0.09
    start, end = (_arc(shell, y) for y in span)
    _pane(sheet, (start, low), (end, high))
    for share in np.linspace(0.12, 0.9, 8):
        at = start + (end - start) * float(share)
        reach = (low + (high - low) * float(share)) * 0.92
        sheet.line([(at, -reach), (at, reach)], 0.004, "#1d1b1b")
    rest = _arc(shell, shell.rear_m)
    if rest - end > 0.35:
        for x in (-half * 0.80, half * 0.80):
            sheet.line([(end + 0.06, x), (rest, x)], 0.009, _shade(colour, 0.42))


def _pane(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Glass between two ``(place, half width)``, in a black seal."""
    for seal, rgb, finish in ((0.022, "#0b0c0d", "plastic"), (0.0, _GLASS, "glass")):
        (a, low), (b, high) = (start[0] - seal, start[1] + seal), (end[0] + seal, end[1] + seal)
        sheet.polygon([(a, -low), (a, low), (b, high), (b, -high)], rgb, finish)


def _cabin(sheet: Sheet, start: float, end: float, half: float) -> None:
    """What one guesses behind a windscreen: dashboard, seats, a mirror, a sticker."""
    length = end - start
    sheet.box(start + 0.01, -half * 0.93, start + 0.16 * length, half * 0.93, "#262a2c", "glass")
    for x in (-half * 0.45, half * 0.45):
        sheet.circle((start + 0.55 * length, x), 0.12, "#1c2022", "glass")
    sheet.box(start + 0.86 * length, -0.09, start + 0.93 * length, 0.09, "#060707", "glass")
    sheet.box(
        start + 0.12 * length, half * 0.66, start + 0.19 * length, half * 0.76, "#7d8890", "glass"
    )


def _front(sheet: Sheet, body: Body, shell: Shell) -> None:
    half, plate = shell.half_width, body.plate_front_m
    low, high = body.head_lamp_z
    sheet.box(-half, 0.0, half, shell.base + 0.05, _BLACK, "plastic")
    sheet.box(-half * 0.62, shell.base + 0.05, half * 0.62, plate - 0.09, "#0d0e0f", "plastic")
    for z in np.arange(shell.base + 0.08, plate - 0.1, 0.035):
        sheet.line([(-half * 0.6, z), (half * 0.6, z)], 0.008, "#2c2d2f")
    sheet.box(-half * 0.46, plate + 0.075, half * 0.46, high - 0.01, "#0b0c0d", "plastic")
    for z in np.arange(plate + 0.10, high - 0.02, 0.03):
        sheet.line([(-half * 0.44, z), (half * 0.44, z)], 0.010, "#6c6f72")
    sheet.circle((0.0, (plate + 0.075 + high) / 2), 0.05, "#c3c6c8", "chrome")
    sheet.box(-0.30, plate - 0.075, 0.30, plate + 0.075, "#1a1b1d", "plastic")
    for sign in (-1, 1):
        lamp = [
            (sign * half * 0.52, low + 0.03),
            (sign * half * 1.0, low),
            (sign * half * 1.0, high + 0.02),
            (sign * half * 0.54, high - 0.02),
        ]
        sheet.polygon(lamp, "#5a6066", "lamp")
        sheet.circle((sign * half * 0.80, (low + high) / 2), 0.062, "#e9ecec", "lamp")
        sheet.circle((sign * half * 0.64, (low + high) / 2), 0.045, "#c9cdcf", "lamp")
        sheet.circle((sign * half * 0.76, shell.base + 0.16), 0.075, "#101112", "plastic")
        sheet.circle((sign * half * 0.76, shell.base + 0.16), 0.045, "#aab0b4", "lamp")


def _rear(sheet: Sheet, body: Body, shell: Shell, colour: str) -> None:
    seam = _shade(colour, 0.42)
    half, plate = shell.half_width, body.plate_rear_m
    low, high = body.tail_lamp_z
    sheet.box(-half, 0.0, half, shell.base + 0.10, _BLACK, "plastic")
    sheet.line([(-half, 0.56), (half, 0.56)], 0.010, seam)
    sheet.line([(-half * 0.8, 0.36), (half * 0.8, 0.36)], 0.012, _shade(colour, 0.6))
    sheet.box(-0.34, plate - 0.09, 0.34, plate + 0.085, "#1a1b1d", "plastic")
    if plate + 0.12 < high + 0.2:
        sheet.box(-0.30, plate + 0.085, 0.30, plate + 0.115, "#b9bcbe", "chrome")
    for sign in (-1, 1):
        inner = 0.80 if body.kind in ("van", "suv") else 0.52
        sheet.polygon(
            [
                (sign * half * inner, low),
                (sign * half, low),
                (sign * half, high),
                (sign * half * (inner + 0.02), high),
            ],
            "#8e1413",
            "lamp",
        )
        mid = (low + high) / 2
        sheet.line([(sign * half * inner, high), (sign * half, high)], 0.012, "#4a0c0b")
        sheet.box(
            sign * half * (inner + 0.04),
            low + 0.02,
            sign * half * 0.97,
            low + 0.06,
            "#c43a2e",
            "lamp",
        )
        sheet.box(sign * half * 0.86, mid - 0.02, sign * half * 0.98, mid + 0.02, "#d9d4cf", "lamp")
        sheet.box(sign * half * 0.62, 0.40, sign * half * 0.84, 0.44, "#a51c18", "lamp")
    sheet.circle((-half * 0.6, shell.base + 0.05), 0.04, "#77797b", "chrome")
    if body.glazing.rear_z:
        bottom, top = body.glazing.rear_z
        sheet.line([(0.0, 0.5), (0.0, top + 0.3)], 0.016, "#101112")
        for sign in (-1, 1):
            outer = half * 0.80
            _window(
                sheet,
                (
                    (sign * 0.07, bottom),
                    (sign * outer, bottom),
                    (sign * (outer - 0.04), top),
                    (sign * 0.07, top),
                ),
            )
