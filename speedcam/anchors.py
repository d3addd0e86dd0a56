"""The plate as a second anchor of scale: its white field is as long at any height.

A point at height h moves on the ground plane k = H / (H - h) times too fast, and a length at that
height looks k times too long there; so the plate's apparent speed over its apparent length, times
its true length, is its true speed, whatever h is. It needs no contact edge. Its true length is
its type's (:mod:`speedcam.plate_types`); a type taken for another disagrees with the contact edge.
It is not independent of the survey: both anchors take the scale along the road from there, so a
survey that is stretched along the road deceives both. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from speedcam.budget import COVERAGE_FACTOR, expanded_kmh, own_kmh, shared
from speedcam.ground import Ground
from speedcam.model import (
    KMH_PER_M_S,
    Anchor,
    Direction,
    Doubt,
    Floats,
    Grade,
    PlateSighting,
    Reason,
    Refusal,
    SpeedMeasurement,
)
from speedcam.plate_types import PLATE_TYPES, FieldLook, PlateType, types_possible

PLATE_PLACE_M = 0.02
"""Least standard deviation of a plate's place along the road in one look."""
LIGHT_PX = 0.35
"""Standard uncertainty of a field's length by how the camera turns light into grey levels: it seems
0.3 px too short where only the encoder blurs, and 0.2 to 0.6 px too long where the lens does and
levels follow sRGB (rectangular)."""
MIN_LOOKS = 3
MIN_SPAN_M = 3.0
SAME_STRETCH = 0.05
MAX_DISAGREEMENT = 0.03
AGREEMENT = 0.02
"""Relative: anchors closer than this agree; farther apart than the other, one of them is wrong. In
between, contact and plate are what they are in one vehicle of a hundred: no fine rests on it."""
ONE_VEHICLE_M = 8.0
FASTER = 1.015
"""So far behind and so much faster, what is measured may be the roof of the vehicle before it."""
MAX_OFFSET_M = 1.5
"""The plate must sit where this vehicle's measured end is."""


def anchor_by_plate(
    measurement: SpeedMeasurement,
    plates: Sequence[PlateSighting],
    ground: Ground,
    *,
    ends_there: bool = False,
) -> SpeedMeasurement | Refusal:
    """The measurement with the plate as a second anchor: grade A where both agree.

    A plate that may be of two types cannot tell a right edge from one that is off by as much as
    they differ. It confirms an edge that the vehicle's own features, which know no plate, confirm
    as well; it never refuses one.

    Args:
        measurement: By the contact edge.
        plates: The plate where it was seen, in pixels of the surveyed camera.
        ground: The road plane.
        ends_there: Whether the features say that the vehicle ends at the edge
            (:func:`speedcam.speed.ends_at_its_edge`).

    Returns:
        The inverse-variance mean of both as grade A; the measurement unchanged (grade B) where
        the plate cannot tell, it is not at this vehicle's measured end, the anchors agree but
        loosely, or the survey is too weak for a fine. Where they disagree though the plate's type
        is sure, a refusal, since then one of them is wrong.
    """
    kinds = types_possible([_field_look(plate) for plate in plates])
    is_sure = len(kinds) == 1
    if ground.weaknesses or not (is_sure or ends_there):
        return measurement
    told = [_plate_anchor(measurement, plates, ground, kind) for kind in kinds]
    contact = measurement.anchors[0]
    plate = min(filter(None, told), key=lambda each: _apart(contact, each), default=None)
    if plate is None:
        return measurement
    if _apart(contact, plate) <= AGREEMENT:
        return _combine(measurement, plate if is_sure else _of_either(plate, kinds))
    if _apart(contact, plate) <= MAX_DISAGREEMENT or not is_sure:
        return measurement
    return _disagreement(contact, plate)


def _apart(contact: Anchor, plate: Anchor) -> float:
    return abs(plate.speed_kmh / contact.speed_kmh - 1)


def _of_either(plate: Anchor, kinds: Sequence[PlateType]) -> Anchor:
    """The anchor with the doubt that its plate is of another type (rectangular)."""
    fields_m = [kind.field_m for kind in kinds]
    other_kmh = (max(fields_m) / min(fields_m) - 1) / math.sqrt(3) * plate.speed_kmh
    doubt_kmh = math.hypot(plate.uncertainty_kmh, COVERAGE_FACTOR * other_kmh)
    return replace(plate, uncertainty_kmh=doubt_kmh)


def as_fast_as_its_plate(
    measurement: SpeedMeasurement, plates: Sequence[PlateSighting], ground: Ground
) -> bool:
    """Whether the contact edge is at least as fast as the plate, of whatever type that is.

    On a mirror image in a wet road it is slower, by a tenth and more. The longer a plate's field,
    the faster its plate is, so that the longest stands for all.
    """
    longest = max(PLATE_TYPES, key=lambda kind: kind.field_m)
    plate = _plate_anchor(measurement, plates, ground, longest)
    return plate is not None and measurement.speed_kmh > (1 - AGREEMENT) * plate.speed_kmh


def same_vehicle(one: SpeedMeasurement, other: SpeedMeasurement) -> bool:
    """Whether two measurements are of one vehicle: on one line through space and time.

    Or ``one`` is of its roof: what is higher up seems farther away, and faster. Two vehicles one
    behind the other are at least a car's length apart, and then some.
    """
    if one.direction is not other.direction:
        return False
    middle = one.samples[len(one.samples) // 2]
    x_m, y_m = _place_at(other, np.array([middle.time_s]))
    farther_m = float(middle.y_m - y_m[0])
    is_above = 0 < farther_m < ONE_VEHICLE_M and one.speed_kmh > FASTER * other.speed_kmh
    return bool(abs(middle.x_m - x_m) < 1.5 and (abs(farther_m) < 3.0 or is_above))


def _place_at(measurement: SpeedMeasurement, time_s: Floats) -> tuple[float, Floats]:
    """Where the measured end is across the road, and along it at ``time_s``, in metres."""
    first = measurement.samples[0]
    sign = 1 if measurement.direction is Direction.RECEDING else -1
    travelled_m = sign * measurement.speed_kmh / KMH_PER_M_S * (time_s - first.time_s)
    return float(np.median([s.x_m for s in measurement.samples])), first.y_m + travelled_m


def _field_look(plate: PlateSighting) -> FieldLook:
    top_left, _, _, bottom_left = plate.corners_px
    field_px = _field_px(plate)
    height_px = math.dist(top_left, bottom_left)
    return FieldLook(
        field_px=field_px,
        band_share=plate.band_share,
        height_share=height_px / max(field_px, 1.0) if field_px else 0.0,
    )


def _field_px(plate: PlateSighting) -> float:
    """Length of the white field in the picture."""
    return math.dist(*plate.white_edges_px) if plate.white_edges_px else 0.0


def _plate_anchor(
    measurement: SpeedMeasurement, plates: Sequence[PlateSighting], ground: Ground, kind: PlateType
) -> Anchor | None:
    """The plate's own speed if it is of ``kind``; None where it cannot tell, or is another's."""
    seen = [plate for plate in plates if plate.white_edges_px is not None]
    if len(seen) < MIN_LOOKS:
        return None
    time_s = np.array([plate.time_s for plate in seen])
    field_px = np.array([_field_px(plate) for plate in seen])
    left, right = (
        ground.road(np.array([p.white_edges_px[end] for p in seen if p.white_edges_px]))
        for end in (0, 1)
    )
    stretch = np.hypot(*(right - left).T) / kind.field_m
    alike = np.abs(stretch / np.median(stretch) - 1) < SAME_STRETCH
    time_s, middle, stretch = time_s[alike], ((left + right) / 2)[alike], stretch[alike]
    if len(time_s) < MIN_LOOKS or np.ptp(middle[:, 1]) < MIN_SPAN_M:
        return None
    # The plate's ground point lies so many times as far from the point under the lens as it does.
    foot_m = np.array(ground.lens_m[:2])
    if not _sits_on(measurement, time_s, foot_m + (middle - foot_m) / np.mean(stretch)):
        return None
    length = float(np.hypot(kind.uncertainty, LIGHT_PX / np.mean(field_px[alike])))
    return _slope_anchor(time_s, middle[:, 1], stretch, length)


def _slope_anchor(time_s: Floats, y_m: Floats, stretch: Floats, length: float) -> Anchor:
    """Apparent speed over apparent length; ``length`` is how uncertain the true one is."""
    middle_s = time_s - time_s.mean()
    slope, start = np.polyfit(middle_s, y_m, 1)
    residual_m = y_m - (slope * middle_s + start)
    place_m = max(PLATE_PLACE_M, float(np.sqrt(np.sum(residual_m**2) / (len(time_s) - 2))))
    from_place = place_m / np.sqrt(np.sum(middle_s**2)) / abs(slope)
    from_stretch = np.std(stretch) / np.mean(stretch) / np.sqrt(len(stretch))
    relative = float(np.linalg.norm([length, from_place, from_stretch]))
    speed_kmh = abs(float(slope)) / float(np.mean(stretch)) * KMH_PER_M_S
    return Anchor(name="plate", speed_kmh=speed_kmh, uncertainty_kmh=2 * relative * speed_kmh)


def _sits_on(measurement: SpeedMeasurement, time_s: Floats, plate_m: Floats) -> bool:
    """Whether the plate, over ``(n, 2)`` metres, rides at the measured end of this very vehicle."""
    x_m, y_m = _place_at(measurement, time_s)
    across, along = np.abs(plate_m[:, 0] - x_m), np.abs(plate_m[:, 1] - y_m)
    return bool(np.median(across) < MAX_OFFSET_M and np.median(along) < MAX_OFFSET_M)


def _disagreement(contact: Anchor, plate: Anchor) -> Refusal:
    numbers = {
        "contact_kmh": round(contact.speed_kmh, 1),
        "plate_kmh": round(plate.speed_kmh, 1),
    }
    return Refusal(reason=Reason.ANCHORS_DISAGREE, numbers=numbers)


def _combine(measurement: SpeedMeasurement, plate: Anchor) -> SpeedMeasurement:
    (contact,) = measurement.anchors
    # Survey, road and clock are common to both: only what is an anchor's own is averaged away.
    common = shared(measurement.budget)
    alone_kmh = np.array([own_kmh(measurement.budget), plate.uncertainty_kmh / COVERAGE_FACTOR])
    weight = alone_kmh**-2.0
    budget = (
        *common,
        Doubt(name="contact and plate", standard_kmh=float(weight.sum() ** -0.5)),
        # How far they are apart stays in the doubt: agreement is not exactness.
        Doubt(name="anchors apart", standard_kmh=abs(contact.speed_kmh - plate.speed_kmh) / 4),
    )
    return replace(
        measurement,
        speed_kmh=float(np.average([contact.speed_kmh, plate.speed_kmh], weights=weight)),
        uncertainty_kmh=expanded_kmh(budget),
        grade=Grade.A,
        anchors=(contact, plate),
        budget=budget,
    )
