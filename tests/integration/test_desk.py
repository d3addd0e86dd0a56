"""The officers' desk: what they see, what is written down of it, and what nobody does alone."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services import office
from services.desk import (
    WAITING,
    answer_proposal,
    leave_to_senior,
    propose_plate,
    queue,
)
from services.erasure import erase_due
from services.errors import CaseError
from services.fines import Step, act_on, standing
from services.intake import Outcome
from services.ledger.audit import audit
from services.life import Act, State
from services.model import Verdict
from services.policy import demo_auto_1, drawn_for_quality
from services.retention import Rule
from services.second_look import second_looks
from services.staff.account import Role
from services.store import open_store
from services.store.cases import case_of
from services.store.decisions import decision_of
from services.store.desk import undo
from services.store.history import history_of
from services.store.proposals import open_proposals
from services.web.desk.reading import AHEAD
from services.web.staff import create_staff_app
from speedcam.model import ExhibitKind, PlateReading
from tests.builders_desk import UNSURE, a_case, decided, received
from tests.builders_fines import a_step, without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import AT, a_passage, a_place, a_plate, on_disk
from tests.builders_staff import an_account, an_officer


@pytest.fixture
def store(tmp_path):
    """An office whose ledger bears out all that a test did in it."""
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)
        assert audit(opened).findings == ()


@pytest.fixture
def clock():
    return StoppedClock()


def told(store, key):
    return [event.what for event in history_of(store, key)]


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_undone_waits_again_and_can_be_decided_anew(store, clock, verdict):
    key = a_case(store, clock)
    decided(store, key, clock, verdict)
    undo(store, key, "P-17", clock.now())
    assert (case_of(store, key).state, decision_of(store, key)) == (State.IN_REVIEW, None)
    assert told(store, key)[-1] == "undone"
    assert audit(store).findings == ()
    assert decided(store, key, clock, Verdict.REJECT)


@pytest.mark.parametrize(("by", "seconds"), [("P-17", 60), ("S-23", 1)], ids=["late", "other"])
def test_nobody_undoes_late_or_for_another(store, clock, by, seconds):
    key = a_case(store, clock)
    decided(store, key, clock)
    clock.advance(seconds=seconds)
    with pytest.raises(CaseError, match="minute"):
        undo(store, key, by, clock.now())
    assert case_of(store, key).state is State.VALIDATED


def test_a_suspension_is_proposed_by_one_and_confirmed_by_another(store, clock):
    key = a_case(store, clock, kmh=90.0)
    assert not decided(store, key, clock)
    assert case_of(store, key).state in {State.DETECTED, State.IN_REVIEW}
    answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    decision = decision_of(store, key)
    assert (decision.by, decision.second) == ("P-17", "S-23")
    assert told(store, key) == ["opened", "proposed_confirm", "agreed_confirm", "validate"]


def test_a_proposal_that_is_refused_leaves_the_case_waiting(store, clock):
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    answer_proposal(store, key, officer="S-23", agreed=False, clock=clock)
    assert decision_of(store, key) is None
    assert not open_proposals(store)
    assert not decided(store, key, clock)


@pytest.mark.parametrize("officer", ["P-17", "p17", "P-l7", "\u0420-17"])
def test_nobody_answers_their_own_proposal(store, clock, officer):
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    with pytest.raises(CaseError, match="two different officers"):
        answer_proposal(store, key, officer=officer, agreed=True, clock=clock)
    assert decision_of(store, key) is None


def test_nobody_confirms_while_another_plate_is_proposed(store, clock):
    key = a_case(store, clock)
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    with pytest.raises(CaseError, match="a proposal waits"):
        decided(store, key, clock, officer="S-23")
    assert case_of(store, key).state in WAITING


@pytest.mark.parametrize("by", ["P-17", "S-23"])
def test_a_case_that_is_rejected_leaves_no_proposal_behind(store, clock, by):
    key = a_case(store, clock, kmh=90.0)
    decided(store, key, clock)
    decided(store, key, clock, Verdict.REJECT, officer=by)
    assert not open_proposals(store)


def test_a_decided_case_is_left_to_nobody(store, clock):
    key = a_case(store, clock)
    decided(store, key, clock)
    with pytest.raises(CaseError, match="decided already"):
        leave_to_senior(store, key, officer="P-17", why="w", clock=clock)


def test_the_queue_begins_with_the_term_that_ends_first(store, clock):
    older, newer = (
        a_passage(f"p-{name}", plate=a_plate(f"AA{n}BB", confidence=0.9), at=at)
        for n, (name, at) in enumerate({"older": AT, "newer": AT + timedelta(days=1)}.items())
    )
    keys = received(store, clock, newer, older)
    told = queue(store, "P-17", senior=False)
    assert [each.case.key for each in told] == keys[::-1]
    assert [each.serve_until for each in told] == [date(2026, 11, 12), date(2026, 11, 13)]


def test_a_corrected_case_that_is_received_again_stays_as_it_is(store, clock):
    passage = a_passage(plate=UNSURE)
    (key,) = received(store, clock, passage)
    propose_plate(store, key, "AA000BD", officer="P-17", why="a D", clock=clock)
    answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    again = office.receive(store, on_disk(store.folder.parent / "camera", passage), clock)
    assert again.passages[0].outcome is Outcome.KNOWN
    assert case_of(store, key).violation.passage.plate.text == "AA000BD"
    assert decision_of(store, key) is None


@pytest.mark.parametrize(
    "plate",
    [
        "",
        "AA000BB",
        "aa-000-bb",
        "A",
        "XX",
        "A1",
        "AAAAAAA",
        "0000000",
        "AA000BBCCC",
        "AA000B\N{CYRILLIC SMALL LETTER VE}",
    ],
)
def test_what_is_no_other_plate_is_refused(store, clock, plate):
    key = a_case(store, clock)
    with pytest.raises(CaseError, match="another plate"):
        propose_plate(store, key, plate, officer="P-17", why="w", clock=clock)


@pytest.mark.parametrize(
    ("plate", "countries"),
    [("AA000BD", ("AL", "FR", "GE", "HR", "IT", "MK", "RS", "SK")), ("AA00BD", ())],
)
def test_a_corrected_plate_may_be_of_whoever_writes_plates_so(store, clock, plate, countries):
    key = a_case(store, clock)
    propose_plate(store, key, plate, officer="P-17", why="a D", clock=clock)
    answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    read = case_of(store, key).violation.passage.plate
    assert (read.text, read.country, read.countries) == (plate, None, countries)


def test_what_nobody_may_confirm_cannot_be_proposed_either(store, clock):
    broken = a_passage(kmh=90.0, plate=UNSURE, exhibits=())
    (key,) = received(store, clock, broken)
    with pytest.raises(CaseError, match="cannot be confirmed by anybody"):
        decided(store, key, clock)
    assert not open_proposals(store)


@pytest.fixture
def shop(store, clock):
    """An office, and a function that lets somebody of its staff in."""
    app = create_staff_app(store, secret=b"s" * 32, clock=clock)

    def let_in(role=Role.REVIEWER):
        officer = an_officer(app, store, clock, an_account(store, clock, role))
        officer.come_in()
        officer.client.cookies.set("staff-lang", "en")
        return officer

    return store, let_in


def reads(store, key, who):
    return [e.reason for e in history_of(store, key) if (e.who, e.what) == (who, "read")]


def test_the_queue_names_cases_and_no_plate(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    page = let_in().client.get("/desk").text
    assert f"/desk/case/{key}" in page
    assert "AA000BB" not in page
    assert "12 November 2026" in page  # thirty days to serve, the first of them the day itself


def test_every_look_at_a_case_is_in_its_history(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    for role, who in ((Role.REVIEWER, "P-17"), (Role.AUDITOR, "A-42")):
        officer = let_in(role)
        page = officer.client.get(f"/desk/case/{key}").text
        for path in re.findall(r'src="(/desk/case/[^"]+)"', page):
            kind = "video/mp4" if path.endswith("film") else "image/jpeg"
            assert officer.client.get(path).headers["content-type"] == kind
        assert reads(store, key, who) == ["review"]
        officer.client.get(f"/desk/case/{key}")
        assert len(reads(store, key, who)) == 2


def test_who_decides_after_the_visit_has_ended_is_told_that_it_was_not_taken(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    officer = let_in()
    token = officer.token(f"/desk/case/{key}")
    clock.advance(seconds=3600)
    asked = {"token": token, "verdict": "reject", "reason": "plate"}
    answer = officer.client.post(f"/desk/case/{key}/decide", data=asked)
    page = officer.client.get(answer.headers["location"]).text
    assert "what you sent was not taken" in page
    assert decision_of(store, key) is None
    assert "not taken" not in officer.client.get("/sign-in").text


def test_a_picture_alone_is_a_look_too(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    picture = f"/desk/case/{key}/picture/{ExhibitKind.PLATE}"
    assert let_in().client.get(picture).status_code == 200
    assert reads(store, key, "P-17") == ["review"]


def two_cases(store, clock):
    plates = {"p-1": "AA000BB", "p-2": "AA111BB"}
    passages = (
        a_passage(name, plate=a_plate(text, confidence=0.9), at=AT + timedelta(minutes=order))
        for order, (name, text) in enumerate(plates.items())
    )
    return received(store, clock, *passages)


def test_pictures_that_are_loaded_ahead_are_a_look_that_says_so(shop, clock):
    store, let_in = shop
    key, following = two_cases(store, clock)
    officer = let_in()
    page = officer.client.get(f"/desk/case/{key}").text
    follows, kinds = re.search(r'data-follows="([^"]+)" data-pictures="([^"]+)"', page).groups()
    assert follows == f"/desk/case/{following}"
    assert "photo" in kinds.split()
    assert "film" not in kinds.split()
    for kind in kinds.split():
        assert officer.client.get(f"{follows}/picture/{kind}?ahead").status_code == 200
    assert reads(store, following, "P-17") == [AHEAD]
    officer.client.get(follows)
    assert reads(store, following, "P-17") == [AHEAD, "review"]


def test_a_look_on_purpose_is_told_although_pictures_were_loaded_ahead(shop, clock):
    store, let_in = shop
    _, following = two_cases(store, clock)
    officer = let_in()
    picture = f"/desk/case/{following}/picture/{ExhibitKind.PLATE}"
    for path in (f"{picture}?ahead", picture, picture, f"{picture}?ahead"):
        assert officer.client.get(path).status_code == 200
    assert reads(store, following, "P-17") == [AHEAD, "review"]


def test_what_was_proposed_is_told_and_no_key_undoes_what_was_before_it(shop, clock):
    store, let_in = shop
    first, grave = (
        a_case(store, clock),
        a_case(store, clock, kmh=90.0, passage_id="p-2", plate=a_plate("AA111BB", confidence=0.9)),
    )
    officer = let_in()
    answer = officer.send(f"/desk/case/{first}/decide", verdict="reject", reason="plate")
    assert 'data-key="u"' in officer.client.get(answer.headers["location"]).text
    answer = officer.send(
        f"/desk/case/{grave}/decide", verdict="confirm", shown="AA111BB", country="AL"
    )
    page = officer.client.get(f"{answer.headers['location']}&lang=en").text
    assert f"You proposed to confirm case {grave[:6]}" in page
    assert f"/desk/case/{first}/undo" in page
    assert 'data-key="u"' not in page
    assert "proposed" not in officer.client.get("/desk?did=<b>&lang=en").text


def test_who_decides_nothing_loads_nothing_ahead(shop, clock):
    store, let_in = shop
    key, _ = two_cases(store, clock)
    auditor = let_in(Role.AUDITOR)
    assert "data-follows" not in auditor.client.get(f"/desk/case/{key}").text
    auditor.client.get(f"/desk/case/{key}/picture/photo?ahead")
    assert AHEAD not in reads(store, key, "A-42")


def test_no_word_of_ours_covers_a_look_at_what_does_not_come_next(shop, clock):
    store, let_in = shop
    key, left = two_cases(store, clock)
    decided(store, key, clock, Verdict.REJECT, officer="P-18")
    leave_to_senior(store, left, officer="P-18", why="unsure", clock=clock)
    officer = let_in()
    for each in (key, left):
        assert officer.client.get(f"/desk/case/{each}/picture/photo?ahead").status_code == 200
        assert reads(store, each, "P-17") == ["review"]


@pytest.mark.parametrize("kind", [ExhibitKind.RAW, "nothing"])
def test_what_is_no_picture_of_the_case_is_not_served(shop, clock, kind):
    store, let_in = shop
    key = a_case(store, clock)
    assert let_in().client.get(f"/desk/case/{key}/picture/{kind}").status_code in {404, 422}


def test_the_page_shows_every_proof_beside_what_it_proves(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    page = let_in().client.get(f"/desk/case/{key}").text
    wanted = (
        "AA000BB", "0.900", "the plate is read with 0.900, below 0.98", "58.0 ± 1.0 km/h",
        "By the road alone", "DEMO-2026-001", "neni 140", "certificate of the device",
    )  # fmt: skip
    assert [words for words in wanted if words not in page] == []


def test_frames_that_voted_are_not_said_to_agree(shop, clock):
    store, let_in = shop
    plate = a_plate("AA000BB", confidence=0.9, frames=9)
    seen = ("AA000BD", "", *(read.text for read in plate.reads[2:]))
    reads = tuple(replace(r, text=text) for r, text in zip(plate.reads, seen, strict=True))
    key = a_case(store, clock, plate=replace(plate, reads=reads))
    page = let_in().client.get(f"/desk/case/{key}").text
    assert '<th scope="row">Frames that voted</th><td>9' in page
    assert "9 of the 11 that were looked at read exactly this" in page
    assert "that agree" not in page


def test_of_a_case_that_kept_no_frames_none_is_counted(shop, clock):
    store, let_in = shop
    key = a_case(store, clock, plate=a_plate("AA000BB", confidence=0.9, reads=()))
    page = let_in().client.get(f"/desk/case/{key}").text
    assert "Frames that voted" in page
    assert "looked at read exactly" not in page


@pytest.mark.parametrize(
    ("language", "told"), [("en", "by P-17 and S-23"), ("sq", "nga P-17 dhe S-23")]
)
def test_a_corrected_plate_is_of_two_officers_and_no_machine_is_sure_of_it(
    shop, clock, language, told
):
    store, let_in = shop
    key = a_case(store, clock)
    officer, senior = let_in(), let_in(Role.SENIOR)
    assert told not in officer.client.get(f"/desk/case/{key}?lang={language}").text
    assert officer.send(f"/desk/case/{key}/plate", plate="XX").status_code == 409
    officer.send(f"/desk/case/{key}/plate", plate="AA000BD")
    said = {"said": "agree", "proposal": open_proposals(store)[key].id}
    assert senior.send(f"/desk/case/{key}/answer", **said).status_code == 303
    page = senior.client.get(f"/desk/case/{key}?lang={language}").text
    assert told in page
    machines = (
        "Confidence",
        'row">Siguria<',
        "Frames that voted",
        "Pamje që votuan",
        "1.000",
        "1,000",
    )
    assert [each for each in machines if each in page] == []


SPOKEN = {
    "en": (
        "<li>the certificate ended on 13 October 2026</li>",
        "<li>the picture of the plate is missing</li>",
        "<li>the plate is read with 0.900, below 0.98</li>",
        "<li>it suspends a licence</li>",
    ),
    "sq": (
        "<li>certifikata mbaroi më 13 tetor 2026</li>",
        "<li>mungon: pamja e targës</li>",
        "<li>targa u lexua me siguri 0,900, nën 0,98</li>",
        "<li>pezullon një leje drejtimi</li>",
    ),
}
"""Why nobody may confirm a case, why a person must look, and why two."""


def a_lacking_passage(**about):
    ended = replace(a_place().certificate, valid_until=AT.date() - timedelta(days=1))
    return a_passage(kmh=90.0, plate=UNSURE, exhibits=(), place=a_place(certificate=ended), **about)


@pytest.mark.parametrize("language", SPOKEN)
def test_a_case_says_why_in_the_language_of_the_page_alone(shop, clock, language):
    store, let_in = shop
    (key,) = received(store, clock, a_lacking_passage())
    page = let_in().client.get(f"/desk/case/{key}?lang={language}").text
    assert [each for each in SPOKEN[language] if each not in page] == []
    assert [
        each for other in SPOKEN.keys() - {language} for each in SPOKEN[other] if each in page
    ] == []
    main = page[page.index("<main") :]
    english = re.findall('lang="en">([^<]*)<', main[: main.index("</main>")])
    assert english == ([] if language == "en" else ["Albania, Road Code article 140, speed"])


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "<p>&#39;Albania&#39; is no country: write its two letters, as AL.</p>"),
        ("sq", "<p>&#39;Albania&#39; nuk është shtet: shkruani dy shkronjat e tij, si AL.</p>"),
    ],
)
def test_an_officer_is_told_what_went_wrong_in_the_language_of_the_page(
    shop, clock, language, told
):
    store, let_in = shop
    key = a_case(store, clock, plate=a_plate("AA000BB", country=None))
    officer = let_in()
    officer.client.cookies.set("staff-lang", language)
    answer = officer.send(f"/desk/case/{key}/decide", verdict="confirm", country="Albania")
    assert answer.status_code == 409
    assert told in answer.text


def test_an_officer_confirms_and_comes_to_the_next_case(shop, clock):
    store, let_in = shop
    plates = {f"p-{n}": a_plate(f"AA00{n}BB", confidence=0.9) for n in (1, 2, 3)}
    keys = {a_case(store, clock, passage_id=each, plate=plates[each]) for each in plates}
    officer = let_in()
    queued = [each.case.key for each in queue(store, "P-17", senior=False)]
    answer = officer.send(f"/desk/case/{queued[1]}/decide", verdict="confirm")
    assert answer.headers["location"] == f"/desk/case/{queued[2]}"
    assert keys == set(queued)
    assert decision_of(store, queued[1]).by == "P-17"
    assert "Undo" in officer.client.get("/desk").text
    officer.send(f"/desk/case/{queued[1]}/undo", "/desk")
    assert decision_of(store, queued[1]) is None
    answer = officer.send(f"/desk/case/{queued[2]}/decide", verdict="confirm")
    assert answer.headers["location"] == f"/desk/case/{queued[0]}"


@pytest.mark.parametrize("kmh", [58.0, 90.0], ids=["by one", "by two"])
def test_a_plate_that_tells_no_country_is_confirmed_by_whoever_states_it(shop, clock, kmh):
    store, let_in = shop
    untold = a_plate("AA000BB", country=None)
    key = a_case(store, clock, kmh=kmh, plate=untold)
    officer = let_in()
    shown = officer.client.get(f"/desk/case/{key}").text
    assert "AL, FR, IT" in shown
    answer = officer.send(f"/desk/case/{key}/decide", verdict="confirm")
    assert (answer.status_code, decision_of(store, key)) == (409, None)
    assert "Say in the field “Country of the plate” whose plate it is." in answer.text
    assert "--country" not in shown + answer.text
    assert not open_proposals(store)
    answer = officer.send(f"/desk/case/{key}/decide", verdict="confirm", country="al")
    assert answer.status_code == 303
    if open_proposals(store):
        let_in(Role.SENIOR)
        answer_proposal(store, key, officer="S-23", agreed=True, clock=clock)
    assert decision_of(store, key).country == "AL"


def test_the_country_that_an_officer_stated_is_seen_by_the_second_and_ever_after(shop, clock):
    store, let_in = shop
    key = a_case(store, clock, kmh=90.0, plate=a_plate("AA000BB", country=None))
    officer, senior = let_in(), let_in(Role.SENIOR)
    assert (
        officer.send(f"/desk/case/{key}/decide", verdict="confirm", country="xx").status_code == 409
    )
    officer.send(f"/desk/case/{key}/decide", verdict="confirm", country="al")
    page = senior.client.get(f"/desk/case/{key}").text
    assert "Country of the plate: <strong>AL</strong>" in page
    senior.send(f"/desk/case/{key}/answer", said="agree", proposal=open_proposals(store)[key].id)
    page = senior.client.get(f"/desk/case/{key}").text
    assert "Country of the plate: <strong>AL</strong>" in page
    told = {e.what: e.reason for e in history_of(store, key)}
    stated = "plate of AL, as the officer states"
    assert [each for each in ("proposed_confirm", "validate") if stated in told[each]] == [
        "proposed_confirm", "validate",
    ]  # fmt: skip


def test_more_than_the_least_amount_is_proposed_and_another_officer_sees_it(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    officer, senior = let_in(), let_in(Role.SENIOR)
    assert "From 2000 ALL to 4000 ALL" in officer.client.get(f"/desk/case/{key}").text
    sent = officer.send(f"/desk/case/{key}/decide", verdict="confirm", amount="3000")
    assert (sent.status_code, decision_of(store, key)) == (303, None)
    assert (
        "The amount should be <strong>3000 ALL</strong>"
        in senior.client.get(f"/desk/case/{key}").text
    )
    proposal = open_proposals(store)[key].id
    assert (
        officer.send(f"/desk/case/{key}/answer", said="agree", proposal=proposal).status_code == 409
    )
    senior.send(f"/desk/case/{key}/answer", said="agree", proposal=proposal)
    decision = decision_of(store, key)
    assert (decision.by, decision.second, str(decision.amount)) == ("P-17", "S-23", "3000 ALL")
    assert "Amount: 3000 ALL" in senior.client.get(f"/desk/case/{key}").text
    clock.advance(minutes=2)
    (issued,) = office.issue(store, clock)
    assert str(issued.fine.amount) == "3000 ALL"


@pytest.mark.parametrize("typed", ["1999", "4001", "3000.5", "much", "-3000"])
def test_an_amount_that_the_law_does_not_have_is_refused_at_the_desk(shop, clock, typed):
    store, let_in = shop
    key = a_case(store, clock)
    answer = let_in().send(f"/desk/case/{key}/decide", verdict="confirm", amount=typed)
    assert (answer.status_code, decision_of(store, key)) == (409, None)
    assert not open_proposals(store)


def test_the_least_amount_typed_is_decided_by_one(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    sent = let_in().send(f"/desk/case/{key}/decide", verdict="confirm", amount="2000")
    assert (sent.status_code, decision_of(store, key).amount) == (303, None)


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"verdict": "reject", "reason": "limit"}, 303, "the limit was not"),
        ({"verdict": "reject", "reason": "other", "why": "a toy car"}, 303, "a toy car"),
        ({"verdict": "reject", "reason": "other"}, 409, None),
        ({"verdict": "reject"}, 409, None),
        ({"verdict": "pardon", "reason": "limit"}, 409, None),
        ({"verdict": "advise", "reason": "other", "why": "new signs"}, 303, "new signs"),
    ],
)
def test_a_case_is_rejected_for_a_reason(shop, clock, fields, status, why):
    store, let_in = shop
    key = a_case(store, clock)
    assert let_in().send(f"/desk/case/{key}/decide", **fields).status_code == status
    decision = decision_of(store, key)
    assert decision.why.startswith(why) if why else decision is None


def test_what_was_decided_meanwhile_is_told_and_stays(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    officer, _ = let_in(), let_in(Role.SENIOR)
    decided(store, key, clock, officer="S-23")
    answer = officer.send(f"/desk/case/{key}/decide", verdict="reject", reason="limit")
    assert answer.status_code == 409
    assert "decided already" in answer.text
    assert decision_of(store, key).by == "S-23"


def test_a_proposal_waits_for_others_and_not_for_who_made_it(shop, clock):
    store, let_in = shop
    key = a_case(store, clock, kmh=90.0)
    officer, senior = let_in(), let_in(Role.SENIOR)
    officer.send(f"/desk/case/{key}/decide", verdict="confirm")
    assert key not in officer.client.get("/desk").text
    assert "Another officer answers." in officer.client.get(f"/desk/case/{key}").text
    assert key in senior.client.get("/desk").text
    assert (
        senior.send(
            f"/desk/case/{key}/answer", said="agree", proposal=open_proposals(store)[key].id
        ).status_code
        == 303
    )
    assert decision_of(store, key).second == "S-23"


def test_a_case_that_is_left_to_a_senior_is_in_their_queue_alone(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    officer, senior = let_in(), let_in(Role.SENIOR)
    assert officer.send(f"/desk/case/{key}/hand-on").status_code == 409
    assert officer.send(f"/desk/case/{key}/hand-on", why="a foreign lorry").status_code == 303
    assert key not in officer.client.get("/desk").text
    assert key in senior.client.get("/desk").text
    assert "a foreign lorry" in senior.client.get(f"/desk/case/{key}").text
    assert "/decide" not in officer.client.get(f"/desk/case/{key}").text
    assert officer.send(f"/desk/case/{key}/decide", verdict="confirm").status_code == 409
    assert senior.send(f"/desk/case/{key}/decide", verdict="confirm").status_code == 303
    assert decision_of(store, key).by == "S-23"


def test_the_auditor_sees_no_button_of_the_officers(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    page = let_in(Role.AUDITOR).client.get(f"/desk/case/{key}").text
    assert re.findall(r'<form[^>]* action="([^"]+)"', page) == ["/sign-out"]


@pytest.mark.parametrize("typed", ["number", "AA 000 bb"])
def test_a_case_is_found_for_a_purpose_that_is_written_down(shop, clock, typed):
    store, let_in = shop
    key = a_case(store, clock)
    decided(store, key, clock)
    clock.advance(minutes=2)
    (issued,) = office.issue(store, clock)
    wanted = issued.fine.number if typed == "number" else typed
    officer = let_in(Role.AUDITOR)
    page = officer.send("/desk/find", typed=wanted, purpose="asked by telephone").text
    assert f"/desk/case/{key}" in page
    (event,) = history_of(store, "search")
    plate = f"plate {store.keys.plate_digest(wanted)[:16]}"
    told = wanted if typed == "number" else plate
    assert (event.who, event.reason) == ("A-42", f"asked by telephone: {told}")


@pytest.mark.parametrize("missing", ["typed", "purpose"])
def test_nothing_is_found_without_a_purpose_or_a_whole_plate(shop, clock, missing):
    store, let_in = shop
    key = a_case(store, clock)
    officer = let_in()
    known = {"typed": "AA000BB", "purpose": "asked"}
    assert officer.send("/desk/find", **known | {missing: " "}).status_code == 422
    assert key not in officer.send("/desk/find", **known | {"typed": "AA000"}).text


def test_an_objection_is_answered_by_a_senior_and_cancelled_by_two(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    decided(store, key, clock)
    clock.advance(minutes=2)
    (issued,) = office.issue(store, clock)
    number = issued.fine.number
    act_on(store, number, Act.CONTEST, a_step(clock.now(), why="objects: it was not me"))
    officer, senior = let_in(), let_in(Role.SENIOR)
    assert key in officer.client.get("/desk/objections").text
    page = senior.client.get(f"/desk/objections/{key}").text
    assert "it was not me" in page
    assert reads(store, key, "S-23") == ["objection"]
    assert senior.send(f"/desk/objections/{key}", said="cancel").status_code == 409
    senior.send(f"/desk/objections/{key}", said="cancel", why="another car")
    assert standing(store, number, clock).state is State.CONTESTED
    assert (
        officer.send(
            f"/desk/case/{key}/answer", said="agree", proposal=open_proposals(store)[key].id
        ).status_code
        == 303
    )
    assert standing(store, number, clock).state is State.CANCELLED
    assert senior.client.get(f"/desk/objections/{'0' * 24}").status_code == 404


def test_a_senior_lets_a_fine_stand(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    decided(store, key, clock)
    clock.advance(minutes=2)
    (issued,) = office.issue(store, clock)
    act_on(store, issued.fine.number, Act.CONTEST, a_step(clock.now()))
    senior = let_in(Role.SENIOR)
    senior.send(f"/desk/objections/{key}", said="uphold", why="the plate is clear")
    assert standing(store, issued.fine.number, clock).state is State.UPHELD


def a_drawn_case(store, clock):
    """A case that the policy confirmed and that is drawn for a person."""
    for n in range(200):
        key = store.keys.case_key(f"q-{n}", "speeding")
        if drawn_for_quality(key):
            assert a_case(store, clock, passage_id=f"q-{n}", plate="AA000BB") == key
            office.review(store, demo_auto_1, clock)
            return key
    raise AssertionError("none of 200 is drawn")


def test_the_second_look_is_blind_and_counts_once(shop, clock):
    store, let_in = shop
    key = a_drawn_case(store, clock)
    assert [case.key for case in second_looks(store)] == [key]
    officer = let_in()
    assert key in officer.client.get("/desk/second").text
    page = officer.client.get(f"/desk/second/{key}").text
    assert "demo-auto-1" not in page
    assert "onfirmed" not in page
    assert reads(store, key, "P-17") == ["second look"]
    assert officer.send(f"/desk/second/{key}", said="reject").status_code == 409
    answer = officer.send(f"/desk/second/{key}", said="reject", why="the plate is bent")
    assert "demo-auto-1" in officer.client.get(answer.headers["location"]).text
    assert history_of(store, key)[-2].reason == "would reject: the plate is bent"
    assert officer.client.get(f"/desk/second/{key}").status_code == 404


def test_a_case_that_is_not_there_is_not_found(shop):
    _, let_in = shop
    officer = let_in()
    assert officer.client.get(f"/desk/case/{'0' * 24}").status_code == 404
    assert officer.client.get("/desk/case/nothing").status_code == 422
    assert officer.client.get("/desk/next").headers["location"] == "/desk"


@pytest.mark.parametrize("language", ["sq", "en"])
def test_every_word_of_a_case_is_there_in_both_languages(shop, clock, language):
    store, let_in = shop
    key = a_case(store, clock, kmh=90.0)
    officer = let_in()
    decided(store, key, clock, officer="S-23")
    page = officer.client.get(f"/desk/case/{key}?lang={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert isinstance(case_of(store, key).violation.passage.plate, PlateReading)


def test_a_case_that_was_erased_says_so_and_shows_nothing(shop, clock):
    store, let_in = shop
    key = a_case(store, clock)
    decided(store, key, clock, Verdict.REJECT)
    clock.advance(days=3)
    rule = Rule(id="no-fine", states=frozenset({State.REJECTED}), days=1)
    (looked,) = erase_due(store, [rule], Step(by="P-17", why="the term is over", at=clock.now()))
    assert (looked.case_key, looked.kept) == (key, "")
    officer = let_in(Role.SENIOR)
    for path in (f"/desk/case/{key}", f"/desk/case/{key}/picture/photo"):
        page = officer.client.get(path)
        assert page.status_code == 410
        assert "It was erased" in page.text
        assert "U fshi" in page.text
    assert "/desk/case/" not in officer.client.get("/desk").text
