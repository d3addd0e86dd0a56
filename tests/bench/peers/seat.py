"""One tool on one clip, in the tools' own environment: ``python -m tests.bench.peers.seat JOB``.

JOB is a JSON file: ``tool``, ``video``, ``ground``, and ``boxes`` of each frame or null, in which
case what moves in the clip is looked for. One line of JSON per track with a reading goes to stdout.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.bench.peers.ground import Floats, Ground
from tests.bench.peers.motion import Motion
from tests.bench.peers.tools import TOOLS, Tool


def frames(job: dict[str, Any]) -> Iterator[tuple[Floats, Any]]:
    """The boxes and the picture of each frame."""
    if job["boxes"] is not None:
        blank = np.zeros((*job["size_px"][::-1], 3), np.uint8)
        yield from ((np.array(b, dtype=float).reshape(-1, 4), blank) for b in job["boxes"])
        return
    motion = Motion() if job["tool"] != "decoder" else None
    for picture in pictures(job["video"]):
        yield motion.boxes(picture) if motion else np.empty((0, 4)), picture


def pictures(video: str) -> Iterator[Any]:
    """Every picture of a clip, as OpenCV reads it."""
    clip = cv2.VideoCapture(video)
    while (read := clip.read())[0]:
        yield read[1]


def told(tool: Tool, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every track with a reading: its speed, and where it was when, for the matching."""
    ground = Ground(**job["ground"])
    speeds: dict[int, list[float]] = defaultdict(list)
    places: dict[int, list[dict[str, float]]] = defaultdict(list)
    for number, (boxes, picture) in enumerate(frames(job)):
        for shown in tool.look(boxes, picture):
            places[shown.track].append(_sample(number, shown.foot_px, ground))
            speeds[shown.track] += [] if shown.kmh is None else [shown.kmh]
    for track, shown_kmh in speeds.items():
        if shown_kmh:
            yield {"speed_kmh": tool.reading(shown_kmh), "samples": places[track]}


def _sample(number: int, foot_px: tuple[float, float], ground: Ground) -> dict[str, float]:
    (x_m, y_m), (u_px, v_px) = ground.road_m(np.array([foot_px]))[0], foot_px
    when = {"frame_index": number, "time_s": number / ground.fps}
    return when | {"u_px": u_px, "v_px": v_px, "x_m": x_m, "y_m": y_m}


def main(job: dict[str, Any]) -> None:
    """Show the clip to the tool, and tell."""
    tool = TOOLS[job["tool"]](Ground(**job["ground"]))
    for row in told(tool, job):
        sys.stdout.write(json.dumps(row, default=float) + "\n")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
