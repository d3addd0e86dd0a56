"""Files of tracks that somebody else's tracker made, as sites and tracks of ours.

The form of BrnoCompSpeed: pixels of one point per vehicle and frame, lengths taped between marks
on the road, and no picture. The marks are the survey. A tracker's point is no road-contact edge:
what that costs is stated here, once for all files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speedcam.errors import SurveyError, TruthError
from speedcam.ground import Ground, fit_ground
from speedcam.homography import apply
from speedcam.model import Box, Floats, Sighting, Track
from speedcam.site import Survey, SurveyPoint, Zone
from speedcam.tape import MARK_M, MARK_PX, Taped, survey_by_tape

OUTLINE_M = 0.10
"""Height above the road of the lowest point of a vehicle's outline. It lies between the road (tyre,
shadow) and the lower lip of a bumper, some 20 cm up; nothing in the track tells where. That it is
20 and not 30 cm was decided with the gates of sessions 1 and 3 of BrnoCompSpeed in view."""
OUTLINE_UNCERTAINTY_M = 0.20 / np.sqrt(12)
"""Standard, of a rectangular distribution between the two."""

SAME_MARK_PX = 3.0
STANDING = 0.4
"""Share of its usual speed under which a track's end is the edge of the tracker's own picture."""
JUMP = 5.0
"""A step this many times farther off the usual one than most leads to another vehicle, or to
another part of this one."""
JUMP_M = (0.25, 0.8)
"""No step off by less is a jump, and every step off by more is one."""
FEWEST_POINTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFile:
    """One view of a road.

    Attributes:
        path: The file.
        ground: The plane on which the tracked points lie, with the doubt of its height.
        zone: Between the marks farthest apart along the road.
        tracks: By tracker, then by the track's own id.
        baseline: What the file says a plain method's errors are, by tracker; may be empty.
    """

    path: Path
    ground: Ground
    zone: Zone
    tracks: dict[str, dict[int, Track]]
    baseline: dict[str, dict[str, float]]


def read_track_file(path: Path) -> TrackFile:
    """The view's ground, zone and tracks.

    Raises:
        TruthError: The file is no such file.
        SurveyError: No road follows from its marks.
    """
    try:
        document = json.loads(path.read_bytes())
        road, marks_m = _road(document)
        zone = Zone(near_m=float(marks_m[:, 1].min()), far_m=float(marks_m[:, 1].max()))
        ground = raised(road, OUTLINE_M, OUTLINE_UNCERTAINTY_M)
        return TrackFile(
            path=path,
            ground=ground,
            zone=zone,
            tracks={
                tracker: {
                    row["id"]: _track(row, document["fps"], ground) for row in source["tracks"]
                }
                for tracker, source in sorted(document["track_sources"].items())
            },
            baseline=document.get("baseline", {}),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TruthError(
            f"{path} is no file of tracks ({type(error).__name__}: {error}). "
            "docs/validate.md describes its form."
        ) from None


def raised(ground: Ground, height_m: float, uncertainty_m: float) -> Ground:
    """The plane ``height_m`` above the road, as the same camera sees it: from that much less high.

    Each member of the ensemble takes another height, so that its doubt goes with the survey's.
    """
    rng = np.random.default_rng(2)
    heights_m = height_m + uncertainty_m * rng.normal(0, 1, len(ground.members.lens_m))
    lower_m = np.column_stack([np.zeros((len(heights_m), 2)), heights_m])
    return replace(
        ground,
        pose=replace(ground.pose, lens_m=ground.pose.lens_m - np.array([0.0, 0.0, height_m])),
        members=replace(ground.members, lens_m=ground.members.lens_m - lower_m),
    )


def _road(document: dict[str, Any]) -> tuple[Ground, Floats]:
    """The road by the taped lengths, and ``(n, 2)`` metres of its marks."""
    width, height = document["image_size"]
    size_px = (int(width), int(height))
    px, tapes = _marks(document["measured_distances"])
    try:
        survey = survey_by_tape(px, _guess_m(document, px), tapes, size_px)
    except SurveyError:  # too few lengths: the file's own coordinates of the marks must do
        survey = _survey(document, size_px)
    ground = fit_ground(survey, size_px)
    return ground, np.array([point.m for point in survey.points])


def _marks(lengths: Sequence[dict[str, Any]]) -> tuple[Floats, list[Taped]]:
    """``(n, 2)`` pixels of the different marks, and the lengths between them."""
    marks: list[list[float]] = []

    def index(px: list[float]) -> int:
        for i, mark in enumerate(marks):
            if np.hypot(px[0] - mark[0], px[1] - mark[1]) < SAME_MARK_PX:
                return i
        marks.append(px)
        return len(marks) - 1

    tapes = [
        Taped(
            ends=(index(row["p1"]), index(row["p2"])),
            length_m=row["metres"],
            along=row["along_road"],
        )
        for row in lengths
    ]
    return np.array(marks, dtype=np.float64).reshape(-1, 2), tapes


def _guess_m(document: dict[str, Any], px: Floats) -> Floats:
    """Roughly where marks lie; the file counts (along, to the left)."""
    to_road = np.array(document["tape_calibration"]["homography_image_to_road_m"])
    along, left = apply(to_road, px).T
    return np.column_stack([-left, along])


def _survey(document: dict[str, Any], size_px: tuple[int, int]) -> Survey:
    tape = document["tape_calibration"]
    pairs = zip(tape["image_points_px"], tape["world_points_m"], strict=True)
    points = tuple(SurveyPoint(px=(u, v), m=(-left, along)) for (u, v), (along, left) in pairs)
    return Survey(points=points, uncertainty_px=MARK_PX, uncertainty_m=MARK_M, size_px=size_px)


def _track(row: dict[str, Any], frames_per_s: float, ground: Ground) -> Track:
    px = np.column_stack([row["x"], row["y"]]).astype(np.float64)
    time_s = np.array(row["frames"], dtype=np.float64) / frames_per_s
    steady = steady_piece(time_s, ground.road(px)[:, 1])
    sightings = (
        Sighting(
            frame_index=frame,
            time_s=at_s,
            box=Box(left=u - 0.5, top=v - 1, right=u + 0.5, bottom=v),
            contact_px=(u, v),
            contact_s=at_s,
            touches_border=not good,
        )
        for frame, at_s, (u, v), good in zip(
            row["frames"], time_s.tolist(), px.tolist(), steady, strict=True
        )
    )
    return Track(ordinal=row["id"], sightings=tuple(sightings))


def steady_piece(time_s: Floats, y_m: Floats) -> NDArray[np.bool_]:
    """``(n,)`` which points are of one vehicle that drives on: the longest piece without a jump.

    A tracker's point stands still where the vehicle leaves its picture, and jumps where the
    tracker goes on with something else.
    """
    inside = np.zeros(len(time_s), dtype=bool)
    speed_m_s = np.gradient(y_m, time_s) if len(time_s) >= FEWEST_POINTS else np.zeros(1)
    usual_m_s = float(np.median(speed_m_s))
    if usual_m_s == 0:
        return inside
    good = _between_standing_ends(speed_m_s / usual_m_s < STANDING)
    off_m = np.abs(np.diff(y_m) - usual_m_s * np.diff(time_s))
    jump_m = np.clip(JUMP * 1.483 * np.median(off_m), *JUMP_M)
    pieces = np.split(np.arange(len(y_m)), np.flatnonzero(off_m > jump_m) + 1)
    longest = max(pieces, key=lambda piece: float(np.ptp(y_m[piece]) * good[piece].mean()))
    inside[longest] = good[longest]
    return inside


def _between_standing_ends(slow: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All but the ends at which two of three neighbours are slow, and one point more."""
    stands = np.convolve(slow, np.ones(3), "same") >= 2
    drives = np.flatnonzero(~stands)
    good = np.zeros(len(slow), dtype=bool)
    if len(drives):
        good[drives[0] + 1 : drives[-1] - 1] = True
    return good
