"""Where a track goes on with another vehicle, as one outline of two that comes apart makes it.

Until then the outline's lower edge was the nearer one's and its features perhaps the farther one's,
and nobody knew that there were two. Or a vehicle has left the picture, and what follows close
behind is taken for it. Either way the outline leaps: across the road and along it, as no vehicle
drives. What is not certainly this vehicle's counts as an outline that was shared. Pure.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from speedcam.ground import Ground
from speedcam.model import Floats, Sighting, Track

ACROSS_M = 1.6
ALONG_M = 5.0
"""A leap is farther than both. Of what flickers at an outline's edge, shadows move it across and a
dark bumper along; another vehicle is beside this one, and farther ahead or behind than a car."""


def its_own(track: Track, ground: Ground) -> Track:
    """The track with what another vehicle may have had a part in marked as merged."""
    first, end = 0, len(track.sightings)
    for before, after in _leaps(track, ground):
        if any(sighting.touches_border for sighting in track.sightings[before:after]):
            end = after
            break
        first = after
    if (first, end) == (0, len(track.sightings)):
        return track
    sightings = (
        s if first <= k < end else replace(s, merged=True, contact_px=None)
        for k, s in enumerate(track.sightings)
    )
    return replace(track, sightings=tuple(sightings))


def _leaps(track: Track, ground: Ground) -> list[tuple[int, int]]:
    """The sightings before and after each leap; what the picture's edge cuts shows no foot."""
    seen = [k for k, sighting in enumerate(track.sightings) if not sighting.touches_border]
    if not seen:
        return []
    feet = ground.road(np.array([_foot_px(track.sightings[k]) for k in seen]))
    time_s = np.array([track.sightings[k].time_s for k in seen])
    far = np.all(np.abs(_unforeseen_m(time_s, feet)) > (ACROSS_M, ALONG_M), axis=1)
    return [(seen[step], seen[step + 1]) for step in np.flatnonzero(far)]


def _foot_px(sighting: Sighting) -> tuple[float, float]:
    return (sighting.box.left + sighting.box.right) / 2, sighting.box.bottom


def _unforeseen_m(time_s: Floats, feet: Floats) -> Floats:
    """``(n - 1, 2)`` metres across and along by which each step differs from the way so far."""
    so_far_s = np.maximum(time_s[:-1] - time_s[0], np.diff(time_s))[:, None]
    mean_m_s = (feet[:-1] - feet[0]) / so_far_s
    return np.asarray(np.diff(feet, axis=0) - mean_m_s * np.diff(time_s)[:, None])
