import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import office_app
from services.clock import SystemClock
from services.demo import demo_command
from services.errors import CaseError, StoreError
from speedcam.errors import FootageError, PassageError
from tests.builders_office import ISSUED, a_passage, a_place, a_plate, on_disk

pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "office"


@pytest.fixture
def passages(tmp_path):
    return on_disk(
        tmp_path / "camera",
        a_passage("slow", kmh=38.0, plate=None, exhibits=()),
        a_passage("fast"),
        a_passage("very-fast", kmh=90.0, plate="AA111BB"),
    )


def run(*arguments):
    return CliRunner().invoke(office_app, [str(argument) for argument in arguments])


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_four_commands_lead_from_passages_to_a_notice(folder, passages):
    received = run("receive", passages, "--office", folder, "--json")
    assert received.exit_code == 0
    assert [row["outcome"] for row in rows(received)] == ["lawful", "case", "case"]
    assert "passages received: 3 (lawful 1, not proven 0, case 2" in received.stderr
    decided = run("review", "--policy", "demo-auto-1", "--office", folder, "--json")
    assert sorted(row["verdict"] for row in rows(decided)) == ["confirm", "waits"]
    (fine,) = rows(run("issue", "--office", folder, "--json"))
    assert fine["amount"] == "2000 ALL"
    delivered = run("deliver", "--office", folder, "--json")
    assert delivered.exit_code == 0
    (notice,) = rows(delivered)
    assert (folder / notice["receipt"] / "notice.html").is_file()
    assert notice["fine_number"] == fine["fine_number"]


def test_a_case_that_can_no_longer_be_served_is_told_and_is_no_fault(folder, passages, monkeypatch):
    run("receive", passages, "--office", folder)
    run("review", "--policy", "demo-auto-1", "--office", folder)
    monkeypatch.setattr(SystemClock, "now", lambda _: ISSUED + timedelta(days=30))
    issued = run("issue", "--office", folder, "--json")
    ended = "it can no longer be served: the law gave time until 2026-11-12"
    assert [(row["fine_number"], row["ended"]) for row in rows(issued)] == [(None, ended)]
    assert (issued.exit_code, "fines issued: 0" in issued.stderr) == (0, True)
    reviewed = run("review", "--policy", "demo-auto-1", "--office", folder, "--json")
    assert [(row["verdict"], row["reasons"]) for row in rows(reviewed)] == [("reject", ended)]


@pytest.mark.parametrize("amount", ["3000.5", "much", "NaN", "-1e99999999"])
def test_what_is_no_amount_is_told(amount, folder, passages):
    key = rows(run("receive", passages, "--office", folder, "--json"))[1]["case_key"]
    officers = ("--officer", "P-17", "--second", "P-23", "--why", "seen")
    case = ("review", "--case", key, "--confirm", *officers, "--office", folder)
    assert run(*case, "--amount", amount).exit_code == 2
    assert rows(run("issue", "--office", folder, "--json")) == []


def test_two_officers_set_an_amount_as_people_write_it(folder, passages):
    key = rows(run("receive", passages, "--office", folder, "--json"))[1]["case_key"]
    officers = ("--officer", "P-17", "--second", "P-23", "--why", "seen")
    case = ("review", "--case", key, "--confirm", *officers, "--office", folder)
    assert run(*case, "--amount", "3000").exit_code == 0
    (fine,) = rows(run("issue", "--office", folder, "--json"))
    assert fine["amount"] == "3000 ALL"


def test_what_was_not_served_in_time_is_listed_and_two_officers_write_it_off(
    folder, passages, monkeypatch
):
    run("receive", passages, "--office", folder)
    run("review", "--policy", "demo-auto-1", "--office", folder)
    (fine,) = rows(run("issue", "--office", folder, "--json"))
    assert rows(run("lapsed", "--office", folder, "--json")) == []
    monkeypatch.setattr(SystemClock, "now", lambda _: ISSUED + timedelta(days=30))
    (told,) = rows(run("lapsed", "--office", folder, "--json"))
    assert told == {
        "number": fine["fine_number"],
        "state": "issued",
        "lapse": "not served in time",
        "last_day": "2026-11-12",
    }
    who = ("--by", "P-17", "--why", "the post came back")
    assert run("lapsed", *who, "--office", folder).exit_code == 2
    alone = run("lapsed", "--write-off", *who, "--office", folder)
    assert isinstance(alone.exception, CaseError)
    both = run("lapsed", "--write-off", *who, "--second", "P-23", "--office", folder)
    assert "fines written off: 1" in both.stderr
    assert rows(run("lapsed", "--office", folder, "--json")) == []


def test_the_command_names_the_option_that_states_a_country(folder, tmp_path):
    untold = on_disk(tmp_path / "untold", a_passage(plate=a_plate(country=None)))
    run("receive", untold, "--office", folder)
    (waiting,) = rows(run("review", "--office", folder, "--json"))
    assert waiting["waits_for"].endswith(
        "does not tell its country: whoever confirms states it (--country AL)"
    )
    officer = ("--officer", "P-17", "--why", "seen", "--office", folder)
    told = run("review", "--case", waiting["case_key"], "--confirm", *officer).exception
    assert isinstance(told, CaseError)
    assert str(told).endswith("State it with --country AL.")
    told = run(
        "review", "--case", waiting["case_key"], "--confirm", "--country", "xx", *officer
    ).exception
    assert isinstance(told, CaseError)
    assert "'xx' is no country" in str(told)


def test_an_officer_decides_what_waits(folder, passages):
    run("receive", passages, "--office", folder)
    run("review", "--policy", "demo-auto-1", "--office", folder)
    (waiting,) = rows(run("review", "--office", folder, "--json"))
    officer = ("--officer", "P-17", "--why", "compared with the stills", "--second", "P-23")
    case = ("--case", waiting["case_key"])
    assert isinstance(
        run("review", *case, "--confirm", *officer[:4], "--office", folder).exception, CaseError
    )
    decided = run("review", *case, "--confirm", *officer, "--office", folder)
    assert decided.exit_code == 0
    assert "confirm by P-17" in decided.stderr
    assert run("review", "--office", folder, "--json").stdout == ""


def test_the_list_says_of_every_case_what_it_waits_for(folder, tmp_path):
    small, upper = a_passage("p-1"), a_passage("p-2", kmh=66.0, plate="AA111BB")
    bare = a_passage("p-3", kmh=59.0, plate="AA222BB", exhibits=())
    run("receive", on_disk(tmp_path / "three", small, upper, bare), "--office", folder)
    listed = {row["retained_kmh"]: row for row in rows(run("review", "--office", folder, "--json"))}
    told = {kmh: row["waits_for"] for kmh, row in listed.items()}
    assert told["53.0"] == "a policy or an officer"
    assert told["61.0"].startswith("the rules leave neni")
    assert "the redacted photo is missing" in told["54.0"]
    assert {row["lacks"] for kmh, row in listed.items() if kmh != "54.0"} == {""}
    assert "to a person" in run("review", "--office", folder).stdout


def test_two_cases_that_may_be_one_passage_are_listed_with_each_others_key(folder, tmp_path):
    one, other = a_passage("p-1"), a_passage("p-2", plate="AA111BB")
    other = replace(other, provenance=replace(other.provenance, clip_sha256="d" * 64))
    run("receive", on_disk(tmp_path / "two", one, other), "--office", folder)
    first, second = rows(run("review", "--office", folder, "--json"))
    assert first["waits_for"] == f"may be case {second['case_key']} once more"
    assert second["waits_for"] == f"may be case {first['case_key']} once more"


def test_an_officer_sees_one_case_with_its_plate_and_its_pictures(folder, passages):
    received = rows(run("receive", passages, "--office", folder, "--json"))
    key = next(row["case_key"] for row in received if row["case_key"])
    shown = run("review", "--case", key, "--office", folder)
    assert shown.exit_code == 0
    assert "AA000BB" in shown.stdout
    opened = ("--pictures", folder.parent / "pictures")
    (row,) = rows(run("review", "--case", key, "--office", folder, *opened, "--json"))
    for name in ("still_first", "still_last", "plate_picture", "photo"):
        assert Path(row[name]).read_bytes().startswith(b"\xff\xd8")
        assert "--pictures DIR opens it" in shown.stdout
    (folder / "exhibits" / Path(row["photo"]).name).write_bytes(b"another")
    assert (
        "was changed after it was kept" in run("review", "--case", key, "--office", folder).stdout
    )


def test_the_sample_for_quality_is_listed(folder, passages):
    run("receive", passages, "--office", folder)
    run("review", "--policy", "demo-auto-1", "--office", folder)
    listed = run("review", "--sample", "--office", folder, "--json")
    assert f"must look at: {len(rows(listed))}" in listed.stderr


def test_a_case_key_can_be_copied_from_the_table(folder, passages):
    received = rows(run("receive", passages, "--office", folder, "--json"))
    listed = run("review", "--office", folder).stdout
    assert all(row["case_key"] in listed for row in received if row["case_key"])


def test_lists_show_no_plate(folder, passages):
    received = run("receive", passages, "--office", folder)
    listed = run("review", "--office", folder)
    assert "140/8" in listed.stdout
    for result in (received, listed):
        assert "AA000BB" not in result.stdout + result.stderr


def test_a_passage_set_aside_ends_with_code_1(folder, passages):
    (passages.parent / "exhibits" / "fast-photo.jpg").write_bytes(b"another")
    result = run("receive", passages, "--office", folder)
    assert result.exit_code == 1
    assert "fault 1" in result.stderr


def test_a_notice_that_fails_ends_with_code_1(folder, passages):
    run("receive", passages, "--office", folder)
    run("review", "--policy", "demo-auto-1", "--office", folder)
    run("issue", "--office", folder)
    (folder / "sent").rmdir()
    (folder / "sent").write_text("in the way")
    assert isinstance(run("deliver", "--office", folder).exception, StoreError)
    (folder / "sent").unlink()
    for picture in (folder / "exhibits").iterdir():
        picture.write_bytes(b"another")
    assert run("deliver", "--office", folder).exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["receive"], id="no passages"),
        pytest.param(["review"], id="no office"),
        pytest.param(["review", "--confirm"], id="no case"),
        pytest.param(["review", "--case", "x", "--why", "seen"], id="no verdict"),
        pytest.param(["review", "--case", "x", "--confirm", "--reject"], id="both verdicts"),
        pytest.param(["review", "--case", "x", "--confirm"], id="no officer"),
        pytest.param(["review", "--case", "x", "--policy", "demo-auto-1"], id="case and policy"),
    ],
)
def test_wrong_usage_ends_with_code_2(arguments, folder):
    office = [] if arguments in (["receive"], ["review"]) else ["--office", folder]
    assert run(*arguments, *office).exit_code == 2


def test_bad_input_is_an_error_with_a_remedy(folder, passages, tmp_path):
    assert isinstance(run("issue", "--office", folder).exception, StoreError)
    missing = run("receive", tmp_path / "nothing.jsonl", "--office", folder)
    assert isinstance(missing.exception, PassageError)
    run("receive", passages, "--office", folder)
    unknown = run("review", "--policy", "mild", "--office", folder)
    assert isinstance(unknown.exception, CaseError)
    assert "known: demo-auto-1" in str(unknown.exception)


@pytest.mark.parametrize(
    "command", [c.name or c.callback.__name__ for c in office_app.registered_commands]
)
def test_every_command_tells_its_exit_codes(command):
    told = run(command, "--help").stdout
    assert "Exit codes: 0 all done; 1 some items failed" in " ".join(told.split())


def test_a_name_from_elsewhere_steers_no_terminal(tmp_path, folder):
    place = a_place(name="x\x1b[2Jy\N{RIGHT-TO-LEFT OVERRIDE}z")
    run("receive", on_disk(tmp_path / "camera", a_passage(place=place)), "--office", folder)
    listed = run("review", "--office", folder).stdout
    assert "x" in listed
    assert "\x1b" not in listed
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in listed


def test_a_clip_may_not_be_named_as_the_office(tmp_path):
    (tmp_path / "office.mp4").touch()
    with pytest.raises(FootageError, match="Rename the clip"):
        demo_command(out=tmp_path / "out", samples=tmp_path)


def test_a_mistyped_name_leaves_no_empty_office_behind(tmp_path):
    mistyped = run("receive", tmp_path / "nowhere.jsonl", "--office", tmp_path / "office")
    assert isinstance(mistyped.exception, PassageError)
    assert not (tmp_path / "office").exists()
