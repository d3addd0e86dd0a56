"""The clips, and what every tool is told of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from speedcam.homography import fit_homography
from speedcam.site import Site, load_site
from tests.bench.command import ROOT, run
from tests.bench.peers.ground import Ground

LIMIT_KMH = 25
"""Of the research footage: below everybody's speed, so that we pay for every plate and picture."""


HARD = (
    "low_pole_dusk_wet", "low_pole_moved", "overpass_sun_drift", "school_queue", "school_wet",
    "verge_hidden_merged", "verge_knocked", "verge_wet", "wide_platoon_merged",
)  # fmt: skip
"""All renders of which we read fewer than half (docs/accuracy.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip with exact truth.

    Attributes:
        video: The footage.
        truth: Its truth file.
        site: Its site file.
        frames: How many it has.
        size_px: Width and height.
        ground: Its surveyed road.
        drawn_by_us: Our own renderer made it, so that perfect boxes can be told.
    """

    video: Path
    truth: Path
    site: Path
    frames: int
    size_px: tuple[int, int]
    ground: Ground
    drawn_by_us: bool


def clips(work: Path) -> Iterator[Clip]:
    """The sample clips, and the rendered one of the research footage where it is there."""
    for video in sorted((ROOT / "sample_videos").glob("*.mp4")):
        yield _clip(video, video.with_suffix(".site.toml"), drawn_by_us=True)
    data = os.environ.get("SPEEDCAM_BENCH_DATA")
    if not data:
        sys.stderr.write("SPEEDCAM_BENCH_DATA is not set: only the sample clips are measured.\n")
        return
    for video in sorted((Path(data) / "rendered").glob("*.mp4")):
        site = work / f"{video.stem}.site.toml"
        told = run("tests.bench.site_from", video.with_suffix(".truth.json"), "--limit", LIMIT_KMH)
        site.write_text(told, encoding="utf-8")
        yield _clip(video, site, drawn_by_us=False)


def hard_clips(folder: Path) -> Iterator[Clip]:
    """Those renders that were made, of the ones that are hard for us."""
    for video in (folder / f"{name}.mp4" for name in HARD):
        if video.exists():
            yield _clip(video, video.with_suffix(".site.toml"), drawn_by_us=True)
        else:
            sys.stderr.write(f"{video} is not there: `make bench BENCH=renders` makes it.\n")


def _clip(video: Path, site: Path, *, drawn_by_us: bool) -> Clip:
    opened = cv2.VideoCapture(str(video))
    keys = cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT
    frames, width, height = (int(opened.get(key)) for key in keys)
    return Clip(
        video=video,
        truth=video.with_suffix(".truth.json"),
        site=site,
        frames=frames,
        size_px=(width, height),
        ground=surveyed(load_site(site), opened.get(cv2.CAP_PROP_FPS)),
        drawn_by_us=drawn_by_us,
    )


def surveyed(site: Site, fps: float) -> Ground:
    """The whole surveyed road, with the homography of all its points."""
    px = np.array([point.px for point in site.survey.points])
    m = np.array([point.m for point in site.survey.points])
    (left_m, near_m), (right_m, far_m) = m.min(axis=0).tolist(), m.max(axis=0).tolist()
    return Ground(
        fps=fps,
        px_to_m=fit_homography(px, m).tolist(),
        left_m=left_m,
        right_m=right_m,
        near_m=near_m,
        far_m=far_m,
    )
