"""Vehicles on a known road, as a tracker would hand them over."""

from __future__ import annotations

import numpy as np

from speedcam.ground import Ground, fit_ground
from speedcam.model import Box, FeatureTrack, Floats, PlateSighting, Sighting, Track
from speedcam.site import Survey, SurveyPoint, Zone

ZONE = Zone(near_m=14.0, far_m=42.0)

LENS_HEIGHT_M = 6.0


def camera_px(x_m: Floats, y_m: Floats, z_m: Floats | float = 0.0) -> Floats:
    """``(n, 2)`` pixels of points seen from 6 m above the origin, pitched down 12 degrees."""
    pitch = np.deg2rad(12.0)
    depth = y_m * np.cos(pitch) + (LENS_HEIGHT_M - z_m) * np.sin(pitch)
    down = -y_m * np.sin(pitch) + (LENS_HEIGHT_M - z_m) * np.cos(pitch)
    return np.column_stack([960 + 2600 * x_m / depth, 540 + 2600 * down / depth])


def a_ground(uncertainty_m: float = 0.01, uncertainty_px: float = 0.3) -> Ground:
    """The road plane of that camera from twelve surveyed points."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    px = camera_px(m[:, 0], m[:, 1])
    return fit_ground(a_survey(px, m, uncertainty_px=uncertainty_px, uncertainty_m=uncertainty_m))


def a_survey(
    px: Floats, m: Floats, uncertainty_px: float = 0.3, uncertainty_m: float = 0.01
) -> Survey:
    """A survey of these points."""
    points = (
        SurveyPoint(px=tuple(p), m=tuple(q)) for p, q in zip(px.tolist(), m.tolist(), strict=True)
    )
    return Survey(points=tuple(points), uncertainty_px=uncertainty_px, uncertainty_m=uncertainty_m)


def a_track(
    kmh: float = 60.0,
    *,
    from_m: float = 13.0,
    to_m: float = 44.0,
    x_m: float = 1.5,
    times_s: Floats | None = None,
    noise_px: float = 0.0,
    merged: bool = False,
    corrupt: bool = False,
    features: int = 12,
    lowest_feature_m: float = 0.2,
    contact_height_m: float = 0.0,
    seed: int = 0,
    gained_m: Floats | float = 0.0,
) -> Track:
    """A vehicle at constant speed; approaching where ``to_m`` is nearer than ``from_m``.

    ``gained_m`` is how far ahead of that it is at each instant.
    """
    sign = 1.0 if to_m > from_m else -1.0
    speed_m_s = sign * kmh / 3.6
    if times_s is None:
        times_s = np.arange(0, abs(to_m - from_m) / abs(speed_m_s), 0.04)
    y_m = from_m + speed_m_s * (times_s - times_s[0]) + sign * gained_m
    random = np.random.default_rng(seed)
    contact = camera_px(np.full_like(y_m, x_m), y_m, contact_height_m)
    contact += random.normal(0, noise_px, contact.shape) if noise_px else 0.0
    sightings = tuple(
        Sighting(
            frame_index=index,
            time_s=float(time_s),
            box=Box(left=u - 60, top=v - 100, right=u + 60, bottom=v),
            contact_px=None if merged else (float(u), float(v)),
            contact_s=float(time_s),
            merged=merged,
            corrupt=corrupt,
        )
        for index, (time_s, (u, v)) in enumerate(zip(times_s, contact, strict=True))
    )
    heights = lowest_feature_m + np.linspace(0, 1.2, features) if features else np.empty(0)
    return Track(
        ordinal=0,
        sightings=sightings,
        features=tuple(
            FeatureTrack(time_s=times_s, px=camera_px(np.full_like(y_m, x_m), y_m, height))
            for height in heights
        ),
    )


def plate_sightings(
    kmh: float,
    *,
    from_m: float = 15.0,
    height_m: float = 0.6,
    width_m: float = 0.44,
    x_m: float = 1.5,
    count: int = 8,
    text: str = "AA123BB",
    band_share: float | None = 0.085,
) -> list[PlateSighting]:
    """The plate of the vehicle of :func:`a_track`, with the ends of its white field."""
    sightings = []
    for index, time_s in enumerate(np.linspace(0, 1.2, count)):
        y_m = np.array([from_m + kmh / 3.6 * time_s])
        ends = [
            tuple(camera_px(np.array([x_m + side * width_m / 2]), y_m, at_m)[0].tolist())
            for side, at_m in zip(
                (-1, 1, -1, 1, 1, -1),
                height_m + np.array([0, 0, 1, 1, -1, -1]) * 0.055,
                strict=True,
            )
        ]
        sightings.append(
            PlateSighting(
                frame_index=index,
                time_s=float(time_s),
                corners_px=tuple(ends[2:]),
                text=text,
                character_confidence=(0.99,) * len(text),
                white_edges_px=tuple(ends[:2]),
                band_share=band_share,
            )
        )
    return sightings
