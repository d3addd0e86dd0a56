"""Sets type on pictures: bands of labelled facts outside a picture, small labels inside it.

OpenCV's own letters have no ``ë``; the DejaVu fonts that its wheel carries have. Where a build
has none, Pillow's built-in face serves, and accents it lacks are left off.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from speedcam.model import Image

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]
"""Red, green, blue."""

INK: Colour = (18, 23, 29)
PAPER: Colour = (244, 246, 248)
FADED: Colour = (148, 160, 172)
AMBER: Colour = (255, 196, 61)
CYAN: Colour = (64, 214, 255)

_PLAIN = "DejaVuSansCondensed.ttf"
_BOLD = "DejaVuSansCondensed-Bold.ttf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One cell of a band: a small label over a value, and perhaps a second line.

    Attributes:
        label: Small capitals above.
        value: What the picture's reader looks for.
        note: Under the value, faded.
        loud: Set larger and in colour: one or two per band.
    """

    label: str
    value: str
    note: str = ""
    loud: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A short text inside a picture, centred on ``at`` (pixels)."""

    text: str
    at: tuple[float, float]
    colour: Colour = PAPER


def with_header(picture: Image, title: str, subtitle: str, mark: str | None) -> Image:
    """``picture`` under an added strip with a title, a subtitle and a mark at the right."""
    unit = _unit(picture.shape[1])
    width, height = picture.shape[1], header_height(picture.shape[1])
    strip = Picture.new("RGB", (width, height), INK)
    draw = ImageDraw.Draw(strip)
    middle = height / 2
    badge = _badge(draw, mark, unit, (width - unit, middle)) if mark else width - unit
    bold, plain = _font(1.05 * unit, bold=True), _font(0.95 * unit)
    _write(draw, (unit, middle), title, bold, PAPER, anchor="lm")
    start = unit + _length(bold, title) + unit
    text = _fitting(subtitle, plain, badge - unit - start)
    _write(draw, (start, middle), text, plain, FADED, anchor="lm")
    return np.vstack([_bgr(strip), picture])


def header_height(width: int) -> int:
    """Rows that :func:`with_header` adds above a picture of this width."""
    return round(2.3 * _unit(width))


def with_band(picture: Image, *rows_of_facts: Sequence[Fact]) -> Image:
    """``picture`` over an added band of facts; a row that is too long for it is broken."""
    width = picture.shape[1]
    unit = _unit(width)
    rows = [row for facts in rows_of_facts for row in _flow(facts, width - 2 * unit, unit)]
    tall = [_row_height(row, unit) for row in rows]
    band = Picture.new("RGB", (width, round(sum(tall) + 0.9 * unit)), INK)
    draw = ImageDraw.Draw(band)
    top = 0.75 * unit
    for row, height in zip(rows, tall, strict=True):
        _set_row(draw, row, top, width, unit)
        top += height
    return np.vstack([picture, _bgr(band)])


def with_labels(picture: Image, labels: Sequence[Label], scale: float = 1.0) -> Image:
    """A copy of ``picture`` with the labels on it, haloed so that any ground carries them.

    ``scale`` is how much larger than usual they are.
    """
    unit = scale * _unit(picture.shape[1])
    drawn = picture.copy()
    for label in labels:
        _set_label(drawn, label, unit)
    return drawn


def _set_label(drawn: Image, label: Label, unit: float) -> None:
    """Write a label; the picture around it is not touched."""
    font, halo_px = _font(0.95 * unit, bold=True), max(1, round(0.12 * unit))
    text, (u, v) = _drawable(label.text, font), label.at
    half_px = halo_px + math.ceil(max(_length(font, text) / 2, unit)) + 1
    left, top = (max(0, math.floor(each) - half_px) for each in label.at)
    part = drawn[top : math.ceil(v) + half_px, left : math.ceil(u) + half_px]
    if not part.size:
        return
    page = Picture.fromarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB))
    ImageDraw.Draw(page).text(
        (u - left, v - top),
        text,
        font=font,
        fill=label.colour,
        anchor="mm",
        stroke_width=halo_px,
        stroke_fill=INK,
    )
    part[...] = _bgr(page)


def mask_of(text: str, height: int) -> Image:
    """``(height, n)`` coverage 0..255 of ``text`` in bold, cut to its own bounds."""
    font = _font(float(height), bold=True)
    shown = _drawable(text, font)
    left, top, right, bottom = font.getbbox(shown)
    page = Picture.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(page).text((1 - left, 1 - top), shown, font=font, fill=255)
    return np.asarray(page, np.uint8)


def _unit(width: int) -> float:
    """The base size of type in pixels for a picture of this width."""
    return float(np.clip(width / 96, 11.0, 26.0))


def _flow(facts: Sequence[Fact], room: float, unit: float) -> Iterator[list[Fact]]:
    row: list[Fact] = []
    used = 0.0
    for fact in facts:
        wide = _cell_width(fact, unit)
        if row and used + wide > room:
            yield row
            row, used = [], 0.0
        row.append(fact)
        used += wide + 1.6 * unit
    if row:
        yield row


def _set_row(
    draw: ImageDraw.ImageDraw, row: Sequence[Fact], top: float, width: int, unit: float
) -> None:
    """One row of cells, spread so that it ends where the picture does."""
    widths = [_cell_width(fact, unit) for fact in row]
    spare = width - 2 * unit - sum(widths)
    gap = min(spare / (len(row) - 1), 12 * unit) if len(row) > 1 else 0.0
    loud = any(fact.loud for fact in row)
    left = unit
    for fact, wide in zip(row, widths, strict=True):
        _set_cell(draw, fact, (left, top), unit, room=width - unit - left, loud_row=loud)
        left += wide + gap


def _set_cell(
    draw: ImageDraw.ImageDraw,
    fact: Fact,
    at: tuple[float, float],
    unit: float,
    *,
    room: float,
    loud_row: bool,
) -> None:
    left, top = at
    label, value, note = _fonts(fact, unit)
    # Values of one row stand on one line, whatever their size.
    base = top + (2.95 if loud_row else 2.0) * unit
    _write(draw, (left, top + 0.62 * unit), fact.label, label, FADED, anchor="ls")
    colour = AMBER if fact.loud else PAPER
    _write(draw, (left, base), _fitting(fact.value, value, room), value, colour, anchor="ls")
    if fact.note:
        text = _fitting(fact.note, note, room)
        _write(draw, (left, base + 1.15 * unit), text, note, FADED, anchor="ls")


def _row_height(row: Sequence[Fact], unit: float) -> float:
    value = 2.95 if any(fact.loud for fact in row) else 2.0
    note = 1.15 if any(fact.note for fact in row) else 0.0
    return (value + note + 1.0) * unit


def _cell_width(fact: Fact, unit: float) -> float:
    texts = zip((fact.label, fact.value, fact.note), _fonts(fact, unit), strict=True)
    return max(_length(font, text) for text, font in texts)


def _fonts(fact: Fact, unit: float) -> tuple[Font, Font, Font]:
    value = _font(2.05 * unit, bold=True) if fact.loud else _font(1.12 * unit)
    return _font(0.72 * unit), value, _font(0.82 * unit)


def _badge(
    draw: ImageDraw.ImageDraw, mark: str, unit: float, right_middle: tuple[float, float]
) -> float:
    """A filled plaque that ends at ``right_middle``; returns its left edge."""
    right, middle = right_middle
    font = _font(0.95 * unit, bold=True)
    left = right - _length(font, mark) - 1.2 * unit
    box = (left, middle - 0.75 * unit, right, middle + 0.75 * unit)
    draw.rounded_rectangle(box, radius=0.3 * unit, fill=AMBER)
    _write(draw, ((left + right) / 2, middle), mark, font, INK, anchor="mm")
    return left


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    font: Font,
    colour: Colour,
    *,
    anchor: str,
) -> None:
    draw.text(at, _drawable(text, font), font=font, fill=colour, anchor=anchor)


def _fitting(text: str, font: Font, room: float) -> str:
    """``text``, cut with an ellipsis where it is longer than ``room`` pixels."""
    if _length(font, text) <= room:
        return text
    while text and _length(font, text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


@lru_cache(maxsize=256)
def _length(font: Font, text: str) -> float:
    """Measured once: the strips of a film's frames say mostly the same."""
    return float(font.getlength(_drawable(text, font)))


def _drawable(text: str, font: Font) -> str:
    """``text``, without the accents and dashes that Pillow's built-in face lacks."""
    if font.getname()[0] == "DejaVu Sans" if isinstance(font, ImageFont.FreeTypeFont) else False:
        return text
    plain = text.replace("–", "-").replace("…", "...").replace("→", ">")
    bare = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


@lru_cache(maxsize=64)
def _font(size_px: float, *, bold: bool = False) -> Font:
    path = Path(cv2.__file__).parent / "qt" / "fonts" / (_BOLD if bold else _PLAIN)
    if path.is_file():
        return ImageFont.truetype(str(path), size_px)
    return ImageFont.load_default(size_px)


def _bgr(page: Picture.Image) -> Image:
    return np.asarray(cv2.cvtColor(np.asarray(page), cv2.COLOR_RGB2BGR), np.uint8)
