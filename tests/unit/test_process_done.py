"""Results of a clip that are taken for done."""

import json

from speedcam.process import PASSAGES, RUN, SEGMENTS, is_done

THE_RUN = {"clip_sha256": "c" * 64}


def test_nothing_half_written_stays_beside_results_whose_end_was_cut_short(tmp_path):
    (tmp_path / RUN).write_text(json.dumps(THE_RUN))
    (tmp_path / PASSAGES).write_text("")
    (tmp_path / SEGMENTS).mkdir()
    (tmp_path / f".{RUN}.7.part").write_text("{")
    assert is_done(tmp_path, THE_RUN)
    assert {path.name for path in tmp_path.iterdir()} == {RUN, PASSAGES}
