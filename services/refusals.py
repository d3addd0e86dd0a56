"""Why there is no reading, in words that staff read in their own language."""

from __future__ import annotations

from services.worded import EnglishOnly, Worded, worded
from speedcam.model import Reason, Refusal

_WHY: dict[Reason, Worded] = {
    Reason.TOO_FEW_SIGHTINGS: worded("too few sightings"),
    Reason.SHORT_BASELINE: worded("short baseline"),
    Reason.SHORT_TIME: worded("short time"),
    Reason.SCATTERED: worded("scattered"),
    Reason.CHANGING_SPEED: worded("changing speed"),
    Reason.NOT_ALONG_THE_ROAD: worded("not along the road"),
    Reason.MERGED: worded("merged"),
    Reason.MEASURED_TWICE: worded("measured twice"),
    Reason.STANDING: worded("standing"),
    Reason.IMPLAUSIBLE_SPEED: worded("implausible speed"),
    Reason.CORRUPT_FRAMES: worded("corrupt frames"),
    Reason.CAMERA_MOVED: worded("camera moved"),
    Reason.TIME_GAP: worded("time gap"),
    Reason.TIME_UNSURE: worded("time unsure"),
    Reason.OUTSIDE_LANES: worded("outside lanes"),
    Reason.FEATURES_DISAGREE: worded("features disagree"),
    Reason.ANCHORS_DISAGREE: worded("anchors disagree"),
    Reason.LINES_DISAGREE: worded("lines disagree"),
    Reason.TOO_UNCERTAIN: worded("too uncertain"),
    Reason.PLATE_NOT_FOUND: worded("plate not found"),
    Reason.PLATE_TOO_SMALL: worded("plate too small"),
    Reason.PLATE_NOT_SURE: worded("plate not sure"),
}


def refused(refusal: Refusal) -> str:
    """What :meth:`speedcam.model.Refusal.text` says; its figures keep the names they have there."""
    why, text = _WHY.get(refusal.reason), refusal.text()
    if why is None:
        return EnglishOnly(text)
    figures = text.removeprefix(why).strip(" ()")
    return worded("{why} ({figures})", why=why, figures=EnglishOnly(figures)) if figures else why
