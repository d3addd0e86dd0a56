"""Builders for raw data: a track measured at a plausible site, as the pipeline would keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from speedcam.anchors import anchor_by_plate
from speedcam.ground import fit_ground
from speedcam.model import (
    PlateSighting,
    Provenance,
    Refusal,
    SpeedMeasurement,
    Track,
)
from speedcam.raw import RawData, as_kept
from speedcam.site import Site
from speedcam.speed import measure
from speedcam.workings import workings
from tests.builders_camera import ZONE, a_survey, a_track, camera_px
from tests.builders_site import a_lane, a_site


def a_measured_site(**overrides: Any) -> Site:
    """The site of the tracks of :mod:`tests.builders_camera`, with a lane for each direction."""
    m = np.array([(x, y) for x in (-4.0, 0.0, 4.0) for y in (14.0, 22.0, 32.0, 44.0)])
    known = {
        "survey": a_survey(camera_px(m[:, 0], m[:, 1]), m),
        "zone": ZONE,
        "lanes": (
            a_lane(left_m=-4.0, right_m=0.0),
            a_lane(name="2", direction="receding", left_m=0.0, right_m=4.0, limit_kmh=50),
        ),
    }
    return a_site(**(known | overrides))


def some_raw(
    track: Track | None = None,
    *,
    site: Site | None = None,
    plates: tuple[PlateSighting, ...] = (),
    passage_id: str = "4" * 32,
) -> RawData:
    """The raw data of ``track``, measured at ``site``."""
    site = site or a_measured_site()
    kept = as_kept(a_track(noise_px=0.3) if track is None else track)
    ground = fit_ground(site.survey, (1920, 1080), site.drive)
    speed = measure(kept, ground, site.zone)
    if plates and isinstance(speed, SpeedMeasurement):
        speed = anchor_by_plate(speed, plates, ground)
    return RawData(
        passage_id=passage_id,
        provenance=a_provenance(site, kept),
        picture_px=(1920, 1080),
        calibration=ground.calibration,
        track=kept,
        plates=plates,
        speed=speed if isinstance(speed, Refusal) else replace(speed, samples=()),
        workings=workings(kept, ground, site.zone, speed),
    )


def a_provenance(site: Site, track: Track) -> Provenance:
    """Where such a track would come from."""
    return Provenance(
        clip="clip.mp4",
        clip_sha256="c" * 64,
        site_sha256=site.sha256,
        software="speedcam 0.1.0",
        track_ordinal=track.ordinal,
    )
