import re

import pytest
from stdnum import iso11649

from services.model import Money
from services.numbers import ALPHABET, creditor_reference, new_number, normal_number


def test_a_number_is_random_and_has_no_character_that_can_be_misread():
    numbers = {new_number("AL", 2026) for _ in range(200)}
    assert len(numbers) == 200
    assert all(re.fullmatch(rf"AL26-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", n) for n in numbers)
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "AL26-K7Q2-M9XD",
        "al26k7q2m9xd",
        " AL26 K7Q2 M9XD ",
        "AL26–K7Q2–M9XD",
        "aL26-k7q2m9xd",
    ],
)
def test_a_number_is_found_however_it_is_typed(typed):
    assert normal_number(typed) == "AL26-K7Q2-M9XD"


def test_characters_that_are_not_in_a_number_are_read_as_those_they_look_like():
    assert normal_number("AL26-OIL0-1111") == "AL26-0110-1111"


@pytest.mark.parametrize("typed", ["", "AL26", "AL26-K7Q2-M9XD-1", "' OR 1=1 --", "\x00"])
def test_what_is_no_number_stays_harmless(typed):
    assert "-" not in normal_number(typed)


def test_the_creditor_reference_of_the_research_is_reproduced():
    assert creditor_reference("AL26-K7Q2-M9XD") == "RF96AL26K7Q2M9XD"


def test_every_creditor_reference_has_valid_check_digits():
    references = [creditor_reference(new_number("AL", 2026)) for _ in range(100)]
    assert all(iso11649.is_valid(reference) for reference in references)


@pytest.mark.parametrize(
    ("minor", "currency", "told"),
    [(12000, "ALL", "12000 ALL"), (13500, "EUR", "135.00 EUR"), (4050, "CHF", "40.50 CHF")],
)
def test_an_amount_is_told_in_whole_units(minor, currency, told):
    assert str(Money(minor=minor, currency=currency)) == told
