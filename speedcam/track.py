"""Vehicles as bundles of KLT features, followed from frame to frame.

A vehicle is a set of corner features that move as one (:mod:`speedcam.klt`). The blobs of the
detector are claimed by the vehicles whose features lie in them. A blob with two owners is nobody's
outline: both vehicles are marked as merged there, so that neither is measured on the other.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.klt import MIN_MOTION_PX, Step, corners, lucas_kanade
from speedcam.model import Box, Detection, FeatureTrack, Floats, Frame, Image, Sighting, Track
from speedcam.parting import FEWEST, along_the_road_m, beyond_free_road

MAX_FEATURES = 60
TOP_UP_BELOW = 40
PATIENCE_S = 0.25
"""Time without a blob after which a vehicle is gone."""

MIN_SHARE = 0.2
"""Share of a vehicle's features that a blob must hold to be its outline."""

FRAGMENT = 0.08
"""A blob this much smaller than the one around it is no vehicle of its own."""

PIECE = 0.1
"""A blob belongs to a vehicle that fills its expected place by this much better with it."""

GROWTH = 2.0
"""No outline doubles its area from one frame to the next."""
SAME_FOOT = 0.25
"""Share of a part's height by which its lower edge may be off that of the whole."""

YOUNG_S = 0.5
"""Time by itself up to which a vehicle may turn out to be a part of another one."""
TOGETHER_S = 0.1
"""Time in one outline and in one motion that proves it."""

FEWEST_FOR_A_FOOT = 6
"""Features without which the middle of the outline must do."""
CHOOSING = 6
"""Pictures in which the place of the foot is chosen."""
FEET = 5
"""So many of its latest feet tell where it drives, against the noise of one."""
ABREAST_M = 1.6
"""Vehicles this far apart across the road have a strip of it each, however their outlines merge."""
BODY_M = 2.4
"""Blobs whose feet are farther apart across the road are no parts of one body."""
IN_FRONT_M = 2.0
"""Whose foot is this much nearer, on the same strip, hides the other's and not the reverse: no
vehicle is shorter."""

MIN_SIGHTINGS = 6
"""A thing seen more briefly is noise and leaves no track."""

Pixel = tuple[float, float]


class Road(Protocol):
    """What the tracker must know of the road under an outline."""

    def place_m(self, feet: Sequence[Pixel]) -> tuple[float, float]:
        """Where across and along the road a vehicle is that was lately seen at these ``feet``."""
        ...

    def beyond_lens_m(self, px: Floats) -> Floats:
        """``(n,)`` how far along the road, from under the lens, ``(n, 2)`` pixels of it are."""
        ...

    def contact(self, frame: Frame, box: Box, across_m: float) -> Pixel | None:
        """Pixel of the road-contact edge of the vehicle in ``box``, or None."""
        ...


@dataclass(slots=True)
class _Vehicle:
    """A vehicle that is still in view."""

    ordinal: int
    box: Box
    points: NDArray[np.float32]
    keys: NDArray[np.int64]
    steps: NDArray[np.float32]
    step: NDArray[np.float32] = field(default_factory=lambda: np.zeros(2, np.float32))
    moved: bool = False
    turned: bool = False
    alone_s: float = 0.0
    together_s: float = 0.0
    seen_whole: bool = False
    foot_u: float = 0.0
    chosen: int = 0
    feet: deque[Pixel] = field(default_factory=lambda: deque(maxlen=FEET))
    sightings: list[Sighting] = field(default_factory=list)
    history: dict[int, list[tuple[float, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def outline(self, box: Box) -> None:
        """Take ``box``; where it is far larger, what little was seen before was a part.

        A part that ended where the whole does has stood on the road.
        """
        elsewhere = abs(box.bottom - self.box.bottom) > SAME_FOOT * self.box.height
        if elsewhere and box.area > GROWTH * self.box.area and self.alone_s <= YOUNG_S:
            self._forget_places()
        self.box = box

    def stay_without(self, gone: NDArray[np.bool_]) -> None:
        """Lose those features to another body; what was seen of both tells of neither."""
        self.points, self.keys, self.steps = (
            self.points[~gone],
            self.keys[~gone],
            self.steps[~gone],
        )
        self.step = np.median(self.steps, axis=0).astype(np.float32)
        self._forget_places()

    def _forget_places(self) -> None:
        self.sightings = [replace(s, merged=True, contact_px=None) for s in self.sightings]
        self.chosen = 0
        self.feet.clear()

    def stand(self, *, whole: bool) -> None:
        """Remember where the foot is: under the features, most of which no shadow moves aside.

        Chosen in the first pictures that show the whole vehicle, it goes along with the features
        from then on: one place on the vehicle, whatever its outline and its features do.
        """
        middle_u = (self.box.left + self.box.right) / 2
        if len(self.points) >= FEWEST_FOR_A_FOOT:
            low_u, middle_u, high_u = np.percentile(self.points[:, 0], [15, 50, 85]).tolist()
            if not low_u <= self.foot_u <= high_u:
                self.chosen = 0
            if whole and self.chosen < CHOOSING:
                self.chosen += 1
                self.foot_u += (middle_u - self.foot_u) / self.chosen
        self.feet.append((self.foot_u if self.chosen else middle_u, self.box.bottom))

    def follow(self, step: Step) -> None:
        """Move the outline, and let it grow, as the features do."""
        before, now = self.points[step.kept].mean(axis=0), step.points[step.kept].mean(axis=0)
        left, top = now + step.scale * (np.array([self.box.left, self.box.top]) - before)
        right, bottom = now + step.scale * (np.array([self.box.right, self.box.bottom]) - before)
        self.box = Box(left=float(left), top=float(top), right=float(right), bottom=float(bottom))
        self.foot_u = float(now[0] + step.scale * (self.foot_u - before[0]))

    def remember(self, frame: Frame, row_s: float) -> None:
        """Keep where the features are, as the surveyed camera would see them."""
        for key, (u, v) in zip(self.keys, self.points - np.array(frame.shake_px), strict=True):
            self.history[int(key)].append((frame.time_s + v * row_s, float(u), float(v)))

    def track(self) -> Track:
        features = (np.array(history) for history in self.history.values() if len(history) > 2)
        return Track(
            ordinal=self.ordinal,
            sightings=tuple(self.sightings),
            features=tuple(FeatureTrack(time_s=f[:, 0], px=f[:, 1:]) for f in features),
        )


class Tracker:
    """Follows vehicles; give it every frame in order, then :meth:`finish`."""

    def __init__(self, road: Road, row_s: float = 0.0, first_ordinal: int = 0) -> None:
        """Follow vehicles on ``road``; each row is exposed ``row_s`` after the one above it."""
        self._road = road
        self._row_s = row_s
        self._vehicles: list[_Vehicle] = []
        self._previous: Frame | None = None
        self._next_ordinal = first_ordinal
        self._next_key = 0

    def step(self, frame: Frame, detections: Sequence[Detection]) -> list[Track]:
        """Take in one frame; the tracks of vehicles that have just left."""
        whole = _absorb_fragments(detections)
        if self._previous is not None:
            for vehicle in self._vehicles:
                _follow(vehicle, self._previous.luma, frame.luma, whole)
        turned = self._leave(lambda vehicle: vehicle.turned)
        owners = self._claim(whole, frame.luma)
        self._part(whole, owners)
        self._reunite(owners, self._since_previous(frame))
        for vehicle in self._vehicles:
            self._sight(vehicle, frame, whole, owners)
        self._spawn(frame, whole, owners)
        for vehicle in self._vehicles:
            self._top_up(vehicle, frame, _blobs_of_others(vehicle, whole, owners))
            vehicle.remember(frame, self._row_s)
        self._previous = frame
        return turned + self._leave(lambda vehicle: _is_gone(vehicle, frame.time_s))

    def sees_from_before(self, time_s: float) -> bool:
        """Whether anybody is in view who was so before ``time_s``."""
        return any(v.moved and v.sightings[0].time_s < time_s for v in self._vehicles)

    def finish(self) -> list[Track]:
        """The tracks of vehicles still in view when the footage ends."""
        return self._leave(lambda _: True)

    def _claim(self, detections: Sequence[Detection], luma: Image) -> list[list[_Vehicle]]:
        """The vehicles that own each blob."""
        owners = [
            [vehicle for vehicle in self._vehicles if _share(vehicle, detection) >= MIN_SHARE]
            for detection in detections
        ]
        outlines = self._outlines(detections, owners)
        return [
            owner or [v for v, box in outlines if self._is_torn_off(detection, v, box, luma)]
            for detection, owner in zip(detections, owners, strict=True)
        ]

    def _is_torn_off(self, piece: Detection, vehicle: _Vehicle, outline: Box, luma: Image) -> bool:
        """Whether a blob without features has come off ``vehicle`` and still goes along."""
        place = vehicle.box
        gain = _alike(_union([outline, piece.box]), place) - _alike(outline, place)
        if gain < PIECE or self._previous is None:
            return False
        back = -vehicle.step
        points = corners(luma, piece.box, np.empty((0, 2), np.float32), MAX_FEATURES)
        step = lucas_kanade(points, luma, self._previous.luma, np.tile(back, (len(points), 1)))
        return step.agreeing > 0 and _alike_steps(np.median(step.steps[step.kept], axis=0), back)

    def _outlines(
        self, detections: Sequence[Detection], owners: Sequence[list[_Vehicle]]
    ) -> list[tuple[_Vehicle, Box]]:
        """The outlines of the vehicles that are seen for certain: with features, and alone."""
        outlines = []
        for vehicle in (v for v in self._vehicles if v.moved and len(v.points)):
            blobs = [
                d.box
                for d, owner in zip(detections, owners, strict=True)
                if any(o is vehicle for o in owner)
            ]
            if blobs and all(
                len(owner) < 2 for owner in owners if any(o is vehicle for o in owner)
            ):
                outlines.append((vehicle, _union(blobs)))
        return outlines

    def _since_previous(self, frame: Frame) -> float:
        return frame.time_s - self._previous.time_s if self._previous else 0.0

    def _part(self, detections: Sequence[Detection], owners: Sequence[list[_Vehicle]]) -> None:
        """Make two of a vehicle whose blobs are farther apart on the road than a body can be.

        Far away they were one blob, and moved so little that they seemed to be one body.
        """
        for vehicle in [v for v in self._vehicles if v.moved]:
            mine = [i for i, owner in enumerate(owners) if len(owner) == 1 and owner[0] is vehicle]
            if len(mine) < 2:
                continue
            for index in _other_bodies(vehicle, [detections[i] for i in mine], self._road):
                owners[mine[index]][:] = [self._leave_with(vehicle, detections[mine[index]])]

    def _leave_with(self, vehicle: _Vehicle, detection: Detection) -> _Vehicle:
        """A vehicle of its own from the features of ``vehicle`` that lie in ``detection``."""
        goes = _in_mask(detection, vehicle.points)
        other = _Vehicle(
            ordinal=self._next_ordinal,
            box=detection.box,
            points=vehicle.points[goes],
            keys=vehicle.keys[goes],
            steps=vehicle.steps[goes],
            step=np.median(vehicle.steps[goes], axis=0).astype(np.float32),
            moved=True,
            # Its place on the road has shown that it is nobody's part.
            alone_s=math.inf,
        )
        self._next_ordinal += 1
        self._vehicles.append(other)
        for key in other.keys.tolist():
            other.history[key] = vehicle.history.pop(key)
        vehicle.stay_without(goes)
        return other

    def _reunite(self, owners: Sequence[list[_Vehicle]], elapsed_s: float) -> None:
        """Drop a young vehicle that turns out to be a part of the one it shares a blob with."""
        for sharing in owners:
            if len(sharing) > 1:
                for part in _parts(sharing, elapsed_s, self._road):
                    self._drop(part, owners)

    def _drop(self, part: _Vehicle, owners: Sequence[list[_Vehicle]]) -> None:
        self._vehicles = [vehicle for vehicle in self._vehicles if vehicle is not part]
        for sharing in owners:
            sharing[:] = [vehicle for vehicle in sharing if vehicle is not part]

    def _sight(
        self,
        vehicle: _Vehicle,
        frame: Frame,
        detections: Sequence[Detection],
        owners: Sequence[list[_Vehicle]],
    ) -> None:
        mine = [
            (detection, len(owner))
            for detection, owner in zip(detections, owners, strict=True)
            if any(o is vehicle for o in owner)
        ]
        if not mine:
            return
        merged = any(count > 1 for _, count in mine)
        if not merged:
            vehicle.alone_s += self._since_previous(frame)
            vehicle.outline(_union([detection.box for detection, _ in mine]))
        border = _leaves(vehicle.box, frame) if merged else any(d.touches_border for d, _ in mine)
        whole = not (merged or border)
        vehicle.seen_whole |= whole
        vehicle.stand(whole=whole)
        contact = None
        if not merged or self._shows_its_foot(vehicle, owners):
            across_m, _ = self._road.place_m(vehicle.feet)
            contact = self._road.contact(frame, vehicle.box, across_m)
        row = contact[1] if contact else vehicle.box.bottom
        vehicle.sightings.append(
            Sighting(
                frame_index=frame.index,
                time_s=frame.time_s,
                box=vehicle.box,
                contact_px=contact,
                contact_s=frame.time_s + row * self._row_s,
                merged=merged,
                touches_border=border,
                corrupt=frame.corrupt,
                adrift=frame.adrift,
            )
        )

    def _shows_its_foot(self, vehicle: _Vehicle, owners: Sequence[list[_Vehicle]]) -> bool:
        """Whether nobody whose outline it shares can stand before the foot of ``vehicle``.

        Its outline then comes from a picture that showed it whole, and goes with its features.
        """
        sharing = [o for owner in owners if any(v is vehicle for v in owner) for o in owner]
        others = [o for o in sharing if o is not vehicle]
        return (
            vehicle.moved
            and vehicle.seen_whole
            and all(o.moved and self._is_clear_of(vehicle, o) for o in others)
        )

    def _is_clear_of(self, vehicle: _Vehicle, other: _Vehicle) -> bool:
        if not other.feet:
            # Somebody has just come off it, and nobody knows yet where it drives.
            return False
        across_m, along_m = self._road.place_m(vehicle.feet)
        other_across_m, other_along_m = self._road.place_m(other.feet)
        beyond = other_along_m > along_m + IN_FRONT_M
        return beyond or abs(other_across_m - across_m) > ABREAST_M

    def _spawn(
        self, frame: Frame, detections: Sequence[Detection], owners: Sequence[list[_Vehicle]]
    ) -> None:
        for detection, owner in zip(detections, owners, strict=True):
            if owner or self._is_part_of_known(detection):
                continue
            empty = np.empty((0, 2), np.float32)
            vehicle = _Vehicle(
                ordinal=self._next_ordinal,
                box=detection.box,
                points=empty,
                keys=np.empty(0, np.int64),
                steps=empty,
            )
            self._next_ordinal += 1
            self._vehicles.append(vehicle)
            owner.append(vehicle)
            self._sight(vehicle, frame, [detection], [[vehicle]])

    def _is_part_of_known(self, detection: Detection) -> bool:
        return any(
            vehicle.moved and _inside(detection.box, vehicle.box) > 0.5
            for vehicle in self._vehicles
        )

    def _top_up(self, vehicle: _Vehicle, frame: Frame, elsewhere: Sequence[Detection]) -> None:
        last = vehicle.sightings[-1]
        unseen = last.frame_index != frame.index
        if len(vehicle.points) >= TOP_UP_BELOW or unseen or last.merged:
            return
        fresh = corners(frame.luma, vehicle.box, vehicle.points, MAX_FEATURES - len(vehicle.points))
        for detection in elsewhere:
            fresh = fresh[~_in_mask(detection, fresh)]
        keys = np.arange(self._next_key, self._next_key + len(fresh))
        self._next_key += len(fresh)
        vehicle.points = np.concatenate([vehicle.points, fresh])
        vehicle.keys = np.concatenate([vehicle.keys, keys])
        vehicle.steps = np.concatenate([vehicle.steps, np.tile(vehicle.step, (len(fresh), 1))])

    def _leave(self, gone: Callable[[_Vehicle], bool]) -> list[Track]:
        leaving = [vehicle for vehicle in self._vehicles if gone(vehicle)]
        self._vehicles = [vehicle for vehicle in self._vehicles if not gone(vehicle)]
        return [v.track() for v in leaving if len(v.sightings) >= MIN_SIGHTINGS and v.moved]


def _follow(vehicle: _Vehicle, before: Image, now: Image, detections: Sequence[Detection]) -> None:
    """Move a vehicle's features into the new frame, dropping those that do not go along."""
    best: Step | None = None
    for guess in _guesses(vehicle, detections):
        step = lucas_kanade(vehicle.points, before, now, guess)
        if best is None or step.agreeing > best.agreeing:
            best = step
    vehicle.turned = best is not None and best.agreeing >= 3 and _turns_back(vehicle, best)
    if best is None or best.agreeing < 3 or vehicle.turned:
        vehicle.points, vehicle.keys = vehicle.points[:0], vehicle.keys[:0]
        vehicle.steps = vehicle.steps[:0]
        return
    vehicle.follow(best)
    vehicle.points, vehicle.steps = best.points[best.kept], best.steps[best.kept]
    vehicle.keys = vehicle.keys[best.kept]
    vehicle.moved = True
    vehicle.step = np.median(vehicle.steps, axis=0).astype(np.float32)


def _leaves(box: Box, frame: Frame) -> bool:
    """Whether an outline reaches beyond the picture, but for its upper edge."""
    height, width = frame.luma.shape
    return box.left <= 0 or box.right >= width or box.bottom >= height


def _turns_back(vehicle: _Vehicle, step: Step) -> bool:
    """Whether the features now go the other way: they are another vehicle's."""
    before, now = vehicle.step[1], np.median(step.steps[step.kept, 1])
    return bool(before * now < 0 and min(abs(before), abs(now)) > MIN_MOTION_PX)


def _guesses(vehicle: _Vehicle, detections: Sequence[Detection]) -> Iterator[NDArray[np.float32]]:
    """Where the features may have gone: on as before, or with any blob near enough."""
    if len(vehicle.points) == 0:
        return
    if vehicle.moved:
        yield vehicle.steps
        return
    reach = 1.5 * max(vehicle.box.width, vehicle.box.height)
    for detection in detections:
        step = np.array(
            [
                (detection.box.left + detection.box.right - vehicle.box.left - vehicle.box.right)
                / 2,
                detection.box.bottom - vehicle.box.bottom,
            ],
            dtype=np.float32,
        )
        if np.hypot(*step) < reach:
            yield np.tile(step, (len(vehicle.points), 1))


def _is_gone(vehicle: _Vehicle, now_s: float) -> bool:
    lost_hold = vehicle.moved and len(vehicle.points) == 0
    last = vehicle.sightings[-1]
    # What was last seen on the edge of the picture has left it, and what comes next is another.
    return lost_hold or now_s - last.time_s > (0.0 if last.touches_border else PATIENCE_S)


def _parts(sharing: Sequence[_Vehicle], elapsed_s: float, road: Road) -> list[_Vehicle]:
    """Those among the owners of one blob that are parts of the largest of them."""
    whole = max(sharing, key=lambda vehicle: (vehicle.box.area, -vehicle.ordinal))
    others = [vehicle for vehicle in sharing if vehicle is not whole]
    for vehicle in others:
        along = _goes_along(vehicle, whole, road)
        vehicle.together_s = vehicle.together_s + elapsed_s if along else 0.0
    return [vehicle for vehicle in others if _is_part(vehicle)]


def _is_part(vehicle: _Vehicle) -> bool:
    """Whether what goes along with a larger thing was never seen long enough by itself."""
    age_s = vehicle.sightings[-1].time_s - vehicle.sightings[0].time_s
    # Whoever was seen by itself for longer is a vehicle, however closely it follows now.
    needed_s = TOGETHER_S if age_s > YOUNG_S else 0.0
    return vehicle.together_s > needed_s and vehicle.alone_s <= YOUNG_S


def _goes_along(part: _Vehicle, whole: _Vehicle, road: Road) -> bool:
    """Whether ``part`` moves as ``whole`` does, or does not show a motion of its own.

    What is farther away on a long vehicle moves less in the picture, though not on the road.
    """
    if not (len(part.steps) and len(whole.steps)) or _alike_steps(part.step, whole.step):
        return True
    within = _inside(part.box, whole.box) > 0.5
    return within and _alike_steps(_step_m(part, road), _step_m(whole, road), least=0.0)


def _step_m(vehicle: _Vehicle, road: Road) -> NDArray[np.float64]:
    """How far the features seem to have moved on the road."""
    now, before = vehicle.points, vehicle.points - vehicle.steps
    return np.subtract(road.place_m(now.tolist()), road.place_m(before.tolist()))


def _alike_steps(mine: NDArray[np.floating], its: NDArray[np.floating], least: float = 2.0) -> bool:
    """Whether two steps are those of one body, parallax within it included."""
    return bool(np.hypot(*(mine - its)) < max(least, 0.3 * np.hypot(*its)))


def _other_bodies(vehicle: _Vehicle, blobs: Sequence[Detection], road: Road) -> list[int]:
    """Which of its blobs are not on the body of ``vehicle``: all beyond a stretch of free road."""
    courses = [np.array(vehicle.history[key]) for key in vehicle.keys.tolist()]
    along_m = along_the_road_m(courses, road.beyond_lens_m)
    beyond = beyond_free_road([along_m[_in_mask(blob, vehicle.points)] for blob in blobs])
    return beyond or _beside(vehicle, blobs, road)


def _beside(vehicle: _Vehicle, blobs: Sequence[Detection], road: Road) -> list[int]:
    """Which of its blobs stand farther across the road from its largest than a body is wide."""
    held = [np.count_nonzero(_in_mask(blob, vehicle.points)) for blob in blobs]
    largest = int(np.argmax(held))
    across_m = [road.place_m([((b.box.left + b.box.right) / 2, b.box.bottom)])[0] for b in blobs]
    return [
        index
        for index, count in enumerate(held)
        if count >= FEWEST and abs(across_m[index] - across_m[largest]) > BODY_M
    ]


def _share(vehicle: _Vehicle, detection: Detection) -> float:
    """Share of the vehicle that lies in the blob: of its features, or of its box without any."""
    if len(vehicle.points) == 0:
        return vehicle.box.overlap(detection.box) / max(1.0, vehicle.box.area)
    return float(_in_mask(detection, vehicle.points).mean())


def _blobs_of_others(
    vehicle: _Vehicle, detections: Sequence[Detection], owners: Sequence[Sequence[_Vehicle]]
) -> list[Detection]:
    """The blobs that ``vehicle`` does not own, but which may lie in its box."""
    return [
        detection
        for detection, owner in zip(detections, owners, strict=True)
        if not any(o is vehicle for o in owner)
    ]


def _in_mask(detection: Detection, points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points lie on the blob itself: boxes of neighbours overlap, their blobs do not."""
    rows, columns = detection.mask.shape
    box = detection.box
    column = np.floor((points[:, 0] - box.left) * columns / box.width).astype(int)
    row = np.floor((points[:, 1] - box.top) * rows / box.height).astype(int)
    near = cv2.dilate(np.pad(detection.mask, 1).view(np.uint8), np.ones((3, 3), np.uint8))
    inside = (column >= -1) & (column <= columns) & (row >= -1) & (row <= rows)
    hit = near[np.clip(row + 1, 0, rows + 1), np.clip(column + 1, 0, columns + 1)]
    return np.asarray(inside & hit.astype(bool))


def _absorb_fragments(detections: Sequence[Detection]) -> list[Detection]:
    """Leave out small blobs within the box of a much larger one: lamps and mirrors."""
    by_area = sorted(detections, key=lambda d: -d.box.area)
    whole: list[Detection] = []
    for detection in by_area:
        if not any(_is_fragment(detection, other) for other in whole):
            whole.append(detection)
    return whole


def _is_fragment(small: Detection, large: Detection) -> bool:
    return _inside(small.box, large.box) > 0.7 and small.area_px < FRAGMENT * large.area_px


def _inside(small: Box, large: Box) -> float:
    """Share of ``small`` that lies in ``large``."""
    return large.overlap(small) / max(1.0, small.area)


def _alike(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = one.overlap(other)
    return both / max(1.0, one.area + other.area - both)


def _union(boxes: Sequence[Box]) -> Box:
    return Box(
        left=min(box.left for box in boxes),
        top=min(box.top for box in boxes),
        right=max(box.right for box in boxes),
        bottom=max(box.bottom for box in boxes),
    )
