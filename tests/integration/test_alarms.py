"""Who looks at more than one person needs, or at a decoy: nothing is shown, or somebody is told."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner

from services.cli import office_app
from services.clock import SystemClock
from services.errors import CaseError, OverBudget
from services.ledger.audit import audit
from services.life import State
from services.model import Channel, Verdict
from services.notifier.alarm_mail import tell_alarms
from services.notifier.settings import Alerts
from services.staff.account import Role
from services.store import open_store
from services.store.alarm_schema import decoys, looks
from services.store.cases import case_of
from services.store.history import history_of
from services.store.instants import to_ms
from services.store.looks import (
    CASES_IN_A_DAY,
    CASES_IN_AN_HOUR,
    SEARCH,
    SEARCHES_IN_AN_HOUR,
    add_decoy,
    alarms_of,
    record_read,
)
from services.web.staff import create_staff_app
from tests.builders_desk import a_case, decided
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import a_plate
from tests.builders_staff import an_account, an_officer


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


def looked(store, clock, subjects, *, who="P-17", ago=timedelta(minutes=5)):
    """Somebody has looked at these."""
    at_ms = to_ms(clock.now() - ago)
    rows = [{"who": who, "subject": each, "at_ms": at_ms} for each in subjects]
    with store.writing() as connection:
        connection.execute(insert(looks), rows)


def cases_named(count):
    return [f"case-{n}" for n in range(count)]


def another_case(store, clock):
    return a_case(store, clock, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.9))


def a_decoy(store, key, clock):
    if case_of(store, key).state is not State.REJECTED:
        decided(store, key, clock, Verdict.REJECT)
    add_decoy(store, key, "console", clock.now())


def alarms(store, clock):
    return alarms_of(store, clock.now() - timedelta(days=1))


def test_the_last_case_of_the_budget_is_shown_and_the_next_is_not(store, clock):
    key, another = a_case(store, clock), another_case(store, clock)
    looked(store, clock, cases_named(CASES_IN_AN_HOUR - 1))
    record_read(store, key, "P-17", "review", clock.now())
    with pytest.raises(OverBudget, match=f"P-17 has opened {CASES_IN_AN_HOUR} cases"):
        record_read(store, another, "P-17", "review", clock.now())
    (alarm,) = alarms(store, clock)
    assert (alarm.who, alarm.why) == ("P-17", f"{CASES_IN_AN_HOUR} cases within an hour")
    assert not [e for e in history_of(store, another) if e.what == "read"]


def test_a_case_that_was_seen_costs_nothing_more(store, clock):
    key = a_case(store, clock)
    looked(store, clock, [*cases_named(CASES_IN_AN_HOUR - 1), key])
    for _ in range(3):
        record_read(store, key, "P-17", "review", clock.now())
    assert alarms(store, clock) == ()


def test_an_hour_later_there_is_room_again_until_the_day_is_used_up(store, clock):
    key = a_case(store, clock)
    looked(store, clock, cases_named(CASES_IN_AN_HOUR), ago=timedelta(hours=1))
    record_read(store, key, "P-17", "review", clock.now())
    looked(store, clock, cases_named(CASES_IN_A_DAY), ago=timedelta(hours=20))
    with pytest.raises(OverBudget, match=f"{CASES_IN_A_DAY + 1} cases within a day"):
        record_read(store, another_case(store, clock), "P-17", "", clock.now())


def test_everybody_has_a_budget_of_their_own(store, clock):
    key = a_case(store, clock)
    looked(store, clock, cases_named(CASES_IN_AN_HOUR))
    record_read(store, key, "S-23", "review", clock.now())
    assert alarms(store, clock) == ()


def test_searches_have_their_own_budget(store, clock):
    looked(store, clock, [SEARCH] * (SEARCHES_IN_AN_HOUR - 1))
    record_read(store, SEARCH, "P-17", "a court asks", clock.now())
    with pytest.raises(OverBudget, match=f"{SEARCHES_IN_AN_HOUR} searches"):
        record_read(store, SEARCH, "P-17", "a court asks", clock.now())
    record_read(store, a_case(store, clock), "P-17", "review", clock.now())


def test_who_goes_on_trying_raises_one_alarm_an_hour(store, clock):
    key = a_case(store, clock)
    looked(store, clock, cases_named(CASES_IN_A_DAY))
    for minutes in (0, 1, 58, 2):
        clock.advance(minutes=minutes)
        with pytest.raises(OverBudget):
            record_read(store, key, "P-17", "review", clock.now())
    assert len(alarms(store, clock)) == 2


def test_a_look_at_a_decoy_is_shown_and_raises_an_alarm(store, clock):
    key, other = a_case(store, clock), another_case(store, clock)
    with pytest.raises(CaseError, match="Reject it first"):
        add_decoy(store, key, "console", clock.now())
    for _ in range(2):
        a_decoy(store, key, clock)
    record_read(store, other, "A-42", "review", clock.now())
    assert alarms(store, clock) == ()
    record_read(store, key, "A-42", "review", clock.now())
    (alarm,) = alarms(store, clock)
    assert (alarm.who, alarm.why) == ("A-42", "looked at a decoy")
    with store.reading() as connection:
        (digest,) = connection.execute(select(decoys.c.digest)).scalars()
    assert key not in digest
    assert key not in "".join(e.reason for e in history_of(store, "alarm"))


def test_only_a_case_can_be_a_decoy(store, clock):
    with pytest.raises(CaseError):
        add_decoy(store, "0" * 24, "console", clock.now())


def test_alarms_and_looks_stand_in_the_ledger(store, clock):
    key = a_case(store, clock)
    a_decoy(store, key, clock)
    record_read(store, key, "P-17", "review", clock.now())
    assert audit(store).findings == ()


def test_looks_are_counted_for_a_day_and_kept_no_longer(store, clock):
    key = a_case(store, clock)
    looked(store, clock, cases_named(5), ago=timedelta(days=1))
    record_read(store, key, "P-17", "review", clock.now())
    with store.reading() as connection:
        assert list(connection.execute(select(looks.c.subject)).scalars()) == [key]


def test_the_desk_shows_nothing_beyond_the_budget(store, clock):
    key = a_case(store, clock)
    an_account(store, clock, Role.REVIEWER)
    an_account(store, clock, Role.ADMINISTRATOR)
    app = create_staff_app(store, secret=b"s" * 32, clock=clock)
    officer, keeper = an_officer(app, store, clock, "P-17"), an_officer(app, store, clock, "M-83")
    for each in (officer, keeper):
        each.come_in()
    assert "None in the last 30 days" in keeper.client.get("/?lang=en").text
    looked(store, clock, cases_named(CASES_IN_AN_HOUR))
    for path in (f"/desk/case/{key}", f"/desk/case/{key}/picture/photo"):
        answer = officer.client.get(path)
        assert answer.status_code == 429
        assert "AA000BB" not in answer.text
    assert "cases within an hour" in keeper.client.get("/").text
    assert "cases within an hour" not in officer.client.get("/").text


class Mailbox:
    channel = Channel.EMAIL

    def __init__(self):
        self.taken = []

    def send(self, dispatch):
        self.taken.append(dispatch)


def test_somebody_is_told_of_each_alarm_once(store, clock):
    mailbox = Mailbox()
    alerts = Alerts(by=mailbox, to="staff@police.example", every_hours=24)
    assert tell_alarms(store, alerts, clock) == ""
    key = a_case(store, clock)
    a_decoy(store, key, clock)
    for _ in range(2):
        record_read(store, key, "P-17", "review", clock.now())
    assert tell_alarms(store, alerts, clock) == "the staff was told of 2 alarms"
    assert tell_alarms(store, alerts, clock) == ""
    record_read(store, key, "P-17", "review", clock.now())
    tell_alarms(store, alerts, clock)
    assert [each.letter.subject for each in mailbox.taken] == ["Alarms: 2", "Alarms: 1"]
    assert key not in mailbox.taken[0].letter.text  # a mail is read by others on its way


def test_the_commands_make_a_decoy_and_list_alarms(store, clock):
    key = a_case(store, clock)
    run = CliRunner().invoke
    decided(store, key, clock, Verdict.REJECT)
    made = run(office_app, ["decoy", key, "--office", str(store.folder)])
    assert made.exit_code == 0
    record_read(store, key, "P-17", "review", SystemClock().now())
    told = run(office_app, ["alarms", "--office", str(store.folder), "--json"])
    assert [json.loads(line)["who"] for line in told.stdout.splitlines()] == ["P-17"]
