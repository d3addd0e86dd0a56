"""Shake is found to a small part of a pixel, and a camera that moved is not believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speedcam.model import Box, Frame, Image, Sighting, Track
from speedcam.patches import Patches, choose
from speedcam.segments import WHOLE, Segment
from speedcam.steady import SteadyFootage

SIZE = (480, 320)
RIM = 40
BOX = Box(left=100, top=100, right=180, bottom=160)
Place = tuple[float, float]


def scene(seed: int = 1) -> np.ndarray:
    """Texture of several sizes, wider than the picture, as a real road and its verge have it."""
    rng = np.random.default_rng(seed)
    shape = (SIZE[1] + 2 * RIM, SIZE[0] + 2 * RIM)
    parts = [cv2.GaussianBlur(rng.normal(size=shape), (0, 0), sigma) for sigma in (1.5, 4, 12)]
    return 120 + sum(25 * part / part.std() for part in parts)


SCENE = scene()


def picture(
    place: Place = (0.0, 0.0), *, noise: float = 2.0, seed: int = 0, roll_deg: float = 0.0
) -> Image:
    """The scene as a camera sees it that lies off by ``place`` px, turned by ``roll_deg``."""
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    turn = cv2.getRotationMatrix2D(middle, roll_deg, 1.0)
    turn[:, 2] += np.array(place) - turn[:, :2] @ (RIM, RIM)
    seen = cv2.warpAffine(SCENE, turn, SIZE, flags=cv2.INTER_CUBIC)
    seen = seen + np.random.default_rng(seed).normal(0, noise, seen.shape)
    return np.clip(seen.round(), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Clip:
    """Footage of pictures at 25 frames a second."""

    pictures: Sequence[Image]
    path: Path = Path("clip.mp4")
    sha256: str = ""
    size: tuple[int, int] = SIZE
    said: list[str] = field(default_factory=list)

    def frames(self, _: Segment = WHOLE) -> Iterator[Frame]:
        for index, luma in enumerate(self.pictures):
            yield Frame(
                index=index,
                time_s=index / 25,
                luma=luma,
                corrupt=False,
                colour=lambda luma=luma: cv2.merge([luma] * 3),
            )

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        return (frame for frame in self.frames() if frame.time_s in index_at)

    def glimpses(self, count: int, _: Segment = WHOLE) -> list[Image]:
        return list(self.pictures[:count])

    def steadied(self, reference_frame: Path | None = None) -> list[Frame]:
        return list(SteadyFootage(self, reference_frame, self.said.append).frames())


def clip(place: Callable[[int], Place], frames: int = 100, **how: float) -> Clip:
    return Clip([picture(place(index), seed=index, **how) for index in range(frames)])


def still(_: int) -> Place:
    return 0.0, 0.0


def kept(tmp_path: Path, surveyed: Image) -> Path:
    cv2.imwrite(str(tmp_path / "surveyed.png"), surveyed)
    return tmp_path / "surveyed.png"


PATCHES = Patches(*choose([picture(noise=0)]))


@settings(max_examples=20, deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(-2.5, 2.5), st.integers(0, 99))
def test_a_shift_is_found_to_a_tenth_of_a_pixel_in_noise(du: float, dv: float, seed: int) -> None:
    found = PATCHES.find(picture((du, dv), noise=4, seed=seed))
    assert found is not None
    assert found.px == pytest.approx((du, dv), abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 1.5), st.floats(-30, 30), st.floats(-1, 1))
def test_light_and_exposure_move_nothing(gain: float, more: float, du: float) -> None:
    lit = np.clip(picture((du, 0)) * gain + more, 0, 255).astype(np.uint8)
    found = PATCHES.find(lit)
    assert found is not None
    assert found.px == pytest.approx((du, 0), abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, SIZE[0] - 240), st.integers(0, SIZE[1] - 200), st.integers(-3, 3))
def test_a_lorry_over_a_third_of_the_picture_does_not_pull(left: int, top: int, du: int) -> None:
    hidden = picture((0.4, -0.3))
    lorry = scene(seed=2)[:200, :240] + 20 * du
    hidden[top : top + 200, left : left + 240] = np.clip(lorry, 0, 255)
    found = PATCHES.find(hidden)
    assert found is not None
    assert found.px == pytest.approx((0.4, -0.3), abs=0.1)


def test_another_scene_is_not_taken_for_this_one() -> None:
    other = np.clip(scene(seed=3)[: SIZE[1], : SIZE[0]], 0, 255).astype(np.uint8)
    assert PATCHES.find(other) is None


def test_shake_is_told_and_is_no_drift() -> None:
    shaken = np.random.default_rng(4).normal(0, 0.6, (100, 2))
    frames = clip(lambda index: tuple(shaken[index])).steadied()
    assert not any(frame.adrift for frame in frames)
    told = np.array([frame.shake_px for frame in frames])
    whole = np.array([_whole_px(frame.luma, shaken[frame.index]) for frame in frames])
    off = told + whole - shaken
    assert np.abs(off - np.median(off, axis=0)).max() < 0.1


def _whole_px(luma: Image, shaken: np.ndarray) -> np.ndarray:
    """By how many whole pixels a frame was brought back."""
    rest = PATCHES.find(luma)
    assert rest is not None
    return np.round(shaken - np.array(rest.px))


def test_a_frame_is_brought_back_to_within_a_pixel_and_recalled_alike() -> None:
    footage = SteadyFootage(clip(lambda index: (3.2, -2.3) if index % 10 == 9 else (0, 0), 60))
    frames = list(footage.frames())
    far = frames[59]
    found = PATCHES.find(far.luma)
    assert found is not None
    assert found.px == pytest.approx(far.shake_px, abs=0.15)
    assert max(map(abs, far.shake_px)) <= 0.51
    (recalled,) = footage.recall({far.time_s: far.index})
    assert np.array_equal(recalled.luma, far.luma)
    assert np.array_equal(recalled.colour()[..., 0], far.luma)
    assert recalled.shake_px == far.shake_px


def test_a_drift_of_one_pixel_ends_measuring_and_is_said_once() -> None:
    slow = clip(lambda index: (0.02 * max(0, index - 50), 0.0), 150)
    adrift = [frame.index for frame in slow.steadied() if frame.adrift]
    assert adrift == list(range(adrift[0], 150))
    assert 100 <= adrift[0] <= 100 + 28
    assert sum("has moved" in words for words in slow.said) == 1


@pytest.mark.parametrize(
    "place",
    [still, lambda i: (0.8, 0.0) if i > 60 else (0.0, 0.0), lambda i: (2 * np.sin(i / 3), 0)],
    ids=["still", "less than a pixel", "swaying"],
)
def test_what_is_no_drift_raises_no_alarm(place: Callable[[int], Place]) -> None:
    quiet = clip(place)
    assert not any(frame.adrift for frame in quiet.steadied())
    assert not any("has moved" in words for words in quiet.said)


def test_a_lasting_roll_ends_measuring() -> None:
    pictures = [picture(seed=index, roll_deg=0.3 if index > 60 else 0.0) for index in range(110)]
    rolled = Clip(pictures)
    assert rolled.steadied()[-1].adrift
    assert "turned or zoomed" in rolled.said[-1]


def test_nobody_is_measured_on_a_picture_that_does_not_show_where_the_camera_stands() -> None:
    """Knocked further than its patches are followed: from that picture on, not a second later."""
    knocked = clip(lambda index: (0.0, 0.0) if index < 60 else (9.0, 7.0), 90)
    assert [frame.index for frame in knocked.steadied() if frame.adrift] == list(range(60, 90))


def passing(first: int, last: int) -> Track:
    """Somebody who was seen in these two frames."""
    seen = (
        Sighting(frame_index=i, time_s=i / 25, contact_s=i / 25, box=BOX, contact_px=None)
        for i in (first, last)
    )
    return Track(ordinal=0, sightings=tuple(seen))


def test_who_passed_before_a_lasting_roll_was_known_for_one_is_told_when_it_is() -> None:
    pictures = [picture(seed=index, roll_deg=0.3 if index > 60 else 0.0) for index in range(150)]
    footage = SteadyFootage(Clip(pictures))
    before, during = passing(10, 30), passing(30, 70)
    told = {}
    for frame in footage.frames():
        if frame.index in {71, 149}:
            told[frame.index] = [footage.settled(track) for track in (before, during)]
    assert told[71] == [before, None]
    was, now = told[149]
    assert was == before
    assert [sighting.adrift for sighting in now.sightings] == [False, True]


def test_a_sway_holds_nobody_back_for_longer_than_it_may_last() -> None:
    footage = SteadyFootage(clip(lambda index: (1.6 * np.sin(index), 0), 100))
    track = passing(40, 45)
    known = [frame.index >= 45 and footage.settled(track) == track for frame in footage.frames()]
    assert known.index(True) == pytest.approx(45 + 50, abs=3)
    assert all(known[known.index(True) :])


def test_a_camera_moved_since_the_survey_measures_nothing(tmp_path: Path) -> None:
    for moved in ((1.6, 0.0), (-23.0, 9.0)):
        elsewhere = clip(lambda _, moved=moved: moved, 60)
        assert all(frame.adrift for frame in elsewhere.steadied(kept(tmp_path, picture())))
        assert "does not stand as surveyed" in elsewhere.said[0]


def test_a_camera_that_stands_nearly_as_surveyed_is_corrected(tmp_path: Path) -> None:
    nearly = clip(lambda _: (0.4, -0.3), 60)
    frames = nearly.steadied(kept(tmp_path, picture()))
    assert not any(frame.adrift for frame in frames)
    assert np.mean([f.shake_px for f in frames], axis=0) == pytest.approx((0.4, -0.3), abs=0.1)
    assert nearly.said == []


def test_another_picture_than_the_surveyed_one_measures_nothing(tmp_path: Path) -> None:
    other = np.clip(scene(seed=3)[: SIZE[1], : SIZE[0]], 0, 255).astype(np.uint8)
    frames = clip(still, 60).steadied(kept(tmp_path, other))
    assert all(frame.adrift for frame in frames)


def test_without_a_reference_frame_the_log_says_what_is_not_noticed() -> None:
    quiet = clip(still, 60)
    quiet.steadied()
    assert "no camera.reference_frame" in quiet.said[0]


def test_a_camera_that_sees_nothing_measures_nothing_until_it_sees_and_says_so_after_a_second():
    fog = np.random.default_rng(5).normal(128, 2, (SIZE[1], SIZE[0])).astype(np.uint8)
    pictures = [fog if 60 <= i < 110 else picture(seed=i) for i in range(130)]
    foggy = Clip(pictures)
    assert [frame.index for frame in foggy.steadied() if frame.adrift] == list(range(60, 110))
    assert "sees nothing" in foggy.said[-1]
