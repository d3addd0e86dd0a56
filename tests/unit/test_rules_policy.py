from dataclasses import replace
from datetime import date

import pytest

from services.model import Decision, Verdict
from services.policy import demo_auto_1, missing_proof
from services.rules.engine import judge
from speedcam.model import Anchor, Certificate, Direction, ExhibitKind, Grade
from tests.builders_office import (
    ISSUED,
    NO_PLATE,
    PROOF,
    a_passage,
    a_place,
    a_plate,
    a_speed,
    albania,
    exhibits_of,
)

EXPIRED = Certificate(device="d", number="n", valid_until=date(2026, 10, 13))
LAST_DAY = Certificate(device="d", number="n", valid_until=date(2026, 10, 14))
NEEDED = {
    ExhibitKind.STILL_FIRST,
    ExhibitKind.STILL_LAST,
    ExhibitKind.PLATE,
    ExhibitKind.PHOTO,
    ExhibitKind.RAW,
}


def violation(**about):
    return judge(a_passage(**about), albania(), "key")


def a_clock(**changes):
    return replace(a_place().clock, **changes)


def without(kind):
    return tuple(exhibit for exhibit in exhibits_of("p-1") if exhibit.kind is not kind)


def test_the_demo_policy_confirms_a_small_case_that_is_proven():
    decision = demo_auto_1(violation(), ISSUED)
    assert isinstance(decision, Decision)
    assert (decision.verdict, decision.by, decision.is_policy) == (
        Verdict.CONFIRM,
        "demo-auto-1",
        True,
    )


@pytest.mark.parametrize("kind", sorted(set(PROOF) - NEEDED))
def test_what_passages_of_older_schemas_lack_is_not_wanted(kind):
    assert isinstance(demo_auto_1(violation(exhibits=without(kind)), ISSUED), Decision)


def test_a_certificate_holds_on_its_last_day():
    assert missing_proof(violation(place=a_place(certificate=LAST_DAY))) == ()


def an_anchor(name, kmh):
    return Anchor(name=name, speed_kmh=kmh, uncertainty_kmh=1.0)


LACKING = [
    *(
        pytest.param({"plate": a_plate(text)}, "not upper-case letters and digits", id=name)
        for name, text in {
            "blank": " ",
            "cyrillic": "\N{CYRILLIC CAPITAL LETTER A}A000BB",
            "arabic digits": "AA\N{ARABIC-INDIC DIGIT ONE}00BB",
            "markup": "<b>",
            "two lines": "AA\n000",
            "endless": "A" * 5000,
        }.items()
    ),
    *(
        pytest.param({"speed": replace(a_speed(), anchors=anchors)}, told, id=name)
        for name, anchors, told in (
            ("no anchor", (), "two independent anchors"),
            ("one anchor", (an_anchor("contact", 58.0),), "two independent anchors"),
            ("one anchor twice", (an_anchor("plate", 58.0),) * 2, "two independent anchors"),
            (
                "lawful by one anchor",
                (an_anchor("contact", 76.0), an_anchor("plate", 40.0)),
                "the plate anchor alone says 40.0 km/h",
            ),
            (
                "slower by both",
                (an_anchor("contact", 45.0), an_anchor("plate", 46.0)),
                "not what its anchors say",
            ),
        )
    ),
    pytest.param({"direction": Direction.RECEDING}, "direction", id="other direction"),
    pytest.param({"exhibits": (*exhibits_of("p-1"), exhibits_of("p-2")[3])}, "twice", id="photos"),
    pytest.param(
        {"exhibits": tuple(replace(e, sha256="0" * 64) for e in exhibits_of("p-1"))},
        "one exhibit stands for two",
        id="one picture",
    ),
    pytest.param({"plate": NO_PLATE}, "plate not sure", id="plate refused"),
    pytest.param({"plate": None}, "nobody looked", id="no plate"),
    pytest.param({"place": a_place(certificate=None)}, "no certificate", id="no certificate"),
    pytest.param({"place": a_place(certificate=EXPIRED)}, "ended on 2026-10-13", id="expired"),
    pytest.param({"place": a_place(signs_checked_on=None)}, "signs", id="signs unchecked"),
    pytest.param({"place": a_place(clock=None)}, "clock of the footage", id="clock unchecked"),
    pytest.param({"place": a_place(clock=a_clock(offset_s=2.1))}, "off by 2.1 s", id="clock off"),
    pytest.param(
        {"place": a_place(clock=a_clock(offset_s=float("nan")))}, "off by nan", id="clock unknown"
    ),
    pytest.param(
        {"place": a_place(clock=a_clock(checked_on=date(2026, 10, 15)))},
        "after the passage",
        id="clock checked late",
    ),
    pytest.param(
        {"place": a_place(clock=a_clock(checked_on=date(2026, 9, 12)))},
        "more than 31 days",
        id="clock checked long ago",
    ),
    pytest.param(
        {"place": a_place(signs_checked_on=date(2026, 10, 15))},
        "after the passage",
        id="signs late",
    ),
    pytest.param({"place": a_place(towards="")}, "direction", id="no direction"),
    *(
        pytest.param({"exhibits": without(kind)}, "is missing", id=f"no {kind}")
        for kind in sorted(NEEDED)
    ),
]


@pytest.mark.parametrize(("about", "told"), LACKING)
def test_what_lacks_a_proof_is_left_with_the_reason_and_nobody_may_confirm_it(about, told):
    case = violation(**about)
    reasons = demo_auto_1(case, ISSUED)
    assert isinstance(reasons, tuple)
    assert [reason for reason in reasons if told in reason]
    assert missing_proof(case) == reasons


@pytest.mark.parametrize(
    ("about", "told"),
    [
        pytest.param({"plate": a_plate(repaired=True)}, "repaired", id="repaired"),
        pytest.param({"plate": a_plate(country=None)}, "may be of AL, FR, IT", id="any country"),
        pytest.param({"plate": a_plate(countries=())}, "no known format", id="a country guessed"),
        pytest.param({"plate": a_plate(confidence=0.9799)}, "below 0.98", id="unsure"),
        pytest.param({"plate": a_plate(confidence=float("nan"))}, "below 0.98", id="no number"),
        pytest.param({"plate": a_plate(confidence=5.0)}, "no confidence", id="too sure"),
        pytest.param({"plate": a_plate(frames=1)}, "in 1 frames only", id="one frame"),
        pytest.param({"kmh": 66.0}, "to a person", id="upper band"),
    ],
)
def test_what_a_person_must_see_is_left_with_the_reason_and_an_officer_may_confirm_it(about, told):
    reasons = demo_auto_1(violation(**about), ISSUED)
    assert isinstance(reasons, tuple)
    assert [reason for reason in reasons if told in reason]
    assert missing_proof(violation(**about)) == ()


def test_every_reason_is_listed():
    reasons = demo_auto_1(violation(kmh=66.0, plate=NO_PLATE, exhibits=()), ISSUED)
    assert isinstance(reasons, tuple)
    assert len(reasons) == 7


def test_a_violation_that_is_none_is_never_confirmed():
    at_the_limit = replace(violation(), retained_kmh=violation().retained_kmh * 0 + 40)
    assert isinstance(demo_auto_1(at_the_limit, ISSUED), tuple)
    of_grade_b = replace(violation(), passage=a_passage(speed=a_speed(grade=Grade.B)))
    assert isinstance(demo_auto_1(of_grade_b, ISSUED), tuple)
