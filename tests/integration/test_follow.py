"""An office that follows cameras: each passage is taken in once, as it comes."""

import pytest

from services import office
from services.follow import follow
from services.intake import Outcome
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
