"""The measurement once more, from its raw data and the site file alone: for an expert. Pure."""

from __future__ import annotations

from speedcam.anchors import anchor_by_plate
from speedcam.ground import fit_ground
from speedcam.model import Reason, Refusal, SpeedMeasurement
from speedcam.raw import RawData
from speedcam.site import Site
from speedcam.speed import ends_at_its_edge, measure

SURROUNDINGS = frozenset(
    {Reason.MEASURED_TWICE, Reason.OUTSIDE_LANES, Reason.ANCHORS_DISAGREE, Reason.TIME_UNSURE}
)
"""Refusals that do not follow from the track alone, but from what was around it."""

SAME_KMH = 1e-6


def remeasure(raw: RawData, site: Site) -> SpeedMeasurement | Refusal:
    """What the raw data say by the very code that measured the passage.

    Where the passage keeps no plate, neither do the raw data, and this is what the contact edge
    says alone: the passage's anchor of that name.
    """
    ground = fit_ground(site.survey, raw.picture_px, site.drive)
    was_read = isinstance(raw.speed, SpeedMeasurement)
    speed = measure(raw.track, ground, site.zone, plate_decides=was_read)
    if isinstance(speed, Refusal) or not raw.plates:
        return speed
    ends_there = ends_at_its_edge(raw.track, speed, ground)
    return anchor_by_plate(speed, raw.plates, ground, ends_there=ends_there)


def agrees(again: SpeedMeasurement | Refusal, told: SpeedMeasurement | Refusal) -> bool:
    """Whether the measurement done again bears out what the passage tells.

    A passage that was refused for its surroundings is borne out by any reading of its track.
    """
    if isinstance(told, Refusal):
        same = isinstance(again, Refusal) and again.reason is told.reason
        return same or told.reason in SURROUNDINGS
    if isinstance(again, Refusal):
        return False
    off_kmh = (a - b for a, b in zip(_said(again, told), _said(told, again), strict=True))
    return all(abs(each) < SAME_KMH for each in off_kmh)


def _said(speed: SpeedMeasurement, other: SpeedMeasurement) -> tuple[float, float]:
    """The speed and its doubt, or the contact edge's alone where ``other`` has only that."""
    if len(speed.anchors) > len(other.anchors):
        contact = speed.anchors[0]
        return contact.speed_kmh, contact.uncertainty_kmh
    return speed.speed_kmh, speed.uncertainty_kmh
