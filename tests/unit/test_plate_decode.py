"""What a recogniser's steps spell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.plate import ALPHABET, centres, decode

BLANK = "-"


def steps_of(symbols, probability=0.9):
    """One row per symbol; ``-`` is the blank."""
    steps = np.full((len(symbols), 1 + len(ALPHABET)), (1 - probability) / len(ALPHABET))
    for row, symbol in zip(steps, symbols, strict=True):
        row[0 if symbol == BLANK else 1 + ALPHABET.index(symbol)] = probability
    return steps


def test_repeats_are_one_character_and_a_blank_parts_two():
    assert decode(steps_of("-AA-B11-1--"))[0] == "AB11"


def test_nothing_but_blanks_spell_nothing():
    assert decode(steps_of("-----")) == ("", ())


def test_the_confidence_is_the_greatest_of_the_run():
    steps = steps_of("AAA")
    steps[1, 1 + ALPHABET.index("A")] = 0.97
    assert decode(steps) == ("A", (0.97,))


@given(st.text(ALPHABET, max_size=9))
def test_every_text_can_be_spelled(text):
    decoded, confidence = decode(steps_of(BLANK.join(["", *text, ""]) or BLANK))
    assert decoded == text
    assert len(confidence) == len(text)


def test_a_character_is_in_the_middle_of_its_run():
    assert centres(steps_of("-AA---B-")).tolist() == pytest.approx([2 / 8, 6.5 / 8])


def test_nothing_spelled_is_nowhere():
    assert centres(steps_of("---")).tolist() == []
