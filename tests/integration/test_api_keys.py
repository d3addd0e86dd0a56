"""The commands that make keys, what workers count together, and the server that answers."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from services.cli import office_app
from services.serve import serve_command
from services.staff.api_key import presented
from services.store import open_store
from services.store.api_keys import key_of
from services.web.pace import Pace
from services.web.tally import Mark, Tally
from tests.builders_notice import StoppedClock

UNTIL = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.fixture
def office(tmp_path):
    open_store(tmp_path / "office", create=True).close()
    return tmp_path / "office"


def typed(office, *arguments):
    return CliRunner().invoke(office_app, ["api-key", *arguments, "--office", str(office)])


def made(office, *more):
    told = typed(office, "add", "City portal", "--scope", "health", "--until", UNTIL, *more)
    assert told.exit_code == 0, told.output
    return told


def test_a_key_is_printed_once_and_works(office):
    row = json.loads(made(office, "--json").stdout)
    with open_store(office) as store:
        key = key_of(store, presented(row["key"]), datetime.now(UTC))
    assert (key.id, key.name, row["scopes"]) == (row["id"], "City portal", "health")
    told = typed(office, "list")
    assert row["key"] not in told.output
    assert "City portal" in told.stdout


def test_a_revoked_key_is_listed_as_such(office):
    row = json.loads(made(office, "--json").stdout)
    assert typed(office, "revoke", row["id"]).exit_code == 0
    (listed,) = map(json.loads, typed(office, "list", "--json").stdout.splitlines())
    assert listed["works"] == "no"
    assert "key list" in str(typed(office, "revoke", "nothing").exception)


@pytest.mark.parametrize("missing", ["--scope", "--until"])
def test_a_key_without_scope_or_last_day_is_none(office, missing):
    words = ["add", "City portal", "--scope", "health", "--until", UNTIL]
    at = words.index(missing)
    told = typed(office, *words[:at], *words[at + 2 :])
    assert told.exit_code == 2
    assert missing in told.output


def test_the_server_answers_a_key_and_stops_on_ctrl_c(office):
    secret = json.loads(made(office, "--json").stdout)["key"]
    program = (
        "import sys; from pathlib import Path; from services.web.cli import serve_api; "
        "serve_api(Path(sys.argv[1]), port=0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(office)], stderr=subprocess.PIPE, text=True
    ) as process:
        address = re.search(r"http\S+", process.stderr.readline())[0]
        asked = urllib.request.Request(f"{address}health")  # noqa: S310 - our own server
        asked.add_header("Authorization", f"Bearer {secret}")
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - our own server
            assert json.load(answer) == {"status": "ok", "received_at": None, "letters": {}}
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert "Traceback" not in rest
        assert rest.endswith("Stopped.\n")
        assert process.wait(timeout=20) == 0


def test_one_server_shows_one_thing(office):
    from typer import BadParameter

    with pytest.raises(BadParameter, match="--staff"):
        serve_command(office, staff=True, api=True)


def test_workers_count_together(tmp_path):
    tallies = [Tally(tmp_path / "tally") for _ in range(2)]
    paces = [Pace(each, StoppedClock(), per_second=10, at_once=4) for each in tallies]
    waits = [paces[ordinal % 2].wait("a") for ordinal in range(5)]
    assert waits == [timedelta()] * 4 + [timedelta(milliseconds=100)]
    for each in tallies:
        each.close()


def test_the_slowest_pace_that_is_allowed_is_never_told_to_wait():
    clock = StoppedClock()
    pace = Pace(Tally(), clock, per_second=10, at_once=1)
    for _ in range(50):
        assert pace.wait("a") == timedelta()
        clock.advance(seconds=0.1)


def test_a_tally_stays_small_and_forgets_what_is_oldest(monkeypatch):
    most = 100
    monkeypatch.setattr("services.web.tally.MOST_MARKS", most)
    tally = Tally()
    for ordinal in range(most + 600):
        tally.change(str(ordinal).encode(), lambda _, at=ordinal: Mark(count=1, at_ms=at))
    assert most <= len(tally) < most + 256
    seen = []
    tally.change(b"0", lambda mark: seen.append(mark) or Mark(count=1, at_ms=0))
    assert seen == [None]


def test_a_change_that_fails_changes_nothing():
    tally = Tally()
    tally.change(b"a", lambda _: Mark(count=1, at_ms=7))
    with pytest.raises(ZeroDivisionError):
        tally.change(b"a", lambda mark: Mark(count=mark.count // 0, at_ms=0))
    assert tally.change(b"a", lambda mark: mark) == Mark(count=1, at_ms=7)
