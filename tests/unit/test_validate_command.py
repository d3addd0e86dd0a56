"""``speedcam validate``: data to stdout, talk to stderr, 0 or 2."""

import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from speedcam.record import dumps
from speedcam.validate.cli import validate_command
from tests.builders_validate import a_passage, a_refusal

VEHICLES = [
    {
        "id": number,
        "kind": "sedan",
        "direction": "receding",
        "lane": "2",
        "speed_kmh": 60.0,
        "time_at_27_m_s": 5.0 * number,
        "first_s": 5.0 * number - 1,
        "last_s": 5.0 * number + 1,
        "plate": "AA123BB",
    }
    for number in range(1, 4)
]

PASSAGES = [
    a_passage(id="p1", at_s=5.0, kmh=61.0),
    a_passage(id="p2", at_s=10.0, speed=a_refusal()),
    a_passage(id="ghost", at_s=40.0),
]


@pytest.fixture
def files(tmp_path):
    passages, truth = tmp_path / "passages.jsonl", tmp_path / "x.truth.json"
    passages.write_text("".join(f"{dumps(passage)}\n" for passage in PASSAGES))
    truth.write_text(json.dumps({"vehicles": VEHICLES}))
    return passages, truth


def run(*arguments):
    app = typer.Typer()
    app.command()(validate_command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_json_is_one_document_on_stdout(files):
    result = run(*files, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert report["pooled"]["n"] == 3
    assert report["pooled"]["captured"] == 1
    assert report["pooled"]["refused"] == 1
    assert report["pooled"]["bias_kmh"] == pytest.approx(1.0)
    assert [vehicle["outcome"] for vehicle in report["vehicles"]] == [
        "measured",
        "refused",
        "missed",
    ]
    assert [extra["passage_id"] for extra in report["extra"]] == ["ghost"]


def test_the_folder_of_the_passages_will_do(files):
    passages, truth = files
    assert run(passages.parent, truth, "--json").stdout == run(*files, "--json").stdout


def test_the_table_tells_the_outcome_in_a_sentence(files):
    result = run(*files)
    assert result.exit_code == 0
    assert "1 of 3 vehicles measured, 1 refused, 1 missed. Extra passages: 1," in result.stdout
    assert "scattered (rms_m 0.5)" in result.stdout


def test_names_with_brackets_are_shown_as_they_are(files):
    files[1].write_text(json.dumps({"vehicles": [VEHICLES[0] | {"kind": "[/red] :car:"}]}))
    result = run(*files)
    assert result.exit_code == 0
    assert "[/red] :car:" in result.stdout


def test_a_missing_truth_is_bad_input(files):
    result = run(files[0], files[1].with_name("none.json"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "cannot read" in result.stderr


def test_a_damaged_passage_is_bad_input(files):
    files[0].write_text('{"id": 1}\n')
    result = run(*files)
    assert result.exit_code == 2
    assert "passages.jsonl line 1" in result.stderr


def test_passages_of_two_clips_are_not_mixed(files):
    other = a_passage(id="p9", at_s=15.0)
    other = replace(other, provenance=replace(other.provenance, clip_sha256="1" * 64))
    files[0].write_text("".join(f"{dumps(passage)}\n" for passage in [*PASSAGES, other]))
    result = run(*files)
    assert result.exit_code == 2
    assert "passages of several clips" in result.stderr


def test_a_passage_that_is_there_twice_is_bad_input(files):
    files[0].write_text("".join(f"{dumps(passage)}\n" for passage in [*PASSAGES, PASSAGES[0]]))
    result = run(*files)
    assert result.exit_code == 2
    assert "holds passage p1 twice" in result.stderr


def test_a_folder_without_passages_is_bad_input(files, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run(empty, files[1])
    assert result.exit_code == 2
    assert "passages.jsonl" in result.stderr


HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e<script>"


@pytest.mark.parametrize("key", ["id", "kind", "lane", "plate"])
def test_no_name_in_a_truth_reaches_the_terminal_as_an_escape_code(files, key):
    files[1].write_text(json.dumps({"vehicles": [VEHICLES[0] | {key: HOSTILE}]}))
    result = run(*files)
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.stdout)
    as_json = run(*files, "--json").stdout
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(as_json)
    assert json.loads(as_json)["vehicles"][0][{"plate": "plate_truth"}.get(key, key)] == HOSTILE


def test_no_name_in_a_passage_reaches_the_terminal_as_an_escape_code(files):
    files[0].write_text(dumps(a_passage(id=HOSTILE, lane=HOSTILE, at_s=70.0)) + "\n")
    result = run(*files)
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.stdout)


def test_an_error_that_quotes_a_file_steers_no_terminal(files):
    files[1].write_text(json.dumps({"vehicles": [VEHICLES[0] | {"id": HOSTILE}] * 2}))
    result = run(*files)
    assert result.exit_code == 2
    assert "has two vehicles" in result.stderr
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.stderr)
