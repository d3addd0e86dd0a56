"""Making one clip: video, site file, truth file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from speedcam.simulate.encode import write_video
from speedcam.simulate.render import frames
from speedcam.simulate.scene import Scene
from speedcam.simulate.timeline import timeline
from speedcam.simulate.traffic import schedule
from speedcam.simulate.truth import site_toml, truth_json, write_text

Progress = Callable[[int, int], None]
"""Told how many frames are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedClip:
    """The files of a clip."""

    video: Path
    site: Path
    truth: Path


def simulate(scene: Scene, out_dir: Path, progress: Progress | None = None) -> SimulatedClip:
    """Render a scene into ``out_dir`` (made when missing).

    The same scene gives the same bytes with the same versions of NumPy, OpenCV, Pillow and
    PyAV. Files appear whole under their names, the video last.

    Args:
        scene: What to render; vary one with ``dataclasses.replace``.
        out_dir: Where the three files go.
        progress: Called after every frame.

    Raises:
        SpeedcamError: The scene's traffic does not fit into its seconds.
    """
    drives = schedule(scene)
    out_dir.mkdir(parents=True, exist_ok=True)
    clip = SimulatedClip(
        video=out_dir / f"{scene.name}.mp4",
        site=out_dir / f"{scene.name}.site.toml",
        truth=out_dir / f"{scene.name}.truth.json",
    )
    write_text(clip.site, site_toml(scene))
    write_text(clip.truth, truth_json(scene, drives))
    times = timeline(scene)
    total = len(times.shots)
    done = 0

    def wrote() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        write_video(
            clip.video,
            frames(scene, drives, times.shots),
            size_px=scene.camera.size_px,
            times=times,
            crf=scene.sensor.crf,
            preset=scene.sensor.preset,
            wrote=wrote,
        )
    finally:
        cv2.setNumThreads(threads)
    return clip
