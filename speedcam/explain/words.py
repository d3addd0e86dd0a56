"""What was measured, how sure it is and why, in plain sentences."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import numpy as np

from speedcam.budget import COVERAGE_FACTOR
from speedcam.cadence import SLACK_S
from speedcam.drive import ReferenceDrive
from speedcam.explain.dossier import Dossier
from speedcam.explain.palette import USE_WORDS
from speedcam.ground import Calibration
from speedcam.model import (
    SEAL_KINDS,
    Anchor,
    ExhibitKind,
    Grade,
    Passage,
    PlateReading,
    Reason,
    Refusal,
    SpeedMeasurement,
    Track,
)
from speedcam.redo import agrees
from speedcam.workings import Use

WHY_REFUSED: dict[Reason, str] = {
    Reason.TOO_FEW_SIGHTINGS: "It was seen clearly too few times in the zone for a line.",
    Reason.SHORT_BASELINE: "It was followed over too short a stretch of the zone.",
    Reason.SHORT_TIME: "It was followed for too short a time.",
    Reason.SCATTERED: "Its positions do not lie on one line through space and time.",
    Reason.CHANGING_SPEED: "Its speed changed so much that one number would say little.",
    Reason.NOT_ALONG_THE_ROAD: "It moved across the road, or its outline was not its own.",
    Reason.MERGED: "Its outline was shared with another vehicle for most of the way.",
    Reason.MEASURED_TWICE: "The same vehicle had been measured already on another track.",
    Reason.STANDING: "It stood still.",
    Reason.IMPLAUSIBLE_SPEED: "What came out is no speed of a road vehicle.",
    Reason.CORRUPT_FRAMES: "The footage is damaged where it drove.",
    Reason.CAMERA_MOVED: "The camera no longer stood where it was surveyed.",
    Reason.TIME_GAP: "It was lost for so long that another vehicle may have taken its place.",
    Reason.TIME_UNSURE: (
        "When its pictures were taken cannot be told: frames are repeated, or pictures were left "
        "out and the others stamped as if none was missing."
    ),
    Reason.OUTSIDE_LANES: "It drove in no lane of this site.",
    Reason.FEATURES_DISAGREE: (
        "Points on the vehicle seem slower than the road under it, or there were too few of "
        "them: the edge taken for its contact with the road was not that."
    ),
    Reason.ANCHORS_DISAGREE: "Road contact and plate say different speeds, so one is wrong.",
    Reason.LINES_DISAGREE: "The time between two lines says another speed than the fit.",
    Reason.TOO_UNCERTAIN: "The speed is known so badly that it is no reading.",
}


def headline(passage: Passage) -> str:
    """The reading, or that there is none."""
    if isinstance(passage.speed, Refusal):
        return "No reading"
    return f"{passage.speed.text()} km/h"


def badge(passage: Passage) -> str:
    """What the reading may be used for, in a word."""
    if isinstance(passage.speed, Refusal):
        return "refused"
    return f"grade {passage.speed.grade}"


def when(passage: Passage) -> str:
    """Local date and time of the passage with its zone."""
    local = passage.at.astimezone(ZoneInfo(passage.place.timezone))
    return f"{local:%d.%m.%Y %H:%M:%S}.{local.microsecond // 100_000} {local.tzname()}"


def where(passage: Passage) -> str:
    """Place, lane and direction."""
    lane = f"lane {passage.lane}" if passage.lane else "in no lane"
    way = f", {passage.direction}" if passage.direction else ""
    return f"{passage.place.name}, {lane}{way}"


def account(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """The whole story as (title, sentence) pairs."""
    speed = dossier.passage.speed
    told = _refused(dossier, speed) if isinstance(speed, Refusal) else _measured(dossier, speed)
    told += [
        ("Positions", positions(dossier)),
        ("Clock", clock(dossier.raw.track)),
        ("Calibrated", calibrated(dossier.raw.calibration)),
        ("Done again", redone(dossier)),
    ]
    return tuple(pair for pair in told if pair[1])


def positions(dossier: Dossier) -> str:
    """How many sightings were used, and why the others were not."""
    counts = Counter(position.use for position in dossier.raw.workings.positions)
    used = counts.pop(Use.USED, 0)
    rest = ", ".join(f"{count} {USE_WORDS[use]}" for use, count in counts.most_common())
    total = used + counts.total()
    return f"{used} of {total} sightings were used" + (f"; not used: {rest}." if rest else ".")


def clock(track: Track) -> str:
    """That its pictures were not taken when they are stamped; empty where nothing says so."""
    late_s = np.array([sighting.contact_s - sighting.time_s for sighting in track.sightings])
    rows = np.array([s.contact_px[1] if s.contact_px else s.box.bottom for s in track.sightings])
    # Rows are exposed one after the other: that much is the camera's own.
    rows -= rows.mean()
    off_s = float(np.ptp(late_s - rows * (rows @ late_s) / max(1.0, rows @ rows)))
    if off_s < SLACK_S:
        return ""
    return (
        f"The stamps are up to {1000 * off_s:.0f} ms off, because frames were repeated or left "
        "out: the instants kept are those at which the pictures were taken."
    )


def calibrated(by: Calibration | None) -> str:
    """What the metres rest on; empty for raw data that kept none of it."""
    if by is None:
        return ""
    lens = f"{by.lens_height_m:.2f} ± {COVERAGE_FACTOR * by.lens_height_uncertainty_m:.2f} m"
    drive = _drive(by.drive) if by.drive else "no reference drive"
    weak = " ".join(f"For statistics only: {text}" for text in by.weaknesses)
    survey = f"Surveyed with {by.points} points, rms {1000 * by.rms_m:.0f} mm"
    return f"{survey}, the lens {lens} above the road; {drive}. {weak}".rstrip()


def _drive(drive: ReferenceDrive) -> str:
    runs = "1 run" if drive.runs == 1 else f"{drive.runs} runs"
    ratio = f"{drive.ratio:.4f} ± {COVERAGE_FACTOR * drive.ratio_uncertainty:.4f}"
    done = "corrected by it" if drive.correct else "not corrected"
    return f"reference drive of {drive.date}, {runs}: true speeds {ratio} of the readings, {done}"


def redone(dossier: Dossier) -> str:
    """Whether the raw data and the site file give the same once more."""
    if dossier.survey is None:
        return "Not done again: that needs the site file (--site)."
    again, told = dossier.survey.again, dossier.passage.speed
    if not agrees(again, told):
        return f"Redone from the raw data: {_short(again)}, NOT as in the passage ({_short(told)})."
    if isinstance(told, Refusal) and isinstance(again, SpeedMeasurement):
        return f"Redone from the raw data, its track alone gives {_short(again)}."
    if isinstance(told, SpeedMeasurement) and _fewer_anchors(again, told):
        return (
            f"Redone from the raw data: {_short(again)} by the road contact, as in the passage. "
            "The plate's place was not kept, because no plate was."
        )
    return f"Redone from the raw data: {_short(again)}, as in the passage."


def _fewer_anchors(again: SpeedMeasurement | Refusal, told: SpeedMeasurement) -> bool:
    return isinstance(again, SpeedMeasurement) and len(again.anchors) < len(told.anchors)


def _short(speed: SpeedMeasurement | Refusal) -> str:
    return speed.text() + ("" if isinstance(speed, Refusal) else " km/h")


def _refused(dossier: Dossier, refusal: Refusal) -> list[tuple[str, str]]:
    figures = ", ".join(f"{_plain(name)} {n:g}" for name, n in sorted(refusal.numbers.items()))
    why = WHY_REFUSED.get(refusal.reason, refusal.text())
    return [
        ("Refused", f"{why} ({figures})" if figures else why),
        ("Limit", _limit(dossier.passage)),
        ("Kept", "Nobody can be fined on this passage: no plate was read and no picture kept."),
    ]


def _measured(dossier: Dossier, speed: SpeedMeasurement) -> list[tuple[str, str]]:
    mean = f"the mean over {speed.over_m:.1f} m of road in {speed.over_s:.2f} s."
    sure = "with this expanded uncertainty (k = 2), about 95 of 100 readings hold the true speed."
    return [
        ("Measured", f"{speed.speed_kmh:.2f} km/h, {mean}"),
        ("How sure", f"± {speed.uncertainty_kmh:.2f} km/h: {sure}"),
        (f"Grade {speed.grade}", grade(dossier, speed)),
        ("Second way", crossing(speed)),
        ("Limit", limit(dossier, speed)),
        ("Kept", kept(dossier.passage)),
    ]


def grade(dossier: Dossier, speed: SpeedMeasurement) -> str:
    """Why the reading has its grade."""
    said = " and ".join(_anchor(anchor) for anchor in speed.anchors)
    if speed.grade is Grade.A:
        return f"Two independent ways to its scale agree, {said}: it may be fined."
    return f"One way to its scale alone, {said}: for statistics only. {_why_alone(dossier, speed)}."


def _why_alone(dossier: Dossier, speed: SpeedMeasurement) -> str:
    if dossier.lane and speed.speed_kmh - speed.uncertainty_kmh <= dossier.lane.trigger_kmh:
        return "The plate was not looked for, since the vehicle was not above its lane's trigger"
    if dossier.raw.calibration and dossier.raw.calibration.weaknesses:
        return "The calibration is too weak for a second one"
    return "No plate confirmed it"


def crossing(speed: SpeedMeasurement) -> str:
    """What the time between two lines says; empty where it was not taken."""
    if speed.crossing is None:
        return ""
    lines = speed.crossing
    return (
        f"From the line at {lines.from_m:.1f} m to the line at {lines.to_m:.1f} m it took "
        f"{lines.seconds:.3f} s: {lines.speed_kmh:.1f} km/h, computed apart from the fit."
    )


def limit(dossier: Dossier, speed: SpeedMeasurement) -> str:
    """Where the reading less its doubt lies against limit and trigger."""
    told = _limit(dossier.passage)
    least_kmh = speed.speed_kmh - speed.uncertainty_kmh
    if dossier.lane is None:
        return f"{told} The reading less its uncertainty is {least_kmh:.1f} km/h."
    trigger_kmh = dossier.lane.trigger_kmh
    side = "above" if least_kmh > trigger_kmh else "not above"
    return (
        f"{told} The reading less its uncertainty, {least_kmh:.1f} km/h, is {side} the trigger "
        f"of {trigger_kmh} km/h, from which on a plate is looked for."
    )


def kept(passage: Passage) -> str:
    """What of the vehicle was kept."""
    no_pictures = SEAL_KINDS | {ExhibitKind.RAW, ExhibitKind.FILM, ExhibitKind.FOOTAGE}
    pictures = sum(exhibit.kind not in no_pictures for exhibit in passage.exhibits)
    film = any(exhibit.kind is ExhibitKind.FILM for exhibit in passage.exhibits)
    if not pictures:
        return "These positions only: no plate and no picture."
    plate = "its plate as read" if isinstance(passage.plate, PlateReading) else "no plate"
    return f"{pictures} pictures, {'a film, ' if film else ''}{plate}, and these positions."


def _limit(passage: Passage) -> str:
    if passage.limit_kmh is None:
        return "No limit is set where it drove."
    return f"The limit there is {passage.limit_kmh} km/h."


def _anchor(anchor: Anchor) -> str:
    names = {"contact": "road contact", "plate": "width of the plate"}
    return f"{names[anchor.name]} {anchor.speed_kmh:.1f} ± {anchor.uncertainty_kmh:.1f} km/h"


def _plain(name: str) -> str:
    """A figure's name with its unit in words: ``over_m`` is "over (m)"."""
    stem, _, unit = name.rpartition("_")
    units = {"m": "m", "s": "s", "kmh": "km/h", "px": "px"}
    return f"{stem.replace('_', ' ')} ({units[unit]})" if stem and unit in units else name
