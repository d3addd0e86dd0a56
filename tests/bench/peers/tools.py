"""The tools, each fed with boxes: what it shows of whom in each frame.

Each is imported from its own package when it is asked for.
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from statistics import median
from typing import Any, Protocol

import cv2
import numpy as np

from tests.bench.peers.formulas import (
    by_count_kmh,
    by_intervals_kmh,
    line_kmh,
    mean_of_steps_kmh,
    plane_m,
)
from tests.bench.peers.ground import Floats, Ground, feet_px

SURE = 0.9
"""How sure a box is said to be, to trackers that ask."""

STEPS = 10
"""Over how many steps a speed is averaged where no tool says: a usual number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a tool shows of one vehicle in one frame.

    Attributes:
        track: Which of its tracks.
        foot_px: Middle of the lower edge of its box.
        kmh: The speed on its label, or None while there is none.
    """

    track: int
    foot_px: tuple[float, float]
    kmh: float | None


class Tool(Protocol):
    """Something that shows speeds."""

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:
        """What it shows in the next frame."""
        ...

    def reading(self, shown_kmh: Sequence[float]) -> float:
        """The one speed of a vehicle, of all that were shown of it."""
        ...


class Labels:
    """A label that changes from frame to frame: its median, which is kinder than any one."""

    def reading(self, shown_kmh: Sequence[float]) -> float:
        """The median."""
        return median(shown_kmh)


class Supervision(Labels):
    """The speed example of supervision, with the library's tracker and zone."""

    def __init__(self, ground: Ground, *, mended: bool) -> None:
        self._sv = import_module("supervision")
        self._fps, self._whole = ground.fps, not mended
        self._speed_kmh = by_intervals_kmh if mended else by_count_kmh
        seen = ground.pixels(ground.corners_m)
        drawn = plane_m(ground.width_m, ground.length_m, 0 if mended else 1)
        self._warp = cv2.getPerspectiveTransform(seen.astype(np.float32), drawn.astype(np.float32))
        self._zone = self._sv.PolygonZone(polygon=seen.round().astype(int))
        self._tracker = self._sv.ByteTrack(frame_rate=ground.fps, track_activation_threshold=0.3)
        self._along: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=int(ground.fps)))

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:  # noqa: ARG002
        """Boxes in the zone, tracked; the second coordinate of their feet on the drawn plane."""
        sure, kind = np.full(len(boxes), SURE), np.zeros(len(boxes), int)
        found = self._sv.Detections(xyxy=boxes, confidence=sure, class_id=kind)
        found = found[self._zone.trigger(found)]
        found = self._tracker.update_with_detections(found)
        feet = found.get_anchors_coordinates(self._sv.Position.BOTTOM_CENTER)
        for track, foot in zip(found.tracker_id, feet, strict=True):
            drawn = cv2.perspectiveTransform(foot.reshape(1, 1, 2).astype(np.float32), self._warp)
            along = float(drawn[0, 0, 1])
            self._along[track].append(int(along) if self._whole else along)
            kmh = self._speed_kmh(self._along[track], self._fps)
            whole = kmh if kmh is None or not self._whole else int(kmh)
            yield Shown(track=int(track), foot_px=tuple(foot), kmh=whole)


class Ultralytics(Labels):
    """The SpeedEstimator of Ultralytics, its tracker given boxes where its network would be."""

    def __init__(self, ground: Ground, *, points: int = 5) -> None:
        # It neither reports nor installs anything from here.
        os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
        self._ground = ground
        self._estimator = _fed_estimator()(
            model="yolo11n.yaml",
            fps=ground.fps,
            meter_per_pixel=ground.metres_per_pixel(),
            max_hist=points,
            max_speed=250,
            verbose=False,
            show=False,
        )

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:
        """Only boxes on the surveyed road are given: what is outside would be locked far away."""
        on_road = self._ground.holds(self._ground.road_m(feet_px(boxes)))
        self._estimator.given = boxes[on_road]
        speeds = self._estimator.process(picture).speed_dict
        tracks = self._estimator.track_ids
        feet = feet_px(np.array(self._estimator.boxes, dtype=float).reshape(-1, 4))
        for track, foot in zip(tracks, feet, strict=True):
            yield Shown(track=int(track), foot_px=tuple(foot), kmh=speeds.get(track))


def _fed_estimator() -> Any:
    """Its own class, told what its network would have found."""
    torch = import_module("torch")
    found_by = import_module("ultralytics.engine.results").Boxes
    settings = import_module("ultralytics.utils").IterableSimpleNamespace
    own = import_module("ultralytics.utils").YAML.load(
        import_module("ultralytics.utils.checks").check_yaml("bytetrack.yaml")
    )

    class Fed(import_module("ultralytics.solutions").SpeedEstimator):  # type: ignore[misc]
        given: Floats = np.empty((0, 4))
        by = import_module("ultralytics.trackers").BYTETracker(settings(**own))

        def extract_tracks(self, im0: Any) -> None:
            rows = np.column_stack([self.given, np.full(len(self.given), SURE)])
            rows = np.column_stack([rows, np.zeros(len(rows))]).astype(np.float32)
            seen = self.by.update(found_by(rows, im0.shape[:2]), im0)
            seen = np.asarray(seen, dtype=np.float32).reshape(-1, 8)
            self.boxes = torch.tensor(seen[:, :4])
            self.track_ids = [int(track) for track in seen[:, 4]]
            self.clss, self.confs = [0] * len(seen), [SURE] * len(seen)

    return Fed


class Norfair:
    """A norfair tracker on boxes, and what a user makes of its tracks with a homography."""

    def __init__(self, ground: Ground) -> None:
        self._norfair, self._ground = import_module("norfair"), ground
        # Trackers that wait longer would lose the fast ones before they have a number.
        self._tracker = self._norfair.Tracker("iou", 0.7, initialization_delay=2)
        self._frame = -1

    def tracked(self, boxes: Floats) -> Iterator[tuple[int, float, Any]]:
        """Track, time and object of everybody who was found in the next frame."""
        self._frame += 1
        corners = boxes.reshape(-1, 2, 2)
        found = [self._norfair.Detection(points=c, data=self._frame) for c in corners]
        for one in self._tracker.update(found):
            if one.last_detection.data == self._frame:
                yield one.id, self._frame / self._ground.fps, one

    def on_road(self, corners: Floats) -> tuple[tuple[float, float], Floats] | None:
        """The foot of a box and where that is, or None off the surveyed road."""
        foot = feet_px(corners.reshape(1, 4))
        at_m = self._ground.road_m(foot)
        return (tuple(foot[0]), at_m[0]) if self._ground.holds(at_m)[0] else None


class NorfairSteps(Labels, Norfair):
    """The usual recipe: the tracker's smoothed box, and the mean of its last steps in metres."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._walked: dict[int, list[tuple[float, float, float]]] = defaultdict(list)

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:  # noqa: ARG002
        """Everybody on the surveyed road."""
        for track, time_s, one in self.tracked(boxes):
            if placed := self.on_road(one.estimate):
                self._walked[track].append((time_s, *placed[1]))
                seconds, *road = np.array(self._walked[track]).T
                kmh = mean_of_steps_kmh(np.column_stack(road), seconds, STEPS)
                yield Shown(track=track, foot_px=placed[0], kmh=kmh)


class NorfairLine(Norfair):
    """What a careful user writes: a straight line through every box of the track."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._along: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:  # noqa: ARG002
        """Everybody on the surveyed road."""
        for track, time_s, one in self.tracked(boxes):
            if placed := self.on_road(one.last_detection.points):
                self._along[track].append((time_s, placed[1][1]))
                seconds, along_m = np.array(self._along[track]).T
                yield Shown(track=track, foot_px=placed[0], kmh=line_kmh(along_m, seconds))

    def reading(self, shown_kmh: Sequence[float]) -> float:
        """The last, which is of the whole track."""
        return shown_kmh[-1]


class Decoder(Labels):
    """Shows nothing: what is left is the price of reading the clip."""

    def __init__(self, ground: Ground) -> None:
        pass

    def look(self, boxes: Floats, picture: Any) -> Iterator[Shown]:  # noqa: ARG002
        """Nothing."""
        return iter(())


TOOLS: dict[str, Callable[[Ground], Tool]] = {
    "decoder": Decoder,
    "supervision": partial(Supervision, mended=False),
    "supervision, mended": partial(Supervision, mended=True),
    "ultralytics": Ultralytics,
    "ultralytics, half a second": partial(Ultralytics, points=13),
    "norfair": NorfairSteps,
    "norfair, line": NorfairLine,
}
