"""Pictures left out and stamped over are noticed; one clock of all vehicles puts them right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from speedcam.cadence import Cadence
from speedcam.model import Box, FeatureTrack, Floats, Frame, Reason, Refusal, Sighting, Track
from speedcam.thinned import MIN_WITNESSES, Timed, timed, timed_at_once

M_PER_PX = 0.05
PACES_M_S = (9.0, 14.0, 21.0, 12.0, 26.0, 17.0)
RNG = np.random.default_rng(1)
PICTURES = RNG.integers(0, 255, (8, 24, 24), dtype=np.uint8)


def road(px: Floats) -> Floats:
    return px * M_PER_PX


def frame(index: int, time_s: float) -> Frame:
    luma = PICTURES[index % len(PICTURES)]
    return Frame(index=index, time_s=time_s, luma=luma, corrupt=False, colour=lambda: luma)


def vehicle(ordinal: int, stamped_s: Floats, metres: Floats) -> Track:
    """What had driven ``metres`` when the pictures with these stamps were taken."""
    rows = 100 + metres / M_PER_PX
    noise = np.random.default_rng(ordinal).normal(0, 0.1, (8, len(rows), 2))
    return Track(
        ordinal=ordinal,
        sightings=tuple(
            Sighting(
                frame_index=k,
                time_s=float(t),
                box=Box(left=0, top=10, right=60, bottom=float(row)),
                contact_px=(30.0, float(row)),
                contact_s=float(t),
            )
            for k, (t, row) in enumerate(zip(stamped_s, rows, strict=True))
        ),
        features=tuple(
            FeatureTrack(time_s=stamped_s, px=np.column_stack([rows, rows]) + each)
            for each in noise
        ),
    )


def traffic(taken_s: Floats, stamped_s: Floats, paces: Sequence[float] = PACES_M_S) -> list[Track]:
    """Vehicles of even pace, one after the other, 40 frames each."""
    return [
        vehicle(n, stamped_s[part], pace * taken_s[part])
        for n, pace in enumerate(paces)
        for part in [slice(43 * n, 43 * n + 40)]
    ]


def watched(stamped_s: Floats) -> Cadence:
    cadence = Cadence()
    for k, time_s in enumerate(stamped_s):
        assert not cadence.is_repeat(frame(k, float(time_s)))
    return cadence


def seen_as(tracks: Sequence[Track], stamped_s: Floats) -> list[Timed]:
    return list(timed(tracks, watched(stamped_s), road))


def pace_m_s(one: Timed) -> float:
    rows = [s.contact_px[1] for s in one.track.sightings if s.contact_px]
    slope = np.polyfit([s.contact_s for s in one.track.sightings], rows, 1)[0]
    return float(slope * M_PER_PX)


def reasons(seen: Sequence[Timed]) -> list[Reason | None]:
    return [one.unsure.reason if isinstance(one.unsure, Refusal) else None for one in seen]


STAMPED = {rate: np.arange(280) / rate for rate in (15, 20, 25, 30)}


def thinned(camera: float, stream: int, phase: float) -> Floats:
    """At each stamp of the stream, the picture of the camera that came last."""
    return np.asarray((np.floor(STAMPED[stream] * camera + phase + 1e-6) - phase) / camera)


STREAMS = [
    (30, 25, 0.0),
    (30, 25, 0.31),
    (30000 / 1001, 25, 0.62),
    (60, 25, 0.47),
    (50, 30, 0.93),
    (25, 15, 0.18),
]


@pytest.mark.parametrize(("camera", "stream", "phase"), STREAMS, ids=str)
def test_a_camera_brought_down_to_a_lower_rate_gives_true_speeds(
    camera: float, stream: int, phase: float
) -> None:
    stamped_s = STAMPED[stream]
    seen = seen_as(traffic(thinned(camera, stream, phase), stamped_s), stamped_s)
    assert all(one.rebuilt and one.unsure is None for one in seen)
    assert [pace_m_s(one) for one in seen] == pytest.approx(PACES_M_S, rel=0.002)


def test_no_instant_is_moved_by_more_than_half_a_picture_of_the_camera() -> None:
    stamped_s = STAMPED[25]
    for one in seen_as(traffic(thinned(30, 25, 0.3), stamped_s), stamped_s):
        moved_s = [sighting.contact_s - sighting.time_s for sighting in one.track.sightings]
        assert np.max(np.abs(moved_s)) <= 0.5 / 30 + 1e-9


def test_too_few_vehicles_prove_no_clock() -> None:
    stamped_s, paces = STAMPED[25], PACES_M_S[: MIN_WITNESSES - 1]
    seen = seen_as(traffic(thinned(30, 25, 0.3), stamped_s, paces), stamped_s)
    assert reasons(seen) == [Reason.TIME_UNSURE] * len(paces)


def test_one_vehicle_that_does_not_fit_the_clock_refutes_it() -> None:
    stamped_s = STAMPED[25]
    tracks = traffic(thinned(30, 25, 0.3), stamped_s)
    other = traffic(thinned(30, 25, 0.7), stamped_s)
    seen = seen_as([*tracks[:5], other[5]], stamped_s)
    assert set(reasons(seen)) == {Reason.TIME_UNSURE}


def test_a_vehicle_followed_badly_once_is_refused_alone() -> None:
    stamped_s = STAMPED[25]
    tracks = traffic(thinned(30, 25, 0.3), stamped_s)
    slipped = [
        replace(f, px=f.px + 20 * (f.time_s[:, None] > f.time_s[20])) for f in tracks[2].features
    ]
    tracks[2] = replace(tracks[2], features=tuple(slipped))
    seen = seen_as(tracks, stamped_s)
    assert reasons(seen) == [None, None, Reason.TIME_UNSURE, None, None, None]
    assert all(one.rebuilt for one in seen if one.unsure is None)


def test_a_recorder_that_is_late_now_and_then_is_not_taken_for_a_converter() -> None:
    """It writes down each picture that it was ready for, one in six fewer, as if none was lost."""
    ready_s = np.cumsum(np.random.default_rng(5).normal(1.2 / 25, 0.1 / 25, 280))
    taken_s = np.unique(np.floor(ready_s * 25)) / 25
    stamped_s = np.arange(len(taken_s)) / 25
    seen = seen_as(traffic(taken_s, stamped_s), stamped_s)
    assert set(reasons(seen)) == {Reason.TIME_UNSURE}


@pytest.mark.parametrize("pace_m_s", [3.0, 9.0, 30.0])
def test_one_picture_lost_and_stamped_over_is_noticed(pace_m_s: float) -> None:
    stamped_s = np.arange(40) / 25
    taken_s = stamped_s + (stamped_s > 0.7) / 25
    seen = seen_as([vehicle(0, stamped_s, pace_m_s * taken_s)], stamped_s)
    assert reasons(seen) == [Reason.TIME_UNSURE]


def test_whoever_drives_by_before_or_after_it_keeps_the_stamps() -> None:
    stamped_s = STAMPED[25]
    taken_s = stamped_s + (np.arange(280) > 100) / 25
    tracks = traffic(taken_s, stamped_s)
    seen = seen_as(tracks, stamped_s)
    assert reasons(seen) == [None, None, Reason.TIME_UNSURE, None, None, None]
    assert [one.track for one in seen] == tracks


@pytest.mark.parametrize(
    ("lost", "reason"),
    [(np.arange(280) // 18, Reason.TIME_UNSURE), (np.arange(280) > 100, None)],
    ids=["many", "one"],
)
def test_where_most_gainsay_the_clock_it_is_not_believed_of_who_is_too_slow_to_tell(
    lost: Floats, reason: Reason | None
) -> None:
    stamped_s = STAMPED[25]
    tracks = traffic(stamped_s + lost / 25, stamped_s, [*PACES_M_S[:5], 0.5])
    assert reasons(seen_as(tracks, stamped_s))[5] is reason


WAYS = {
    "evenly": lambda t: 14 * t,
    "braking hard": lambda t: 16 * t - 4.5 * t**2,
    "speeding up": lambda t: 4 * t + 2 * t**2,
    "to a stop": lambda t: 10 * np.minimum(t, 1.2) - 10 / 2.4 * np.minimum(t, 1.2) ** 2,
    "standing": lambda t: 0 * t,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lost", [set(), {20}, {11, 12, 30}], ids=str)
def test_in_true_time_nothing_is_touched_however_it_drives(way: str, lost: set[int]) -> None:
    stamped_s = np.array([k for k in range(40) if k not in lost]) / 25
    track = vehicle(0, stamped_s, WAYS[way](stamped_s))
    (one,) = seen_as([track], stamped_s)
    assert one == Timed(track=track)


def test_uneven_stamps_are_left_to_the_fit() -> None:
    taken_s = np.arange(40) / 25
    stamped_s = taken_s + np.random.default_rng(2).normal(0, 0.006, 40)
    track = vehicle(0, stamped_s, 14 * taken_s)
    assert seen_as([track], stamped_s) == [Timed(track=track)]


def test_what_a_shared_outline_does_says_nothing_of_the_clock() -> None:
    stamped_s = np.arange(40) / 25
    taken_s = stamped_s + (stamped_s > 0.7) / 25
    track = vehicle(0, stamped_s, 14 * taken_s)
    shared = replace(track, sightings=tuple(replace(s, merged=True) for s in track.sightings))
    assert seen_as([shared], stamped_s) == [Timed(track=shared)]


def test_in_good_time_nobody_waits_for_the_end_of_the_footage() -> None:
    stamped_s = STAMPED[25]

    def leaving() -> Iterator[Track]:
        yield traffic(stamped_s, stamped_s)[0]
        raise AssertionError("the next vehicle was asked for")

    assert next(timed(leaving(), watched(stamped_s), road)).unsure is None


def at_once(
    tracks: Sequence[Track], stamped_s: Floats, doubt: Refusal | None = None
) -> list[Timed]:
    return list(timed_at_once(tracks, watched(stamped_s), road, lambda _: doubt))


def test_of_a_stream_whoever_is_uneven_is_refused_at_once_and_no_clock_is_rebuilt() -> None:
    taken_s = thinned(30, 25, 0.3)
    stamped_s = np.arange(len(taken_s)) / 25
    tracks = traffic(taken_s, stamped_s)
    assert any(one.rebuilt for one in seen_as(tracks, stamped_s))
    assert set(reasons(at_once(tracks, stamped_s))) == {Reason.TIME_UNSURE}
    coming = iter(tracks)
    first = next(iter(timed_at_once(coming, watched(stamped_s), road, lambda _: None)))
    assert first.unsure
    assert len(list(coming)) == len(tracks) - 1


def test_of_a_stream_a_clock_in_doubt_measures_nobody() -> None:
    stamped_s = np.arange(300) / 25
    tracks = traffic(stamped_s, stamped_s)
    assert set(reasons(at_once(tracks, stamped_s))) == {None}
    doubt = Refusal(reason=Reason.TIME_UNSURE, numbers={"clock_off_percent": 1.0})
    assert [one.unsure for one in at_once(tracks, stamped_s, doubt)] == [doubt] * len(tracks)
