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
COLOUR_PX = 0.35
"""Standard uncertainty of a band's width that all looks of a vehicle share: an encoder carries the
colour from frame to frame. Measured on 126 encoded vehicles: 0.33 px, and 1.0 px at most."""
LOW_PLATE = (0.19, 0.30)
"""Height over the field's length of a plate of 520 mm (0.25 to 0.26), seen up to 40° from above or
30° askew. One of 360 mm has 0.42."""
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
            plate's own tolerance, what the bands are known to, the blur of the field's ends.
        band_share: Least and greatest width of blue over the field's length that pass as this
            type. A rim or a frame hides some of the blue, so it is less than ``band_mm`` says.
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
    band_share=(0.040, 0.0995),
)
"""Albania since 2011. The length is by decision of its government (2010); that the bands are 40 mm
wide is assumed. Were they 50 mm, their share would show it, and the plate be an ``IT 520``."""
IT_520 = PlateType(
    name="IT 520",
    size_mm=(520, 110),
    band_mm=50,
    uncertainty=0.015,
    band_share=(0.1005, 0.135),
)
"""Italy since 1999, rear. Bands as measured in photographs: 46 to 52 mm on three plates."""
IT_360 = PlateType(
    name="IT 360",
    size_mm=(360, 110),
    band_mm=50,
    uncertainty=0.018,
    band_share=(0.155, 0.225),
)
"""Italy since 1999, front. Bands as measured in photographs: 49 to 51 mm on five plates."""
EITHER_520 = PlateType(
    name="AL or IT 520",
    size_mm=(520, 110),
    band_mm=40,
    uncertainty=0.029,
    band_share=(AL_520.band_share[0], 0.145),
)
"""A plate of 520 mm whose bands are seen too small, or beside a coloured body. It is measured as
the country's own; its field may be 20 mm shorter: 4.5 %, which as a rectangle is 2.6 %, and 1 % as
above. It may confirm a speed, but never refuse one."""

PLATE_TYPES = (AL_520, IT_520, IT_360, EITHER_520)
"""The first that fits is it."""


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
    """The type that a vehicle's looks show together, or None where it may be any.

    Their median must lie inside the type's limits with twice its standard uncertainty: what the
    looks share, and what they scatter.
    """
    wide = [look for look in looks if look.field_px >= MIN_FIELD_PX]
    told = [look for look in wide if look.band_share is not None]
    if len(told) < max(MIN_SHARES, len(wide) / 2):
        return EITHER_520 if _is_low(looks) else None
    share = np.array([look.band_share for look in told], np.float64)
    middle = float(np.median(share))
    scatter = _SIGMA_PER_MAD * float(np.median(np.abs(share - middle)))
    own = _MEDIAN_PER_MEAN * scatter / len(share) ** 0.5
    common = COLOUR_PX / float(np.median([look.field_px for look in told]))
    return _first(middle, 2 * float(np.hypot(own, common)))


def type_of(band_share: float | None) -> PlateType | None:
    """The type that one look shows, good enough to know how tall the plate must be."""
    return _first(band_share, 0.0) if band_share else None


def _is_low(looks: Sequence[FieldLook]) -> bool:
    """Whether the plate is as low as one of 520 mm."""
    height = float(np.median([look.height_share for look in looks])) if looks else 0.0
    return LOW_PLATE[0] < height < LOW_PLATE[1]


def _first(share: float, doubt: float) -> PlateType | None:
    return next((kind for kind in PLATE_TYPES if _within(kind, share, doubt)), None)


def _within(kind: PlateType, share: float, doubt: float) -> bool:
    least, greatest = kind.band_share
    return least <= share - doubt and share + doubt <= greatest
