"""A letter prints what was signed of the history before its issue, in every language it speaks."""

import pytest

from services.notifier.language import Language
from services.notifier.letter import render_letter
from tests.builders_notice import a_fine, a_photo

SIGNED = "13:4kAPSTiJ6iMQz7W0KhXTXQGF7mvqZfMPH/acsEKiTsY="


@pytest.mark.parametrize("own", Language)
def test_each_language_of_a_letter_prints_it(own):
    letter = render_letter(a_fine(), a_photo(), own=own, signed=SIGNED)
    assert letter.html.count(SIGNED) == len(letter.languages)
    assert letter.text.count(SIGNED) == len(letter.languages)


def test_where_nothing_was_signed_nothing_is_said_of_it():
    letter = render_letter(a_fine(), a_photo())
    assert "signed" not in letter.text
    assert "nënshkruar" not in letter.text
