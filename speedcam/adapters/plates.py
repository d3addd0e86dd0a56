"""Reads plates with the PP-OCRv4 models that ship inside ``rapidocr_onnxruntime``.

A plate is a line of text on a vehicle: find it, level it, cut the blue bands off, read it. No
download, no GPU. The models are Apache-2.0 (PaddlePaddle).

Of a vehicle's frames only the first is searched as a whole; in the others the plate is where it was
on the vehicle. All of them are folded into one picture, and no frame is surer than that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

import cv2
import numpy as np

from speedcam.adapters.plate_country import BAND_PX, BESIDE_PX, told_country
from speedcam.adapters.plate_field import Field, Patch, cut_patch, find_field
from speedcam.adapters.plate_figures import may_be_others
from speedcam.adapters.plate_fold import folded, laid_on_first, shifted
from speedcam.adapters.plate_search import LONGEST_PX, TextSearch, cut, model, sides
from speedcam.adapters.plate_text import HEIGHT_PX, Spelled, TextReader
from speedcam.model import Box, Floats, Frame, Image, PlateSighting
from speedcam.plate import FORMATS, LONGEST_TEXT, centres, could_be_plate, decode, width_px
from speedcam.plate_types import AL_520, type_of
from speedcam.ports import Look

_SIDE_PX = 416
"""Long side of a vehicle as the text detector sees it; where nothing there reads as a plate,
``LONGEST_PX`` looks closer (long vehicles, whose plate is small in their box)."""
_SEEN_PX = 90.0
"""Width of a long plate for the detector, where its size in the picture is known."""
_NEAR = (1.9, 0.8)
"""Size of what is searched where the plate is expected, in its text's widths."""
_NEAR_SIDE_PX = 160
_PART = 0.85
"""A line shorter than this share of what is expected is a group of the plate's characters."""
_ASIDE = 0.5
"""How far from where it is expected a plate may be, in widths of its text."""
_SEARCHES = 5
"""Frames that are searched as a whole before a vehicle is given up."""
_ENOUGH = 3
_SURE = 0.9
"""Once so many frames spell the same, each so surely, the other frames have nothing to add."""
_ALIKE = 0.6
"""Correlation with a frame that was read, above which a plate that was not is the same one."""
_RIM = (0.15, 0.3)
"""What of a plate is around its text: in widths of that aside, in heights above and below."""
_LEAST_PX = 8
_MIN_CRISPNESS = 0.27
"""Energy of the steps down a plate over those along it. Letters that stood still have 0.33 or more;
motion over a third of their height takes it below 0.25, and then 8 and 9 are surely read as 0."""
_DOUBTED = 0.3
"""What the confidence in a text is worth that is smeared, that another line on the vehicle rivals,
or that a second reader spells with other characters more or less, and in a figure that may be
another: it never makes a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line of text on the vehicle; its text is None until it is read."""

    look: Look
    patch: Patch
    field: Field
    upright: Image
    quad: Floats
    text: str | None = None
    confidence: tuple[float, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the text is of a known format."""
        return any(plate_format.fits(self.text or "") for plate_format in FORMATS)

    @property
    def sure(self) -> float:
        """Of the whole text."""
        return math.prod(self.confidence) if self.text else 0.0

    @property
    def smeared(self) -> bool:
        """Whether it moved too far for its figures to be told apart."""
        return _is_smeared(self.upright)

    @property
    def is_plate(self) -> bool:
        """Whether looking closer would find nothing better."""
        banded = self.has_ends and len(self.text or "") >= 5
        return self.known or banded or (could_be_plate(self.text or "") and self.sure > _SURE)

    @property
    def has_ends(self) -> bool:
        """Whether it can be measured, read or not."""
        return self.field.white is not None

    def rank(self) -> tuple[int, float]:
        """How much of a plate it has, then how sure the reader is."""
        text = self.text or ""
        banded = self.has_ends and len(text) <= LONGEST_TEXT
        return banded + self.known + could_be_plate(text), self.sure

    def rivals(self, other: _Line) -> bool:
        """Whether this is another plate on the same vehicle, as far as anybody can tell."""
        plate = self.known or (could_be_plate(self.text or "") and self.sure > _SURE)
        return (
            plate
            and self.text != other.text
            and _apart(self.quad, other.quad) > sides(other.quad)[1]
        )


class RapidPlateReader:
    """A :class:`speedcam.ports.PlateReader`. Holds the loaded models; make one per process.

    Args:
        second: A reader of another kind, that may object to what the first one spells.
        threads: Processor threads of each model.

    Raises:
        ImportError: ``rapidocr_onnxruntime`` is not installed.
    """

    def __init__(self, second: TextReader | None = None, threads: int = 1) -> None:
        self._search = TextSearch(threads)
        self._first = TextReader(model("ch_PP-OCRv4_rec_infer.onnx"), threads)
        self._second = second

    def read(self, frame: Frame, vehicle: Box) -> PlateSighting | None:
        """The plate inside ``vehicle`` (pixels), or None where there is none to see."""
        return next(iter(self.read_track([Look(frame=frame, vehicle=vehicle)])), None)

    def read_track(self, looks: Sequence[Look]) -> list[PlateSighting]:
        """The plate wherever it is seen; a text is empty where it is the same but was not read."""
        nearest_first = sorted(looks, key=lambda look: -_stand(look)[1])
        searched = self._searched(nearest_first)
        best = max((lines[0] for lines in searched if lines), key=_Line.rank, default=None)
        if best is None:
            return []
        # What cannot be read may still be measured: it has the ends of a plate.
        is_followed = best.is_plate or best.has_ends
        found = []
        for look, lines in zip(nearest_first, chain(searched, repeat([])), strict=False):
            if lines:
                found.append(lines[0])
            elif is_followed and (line := self._located(look, best)):
                found.append(line)
        rivalled = any(line.rivals(best) for lines in searched for line in lines[1:])
        widest_first = sorted(found, key=lambda line: -sides(line.quad)[0])
        maps = laid_on_first([line.upright for line in widest_first])
        country = _told_by_band(widest_first, maps)
        return [
            replace(_sighting(line, rivalled), country=country)
            for line in self._read(widest_first, maps)
        ]

    def _searched(self, looks: Sequence[Look]) -> list[list[_Line]]:
        """Every line of the first frames, the likeliest plate first, until one has a plate."""
        searched: list[list[_Line]] = []
        for look in looks[:_SEARCHES]:
            searched.append(self._lines(look, _side_px(look)))
            if any(line.is_plate for line in searched[-1]):
                return searched
        for index, look in enumerate(looks[: len(searched)]):
            closer = self._lines(look, LONGEST_PX)
            searched[index] = sorted([*searched[index], *closer], key=_Line.rank, reverse=True)
            if any(line.has_ends for line in closer):
                break
        return searched

    def _lines(self, look: Look, side_px: float) -> list[_Line]:
        colour = look.frame.colour()
        quads = self._search(colour, _region(look.vehicle), side_px)
        read = (self._spelled(_line(look, colour, quad)) for quad in quads if _may_be(look, quad))
        return sorted((line for line in read if line.text), key=_Line.rank, reverse=True)

    def _located(self, look: Look, known: _Line) -> _Line | None:
        """The line that is where ``known`` is on its vehicle; not read.

        What is elsewhere on it does not drive with it: a parked car's plate, a sign behind.
        """
        colour = look.frame.colour()
        expected = _expected(look, known)
        at, width = expected.mean(axis=0), sides(expected)[0]
        aside, above = (share * width / 2 for share in _NEAR)
        region = Box(left=at[0] - aside, top=at[1] - above, right=at[0] + aside,
                     bottom=at[1] + above)  # fmt: skip
        quads = [q for q in self._search(colour, region, _NEAR_SIDE_PX) if _may_be(look, q)]
        nearest = min(quads, key=lambda quad: _apart(quad, expected), default=None)
        if nearest is None or not _drives_with(nearest, expected):
            same = _by_its_picture(known, colour, expected)
            return None if same is None else _line(look, colour, same)
        return _line(look, colour, _completed(nearest, expected))

    def _read(self, lines: Sequence[_Line], maps: Sequence[Floats | None]) -> Iterator[_Line]:
        """The lines with their texts, the widest read first, until enough are sure and agree."""
        together = self._together(lines, maps)
        read: list[_Line] = []
        for line in lines:
            if not _enough(read):
                alone = line if line.text is not None else self._spelled(line)
                read.append(_as_sure(alone, together))
            elif _alike(line, read[0]):
                yield line
        yield from read

    def _spelled(self, line: _Line) -> _Line:
        text, confidence = self._first(line.upright)
        return replace(line, text=text, confidence=_worth(confidence, line.smeared))

    def _together(self, lines: Sequence[_Line], maps: Sequence[Floats | None]) -> Spelled:
        """What the fold of all lines spells, the first of which is the widest."""
        widths_px = [sides(line.quad)[0] for line in lines]
        fold = folded([line.upright for line in lines], maps, widths_px)
        steps = self._first.steps(fold)
        spelled = decode(steps)
        if self._second is not None:
            spelled = _objected(spelled, self._second(fold))
        text, sure = spelled
        wide = width_px(_sighting(lines[0], rivalled=False))
        doubts = zip(sure, may_be_others(fold, text, sure, centres(steps), wide), strict=True)
        return text, tuple(_DOUBTED * p if doubted else p for p, doubted in doubts)


def _told_by_band(lines: Sequence[_Line], maps: Sequence[Floats | None]) -> str | None:
    """The country that the left band of all lines shows, the first of which is the widest."""
    first = lines[0]
    if not first.has_ends:
        return None
    bands = [_beside(line.patch, line.field) for line in lines]
    moved = [None if m is None else shifted(m, BESIDE_PX) for m in maps]
    fold = folded(bands, moved, [sides(line.quad)[0] for line in lines])
    wide = width_px(_sighting(first, rivalled=False))
    shares = [line.field.band_share for line in lines]
    return told_country(fold, first.upright.shape[1], wide, shares)


def _as_sure(line: _Line, together: Spelled) -> _Line:
    """The line, as sure of each character as the fold of all lines is.

    What another frame or the encoder did to one frame's pixels is in the next one as well, so that
    frames that agree may be wrong together. Where the fold shows another character, the frame
    is less sure of its own by as much as the fold is of that; other lengths cannot be compared.
    """
    text, (its_text, its_sure) = line.text or "", together
    if len(text) != len(its_text):
        return line
    places = zip(text, line.confidence, its_text, its_sure, strict=True)
    sure = tuple(q if mine == its else p * (1 - q) for mine, p, its, q in places)
    return replace(line, confidence=_worth(sure, line.smeared))


def _objected(one: Spelled, other: Spelled) -> Spelled:
    """What the first reader spells, less sure by as much as the second one objects.

    That they agree makes nothing surer: both were trained on much the same pictures.
    """
    (text, sure), (its_text, its_sure) = one, other
    if len(text) != len(its_text):
        return text, _worth(sure, doubted=True)
    places = zip(text, sure, its_text, its_sure, strict=True)
    return text, tuple(p if mine == its else max(0.0, p - q) for mine, p, its, q in places)


def _expected(look: Look, known: _Line) -> Floats:
    """Where a line is in another frame if it drives with its vehicle."""
    (was, before), (now, after) = _stand(known.look), _stand(look)
    return np.asarray(now + after / before * (known.quad - was))


def _by_its_picture(known: _Line, colour: Image, expected: Floats) -> Floats | None:
    """Where a plate looks as it did in another frame: letters may be too smeared to be found."""
    scale = sides(expected)[0] / sides(known.quad)[0]
    before, corner = cut(known.look.frame.colour(), _around(known.quad))
    size = (round(scale * before.shape[1]), round(scale * before.shape[0]))
    searched, origin = cut(colour, _around(expected, _ASIDE * sides(expected)[0]))
    if min(size) < _LEAST_PX or size[0] > searched.shape[1] or size[1] > searched.shape[0]:
        return None
    shown = cv2.resize(before, size, interpolation=cv2.INTER_AREA)
    _, alike, _, at = cv2.minMaxLoc(cv2.matchTemplate(searched, shown, cv2.TM_CCOEFF_NORMED))
    return np.asarray(scale * (known.quad - corner) + origin + at) if alike > _ALIKE else None


def _drives_with(quad: Floats, expected: Floats) -> bool:
    return _apart(quad, expected) < _ASIDE * sides(expected)[0]


def _apart(one: Floats, other: Floats) -> float:
    """From the middle of one quad to the middle of another, in pixels."""
    return float(np.hypot(*(one.mean(axis=0) - other.mean(axis=0))))


def _completed(quad: Floats, expected: Floats) -> Floats:
    """``quad``, or where it shows a part of the plate only, the expected one laid on it."""
    if sides(quad)[0] > _PART * sides(expected)[0]:
        return quad
    ends = [quad[side].mean(axis=0) - expected[side].mean(axis=0) for side in ([0, 3], [1, 2])]
    return np.asarray(expected + min(ends, key=lambda off: float(np.hypot(*off))))


def _worth(confidence: tuple[float, ...], doubted: bool) -> tuple[float, ...]:
    return tuple(_DOUBTED * sure for sure in confidence) if doubted else confidence


def _enough(read: Sequence[_Line]) -> bool:
    sure = [line.text for line in read if line.known and line.sure > _SURE]
    return any(sure.count(text) >= _ENOUGH for text in set(sure))


def _alike(line: _Line, read: _Line) -> bool:
    """Whether two frames show the same letters."""
    size = (4 * HEIGHT_PX, HEIGHT_PX)
    one, other = (
        cv2.resize(cv2.cvtColor(x.upright, cv2.COLOR_BGR2GRAY), size) for x in (line, read)
    )
    inner = one[4:-4, 8:-8]
    return float(cv2.matchTemplate(other, inner, cv2.TM_CCOEFF_NORMED).max()) > _ALIKE


def _side_px(look: Look) -> float:
    """Where the plate's size is known, no more pixels than its letters need."""
    if look.place is None:
        return _SIDE_PX
    region = _region(look.vehicle)
    longest = max(region.width, region.height)
    return float(np.clip(longest * _SEEN_PX / look.place.long_px, _SIDE_PX / 2, LONGEST_PX))


def _region(vehicle: Box) -> Box:
    """The lower three quarters: no plate hangs on a roof."""
    aside = 0.02 * vehicle.width
    return Box(
        left=vehicle.left - aside,
        top=vehicle.top + 0.25 * vehicle.height,
        right=vehicle.right + aside,
        bottom=vehicle.bottom,
    )


def _around(quad: Floats, further: float = 0.0) -> Box:
    """A text's quad with the plate's bands and rim around it, and as many pixels more."""
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    aside, above = (share * px + further for share, px in zip(_RIM, sides(quad), strict=True))
    return Box(left=left - aside, top=top - above, right=right + aside, bottom=bottom + above)


def _may_be(look: Look, quad: Floats) -> bool:
    return look.place is None or look.place.may_be(quad)


def _stand(look: Look) -> tuple[Floats, float]:
    """Where the vehicle stands in the picture, and a length that shrinks as it does."""
    box, place = look.vehicle, look.place
    if place is not None:
        return np.array(place.foot_px), place.long_px
    return np.array([(box.left + box.right) / 2, box.bottom]), box.width


def _line(look: Look, colour: Image, quad: Floats) -> _Line:
    patch = cut_patch(colour, quad)
    field = find_field(patch)
    return _Line(look=look, patch=patch, field=field, upright=_upright(patch, field), quad=quad)


def _upright(patch: Patch, field: Field) -> Image:
    """The text alone, 48 px high, as the recogniser was trained to see it."""
    width, warp = _level(field)
    return _cut(patch, warp, width)


def _beside(patch: Patch, field: Field) -> Image:
    """The left band in the same pixels, :data:`BESIDE_PX` left of the text."""
    _, warp = _level(field)
    warp[:, 2] -= BESIDE_PX * warp[:, 0]
    return _cut(patch, warp, BAND_PX)


def _level(field: Field) -> tuple[int, Floats]:
    """How wide the text is where it is 48 px high, and from those pixels to the patch's."""
    inset = 0.01 * (field.right - field.left) if field.white else 0.0
    margin = 0.04 * (field.bottom - field.top)
    left, right = (
        (field.white[0] + inset, field.white[1] - inset)
        if field.white
        else (field.left, field.right)
    )
    top, bottom = field.top - margin, field.bottom + margin
    height = HEIGHT_PX
    width = int(np.clip(round(height * (right - left) / max(1.0, bottom - top)), 48, 320))
    scale = np.array([(right - left) / width, (bottom - top) / height])
    return width, np.array([[scale[0], 0, left], [0, scale[1], top]])


def _cut(patch: Patch, warp: Floats, width: int) -> Image:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(
        patch.bgr, warp, (width, HEIGHT_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut, np.uint8)


def _is_smeared(upright: Image) -> bool:
    """Whether the vehicle moved too far during the exposure for its figures to be told apart."""
    luma = cv2.cvtColor(upright, cv2.COLOR_BGR2GRAY).astype(np.float32)
    rows = slice(round(0.15 * luma.shape[0]), round(0.85 * luma.shape[0]))
    smooth = cv2.GaussianBlur(luma, (0, 0), 1.0)
    down = float(np.square(np.diff(smooth, axis=0)[rows]).sum())
    along = float(np.square(np.diff(smooth, axis=1)[rows]).sum())
    return down < _MIN_CRISPNESS * along


def _sighting(line: _Line, rivalled: bool) -> PlateSighting:
    patch, field, frame = line.patch, line.field, line.look.frame
    share = (type_of(field.band_share) or AL_520).band_per_field if field.white else 0.0
    band = share * (field.right - field.left)
    left, right = field.left - band, field.right + band
    middle = (field.top + field.bottom) / 2
    return PlateSighting(
        frame_index=frame.index,
        time_s=frame.time_s,
        corners_px=(
            patch.at(left, field.top),
            patch.at(right, field.top),
            patch.at(right, field.bottom),
            patch.at(left, field.bottom),
        ),
        text=line.text or "",
        character_confidence=_worth(line.confidence, rivalled),
        white_edges_px=(
            (patch.at(field.white[0], middle), patch.at(field.white[1], middle))
            if field.white
            else None
        ),
        band_share=field.band_share,
    )
