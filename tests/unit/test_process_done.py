"""Where a run was killed at its first file, or at its last one."""

import json

import pytest

from speedcam.errors import SpeedcamError
from speedcam.process import PASSAGES, RUN, SEGMENTS, alone_in, begin, is_done

THE_RUN = {"clip_sha256": "c" * 64}


def test_nothing_half_written_stays_beside_results_whose_end_was_cut_short(tmp_path):
    (tmp_path / RUN).write_text(json.dumps(THE_RUN))
    (tmp_path / PASSAGES).write_text("")
    (tmp_path / SEGMENTS).mkdir()
    (tmp_path / f".{RUN}.7.part").write_text("{")
    assert is_done(tmp_path, THE_RUN)
    assert {path.name for path in tmp_path.iterdir()} == {RUN, PASSAGES}


def test_a_run_that_was_killed_at_its_first_file_can_be_started_again(tmp_path):
    half = tmp_path / f".{RUN}.7.part"
    half.write_text("{")
    with alone_in(tmp_path):
        begin(tmp_path, THE_RUN)
    assert not half.exists()
    assert json.loads((tmp_path / RUN).read_text()) == THE_RUN


def test_what_looks_like_half_a_file_of_somebody_else_is_theirs(tmp_path):
    (tmp_path / ".notes.7.part").write_text("theirs")
    with pytest.raises(SpeedcamError, match="holds something else"), alone_in(tmp_path):
        pass
