"""What a live stream is made of: stamps held against arrivals, what waits, what came lately."""

import io
from pathlib import Path

import pytest

from speedcam.errors import FootageError, SpeedcamError
from speedcam.live.backlog import Backlog
from speedcam.live.machine_clock import clock_of
from speedcam.live.packets import (
    TICKS_PER_S,
    Packet,
    read_packets,
    write_end,
    write_packet,
)
from speedcam.live.ring import Ring
from speedcam.live.source import source_of
from speedcam.live.stamps import StampWatch, Trust
from speedcam.live.stretch import too_long_ago
from speedcam.model import Box, Reason, Sighting, Track


def a_packet(time_s=0.0, *, key=False, content=b"picture", arrived_s=None):
    return Packet(
        ticks=round(time_s * TICKS_PER_S),
        is_key=key,
        arrived_s=time_s if arrived_s is None else arrived_s,
        content=content,
    )


def watched(arrived_s, seconds=60.0, step_s=0.04):
    """Stamps of so long, each arriving when ``arrived_s`` says."""
    stamps = StampWatch()
    for place in range(int(seconds / step_s)):
        stamps.note(place * step_s, arrived_s(place * step_s))
    return stamps


def test_true_stamps_are_believed_whatever_the_network_delays():
    late_s = [0.0, 0.3, 0.02, 0.7, 0.004, 0.11, 0.002]
    stamps = watched(lambda at_s: 5 + at_s + late_s[round(at_s * 25) % len(late_s)])
    assert stamps.doubt() is None
    assert stamps.zero_s == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize("pace", [0.99, 0.997, 1.003, 1.01, 2.0])
def test_a_clock_that_runs_off_is_not_believed(pace):
    doubt = watched(lambda at_s: at_s * pace).doubt()
    assert doubt.reason is Reason.TIME_UNSURE
    assert doubt.numbers["clock_off_percent"] == pytest.approx(100 * abs(pace - 1), rel=0.01)


def test_a_stall_that_was_stamped_over_is_not_believed():
    doubt = watched(lambda at_s: at_s + (1.0 if at_s > 30 else 0.0)).doubt()
    assert doubt.reason is Reason.TIME_UNSURE


def test_a_stall_after_which_the_network_catches_up_does_no_harm():
    assert watched(lambda at_s: max(at_s, 33.0) if at_s > 30 else at_s).doubt() is None


def test_nobody_is_measured_before_the_stamps_could_be_watched():
    assert "clock_watched_s" in watched(lambda at_s: at_s, seconds=19).doubt().numbers
    assert watched(lambda at_s: at_s, seconds=26).doubt() is None


def test_a_bent_pace_is_noticed_as_closely_as_was_asked():
    strict, lax = StampWatch(Trust(most_off=0.0001)), StampWatch(Trust(most_off=0.01))
    for place in range(1500):
        for stamps in (strict, lax):
            stamps.note(place * 0.04, place * 0.04 * 1.001)
    assert strict.doubt()
    assert lax.doubt() is None


def test_what_waits_is_handed_out_in_order_and_then_nothing():
    backlog = Backlog()
    packets = [a_packet(0, key=True), a_packet(0.04)]
    for packet in packets:
        backlog.put(packet)
    backlog.end()
    assert [backlog.take(), backlog.take(), backlog.take()] == [*packets, None]


def test_who_falls_behind_leaves_out_whole_pictures_up_to_a_key_frame():
    backlog = Backlog(most_s=2.0)
    packets = [a_packet(place / 10, key=place % 8 == 0) for place in range(40)]
    for packet in packets:
        backlog.put(packet)
    backlog.end()
    left = list(iter(backlog.take, None))
    assert left[0].is_key
    assert left == packets[-len(left) :]
    assert backlog.dropped == len(packets) - len(left)


def test_a_stream_without_a_further_key_frame_waits_for_one():
    backlog = Backlog(most_bytes=20)
    packets = [a_packet(0, key=True), *(a_packet(place / 10) for place in range(1, 5))]
    for packet in [*packets, last := a_packet(1, key=True)]:
        backlog.put(packet)
    backlog.end()
    assert list(iter(backlog.take, None)) == [last]
    assert backlog.dropped == len(packets)


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_an_excerpt_begins_at_the_key_frame_before(tmp_path):
    ring = Ring(tmp_path / "ring")
    for place in range(10):
        ring.add(a_packet(place, key=place % 3 == 0, content=bytes([place])))
    excerpt = ring.excerpt(4.0, 5.0)
    assert (excerpt.first_ticks, excerpt.content) == (3 * TICKS_PER_S, bytes([3, 4, 5, 6, 7, 8]))
    ring.close()


def a_track(*times_s):
    box = Box(left=0, top=0, right=9, bottom=9)
    sightings = tuple(
        Sighting(frame_index=k, time_s=t, box=box, contact_px=None, contact_s=t)
        for k, t in enumerate(times_s)
    )
    return Track(ordinal=0, sightings=sightings, features=())


@pytest.mark.parametrize(
    ("times_s", "newest_s", "why"),
    [
        ((100.0, 145.0), 146.0, None),
        ((100.0, 145.1), 146.0, {"in_view_s": 45.1, "kept_s": 45.0}),
        ((100.0, 104.0), 160.0, None),
        ((100.0, 104.0), 160.1, {"late_s": 60.1, "kept_s": 60.0}),
    ],
)
def test_whose_first_frames_are_about_to_be_deleted_is_not_measured(times_s, newest_s, why):
    refused = too_long_ago(a_track(*times_s), newest_s)
    assert (refused and refused.numbers) == why


def test_what_is_older_than_is_needed_is_deleted(tmp_path):
    before = open_files()
    ring = Ring(tmp_path / "ring", kept_s=6.0)
    for place in range(100):
        ring.add(a_packet(place, key=place % 3 == 0))
    assert open_files() <= before + 4
    assert list((tmp_path / "ring").iterdir()) == []
    assert ring.excerpt(93.0, 99.0).first_ticks == 93 * TICKS_PER_S
    with pytest.raises(FootageError, match="deleted already"):
        ring.excerpt(80.0, 99.0)
    ring.close()
    assert open_files() <= before
    assert not (tmp_path / "ring").exists()


def test_key_frames_that_come_all_the_time_open_no_file_each(tmp_path):
    before = open_files()
    ring = Ring(tmp_path / "ring")
    for place in range(100):
        ring.add(a_packet(place / 25, key=True, content=bytes([place])))
    assert open_files() <= before + 4
    assert ring.excerpt(1.2, 1.9).content == bytes(range(25, 75))
    ring.close()


def test_a_receiver_is_taken_at_its_word_only_in_the_form_that_was_agreed():
    pipe = io.BytesIO()
    write_packet(pipe, first := a_packet(1.5, key=True))
    write_end(pipe, "it ended.")
    pipe.seek(0)
    packets = read_packets(pipe, "gate")
    assert next(packets) == first
    with pytest.raises(FootageError, match="gate: it ended"):
        next(packets)


@pytest.mark.parametrize(
    ("told", "code"), [(b"", "died"), (b"X" * 22, "nonsense"), (b"P\1" + b"\xff" * 20, "nonsense")]
)
def test_a_receiver_that_was_taken_over_ends_the_stream_and_no_more(told, code):
    with pytest.raises(FootageError, match=code):
        list(read_packets(io.BytesIO(told), "gate"))


@pytest.mark.parametrize("url", ["", "gate.mp4", "concat:a|b", "hls+http://a/b", "ftp://a/b"])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(SpeedcamError, match="Known are rtsp:"):
        source_of("gate", url)


@pytest.mark.parametrize("name", ["", "..", "a/b", 'a"b', "-a", "a" * 64])
def test_a_stream_is_called_by_a_name_that_a_folder_can_have(name):
    with pytest.raises(SpeedcamError, match="letters, digits"):
        source_of(name, "http://127.0.0.1/")


def test_the_way_of_the_pictures_is_a_part_of_the_clocks_doubt():
    from datetime import date

    clock = clock_of(0.02, date(2026, 11, 27))
    assert (clock.offset_s, clock.checked_on) == (1.02, date(2026, 11, 27))
