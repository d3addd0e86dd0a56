"""Following vehicles from frame to frame: one vehicle is one track, and two never become one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from speedcam.model import Box, Detection, Frame
from speedcam.track import Tracker

WIDTH, HEIGHT = 480, 360
FPS = 25.0


@dataclass(frozen=True)
class Body:
    """A textured rectangle that moves at constant speed, seen from ``enters_s`` to ``leaves_s``."""

    left: float
    bottom: float
    width: int = 80
    height: int = 60
    du_s: float = 0.0
    dv_s: float = 120.0
    texture: int = 1
    enters_s: float = 0.0
    leaves_s: float = 9.0

    def box(self, time_s):
        left, bottom = self.left + self.du_s * time_s, self.bottom + self.dv_s * time_s
        return Box(left=left, top=bottom - self.height, right=left + self.width, bottom=bottom)


PX_PER_M = 40.0


class LowerEdge:
    """A road of 40 px per metre whose contact edge is the outline's lower edge."""

    def place_m(self, feet):
        u, v = np.median(feet, axis=0)
        return u / PX_PER_M, (HEIGHT - v) / PX_PER_M

    def beyond_lens_m(self, px):
        return (HEIGHT - px[:, 1]) / PX_PER_M

    def contact(self, frame, box, across_m):  # noqa: ARG002 - the port has it
        return across_m * PX_PER_M, box.bottom


def noise(seed, height, width, contrast=70):
    rough = np.random.default_rng(seed).normal(128, contrast, (height // 4 + 2, width // 4 + 2))
    smooth = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def picture(bodies: Iterable[Body], time_s):
    luma = noise(0, HEIGHT, WIDTH, 8)
    for body in bodies:
        box = body.box(time_s)
        shift = np.array([[1, 0, box.left], [0, 1, box.top]])
        texture = noise(body.texture, body.height, body.width)
        there = cv2.warpAffine(np.full_like(texture, 255), shift, (WIDTH, HEIGHT)) > 127
        luma[there] = cv2.warpAffine(texture, shift, (WIDTH, HEIGHT))[there]
    return luma


def frame(index, luma, fps=FPS):
    return Frame(
        index=index, time_s=index / fps, luma=luma, corrupt=False, colour=lambda: luma[..., None]
    )


def blob(box, *, border=False):
    mask = np.ones((max(1, round(box.height / 4)), max(1, round(box.width / 4))), bool)
    return Detection(box=box, area_px=box.area, mask=mask, touches_border=border)


def follow(bodies, outlines, seconds=1.6, fps=FPS, shown=None):
    """The tracks of ``bodies`` when the detector gives ``outlines(time_s)`` as boxes."""
    tracker, tracks = Tracker(LowerEdge()), []
    for index in range(round(seconds * fps)):
        time_s = index / fps
        seen = [
            b for b in (shown(time_s) if shown else bodies) if b.enters_s <= time_s < b.leaves_s
        ]
        detections = [blob(box) for box in outlines(time_s)]
        tracks += tracker.step(frame(index, picture(seen, time_s), fps), detections)
    return tracks + tracker.finish()


def bottoms(track):
    return np.array([s.contact_px[1] for s in track.sightings if s.contact_px])


def upper_half(box):
    return replace(box, bottom=(box.top + box.bottom) / 2)


def lower_half(box):
    return replace(box, top=(box.top + box.bottom) / 2)


def lower_part(box):
    return replace(box, top=box.top + 0.6 * box.height)


@pytest.mark.parametrize("fps", [12.5, 25.0, 60.0])
def test_one_vehicle_is_one_track_at_any_frame_rate(fps):
    car = Body(left=180, bottom=90)
    (track,) = follow([car], lambda t: [car.box(t)], fps=fps)
    assert len(track.sightings) == round(1.6 * fps)
    assert not any(s.merged for s in track.sightings)
    assert len([f for f in track.features if len(f.time_s) > 10]) >= 5


def test_features_move_as_the_vehicle_does():
    car = Body(left=180, bottom=90, du_s=30)
    (track,) = follow([car], lambda t: [car.box(t)])
    for feature in track.features:
        du, dv = np.polyfit(feature.time_s, feature.px, 1)[0]
        assert (du, dv) == (pytest.approx(30, abs=1.5), pytest.approx(120, abs=3))


@pytest.mark.parametrize("torn", [(0.6, 1.0), (0.8, 2.0)])
def test_an_outline_torn_in_two_is_still_one_vehicle(torn):
    car = Body(left=180, bottom=90)

    def outlines(t):
        whole = car.box(t)
        return [upper_half(whole), lower_half(whole)] if torn[0] < t < torn[1] else [whole]

    (track,) = follow([car], outlines)
    contact = bottoms(track)
    assert np.abs(np.diff(contact) - 120 / FPS).max() < 1


def test_what_comes_out_from_behind_and_drives_the_other_way_is_no_piece_of_it():
    lorry = Body(left=150, bottom=320, width=120, height=140, dv_s=-60, texture=1)
    car = Body(left=100, bottom=170, width=50, height=40, dv_s=70, texture=2)

    def outlines(t):
        big, small = lorry.box(t), car.box(t)
        if t < 0.6:
            both = [big, small]
            return [
                Box(
                    left=min(b.left for b in both), top=min(b.top for b in both),
                    right=max(b.right for b in both), bottom=max(b.bottom for b in both),
                )
            ]  # fmt: skip
        return [big, small]

    tracks = follow([car, lorry], outlines)
    directions = sorted(np.sign(np.polyfit(range(len(b)), b, 1)[0]) for b in map(bottoms, tracks))
    assert directions == [-1, 1]


def test_a_part_that_was_seen_first_becomes_one_with_its_vehicle():
    car = Body(left=180, bottom=90, height=90)

    def outlines(t):
        whole = car.box(t)
        return [upper_half(whole), lower_half(whole)] if t < 0.3 else [whole]

    tracks = follow([car], outlines)
    assert len([t for t in tracks if len(t.sightings) > 10]) == 1


def test_a_part_seen_first_that_stood_on_the_road_keeps_its_foot():
    car = Body(left=180, bottom=90, height=80)

    def outlines(t):
        return [lower_part(car.box(t)) if t < 0.4 else car.box(t)]

    (track,) = follow([car], outlines)
    early = [s for s in track.sightings if s.time_s < 0.35]
    assert early
    assert not any(s.merged for s in early)
    assert all(s.contact_px for s in early)


def test_a_track_does_not_go_on_with_a_vehicle_that_drives_the_other_way():
    gone = Body(left=180, bottom=90, dv_s=120, leaves_s=0.8)
    comes = Body(left=180, bottom=186, dv_s=-120, texture=2, enters_s=0.8)

    def seen(t):
        return [gone] if t < 0.8 else [replace(comes, bottom=186 + 96)]

    tracks = follow([], lambda t: [b.box(t) for b in seen(t)], shown=seen)
    for track in tracks:
        steps = np.sign(np.diff(bottoms(track)))
        assert len(set(steps)) == 1


def test_a_vehicle_missed_for_a_moment_stays_one_and_missed_for_long_does_not():
    car = Body(left=180, bottom=90)
    short = follow([car], lambda t: [] if 0.7 < t < 0.85 else [car.box(t)])
    assert len(short) == 1
    long = follow([car], lambda t: [] if 0.5 < t < 1.0 else [car.box(t)])
    assert len(long) == 2


def test_what_does_not_move_leaves_no_track():
    standing = Body(left=180, bottom=90, dv_s=0.0)
    assert follow([standing], lambda t: [standing.box(t)]) == []


def test_noise_leaves_no_track():
    rng = np.random.default_rng(5)

    def outlines(_):
        left, top = rng.uniform(0, WIDTH - 40), rng.uniform(0, HEIGHT - 40)
        return [Box(left=left, top=top, right=left + 40, bottom=top + 40)]

    assert follow([], outlines) == []


def test_rows_are_told_the_instant_at_which_they_were_exposed():
    car = Body(left=180, bottom=90)
    tracker = Tracker(LowerEdge(), row_s=1e-5)
    for index in range(20):
        time_s = index / FPS
        tracker.step(frame(index, picture([car], time_s)), [blob(car.box(time_s))])
    (track,) = tracker.finish()
    for sighting in track.sightings:
        assert sighting.contact_s == pytest.approx(sighting.time_s + 1e-5 * sighting.contact_px[1])
    feature = track.features[0]
    assert feature.time_s[1] - feature.time_s[0] == pytest.approx(
        1 / FPS + 1e-5 * (feature.px[1, 1] - feature.px[0, 1])
    )


def test_shake_is_taken_out_of_features():
    car = Body(left=180, bottom=90)
    rng = np.random.default_rng(3)
    tracker = Tracker(LowerEdge())
    for index in range(25):
        time_s = index / FPS
        du, dv = rng.normal(0, 2, 2)
        shaken = replace(car, left=car.left + du, bottom=car.bottom + dv)
        shown = frame(index, picture([shaken], time_s))
        tracker.step(replace(shown, shake_px=(du, dv)), [blob(shaken.box(time_s))])
    (track,) = tracker.finish()
    longest = max(track.features, key=lambda f: len(f.time_s))
    line = np.polyval(np.polyfit(longest.time_s, longest.px[:, 1], 1), longest.time_s)
    assert np.std(longest.px[:, 1] - line) < 0.4


def test_a_shadow_that_comes_and_goes_does_not_move_the_vehicle_aside():
    car = Body(left=280, bottom=90)

    def outlines(t):
        whole = car.box(t)
        return [replace(whole, left=whole.left - 70) if round(t * FPS) % 2 else whole]

    (track,) = follow([car], outlines)
    across = np.array([s.contact_px[0] for s in track.sightings[8:]])
    assert np.abs(across - 320).max() < 20
    assert np.ptp(across) < 6


def test_two_abreast_in_one_outline_keep_a_foot_each():
    cars = [Body(left=80, bottom=90), Body(left=240, bottom=90, dv_s=110, texture=2)]

    def outlines(t):
        boxes = [car.box(t) for car in cars]
        return [union(*boxes)] if 0.6 < t < 1.2 else boxes

    tracks = follow(cars, outlines)
    assert len(tracks) == 2
    for track, car in zip(tracks, cars, strict=True):
        shared = [s for s in track.sightings if s.merged]
        assert len(shared) > 10
        for s in shared:
            u, v = s.contact_px
            assert u == pytest.approx(car.left + 40, abs=20)
            assert v == pytest.approx(car.box(s.time_s).bottom, abs=5)


def test_of_two_in_line_in_one_outline_the_nearer_keeps_its_foot_and_the_other_has_none():
    near, far = Body(left=180, bottom=170), Body(left=180, bottom=80, dv_s=110, texture=2)

    def outlines(t):
        boxes = [near.box(t), far.box(t)]
        return [union(*boxes)] if 0.6 < t < 1.2 else boxes

    one, other = (
        [s for s in track.sightings if s.merged] for track in follow([near, far], outlines)
    )
    assert len(one) > 10
    for s in one:
        assert s.contact_px[1] == pytest.approx(near.box(s.time_s).bottom, abs=5)
    assert all(s.contact_px is None for s in other)


def test_who_was_never_seen_whole_has_no_foot_in_a_shared_outline():
    cars = [Body(left=80, bottom=90), Body(left=240, bottom=90, dv_s=110, texture=2)]
    tracker = Tracker(LowerEdge())
    for index in range(30):
        boxes = [car.box(index / FPS) for car in cars]
        whole = [blob(union(*boxes))] if index > 15 else [blob(b, border=True) for b in boxes]
        tracker.step(frame(index, picture(cars, index / FPS)), whole)
    for track in tracker.finish():
        shared = [s for s in track.sightings if s.merged]
        assert len(shared) > 10
        assert all(s.contact_px is None for s in shared)


def test_no_feature_is_taken_from_a_neighbours_outline_within_ones_own_box():
    car = Body(left=100, bottom=90)
    van = Body(left=220, bottom=110, width=100, height=90, dv_s=110, texture=2)

    def with_shadow(box):
        """An outline whose box reaches over the car, by a shadow that lies below it."""
        wide = blob(replace(box, left=box.left - 140, bottom=box.bottom + 24))
        wide.mask[: round(box.height / 4), : round(140 / 4)] = False
        return wide

    tracker = Tracker(LowerEdge())
    for index in range(30):
        t = index / FPS
        tracker.step(
            frame(index, picture([car, van], t)), [blob(car.box(t)), with_shadow(van.box(t))]
        )
    tracks = tracker.finish()
    assert len(tracks) == 2
    (vans,) = (track for track in tracks if track.sightings[0].box.right > 300)
    assert vans.features
    for feature in vans.features:
        assert (feature.px[:, 0] > van.left - 5).all()


class FromFarAway(LowerEdge):
    """A road of 12 px per metre: a body of 60 px is as long as a car."""

    def beyond_lens_m(self, px):
        return (HEIGHT - px[:, 1]) / 12


@pytest.mark.parametrize("gap_m", [4.5, 7.0])
def test_two_in_line_that_came_as_one_outline_part_where_road_shows_between_them(gap_m):
    near = Body(left=180, bottom=190)
    far = Body(left=185, bottom=190 - 60 - 12 * gap_m, texture=2)
    parted_s = 0.6
    tracker, tracks = Tracker(FromFarAway()), []
    for index in range(36):
        boxes = [near.box(index / FPS), far.box(index / FPS)]
        seen = boxes if index / FPS >= parted_s else [union(*boxes)]
        told = frame(index, picture([near, far], index / FPS))
        tracks += tracker.step(told, [blob(box) for box in seen])
    one, other = sorted(tracks + tracker.finish(), key=lambda track: track.ordinal)
    for track, body in ((one, near), (other, far)):
        own = [s for s in track.sightings if not s.merged]
        assert len(own) >= 18
        for s in own:
            assert s.contact_px[1] == pytest.approx(body.box(s.time_s).bottom, abs=3)
    together = [s for s in one.sightings if s.time_s < parted_s]
    assert together
    assert all(s.merged and s.contact_px is None for s in together)


def test_two_abreast_that_came_as_one_outline_are_two_once_they_have_an_outline_each():
    left, right = Body(left=80, bottom=110), Body(left=240, bottom=110, texture=2)

    def outlines(t):
        boxes = [left.box(t), right.box(t)]
        return boxes if t >= 0.6 else [union(*boxes)]

    one, other = sorted(
        follow([left, right], outlines), key=lambda track: track.sightings[-1].box.left
    )
    for track, body in ((one, left), (other, right)):
        own = [s for s in track.sightings if s.time_s >= 0.6 and not s.merged]
        assert len(own) >= 18
        for s in own:
            assert s.contact_px[0] == pytest.approx(body.left + 40, abs=20)
            assert s.contact_px[1] == pytest.approx(body.box(s.time_s).bottom, abs=3)
    together = [s for track in (one, other) for s in track.sightings if s.time_s < 0.6]
    assert together
    assert all(s.merged and s.contact_px is None for s in together)


def test_an_outline_torn_along_its_middle_is_still_one_vehicle():
    car = Body(left=180, bottom=110)

    def outlines(t):
        box = car.box(t)
        middle = (box.left + box.right) / 2
        return [replace(box, right=middle), replace(box, left=middle)] if t >= 0.6 else [box]

    (track,) = follow([car], outlines)
    assert not any(s.merged for s in track.sightings)


def test_who_has_just_parted_hides_nobody_before_it_is_known_where_it_drives():
    near = Body(left=120, bottom=190, width=100)
    side = Body(left=250, bottom=190, width=60, texture=2)
    far = Body(left=125, bottom=190 - 60 - 12 * 7.0, width=100, texture=3)
    first = Body(left=340, bottom=190, dv_s=112, texture=4)
    tracker = Tracker(FromFarAway())
    for index in range(24):
        t = index / FPS
        one = [first.box(t), union(union(near.box(t), far.box(t)), side.box(t))]
        parted = [near.box(t), far.box(t), union(side.box(t), first.box(t))]
        seen = one[:1] if index < 3 else one if index < 16 else parted
        told = frame(index, picture([near, far, side, first], t))
        tracker.step(told, [blob(box) for box in seen])
    (shared,) = (track for track in tracker.finish() if track.ordinal == 0)
    assert next(s for s in shared.sightings if s.merged).contact_px is None


def test_a_long_vehicle_in_two_outlines_is_no_two():
    lorry = Body(left=180, bottom=190, width=90, height=170)

    def outlines(t):
        box = lorry.box(t)
        cab = replace(box, top=box.bottom - 50)
        trailer = replace(box, bottom=box.bottom - 50 - 20)
        return [cab, trailer] if t >= 0.6 else [box]

    tracker, tracks = Tracker(FromFarAway()), []
    for index in range(34):
        told = frame(index, picture([lorry], index / FPS))
        tracks += tracker.step(told, [blob(box) for box in outlines(index / FPS)])
    (track,) = tracks + tracker.finish()
    assert not any(s.merged for s in track.sightings)


class Perspective(LowerEdge):
    """A road whose upper part in the picture is twice as far away for its size."""

    def place_m(self, feet):
        u, v = np.median(feet, axis=0)
        far_px, near_px = max(0.0, 120 - v), max(0.0, v - 120)
        return u / PX_PER_M, (2 * far_px - near_px) / PX_PER_M


def test_the_far_end_of_a_long_vehicle_is_a_part_of_it_though_it_moves_less_in_the_picture():
    lorry = Body(left=160, bottom=200, width=140, height=190, dv_s=160)
    wheel = Body(left=240, bottom=105, width=60, height=60, dv_s=80, texture=2)

    def apart(box, hole):
        """The outline in two: with a hole where the wheel is, and the wheel."""
        whole = blob(box)
        top, left = (round(px / 4) for px in (hole.top - box.top, hole.left - box.left))
        whole.mask[top : top + 15, left : left + 15] = False
        return [whole, blob(hole)]

    tracker, tracks = Tracker(Perspective()), []
    for index in range(20):
        box, hole = lorry.box(index / FPS), wheel.box(index / FPS)
        seen = apart(box, hole) if index < 8 else [blob(box)]
        tracks += tracker.step(frame(index, picture([lorry, wheel], index / FPS)), seen)
    (track,) = tracks + tracker.finish()
    assert not any(s.merged for s in track.sightings[-8:])


def union(one, other):
    return Box(
        left=min(one.left, other.left),
        top=min(one.top, other.top),
        right=max(one.right, other.right),
        bottom=max(one.bottom, other.bottom),
    )
