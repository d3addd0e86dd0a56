"""What a command prints can be read: nothing is cut off, however narrow the terminal is."""

from datetime import UTC, datetime

import pytest

from services.console import show, show_record

COLUMNS = ("case_key", "at", "place", "lacks")
ROW = {
    "case_key": "9787839c72ccfe152ff40f7e",
    "at": datetime(2026, 10, 14, 6, 30, 30, 320_000, tzinfo=UTC),
    "place": "Rruga e Shembullit, te ura e hekurudhës",
    "lacks": "no plate: plate not sure (frames 6, unsure 1)",
}


@pytest.fixture
def terminal(monkeypatch):
    """Make stdout a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))

    return of


def test_what_goes_into_a_file_stands_in_one_line_and_whole(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")

    show([ROW], COLUMNS, as_json=False)

    _heading, line = capsys.readouterr().out.splitlines()
    assert line.split("  ")[0] == ROW["case_key"]
    assert "2026-10-14 06:30:30+00:00" in line
    assert ROW["place"] in line
    assert ROW["lacks"] in line


def test_a_row_that_does_not_fit_the_terminal_is_told_line_by_line(terminal, capsys):
    terminal(100)

    show([ROW, ROW], COLUMNS, as_json=False)

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    once = [
        "case key  9787839c72ccfe152ff40f7e",
        "at        2026-10-14 06:30:30+00:00",
        "place     Rruga e Shembullit, te ura e hekurudhës",
        "lacks     no plate: plate not sure (frames 6, unsure 1)",
    ]
    assert lines == [*once, "", *once]


def test_a_terminal_with_room_shows_a_table(terminal, capsys):
    terminal(150)

    show([ROW, ROW], COLUMNS, as_json=False)

    _heading, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(ROW["case_key"] in line and ROW["lacks"] in line for line in lines)


def test_a_record_leaves_out_what_says_nothing(capsys):
    show_record(ROW | {"lacks": ""}, COLUMNS)

    assert "lacks" not in capsys.readouterr().out
