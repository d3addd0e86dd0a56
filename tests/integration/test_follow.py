"""An office that follows cameras: each passage is taken in once, as it comes."""

import errno
import os

import pytest

from services import office
from services.errors import LedgerError, StoreUnavailable
from services.follow import follow
from services.intake import Outcome
from services.store import exhibits
from tests.builders_office import a_passage, on_disk


@pytest.fixture
def following(store, clock, tmp_path):
    """A function: what came of the passages at each look, one step of the world before each."""

    def run(*steps):
        complaints, ahead = [], iter(steps)

        def pause():
            step = next(ahead, None)
            if step:
                step()
            return step is not None

        reports = follow(
            tmp_path / "live",
            lambda path: office.receive(store, path, clock),
            pause,
            lambda error: complaints.append(str(error)),
        )
        (tmp_path / "live").mkdir(exist_ok=True)
        return [[each.outcome for each in report.passages] for report in reports], complaints

    return run


def test_what_is_added_to_a_file_is_taken_in_once(following, tmp_path):
    first, second = a_passage("one"), a_passage("two", plate="AA111BB")
    clip = tmp_path / "live" / "gate" / "gate-1"
    told, complaints = following(
        lambda: on_disk(clip, first),
        lambda: None,
        lambda: on_disk(clip, first, second),
        lambda: on_disk(tmp_path / "live" / "other", a_passage("three", plate="AA222BB")),
    )
    assert told == [[Outcome.CASE]] * 3
    assert complaints == []


def test_a_line_that_is_being_written_waits_and_a_broken_file_stops_no_other(following, tmp_path):
    clip = tmp_path / "live" / "gate"
    whole = on_disk(clip, a_passage("one"))
    line = whole.read_bytes()
    broken = tmp_path / "live" / "broken" / "passages.jsonl"

    def tear():
        whole.write_bytes(line[:100])
        broken.parent.mkdir()
        broken.write_bytes(b"nonsense\n")

    told, complaints = following(tear, lambda: whole.write_bytes(line), lambda: None)
    assert told == [[Outcome.CASE]]
    assert len(complaints) == 1
    assert "broken" in complaints[0]


@pytest.fixture
def room(monkeypatch):
    """A disk that takes no pictures while its room is 0, as that of an office that is full."""
    left = {"pictures": 0}
    written = exhibits.write_whole

    def write_whole(path, content):
        if not left["pictures"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(path, content)

    monkeypatch.setattr(exhibits, "write_whole", write_whole)
    return left


def test_what_was_set_aside_on_a_full_disk_is_taken_in_once_there_is_room(
    following, room, tmp_path
):
    clip = tmp_path / "live" / "gate"
    looks = [lambda: None] * 8
    told, complaints = following(
        lambda: on_disk(clip, a_passage("one")),
        *looks,
        lambda: room.update(pictures=1),
        *looks,
    )
    assert [each for each in told if each] == [[Outcome.FAULT], [Outcome.CASE]]
    assert complaints == []


def test_what_cannot_be_taken_in_is_looked_at_less_and_less_often(store, clock, tmp_path):
    folder = on_disk(tmp_path / "live" / "gate", a_passage("one")).parent
    for picture in (folder / "exhibits").iterdir():
        picture.unlink()
    received, looks = [], iter(range(200))

    def receive(path):
        received.append(path)
        return office.receive(store, path, clock)

    reports = follow(tmp_path / "live", receive, lambda: next(looks, None) is not None, print)
    assert [len(report.passages) for report in reports if report.passages] == [1]
    assert 4 <= len(received) <= 12


@pytest.mark.parametrize("fault", [StoreUnavailable, LedgerError], ids=lambda each: each.__name__)
def test_an_office_that_cannot_take_anything_now_is_waited_for(store, clock, tmp_path, fault):
    on_disk(tmp_path / "live" / "gate", a_passage("one"))
    faults, complaints = [fault("full"), fault("full")], []

    def receive(path):
        if faults:
            raise faults.pop()
        return office.receive(store, path, clock)

    looks = iter(range(4))
    reports = list(
        follow(tmp_path / "live", receive, lambda: next(looks, None) is not None, complaints.append)
    )
    assert [[each.outcome for each in report.passages] for report in reports] == [[Outcome.CASE]]
    assert [str(each) for each in complaints] == ["full"]
