"""An incident holds what a source saw, whole or not at all, and frees it or takes it back."""

import csv
import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from services import office
from services.bank import Credit
from services.cli import office_app
from services.errors import CaseError
from services.fines import act_on, standing
from services.incident import incident
from services.incident.affected import affected_by
from services.incident.drafts import drafts_of, write_out
from services.incident.incident import Suspected, close_incident, open_incident
from services.ledger.audit import audit
from services.life import Act, State
from services.model import LetterKind, Money, NoticeState, Verdict
from services.notifier.delivery import deliver
from services.notifier.outbox import claim_next, notices
from services.payments import assign
from services.policy import demo_auto_1
from services.rules.section_file import read_section
from services.sections import receive_section
from services.store import open_store
from services.store.cases import case_of
from services.store.decisions import decision_of
from services.store.history import history_of
from services.store.money import keep_credit
from services.store.quarantines import Finding, quarantines_of
from services.web.desk.view import view_of
from tests.builders_desk import a_case
from tests.builders_fines import a_step, an_issued_fine, fines_in
from tests.builders_office import (
    AT,
    ISSUED,
    SetClock,
    UnsteadySender,
    a_letter,
    a_place,
    a_plate,
    on_disk,
)
from tests.builders_section import SECTION, through

SITE = "AL-DEMO-01"
SURE = a_plate("ZZ000ZZ", confidence=0.99)
ELSEWHERE = {"place": a_place(site_id="AL-02")}
LATER = {"at": AT + timedelta(minutes=2)}


def suspected(**changes):
    minute = timedelta(minutes=1)
    known = {"site_id": SITE, "start": AT - minute, "end": AT + minute, "found_at": ISSUED}
    return Suspected(**(known | changes))


def opened(store, clock, **changes):
    return open_incident(store, suspected(**changes), a_step(clock.now(), why="its clock jumped"))


def closed(store, clock, held, finding):
    return close_incident(store, held.id, finding, a_step(clock.now(), why="looked into"))


def states(store, clock, *numbers):
    return [standing(store, number, clock).state for number in numbers]


def pay(store, number, minor, clock):
    credit = Credit(
        bank_id=f"bank-{number}",
        paid_on=clock.now().date(),
        amount=Money(minor=minor, currency="ALL"),
        remittance="",
    )
    with store.writing() as connection:
        keep_credit(store, connection, credit, None, clock.now())
    assign(store, credit.bank_id, number, a_step(clock.now()))


def letters(store, kind):
    return {each.fine_number: each.state for each in notices(store) if each.kind is kind}


def test_nothing_that_it_covers_is_decided_and_nobody_is_fined(store, clock):
    waits = a_case(store, clock, plate=SURE)
    confirmed = a_case(store, clock, passage_id="p-2", plate=a_plate("ZZ111ZZ", confidence=0.9))
    office.decide(
        store, confirmed, officer="P-17", verdict=Verdict.CONFIRM, why="seen", clock=clock
    )
    held = opened(store, clock)
    told = f"incident {held.id} holds what {SITE} saw then"
    (reviewed,) = office.review(store, demo_auto_1, clock)
    assert (reviewed.decision, reviewed.reasons[-1].startswith(told)) == (None, True)
    (issued,) = office.issue(store, clock)
    assert (issued.case_key, issued.fine, told in issued.fault) == (confirmed, None, True)
    for verdict in (Verdict.CONFIRM, Verdict.ADVISE):
        with pytest.raises(CaseError, match=told):
            office.decide(store, waits, officer="P-17", verdict=verdict, why="seen", clock=clock)
    assert any(
        each.startswith(told) for each in view_of(store, case_of(store, waits), ISSUED).lacks
    )
    office.decide(store, waits, officer="P-17", verdict=Verdict.REJECT, why="seen", clock=clock)
    assert case_of(store, waits).state is State.REJECTED


def test_other_sources_and_other_times_go_on(store, clock):
    fined = [an_issued_fine(store, clock, **about) for about in (ELSEWHERE, LATER)]
    opened(store, clock)
    assert states(store, clock, *fined) == [State.ISSUED] * 2
    keys = [
        a_case(store, clock, passage_id="p-8", plate=SURE, **ELSEWHERE),
        a_case(store, clock, passage_id="p-9", plate=a_plate("ZZ111ZZ", confidence=0.99), **LATER),
    ]
    office.review(store, demo_auto_1, clock)
    issued = {each.case_key: each.fine for each in office.issue(store, clock)}
    assert all(issued[key] for key in keys)


def test_fines_are_held_with_their_terms_and_letters_and_nobody_frees_one_by_hand(store, clock):
    served, waits = fines_in(store, 2, clock)
    act_on(store, served, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=10)
    held = opened(store, clock)
    assert states(store, clock, served, waits) == [State.ON_HOLD] * 2
    assert claim_next(store, ["folder"], clock.now()) is None
    with pytest.raises(CaseError, match=f"held by incident {held.id}"):
        act_on(store, served, Act.RELEASE, a_step(clock.now()))
    clock.pass_time(days=4)
    closed(store, clock, held, Finding.SOUND)
    assert states(store, clock, served, waits) == [State.SERVED, State.ISSUED]
    # The end of the reduced amount was 28 October, and five days were touched.
    assert standing(store, served, clock).discounted_until.isoformat() == "2026-11-02"
    sender = UnsteadySender(faults=[])
    deliver(store, [sender], a_letter, clock)
    assert {key.split("/")[0] for key in sender.sent} == {served, waits}


def claimed(store):
    with store.reading() as connection:
        return connection.execute(text("SELECT 1 FROM outbox WHERE lease IS NOT NULL")).first()


def test_a_letter_that_was_claimed_before_does_not_leave_after(store, clock):
    (number,) = fines_in(store, 1, clock)

    class OpensFirst(SetClock):
        """Lets the incident be opened between the claim of a letter and what is done with it."""

        def now(self):
            if not quarantines_of(store) and claimed(store):
                opened(store, clock)
            return clock.now()

    sender = UnsteadySender(faults=[])
    (told,) = deliver(store, [sender], a_letter, OpensFirst())
    assert (told.fine_number, told.state, told.attempts) == (number, NoticeState.WAITING, 0)
    assert sender.sent == []


def test_opened_twice_it_is_one_and_holds_what_came_between(store, clock):
    first, between = an_issued_fine(store, clock), None
    held = opened(store, clock)
    before = len(history_of(store, first))
    between = an_issued_fine(store, clock)  # by a way that no incident knows
    again = opened(store, clock)
    assert (again.id, len(quarantines_of(store))) == (held.id, 1)
    assert len(history_of(store, first)) == before
    assert states(store, clock, first, between) == [State.ON_HOLD] * 2
    assert [each.what for each in history_of(store, held.id)] == ["incident_opened"]
    assert opened(store, clock, start=AT).id != held.id


def test_closed_twice_it_is_closed_once_and_never_otherwise(store, clock):
    number = an_issued_fine(store, clock)
    held = opened(store, clock)
    closed(store, clock, held, Finding.SOUND)
    before = len(history_of(store, number))
    closed(store, clock, held, Finding.SOUND)
    assert len(history_of(store, number)) == before
    with pytest.raises(CaseError, match="was closed: sound"):
        closed(store, clock, held, Finding.UNSOUND)
    assert [each.what for each in history_of(store, held.id)] == [
        "incident_opened",
        "incident_closed",
    ]


def test_what_was_unsound_is_taken_back_and_who_was_written_to_is_told(store, clock):
    written, unwritten, paid = fines_in(store, 3, clock)
    for number in (written, paid):
        act_on(store, number, Act.SERVE, a_step(clock.now()))
    with store.writing() as connection:
        connection.execute(
            text("UPDATE outbox SET state = 'sent', sent_at_ms = 1 WHERE fine_number != :waits"),
            {"waits": unwritten},
        )
    pay(store, paid, 1000, clock)
    waits = a_case(store, clock, plate=SURE)
    held = opened(store, clock)
    assert states(store, clock, paid) == [State.PAID]
    closed(store, clock, held, Finding.UNSOUND)
    wanted = [State.CANCELLED, State.CANCELLED, State.REFUNDED]
    assert states(store, clock, written, unwritten, paid) == wanted
    assert standing(store, paid, clock).refunded == 1000
    told = letters(store, LetterKind.WITHDRAWAL)
    assert told == {written: NoticeState.WAITING, paid: NoticeState.WAITING}
    assert letters(store, LetterKind.NOTICE)[unwritten] is NoticeState.WITHDRAWN
    assert case_of(store, waits).state is State.REJECTED
    assert decision_of(store, waits).why == f"incident {held.id}: looked into"
    last = history_of(store, written)[-1]
    assert (last.what, last.who, last.second) == ("cancel", "P-17", "P-23")


def test_what_comes_in_later_of_an_unsound_source_ends_too(store, clock):
    early = a_case(store, clock, plate=SURE)
    office.review(store, demo_auto_1, clock)
    held = opened(store, clock)
    closed(store, clock, held, Finding.UNSOUND)
    key = a_case(store, clock, passage_id="p-2", plate=a_plate("ZZ111ZZ", confidence=0.99))
    (reviewed,) = office.review(store, demo_auto_1, clock)
    assert (reviewed.case_key, reviewed.decision.verdict) == (key, Verdict.REJECT)
    assert reviewed.reasons == (f"incident {held.id} found what {SITE} saw then unsound",)
    assert office.issue(store, clock) == ()
    assert case_of(store, early).state is State.REJECTED


def test_after_a_sound_end_all_goes_on(store, clock):
    a_case(store, clock, plate=SURE)
    held = opened(store, clock)
    office.review(store, demo_auto_1, clock)
    closed(store, clock, held, Finding.SOUND)
    office.review(store, demo_auto_1, clock)
    (issued,) = office.issue(store, clock)
    assert issued.fine


@pytest.mark.parametrize("finding", Finding)
def test_the_ledger_bears_an_incident_out(store, clock, finding):
    a_case(store, clock, plate=SURE)
    office.review(store, demo_auto_1, clock)
    office.issue(store, clock)
    a_case(store, clock, passage_id="p-2", plate=a_plate("ZZ111ZZ", confidence=0.99))
    both = [opened(store, clock), opened(store, clock, start=AT)]
    for held in both:
        closed(store, clock, held, finding)
    assert audit(store).findings == ()


def test_a_fine_is_held_until_the_last_of_its_holds_ends(store, clock):
    twice, by_hand = (an_issued_fine(store, clock) for _ in range(2))
    act_on(store, by_hand, Act.HOLD, a_step(clock.now()))
    held = [opened(store, clock), opened(store, clock, start=AT)]
    closed(store, clock, held[0], Finding.SOUND)
    assert states(store, clock, twice, by_hand) == [State.ON_HOLD] * 2
    closed(store, clock, held[1], Finding.SOUND)
    assert states(store, clock, twice, by_hand) == [State.ISSUED, State.ON_HOLD]
    act_on(store, by_hand, Act.RELEASE, a_step(clock.now()))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"site_id": "AL-DEMO-1"}, "nothing ever came from AL-DEMO-1.*Known: AL-DEMO-01"),
        ({"start": AT, "end": AT - timedelta(seconds=1)}, "cannot be"),
        ({"found_at": ISSUED + timedelta(seconds=1)}, "before it is entered"),
    ],
    ids=["misspelt", "turned", "ahead"],
)
def test_an_incident_that_cannot_be_holds_nothing(store, clock, changes, told):
    number = an_issued_fine(store, clock)
    with pytest.raises(CaseError, match=told):
        opened(store, clock, **changes)
    assert states(store, clock, number) == [State.ISSUED]


@pytest.mark.parametrize("second", ["", "p-17"], ids=["nobody", "the same"])
def test_one_officer_alone_neither_opens_nor_closes(store, clock, second):
    number = an_issued_fine(store, clock)
    alone = a_step(clock.now(), second=second)
    with pytest.raises(CaseError, match="two different officers"):
        open_incident(store, suspected(), alone)
    held = opened(store, clock)
    with pytest.raises(CaseError, match="two different officers"):
        close_incident(store, held.id, Finding.SOUND, alone)
    assert states(store, clock, number) == [State.ON_HOLD]


@pytest.mark.parametrize("broken", ["_hold", "give_back"], ids=["opening", "closing"])
def test_what_fails_on_the_way_leaves_nothing_and_is_run_again(store, clock, monkeypatch, broken):
    fines = [an_issued_fine(store, clock) for _ in range(3)]
    pay(store, fines[-1], 2000, clock)
    held = None if broken == "_hold" else opened(store, clock)
    before = states(store, clock, *fines), len(quarantines_of(store))
    whole, turns = getattr(incident, broken), iter([broken == "_hold", False])

    def fails(*arguments, **named):
        if not next(turns):
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    def step():
        return opened(store, clock) if held is None else closed(store, clock, held, "unsound")

    monkeypatch.setattr(incident, broken, fails)
    with pytest.raises(KeyboardInterrupt):
        step()
    assert (states(store, clock, *fines), len(quarantines_of(store))) == before
    monkeypatch.setattr(incident, broken, whole)
    step()
    wanted = {"_hold": [State.ON_HOLD, State.ON_HOLD, State.PAID]}
    taken_back = [State.CANCELLED, State.CANCELLED, State.REFUNDED]
    assert states(store, clock, *fines) == wanted.get(broken, taken_back)


def test_an_average_is_held_by_an_incident_at_either_end(store, clock, tmp_path):
    came, went = through(95.2)
    files = [on_disk(tmp_path / end, each) for end, each in (("in", came), ("out", went))]
    (told,) = receive_section(store, read_section(SECTION.encode(), "s.yaml"), *files, clock)
    held = opened(store, clock, site_id=came.place.site_id, start=came.at, end=came.at)
    assert [each.case_key for each in affected_by(store, held).cases] == [told.case_key]


def test_the_drafts_state_facts_and_name_nobody(store, clock, tmp_path):
    fined, plate = an_issued_fine(store, clock), "ZZ987ZZ"
    an_issued_fine(store, clock, plate=plate)
    held = opened(store, clock)
    clock.pass_time(hours=73)
    write_out(tmp_path / "out", held, affected_by(store, held), clock.now())
    drafts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert set(drafts) == {
        *(f"{to}_{language}.txt" for to in ("authority", "persons") for language in ("sq", "en")),
        "affected.csv",
    }
    assert not any(plate in written or "P-17" in written for written in drafts.values())
    rows = list(csv.DictReader(drafts["affected.csv"].splitlines()))
    assert [row["fine_state"] for row in rows] == ["on_hold", "on_hold"]
    assert fined in {row["fine_number"] for row in rows}
    english = drafts["authority_en.txt"]
    for words in (
        f"Incident: {held.id}",
        "The 72 hours end: 2026-10-17 11:00 (Europe/Tirane)",
        "The 72 hours are over.",
        "words of those who entered it: its clock jumped",
        "Vehicles with a case: 2.",
        "Letters held back: 2.",
    ):
        assert words in english


@pytest.mark.parametrize("finding", [None, *Finding])
@pytest.mark.parametrize("to", ["authority", "persons"])
def test_both_languages_say_the_same_numbers(store, clock, finding, to):
    an_issued_fine(store, clock)
    held = opened(store, clock)
    if finding:
        held = closed(store, clock, held, finding)
    drafts = drafts_of(held, affected_by(store, held), clock.now())
    one, other = (re.findall(r"\d+", drafts[f"{to}_{language}.txt"]) for language in ("sq", "en"))
    assert one == other
    assert len(one) > 5


def run(folder, *arguments):
    named = [*map(str, arguments), "--office", str(folder)]
    return CliRunner().invoke(office_app, ["incident", *named], catch_exceptions=False)


@pytest.mark.usefixtures("on_the_day")
def test_the_commands_open_list_show_and_close(store, clock, tmp_path):
    number = an_issued_fine(store, clock)
    who = ("--by", "P-17", "--by2", "P-23", "--reason", "its clock jumped")
    span = ("--from", "2026-10-14T08:00+02:00", "--to", "2026-10-14T09:00+02:00")
    found = ("--found", "2026-10-14T10:30+02:00")
    told = run(store.folder, "open", "--source", SITE, *span, *found, *who, "--out", tmp_path / "o")
    assert (told.exit_code, number in told.stdout) == (0, True)
    assert "cases: 1 (on hold 1); vehicles: 1" in told.stderr
    assert "within 72 hours, until 2026-10-17 08:30 UTC" in told.stderr
    assert (tmp_path / "o" / "authority_sq.txt").is_file()
    (listed,) = run(store.folder, "list", "--json").stdout.splitlines()
    incident_id = re.search(r'"id": "(\w+)"', listed)[1]
    assert "on hold" in run(store.folder, "show", incident_id).stderr
    told = run(store.folder, "close", incident_id, "--outcome", "unsound", *who)
    assert f"incident {incident_id}, unsound" in told.stderr
    assert states(store, clock, number) == [State.CANCELLED]
    assert history_of(store, incident_id)[0].reason.endswith("its clock jumped; no account")


def test_an_older_office_gets_the_tables_when_it_is_opened(tmp_path, office_in):
    folder, clock = office_in(tmp_path / "office"), SetClock()
    with open_store(folder, create=True) as older:
        an_issued_fine(older, clock)
        with older.writing() as connection:
            for table in ("quarantine_holds", "quarantines"):
                connection.execute(text(f"DROP TABLE {table}"))
    with open_store(folder) as led_on:
        assert opened(led_on, clock)
