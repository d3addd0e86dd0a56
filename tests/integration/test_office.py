import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from services import office
from services.errors import CaseError, StoreUnavailable
from services.life import State
from services.model import Money, Verdict
from services.office import Outcome
from services.policy import demo_auto_1, drawn_for_quality
from services.rules.edition import read_edition
from services.rules.engine import SPEEDING
from services.store import open_store
from services.store.cases import case_of, cases_in, linked_to
from services.store.decisions import decision_of
from services.store.history import history_of
from services.store.schema import intakes
from speedcam.errors import PassageError
from speedcam.model import Grade
from speedcam.record import MOST_LINE_BYTES, dumps
from tests.builders_office import (
    AT,
    NO_PLATE,
    a_passage,
    a_place,
    a_plate,
    albania,
    on_disk,
)


@pytest.fixture
def received(tmp_path, store, clock):
    """Receives passages and returns the report."""

    def receive(*passages, folder="camera"):
        return office.receive(store, on_disk(tmp_path / folder, *passages), clock)

    return receive


def statements_of(store, step):
    """How many statements the database was asked while a step was taken."""
    asked = []

    @event.listens_for(store.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        asked.append(statement)

    step()
    event.remove(store.engine, "before_cursor_execute", count)
    return len(asked)


def test_the_database_is_asked_as_often_for_many_cases_as_for_few(received, store, clock):
    counted = []
    for day, many in enumerate((1, 3, 30)):
        passages = (
            a_passage(
                f"p-{many}-{n}", plate=f"AA{n:03}{'BCD'[day]}B", at=AT - timedelta(days=1 + day)
            )
            for n in range(many)
        )
        steps = (
            lambda passages=passages, many=many: received(*passages, folder=f"camera-{many}"),
            lambda: office.review(store, demo_auto_1, clock),
            lambda: office.issue(store, clock),
        )
        counted.append([statements_of(store, step) for step in steps])
    assert len(list(store.fines())) == 34
    assert counted[1] == counted[2]


def run_on(store, clock):
    office.review(store, demo_auto_1, clock)
    return office.issue(store, clock)


def outcomes(report):
    return [each.outcome for each in report.passages]


def by_officer(store, key, clock, verdict=Verdict.CONFIRM, *, officer="P-17", **more):
    return office.decide(
        store,
        key,
        officer=officer,
        verdict=verdict,
        why="seen and compared",
        clock=clock,
        **more,
    )


UNTOLD = a_plate(country=None)


def test_who_confirms_a_plate_of_any_country_states_whose_it_is(received, store, clock):
    (key,) = [each.case_key for each in received(a_passage(plate=UNTOLD)).passages]
    with pytest.raises(CaseError, match=r"AL, FR, IT.*does not tell its country"):
        by_officer(store, key, clock)
    with pytest.raises(CaseError, match="two letters"):
        by_officer(store, key, clock, country="Italy")
    by_officer(store, key, clock, country="it")
    assert decision_of(store, key).country == "IT"
    with pytest.raises(CaseError, match="decided already"):
        by_officer(store, key, clock, country="AL")
    (made,) = office.issue(store, clock)
    assert store.fine(made.fine.number).plate_country == "IT"


@pytest.mark.parametrize("typed", ["xx", "ZZ", "EU", "UK", "A1"])
def test_no_two_letters_are_a_country_because_they_are_two(received, store, clock, typed):
    unlisted = replace(UNTOLD, countries=())
    (key,) = [each.case_key for each in received(a_passage(plate=unlisted)).passages]
    with pytest.raises(CaseError, match=f"'{typed}' is no country"):
        by_officer(store, key, clock, country=typed)
    assert decision_of(store, key) is None


def test_a_country_whose_plates_are_not_written_so_confirms_nothing(received, store, clock):
    (key,) = [each.case_key for each in received(a_passage(plate=UNTOLD)).passages]
    with pytest.raises(CaseError, match="as those of AL, FR, IT, and you say DE"):
        by_officer(store, key, clock, country="de")
    assert decision_of(store, key) is None


@pytest.mark.parametrize("country", ["DE", "XK"])
def test_a_plate_of_no_known_format_may_be_of_any_country(received, store, clock, country):
    unlisted = replace(UNTOLD, countries=())
    (key,) = [each.case_key for each in received(a_passage(plate=unlisted)).passages]
    assert by_officer(store, key, clock, country=country).country == country
    assert f"plate of {country}" in history_of(store, key)[-1].reason


def test_a_case_is_rejected_without_saying_whose_plate_it_is(received, store, clock):
    (key,) = [each.case_key for each in received(a_passage(plate=UNTOLD)).passages]
    assert by_officer(store, key, clock, Verdict.REJECT).country == ""


def test_nobody_confirms_a_country_against_what_the_plate_tells(received, store, clock):
    (key,) = [each.case_key for each in received(a_passage()).passages]
    with pytest.raises(CaseError, match="tells AL, and you say IT"):
        by_officer(store, key, clock, country="IT")
    assert by_officer(store, key, clock, country="AL").country == ""


def test_measured_again_as_another_countrys_the_case_is_taken_back(received, store):
    (key,) = [each.case_key for each in received(a_passage()).passages]
    received(a_passage(plate=a_plate(country="IT")), folder="again")
    assert case_of(store, key).state is State.REJECTED


def test_each_passage_becomes_what_it_proves(received):
    report = received(
        a_passage("slow", kmh=38.0, plate=None, exhibits=()),
        a_passage("unsure", grade=Grade.B, plate="AA001BB"),
        a_passage("fast", plate="AA002BB"),
    )
    assert outcomes(report) == [Outcome.LAWFUL, Outcome.NOT_PROVEN, Outcome.CASE]
    assert report.whole
    assert report.passages[2].reason == "53 km/h counts, limit 40 km/h: neni 140/8"


@pytest.mark.sqlite
def test_a_lawful_passage_leaves_a_count_and_nothing_else(received, store):
    before = sorted(store.folder.rglob("*"))
    received(a_passage("slow", kmh=38.0, plate="AA009BB"))
    assert sorted(store.folder.rglob("*")) == before
    with store.reading() as connection:
        row = connection.execute(select(intakes)).one()
    assert (row.passages, row.lawful, row.violations) == (1, 1, 0)
    database = (store.folder / "office.sqlite").read_bytes()
    assert b"AA009BB" not in database
    assert b"slow" not in database


def test_a_small_proven_case_becomes_a_fine_with_its_terms(received, store, clock):
    received(a_passage())
    (issued,) = run_on(store, clock)
    fine = issued.fine
    assert (fine.amount.minor, fine.amount.currency) == (2000, "ALL")
    assert fine.decision.by == "demo-auto-1"
    assert fine.decision.is_policy
    assert fine.terms.issued_on.isoformat() == "2026-10-14"
    assert store.fine(fine.number) == fine


def test_receiving_twice_is_receiving_once(received, store, clock):
    first = received(a_passage())
    again = received(a_passage())
    assert outcomes(again) == [Outcome.KNOWN]
    assert again.passages[0].case_key == first.passages[0].case_key
    run_on(store, clock)
    assert outcomes(received(a_passage())) == [Outcome.KNOWN]
    assert run_on(store, clock) == ()
    assert len(list(store.fines())) == 1


def test_a_passage_twice_in_one_file_is_one_case(received):
    assert outcomes(received(a_passage(), a_passage())) == [Outcome.CASE, Outcome.KNOWN]


def test_the_same_drive_measured_again_by_other_software_is_fined_once(received, store, clock):
    received(a_passage("p-1"))
    again = received(a_passage("p-9", kmh=60.0, at=AT + timedelta(seconds=1)), folder="later")
    assert outcomes(again) == [Outcome.KNOWN]
    assert len(run_on(store, clock)) == 1


def elsewhere(passage, seconds=4, **place):
    """The same vehicle before another camera, a little later."""
    known = {"site_id": "AL-DEMO-02", "name": "Rruga e Kombit, km 4+300"}
    later = passage.at + timedelta(seconds=seconds)
    return replace(passage, place=a_place(**(known | place)), at=later)


def test_two_cameras_that_see_one_drive_make_one_fine_and_one_link(received, store, clock):
    front = received(a_passage("p-front")).passages[0].case_key
    rear = received(elsewhere(a_passage("p-rear", kmh=61.0)), folder="rear")
    assert outcomes(rear) == [Outcome.KNOWN]
    assert rear.passages[0].case_key == front
    assert len(run_on(store, clock)) == 1
    for _ in range(3):
        received(elsewhere(a_passage("p-rear", kmh=61.0)), folder="rear")
    assert linked_to(store, front) == 1
    assert len(list(store.fines())) == 1


def test_a_linked_passage_stays_so_when_its_case_is_rejected(received, store, clock):
    front = received(a_passage("p-front")).passages[0].case_key
    received(elsewhere(a_passage("p-rear")), folder="rear")
    by_officer(store, front, clock, Verdict.REJECT)
    assert outcomes(received(elsewhere(a_passage("p-rear")), folder="rear")) == [Outcome.KNOWN]
    assert run_on(store, clock) == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(elsewhere(a_passage("q"), seconds=61), id="a minute later"),
        pytest.param(elsewhere(a_passage("q", plate="AA111BB")), id="another plate"),
        pytest.param(elsewhere(a_passage("q", plate=NO_PLATE)), id="no plate"),
    ],
)
def test_another_drive_at_another_camera_is_another_case(other, received):
    assert outcomes(received(a_passage("p"), other)) == [Outcome.CASE, Outcome.CASE]


def test_another_drive_on_the_same_day_is_another_case(received):
    report = received(a_passage("p-1"), a_passage("p-2", at=AT + timedelta(hours=1)))
    assert outcomes(report) == [Outcome.CASE, Outcome.CASE]


def test_a_picture_that_is_not_what_the_passage_says_sets_only_that_passage_aside(
    tmp_path, store, clock
):
    passages = on_disk(tmp_path / "camera", a_passage("p-1"), a_passage("p-2", plate="AA111BB"))
    (tmp_path / "camera" / "exhibits" / "p-1-photo.jpg").write_bytes(b"another picture")
    report = office.receive(store, passages, clock)
    assert outcomes(report) == [Outcome.FAULT, Outcome.CASE]
    assert not report.whole
    assert "its SHA-256 differs" in report.passages[0].reason


def test_a_passage_that_was_set_aside_is_taken_when_its_picture_is_back(tmp_path, store, clock):
    passages = on_disk(tmp_path / "camera", a_passage())
    (tmp_path / "camera" / "exhibits" / "p-1-photo.jpg").unlink()
    assert outcomes(office.receive(store, passages, clock)) == [Outcome.FAULT]
    on_disk(tmp_path / "camera", a_passage())
    assert outcomes(office.receive(store, passages, clock)) == [Outcome.CASE]


def test_a_day_or_a_country_without_a_pack_is_a_fault_and_no_case(received):
    report = received(
        a_passage("old", at=datetime(2015, 11, 21, 22, 59, 59, tzinfo=UTC)),
        a_passage("far", place=a_place(timezone="Europe/Vienna")),
    )
    assert outcomes(report) == [Outcome.FAULT, Outcome.FAULT]
    assert "no rule pack holds on 2015-11-21" in report.passages[0].reason


def test_a_file_with_a_damaged_line_is_not_received_at_all(tmp_path, store, clock):
    passages = on_disk(tmp_path / "camera", a_passage())
    passages.write_text(passages.read_text() + "{}\n")
    with pytest.raises(PassageError, match="line 2"):
        office.receive(store, passages, clock)
    assert office.waiting(store) == ()


def test_what_the_policy_leaves_waits_and_becomes_no_fine(received, store, clock):
    received(a_passage(kmh=90.0))
    (reviewed,) = office.review(store, demo_auto_1, clock)
    assert reviewed.decision is None
    assert reviewed.reasons
    assert office.issue(store, clock) == ()
    assert len(office.waiting(store)) == 1


def test_an_officer_confirms_what_a_policy_may_not(received, store, clock):
    key = received(a_passage(plate=a_plate(repaired=True))).passages[0].case_key
    by_officer(store, key, clock)
    (issued,) = office.issue(store, clock)
    assert (issued.fine.decision.by, issued.fine.decision.is_policy) == ("P-17", False)


@pytest.mark.parametrize("second", ["", " ", "P-17", "p 17", "-"])
def test_one_officer_alone_takes_no_licence_away(second, received, store, clock):
    key = received(a_passage(kmh=90.0)).passages[0].case_key
    with pytest.raises(CaseError, match="two different officers"):
        by_officer(store, key, clock, second=second)
    assert office.issue(store, clock) == ()
    by_officer(store, key, clock, second="P-23")
    (issued,) = office.issue(store, clock)
    assert issued.fine.amount.minor == 10_000
    standing = decision_of(store, key)
    assert issued.fine.decision == standing
    assert (standing.by, standing.second, standing.why) == ("P-17", "P-23", "seen and compared")
    validated = next(each for each in history_of(store, key) if each.what == "validate")
    assert (validated.who, validated.second) == ("P-17", "P-23")


def lek(amount):
    return Money(minor=amount, currency="ALL")


def test_two_officers_may_set_more_than_the_minimum_and_the_fine_is_that(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    for second in ("", "p 17"):
        with pytest.raises(CaseError, match="two different officers"):
            by_officer(store, key, clock, second=second, amount=lek(3000))
    by_officer(store, key, clock, second="P-23", amount=lek(3000))
    with pytest.raises(CaseError, match="decided already"):
        by_officer(store, key, clock, second="P-23", amount=lek(4000))
    (issued,) = office.issue(store, clock)
    assert (issued.fine.amount, issued.fine.terms.full) == (lek(3000), lek(3000))
    assert issued.fine.terms.reduced == lek(1500)
    assert store.fine(issued.fine.number) == issued.fine


@pytest.mark.parametrize(
    ("verdict", "amount"),
    [
        pytest.param(Verdict.CONFIRM, lek(1999), id="less than the law has"),
        pytest.param(Verdict.CONFIRM, lek(4001), id="more than the law has"),
        pytest.param(Verdict.CONFIRM, Money(minor=3000, currency="EUR"), id="in another currency"),
        pytest.param(Verdict.REJECT, lek(3000), id="of what is rejected"),
    ],
)
def test_an_amount_that_the_law_does_not_have_is_refused(verdict, amount, received, store, clock):
    key = received(a_passage()).passages[0].case_key
    with pytest.raises(CaseError, match=f"case {key}"):
        by_officer(store, key, clock, verdict, second="P-23", amount=amount)
    assert len(office.waiting(store)) == 1


def test_the_minimum_needs_one_officer_however_it_is_said(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    assert by_officer(store, key, clock, amount=lek(2000)).amount is None


def test_one_officer_may_reject_a_grave_case(received, store, clock):
    key = received(a_passage(kmh=90.0)).passages[0].case_key
    assert by_officer(store, key, clock, Verdict.REJECT).verdict is Verdict.REJECT


def test_the_sample_for_quality_holds_policy_decisions_only(received, store, clock):
    names = [f"p-{n}" for n in range(400)]
    drawn = [name for name in names if drawn_for_quality(store.keys.case_key(name, SPEEDING))]
    others = [name for name in names if name not in drawn]
    by_person, by_policy, not_drawn = (
        a_passage(name, plate=f"AA{n}00BB", at=AT - timedelta(minutes=5 * n))
        for n, name in enumerate((drawn[0], drawn[1], others[0]))
    )
    report = received(by_person, by_policy, not_drawn)
    by_officer(store, report.passages[0].case_key, clock)
    office.review(store, demo_auto_1, clock)
    sample = [case.key for case in office.quality_sample(store)]
    assert sample == [report.passages[1].case_key]


def test_a_rejected_case_never_becomes_a_fine(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    by_officer(store, key, clock, Verdict.REJECT)
    assert run_on(store, clock) == ()
    with pytest.raises(CaseError, match="is decided already: reject by P-17"):
        by_officer(store, key, clock)
    received(a_passage())
    assert run_on(store, clock) == ()
    assert list(store.fines()) == []


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"plate": NO_PLATE}, id="no plate"),
        pytest.param({"exhibits": ()}, id="no pictures"),
        pytest.param({"place": a_place(certificate=None)}, id="no certificate"),
        pytest.param({"place": a_place(signs_checked_on=None)}, id="no signs"),
    ],
)
def test_without_proof_not_even_an_officer_can_confirm_but_can_reject(
    about, received, store, clock
):
    key = received(a_passage(**about)).passages[0].case_key
    with pytest.raises(CaseError, match="cannot be confirmed by anybody"):
        by_officer(store, key, clock)
    by_officer(store, key, clock, Verdict.REJECT)
    assert case_of(store, key).state is State.REJECTED


def test_the_same_decision_again_changes_nothing(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    first = by_officer(store, key, clock)
    clock.pass_time(hours=1)
    assert by_officer(store, key, clock) == first
    with pytest.raises(CaseError, match="is decided already"):
        by_officer(store, key, clock, officer="P-18")


def test_a_decision_names_its_officer_and_its_reason(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    with pytest.raises(CaseError, match="names its officer"):
        by_officer(store, key, clock, officer=" ")
    with pytest.raises(CaseError, match="there is no case 'x'"):
        by_officer(store, "x", clock)


def test_no_fine_is_issued_while_a_proof_is_damaged(received, store, clock):
    received(a_passage("p-1"), a_passage("p-2", plate="AA111BB"))
    office.review(store, demo_auto_1, clock)
    damaged = case_of(store, office.cases_in(store, State.VALIDATED)[0].key)
    sha256 = damaged.violation.passage.exhibits[0].sha256
    (store.folder / "exhibits" / f"{sha256}.jpg").write_bytes(b"another picture")
    issued = {each.case_key: each for each in office.issue(store, clock)}
    assert "was changed after it was kept" in issued[damaged.key].fault
    assert sum(each.fine is not None for each in issued.values()) == 1


def test_a_case_is_fined_by_the_edition_that_judged_it(tmp_path, store, clock):
    older = read_edition(albania().text.replace(b"days: 15", b"days: 5"), "older.yaml")
    passages = on_disk(tmp_path / "camera", a_passage())
    office.receive(store, passages, clock, editions=[older])
    (issued,) = run_on(store, clock)
    assert issued.fine.violation.source.pack_sha256 == older.sha256 != albania().sha256
    assert issued.fine.terms.reduced_until.isoformat() == "2026-10-18"


def test_the_day_of_issue_is_the_local_one(received, store, clock):
    received(a_passage())
    clock.at = datetime(2026, 10, 25, 23, 30, tzinfo=UTC)
    (issued,) = run_on(store, clock)
    assert issued.fine.terms.issued_on.isoformat() == "2026-10-26"


def test_the_history_tells_who_did_what_and_why(received, store, clock):
    key = received(a_passage()).passages[0].case_key
    run_on(store, clock)
    told = [(event.who, event.what) for event in history_of(store, key)]
    assert told == [("office", "opened"), ("demo-auto-1", "validate"), ("office", "issued")]


def test_every_passage_can_be_followed_to_where_it_stands(received, store, clock):
    report = received(
        a_passage("slow", kmh=38.0, plate=None, exhibits=()),
        a_passage("fast", plate="AA002BB"),
        a_passage("very-fast", kmh=90.0, plate="AA003BB"),
    )
    reviewed = office.review(store, demo_auto_1, clock)
    office.issue(store, clock)
    slow, fast, very_fast = office.trace(store, report, reviewed)
    assert (slow.state, slow.fine_number) == (None, None)
    assert (fast.state, fast.amount.minor) == (State.ISSUED, 2000)
    assert fast.reason.startswith("confirm by demo-auto-1")
    assert very_fast.state is State.IN_REVIEW
    assert "to a person" in very_fast.reason


def test_a_case_is_the_same_in_every_run_of_one_office_and_in_no_other(tmp_path, clock):
    keys = set()
    for name in ("one", "two"):
        passages = on_disk(tmp_path / "camera", a_passage())
        with open_store(tmp_path / name, create=True) as store:
            keys.add(office.receive(store, passages, clock).passages[0].case_key)
    assert len(keys) == 2


def test_a_repaired_plate_waits_for_an_officer(received, store, clock):
    received(a_passage(plate=a_plate(repaired=True)))
    run_on(store, clock)
    assert [case.state for case in office.waiting(store)] == [State.IN_REVIEW]


def test_a_passage_with_more_than_the_schema_is_refused(tmp_path, store, clock):
    passages = on_disk(tmp_path / "camera", replace(a_passage(), lane="2"))
    more = json.loads(passages.read_text()) | {"owner": "somebody"}
    passages.write_text(json.dumps(more))
    with pytest.raises(PassageError, match="says more"):
        office.receive(store, passages, clock)


def with_exhibit(path):
    exhibits = a_passage().exhibits
    return (replace(exhibits[0], path=path), *exhibits[1:])


def test_a_picture_whose_name_is_no_file_is_set_aside(tmp_path, store, clock):
    names = on_disk(tmp_path / "camera", a_passage())
    nul = a_passage(exhibits=with_exhibit("a\0b"))
    names.write_text(dumps(nul) + "\n")
    (told,) = office.receive(store, names, clock).passages
    assert told.outcome is Outcome.FAULT
    assert "names no file" in told.reason


def test_a_link_that_leads_to_itself_is_set_aside(tmp_path, store, clock):
    passages = on_disk(tmp_path / "camera", a_passage())
    picture = passages.parent / a_passage().exhibits[0].path
    picture.unlink()
    picture.symlink_to(picture.name)
    (told,) = office.receive(store, passages, clock).passages
    assert told.outcome is Outcome.FAULT


def test_what_is_no_picture_proves_nothing(tmp_path, store, clock):
    content = b"<html>"
    sha256 = hashlib.sha256(content).hexdigest()
    exhibits = tuple(replace(e, sha256=sha256) for e in a_passage().exhibits)
    passages = on_disk(tmp_path / "camera", a_passage(exhibits=exhibits))
    for exhibit in exhibits:
        (passages.parent / exhibit.path).write_bytes(content)
    (told,) = office.receive(store, passages, clock).passages
    assert told.outcome is Outcome.FAULT
    assert "no JPEG" in told.reason


def test_a_passage_that_is_still_to_come_is_set_aside(received, clock):
    clock.at = AT - timedelta(seconds=1)
    (told,) = received(a_passage()).passages
    assert told.outcome is Outcome.FAULT
    assert "still to come" in told.reason


def from_clip(name, passage):
    clip_sha256 = hashlib.sha256(name.encode()).hexdigest()
    return replace(passage, provenance=replace(passage.provenance, clip_sha256=clip_sha256))


def test_one_passage_read_with_two_plates_from_two_clips_waits_for_a_person(received, store, clock):
    shifted = a_passage("q", kmh=58.4, plate="AA111BB", at=AT + timedelta(seconds=1))
    received(from_clip("whole", a_passage("p")), from_clip("trimmed", shifted))
    assert run_on(store, clock) == ()
    reviewed = office.review(store, demo_auto_1, clock)
    assert all("may be this very passage" in each.reasons[-1] for each in reviewed)
    assert len(reviewed) == 2


def test_footage_that_was_cut_by_minutes_fines_nobody_twice(received, store, clock):
    received(from_clip("whole", a_passage("p")))
    assert len(run_on(store, clock)) == 1
    received(from_clip("cut", a_passage("q", at=AT - timedelta(minutes=10))), folder="cut")
    assert run_on(store, clock) == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(from_clip("whole", a_passage("q", plate="AA111BB")), id="same clip"),
        pytest.param(from_clip("trimmed", a_passage("q", plate="AA111BB", lane="2")), id="lane"),
        pytest.param(from_clip("trimmed", a_passage("q", plate="AA111BB", kmh=62.0)), id="speed"),
        pytest.param(from_clip("next", a_passage("q", at=AT - timedelta(days=2))), id="day"),
    ],
)
def test_two_vehicles_are_two_passages(other, received, store, clock):
    received(from_clip("whole", a_passage("p")), other)
    assert len(run_on(store, clock)) == 2


def test_words_that_no_text_holds_are_told(received, store, clock):
    received(a_passage())
    (case,) = cases_in(store, State.DETECTED)
    with pytest.raises(CaseError, match="characters that no text has"):
        by_officer(store, case.key, clock, officer="\udcff")


@pytest.mark.sqlite
def test_a_database_that_breaks_under_way_is_told_and_shows_nothing(received, store, clock):
    received(a_passage())
    store.engine.dispose()
    with (store.folder / "office.sqlite").open("r+b") as file:
        file.truncate(8192)
    with pytest.raises(StoreUnavailable, match="is damaged") as told:
        office.issue(store, clock)
    assert "parameters" not in str(told.value)


def test_a_pipe_is_not_waited_for(tmp_path, store, clock):
    pipe = tmp_path / "passages.jsonl"
    os.mkfifo(pipe)
    with pytest.raises(PassageError, match="not a plain file"):
        office.receive(store, pipe, clock)


def test_an_endless_line_is_not_read(tmp_path, store, clock):
    endless = tmp_path / "passages.jsonl"
    with endless.open("wb") as file:
        file.truncate(MOST_LINE_BYTES + 2)
    with pytest.raises(PassageError, match="no passage fills"):
        office.receive(store, endless, clock)


@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize(
    "again",
    [
        pytest.param({"limit": 60}, id="lawful after all"),
        pytest.param({"limit": 50}, id="another limit"),
        pytest.param({"plate": "AA111BB"}, id="another plate"),
        pytest.param({"kmh": 62.0}, id="another speed"),
        pytest.param({"grade": Grade.B}, id="not proven after all"),
    ],
)
def test_a_passage_received_again_that_says_something_else_is_never_fined(
    again, decided, received, store, clock
):
    received(a_passage())
    if decided:
        office.review(store, demo_auto_1, clock)
    assert received(a_passage(**again), folder="again").whole
    assert run_on(store, clock) == ()
    (case,) = cases_in(store, State.REJECTED)
    assert "received again" in history_of(store, case.key)[-1].reason
    received(a_passage(), folder="old")
    assert run_on(store, clock) == ()


def test_a_fine_that_its_passage_now_denies_is_told(received, store, clock):
    received(a_passage())
    run_on(store, clock)
    (told,) = received(a_passage(limit=60), folder="again").passages
    assert told.outcome is Outcome.FAULT
    assert "A person must look" in told.reason
