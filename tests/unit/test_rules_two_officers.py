from dataclasses import replace

import pytest

from services.model import Decision, Money, OffenceKind, Outcome, Verdict
from services.policy import (
    QUALITY_SHARE,
    demo_auto_1,
    drawn_for_quality,
    missing_proof,
    seconded,
    wants_second,
)
from services.rules.engine import judge
from tests.builders_office import ISSUED, a_passage, albania


def violation(kmh=58.0):
    return judge(a_passage(kmh=kmh), albania(), "key")


def lek(amount):
    return Money(minor=amount, currency="ALL")


@pytest.mark.parametrize(
    ("case", "more", "told"),
    [
        pytest.param(violation(), {}, (), id="a small one"),
        pytest.param(violation(), {"amount": lek(2000)}, (), id="the minimum"),
        pytest.param(violation(70.0), {}, ("it suspends a licence",), id="suspension"),
        pytest.param(
            violation(), {"amount": lek(2001)}, ("the amount is above the minimum",), id="more"
        ),
        pytest.param(
            violation(), {"cancelled": True}, ("a fine that stands is cancelled",), id="cancelled"
        ),
        pytest.param(
            replace(violation(), amount_min=None),
            {"amount": lek(1)},
            ("the amount is above the minimum",),
            id="an amount where the law has none",
        ),
    ],
)
def test_two_officers_are_wanted_where_much_is_at_stake(case, more, told):
    assert wants_second(case, **more) == told


@pytest.mark.parametrize(
    ("second", "other"),
    [("P-23", True), ("P-17", False), (" p17 ", False), ("", False), ("–", False)],
)
def test_a_second_officer_is_another_one(second, other):
    assert seconded("P-17", second) is other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("P-17", "\N{CYRILLIC CAPITAL LETTER ER}-17", id="another alphabet"),
        pytest.param("P-17", "\N{FULLWIDTH LATIN CAPITAL LETTER P}-17", id="a wide letter"),
        pytest.param("P-17", "P-\N{ARABIC-INDIC DIGIT ONE}7", id="another digit"),
        pytest.param("P-17", "P-l7", id="a letter for a digit"),
        pytest.param("P-170", "P-I7O", id="two of them"),
        pytest.param("N. H\u00e9", "n. he\N{COMBINING ACUTE ACCENT}", id="a combined accent"),
        pytest.param("P-17", "P-\N{ZERO WIDTH SPACE}17", id="a blank nobody sees"),
    ],
)
def test_nobody_is_their_own_second_officer_in_other_letters(one, other):
    assert not seconded(one, other)
    assert not seconded(other, one)


def test_two_officers_may_both_write_in_another_alphabet():
    assert seconded("\u041f-17", "\u041f-23")
    assert seconded("Arta Çela", "Dritan Hoxha")
    assert seconded("17", "P-23")


@pytest.mark.parametrize(
    "by",
    [
        pytest.param({"second": ""}, id="one officer"),
        pytest.param({"second": "P-17"}, id="the same twice"),
        pytest.param({"second": "P-23", "is_policy": True}, id="a policy"),
        pytest.param({"second": "P-23", "verdict": Verdict.REJECT}, id="who rejects"),
    ],
)
def test_no_decision_on_more_than_the_minimum_exists_without_two_officers(by):
    known = {"verdict": Verdict.CONFIRM, "by": "P-17", "is_policy": False, "second": "P-23"}
    known |= {"at": ISSUED, "why": "seen", "amount": lek(3000)}
    assert Decision(**known).amount == lek(3000)
    with pytest.raises(ValueError, match="two different officers"):
        Decision(**(known | by))


def test_one_policy_decision_in_twenty_is_drawn_and_always_the_same_ones():
    keys = [f"{n:024x}" for n in range(20_000)]
    drawn = [key for key in keys if drawn_for_quality(key)]
    assert len(drawn) == pytest.approx(len(keys) / QUALITY_SHARE, rel=0.1)
    assert all(drawn_for_quality(key) for key in drawn)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.FINE}))
def test_what_is_no_fine_is_confirmed_by_nobody(outcome):
    elsewhere = replace(violation(), outcome=outcome)
    assert [told for told in missing_proof(elsewhere) if "no fine of this office" in told]
    assert isinstance(demo_auto_1(elsewhere, ISSUED), tuple)


def test_who_drove_against_a_lane_slowly_lacks_nothing_but_an_amount():
    passage = a_passage(kmh=20.0)
    passage = replace(passage, conditions=replace(passage.conditions, against_lane=True))
    against = judge(passage, albania(), "key")
    assert against.kind is OffenceKind.WRONG_WAY
    (told,) = missing_proof(against)
    assert "a report to the authority" in told
