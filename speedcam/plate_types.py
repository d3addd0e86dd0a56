"""The plates whose size is known: which one is seen, and how long its white field is. Pure.

A plate with a blue band at each end shows its type by itself: the share of a band in the field
does not change with distance, height or tilt. ``docs/plates.md`` says where each figure is from,
and which plates have no type here, and so no anchor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_SHARES = 3
"""Looks in which the bands' width must be seen, and in half of all looks that are wide enough."""
MIN_FIELD_PX = 40.0
"""In a narrower look a band is under two pixels of colour, and its width is off by a sixth."""
NEAREST = 0.8
"""Looks this wide, over the widest, tell the type: a pixel of colour is less of a longer field."""
COLOUR_PX = 0.35
"""Standard uncertainty of a band's width that all looks of a vehicle share: an encoder carries the
colour from frame to frame. Measured on 126 encoded vehicles: 0.33 px, and 1.0 px at most."""
SURE = 3.0
"""Standard uncertainties by which every other type must be ruled out: 1 px of colour at least,
which is the most that was ever measured."""
LOW_PLATE = (0.19, 0.30)
"""Height over the field's length of a plate of 520 mm (0.25 to 0.26), seen up to 40° from above or
30° askew. One of 360 mm has 0.42."""
NARROW_BAND = 0.145
"""A greater share is no 520 mm plate's, however badly it is seen."""
BETWEEN = 0.009
"""So far outside what its own type shows a band may be: half of the way between two types."""
_SIGMA_PER_MAD = 1.4826
_MEDIAN_PER_MEAN = 1.2533
"""Standard errors of a median over a mean's, for normal errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateType:
    """A plate of one line whose white field lies between two blue bands.

    Attributes:
        name: Who uses it (ISO 3166-1 alpha-2), and its length in millimetres.
        size_mm: Length and height of the whole plate.
        band_mm: Width of each blue band, with the rim beside it.
        uncertainty: Relative standard uncertainty of the field's length as it is measured: the
            plate's own tolerance, what the bands are known to, the fit of the field's ends.
        band_share: Least and greatest width of blue over the field's length that such plates
            show. A rim or a frame hides some of the blue, so it is less than ``band_mm`` says.
    """

    name: str
    size_mm: tuple[int, int]
    band_mm: int
    uncertainty: float
    band_share: tuple[float, float]

    @property
    def field_m(self) -> float:
        """Length of the white field between the bands, in metres."""
        return (self.size_mm[0] - 2 * self.band_mm) / 1000

    @property
    def band_per_field(self) -> float:
        """Width of a band over the length of the field."""
        return self.band_mm / (1000 * self.field_m)

    @property
    def height_per_field(self) -> float:
        """Height of the plate over the length of the field."""
        return self.size_mm[1] / (1000 * self.field_m)


AL_520 = PlateType(
    name="AL 520",
    size_mm=(520, 110),
    band_mm=40,
    uncertainty=0.010,
    band_share=(0.050, 0.091),
)
"""Albania since 2011. The length is by decision of its government (2010); that the bands are 40 mm
wide is assumed. Were they 50 mm, their share would show it, and the plate be an ``IT 520``."""
IT_520 = PlateType(
    name="IT 520",
    size_mm=(520, 110),
    band_mm=50,
    uncertainty=0.015,
    band_share=(0.1095, 0.125),
)
"""Italy since 1999, rear. Bands as measured in photographs: 46 to 52 mm on three plates."""
IT_360 = PlateType(
    name="IT 360",
    size_mm=(360, 110),
    band_mm=50,
    uncertainty=0.018,
    band_share=(0.173, 0.200),
)
"""Italy since 1999, front. Bands as measured in photographs: 49 to 51 mm on five plates."""
PLATE_TYPES = (AL_520, IT_520, IT_360)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLook:
    """A plate's white field as one frame shows it.

    Attributes:
        field_px: Its length in pixels.
        band_share: Width of the blue bands over that length; None where it cannot be told.
        height_share: Height of the plate over that length.
    """

    field_px: float
    band_share: float | None
    height_share: float


def type_seen(looks: Sequence[FieldLook]) -> PlateType | None:
    """The type that a vehicle's looks show together, or None where it may be another.

    The median of the nearest must be what one type shows, and three standard uncertainties away
    from every other: of what the looks share, and of what they scatter. The far ones must not
    contradict.
    """
    wide = [look for look in looks if look.field_px >= MIN_FIELD_PX]
    told = [(look.field_px, look.band_share) for look in wide if look.band_share is not None]
    if len(told) < max(MIN_SHARES, len(wide) / 2):
        return None
    field_px, share = np.array(sorted(told, reverse=True)).T
    near = field_px >= min(NEAREST * field_px[0], field_px[MIN_SHARES - 1])
    middle = float(np.median(share[near]))
    # All looks tell how much one of them scatters: three alone may lie together by chance.
    scatter_px = _SIGMA_PER_MAD * float(np.median(np.abs(share - np.median(share)) * field_px))
    own_px = _MEDIAN_PER_MEAN * scatter_px / float(near.sum()) ** 0.5
    doubt = float(np.hypot(own_px, COLOUR_PX) / np.median(field_px[near]))
    kind = type_of(middle)
    others = (other for other in PLATE_TYPES if other is not kind)
    is_sure = all(_away(other, middle) > SURE * doubt for other in others)
    return kind if is_sure and kind is type_of(float(np.median(share))) else None


def types_possible(looks: Sequence[FieldLook]) -> tuple[PlateType, ...]:
    """Every type that a vehicle's plate may be: the one that is sure, or both of 520 mm.

    Bands of two pixels, or beside a coloured body, do not tell these apart; the plate's height
    tells them from one of 360 mm. Empty where it may be anything.
    """
    sure = type_seen(looks)
    if sure is not None:
        return (sure,)
    height = float(np.median([look.height_share for look in looks])) if looks else 0.0
    told = [look.band_share for look in looks if look.band_share is not None]
    is_narrow = not told or float(np.median(told)) < NARROW_BAND
    return (AL_520, IT_520) if LOW_PLATE[0] < height < LOW_PLATE[1] and is_narrow else ()


def type_of(band_share: float | None) -> PlateType | None:
    """The type that one look shows, good enough to know how tall the plate must be."""
    if band_share is None:
        return None
    return next((kind for kind in PLATE_TYPES if _away(kind, band_share) < BETWEEN), None)


def _away(kind: PlateType, share: float) -> float:
    """How far a share is from what plates of this type show; 0 within."""
    least, greatest = kind.band_share
    return max(least - share, share - greatest, 0.0)
