"""The benchmark of plates counts what it says it counts, and names no plate."""

import json

import cv2
import pytest

from speedcam.plate import Outcome
from tests.bench.plates import Photo, Result, document, main, photos
from tests.bench.reliability import reliability
from tests.builders_plates import a_drawn_plate, plate_texture


def a_result(outcome=Outcome.READ, *, set="one", exact=True, confidence=0.99):  # noqa: A002
    return Result(
        set=set,
        photo=f"{set} 1",
        outcome=outcome,
        given=outcome is Outcome.READ,
        exact=exact,
        wrong=outcome is Outcome.READ and not exact,
        repaired=False,
        confidence=confidence,
        why="",
        ms=1.0,
    )


def bars(results):
    return {bar["bar"]: bar["holds"] for bar in document(results)["bars"]}


def test_a_confidence_that_keeps_its_word_has_no_error():
    told = [(0.75, True)] * 3 + [(0.75, False)]
    assert reliability(told).error == 0.0
    assert reliability([(0.75, False)] * 4).error == 0.75
    assert reliability([]).error == 0.0


def test_every_text_is_in_one_bin():
    edges = [(edge, True) for edge in (0.0, 0.2, 0.95, 1.0)]
    assert sum(each.n for each in reliability(edges).bins) == len(edges)


def test_one_wrong_reading_in_ten_breaks_its_bar():
    good, wrong = a_result(), a_result(exact=False)
    assert bars([good] * 10)["right of what is given as read"]
    assert not bars([good] * 9 + [wrong])["right of what is given as read"]


def test_doubtful_readings_are_not_given():
    doubtful = a_result(Outcome.DOUBTFUL)
    assert bars([a_result()] * 3 + [doubtful])["given as read"]
    assert not bars([a_result()] * 2 + [doubtful])["given as read"]


def test_each_set_has_its_own_bar():
    told = bars([a_result()] * 9 + [a_result(Outcome.DOUBTFUL, set="two", exact=False)])
    assert told["exact, one"]
    assert not told["exact, two"]


def test_o_and_0_are_one_only_where_the_truth_says_so(tmp_path):
    row = {"file": "a.png", "plate": "AB120I"}
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps({"notes": {"one": "compare with O=0"}, "one": [row], "two": [row]}))
    one, two = photos(truth)
    assert isinstance(one, Photo)
    assert one.is_right("AB12O1")
    assert not two.is_right("AB12O1")


def test_photos_and_crops_are_read_and_never_named(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), a_drawn_plate("KR 508 TL").frame.colour())
    cv2.imwrite(str(tmp_path / "b.png"), cv2.resize(plate_texture("MP 277 XV"), (208, 44)))
    rows = [{"file": "a.png", "plate": "KR508TL"}, {"file": "b.png", "plate": "MP277XV"}]
    (tmp_path / "truth.json").write_text(json.dumps({"drawn": rows}))
    code = main([str(tmp_path / "truth.json"), "--json"])
    said = capsys.readouterr().out
    assert json.loads(said)["all"]["exact"] == 2
    assert code in {0, 1}
    assert "508" not in said
    assert "277" not in said


@pytest.mark.parametrize("content", ["", "{}", '{"one": [{"plate": "A"}]}', "[1]"])
def test_a_truth_that_cannot_be_read_is_said(tmp_path, capsys, content):
    truth = tmp_path / "truth.json"
    truth.write_text(content)
    assert main([str(truth)]) == 2
    assert "truth.json" in capsys.readouterr().err
