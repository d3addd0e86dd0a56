"""How large a vehicle is, from its outlines and the road plane, and what kind that makes it.

A vehicle is taken for a body of simple profile that stands on the road at its contact points. Its
length, width and height are those whose outlines, as the camera would see them, lie nearest to the
outlines that were seen. A higher body hides more road behind it the farther away it is, a longer
one equally much everywhere: so the two can be told apart where it was followed for some way.

Pure: no files, no clock, no OpenCV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, least_squares

from speedcam.ground import Ground
from speedcam.model import (
    Direction,
    Floats,
    Sighting,
    Track,
    VehicleClass,
    VehicleSize,
)

FEWEST = 8
"""Outlines of the vehicle alone without which nothing is said of its size."""
MOST = 24
"""More outlines say nothing new: their errors go together."""
SHORTEST_WAY_M = 6.0
"""Way along the road without which height and length cannot be told apart."""
TYPICAL_M = (4.3, 1.9, 1.5, 0.0)
"""Where the fit begins: length, width and height of a car, and no offset."""
LENGTH_PRIOR = 0.35
"""Standard deviation of the logarithm of lengths: two in three vehicles have 3.0 to 6.1 m. Where
height and length cannot well be told apart, it says that nobody is flat or endless."""
OUTLIER_M = 0.15
"""An outline this far off on the road counts less: a shadow or a neighbour clings to it."""
SILL_M = 0.25
"""Height of the lowest edge that bounds the outline to the sides."""
OUTLINE_M = 0.12
"""Standard error that all outlines of one vehicle may share, half an edge of shade or of a mirror:
the part of the uncertainty that more outlines do not make smaller."""
ROOF_END = 0.15
"""Standard error of a length, as a share of it: nobody knows where a given roof ends."""

WIDEST_RIDER_M = 1.6
"""The narrowest car is as wide."""
SHORTEST_RIDER_M = 1.6
"""Somebody on foot is shorter along the road."""
CAR_M = (3.4, 5.6)
"""Lengths of cars."""
LOWEST_CAR_M = 1.05
HIGHEST_CAR_M = 2.1
"""Cross-country cars reach 1.9 m, and the lowest vans begin there."""
SHORTEST_VAN_M = 4.2
VAN_M = (1.8, 2.8)
LOWEST_TRUCK_M = 2.6
LONGEST_TRUCK_M = 9.0
"""Longer ones may be buses, which have the same width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Profile:
    """A body seen from the side: where, in shares of its length from the front, the roof lies.

    Attributes:
        roof: From and to.
        roof_width: Of the body's.
        waist: Height of the full-length part over the whole.
    """

    roof: tuple[float, float]
    roof_width: float
    waist: float


_CAR = _Profile(roof=(0.42, 0.84), roof_width=0.75, waist=0.68)
_BOX = _Profile(roof=(0.20, 1.0), roof_width=0.92, waist=0.55)
_RIDER = _Profile(roof=(0.35, 0.65), roof_width=0.6, waist=0.6)


def vehicle_size(track: Track, ground: Ground, direction: Direction | None) -> VehicleSize | None:
    """The size that fits the outlines of ``track`` best.

    None where too few outlines were its own, or none of a vehicle's sizes fits them.
    """
    seen = [s for s in track.sightings if _is_its_own(s)]
    if len(seen) < FEWEST or direction is None:
        return None
    places = np.unique(np.linspace(0, len(seen) - 1, MOST).round().astype(int))
    outlines = _outlines([seen[place] for place in places], ground)
    if outlines.way_m < SHORTEST_WAY_M:
        return None
    fit = _fit(outlines, ground, _BOX, direction)
    profile = _profile(fit.x)
    if profile is not _BOX:
        fit = _fit(outlines, ground, profile, direction)
    return None if fit.active_mask.any() else _size(fit, len(outlines.near_m))


def kind_of(size: VehicleSize | None) -> VehicleClass:
    """The kind that the whole range of the size allows, or ``unknown``.

    A bus and a lorry of its length have one size, so that only a short lorry is told from it.
    """
    if size is None:
        return VehicleClass.UNKNOWN
    length = _range(size.length_m, size.length_uncertainty_m)
    width = _range(size.width_m, size.width_uncertainty_m)
    height = _range(size.height_m, size.height_uncertainty_m)
    if width[1] < WIDEST_RIDER_M:
        rides = height[1] < HIGHEST_CAR_M and length[1] > SHORTEST_RIDER_M
        return VehicleClass.MOTORCYCLE if rides else VehicleClass.UNKNOWN
    fits = {
        VehicleClass.CAR: size.height_m > LOWEST_CAR_M
        and height[1] < HIGHEST_CAR_M
        and length[0] < CAR_M[1]
        and length[1] > CAR_M[0],
        VehicleClass.VAN: height[0] > VAN_M[0]
        and height[1] < VAN_M[1]
        and length[1] > SHORTEST_VAN_M,
        VehicleClass.TRUCK: height[0] > LOWEST_TRUCK_M
        and SHORTEST_VAN_M < length[1] < LONGEST_TRUCK_M,
    }
    kinds = [kind for kind, fit in fits.items() if fit and size.width_m > WIDEST_RIDER_M]
    return kinds[0] if len(kinds) == 1 else VehicleClass.UNKNOWN


def _range(value: float, uncertainty: float) -> tuple[float, float]:
    return value - uncertainty, value + uncertainty


def _is_its_own(sighting: Sighting) -> bool:
    whole = not (sighting.merged or sighting.touches_border or sighting.corrupt or sighting.adrift)
    return whole and sighting.contact_px is not None and sighting.box.top > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlines:
    """What was seen of one vehicle.

    Attributes:
        near_m: ``(n, 2)`` on the road, where its near end stands.
        along: ``(2,)`` unit vector of the way, pointing away from the camera.
        edges_px: ``(n, 3)`` left, top and right of each outline.
        px_per_m: ``(n,)`` at the near end.
    """

    near_m: Floats
    along: Floats
    edges_px: Floats
    px_per_m: Floats

    @property
    def way_m(self) -> float:
        return float(np.hypot(*(self.near_m[-1] - self.near_m[0])))


def _outlines(seen: Sequence[Sighting], ground: Ground) -> _Outlines:
    near_m = ground.road(np.array([s.contact_px for s in seen], dtype=np.float64))
    way = near_m[-1] - near_m[0]
    aside = np.array([0.5, 0.0])
    return _Outlines(
        near_m=near_m,
        along=way * np.sign(way[1]) / max(1e-9, float(np.hypot(*way))),
        edges_px=np.array([(s.box.left, s.box.top, s.box.right) for s in seen]),
        px_per_m=(ground.image(near_m + aside) - ground.image(near_m - aside))[:, 0],
    )


def _fit(
    outlines: _Outlines, ground: Ground, profile: _Profile, direction: Direction
) -> OptimizeResult:
    """Length, width, height and offset to the right that fit the outlines best."""

    def missed(body: Floats) -> Floats:
        corners = _corners(body, profile, direction)
        off_m = (_edges(outlines, ground, corners) - outlines.edges_px) / outlines.px_per_m[:, None]
        return np.append(off_m.ravel(), OUTLIER_M * np.log(body[0] / TYPICAL_M[0]) / LENGTH_PRIOR)

    return least_squares(
        missed,
        TYPICAL_M,
        loss="soft_l1",
        f_scale=OUTLIER_M,
        bounds=([0.5, 0.3, 0.4, -3.0], [25.0, 5.0, 5.0, 3.0]),
    )


def _size(fit: OptimizeResult, outlines: int) -> VehicleSize:
    # All edges of one outline err together: each outline counts once.
    variance = OUTLINE_M**2 / 2 + 2 * fit.cost / outlines
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
    roof_m = ROOF_END * fit.x[0]
    doubt = 2 * np.sqrt(np.diag(covariance) + OUTLINE_M**2 + np.array([roof_m, 0, 0, 0]) ** 2)
    return VehicleSize(
        length_m=float(fit.x[0]),
        width_m=float(fit.x[1]),
        height_m=float(fit.x[2]),
        length_uncertainty_m=float(doubt[0]),
        width_uncertainty_m=float(doubt[1]),
        height_uncertainty_m=float(doubt[2]),
    )


def _corners(body: Floats, profile: _Profile, direction: Direction) -> Floats:
    """``(12, 3)`` metres beyond the near end, to the right of the contact, and up."""
    length, width, height, offset = body
    roof = profile.roof
    if direction is Direction.RECEDING:
        roof = (1 - roof[1], 1 - roof[0])
    rings = (
        ((0.0, 1.0), 1.0, SILL_M),
        ((0.0, 1.0), 1.0, profile.waist * height),
        (roof, profile.roof_width, height),
    )
    return np.array(
        [
            (end * length, offset + side * share * width / 2, z)
            for ends, share, z in rings
            for end in ends
            for side in (-1.0, 1.0)
        ]
    )


def _edges(outlines: _Outlines, ground: Ground, corners: Floats) -> Floats:
    """``(n, 3)`` left, top and right of the body in each picture."""
    aside = np.array([outlines.along[1], -outlines.along[0]])
    moved = corners[:, :1] * outlines.along + corners[:, 1:2] * aside
    places = outlines.near_m[:, None, :] + moved[None, :, :]
    heights = np.tile(corners[:, 2], len(places))
    px = ground.image_at(places.reshape(-1, 2), heights).reshape(*places.shape)
    return np.column_stack([px[..., 0].min(1), px[..., 1].min(1), px[..., 0].max(1)])


def _profile(body: Floats) -> _Profile:
    """The profile that a body of this width and height has."""
    _, width_m, height_m, _ = body
    if width_m < 1.35 and height_m < 2.0:
        return _RIDER
    return _CAR if height_m < 1.9 else _BOX
