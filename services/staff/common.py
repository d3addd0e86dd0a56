"""What passwords are guessed from first: words that everybody takes, and rows of keys. Pure.

The passwords that are met most often, once they have twelve characters, are seldom one word: they
are such pieces, one after the other. So the pieces are known here, and what is left counts.
"""

from __future__ import annotations

import re

CONTEXT_WORDS = (
    "speedcam",
    "speed",
    "camera",
    "kamera",
    "radar",
    "office",
    "zyra",
    "police",
    "policia",
    "officer",
    "reviewer",
    "senior",
    "auditor",
    "engineer",
    "administrator",
    "notice",
    "njoftim",
    "fine",
    "gjobe",
    "gjoba",
)
"""Of this office and its work; docs/asvs.md tells them."""

COMMON_WORDS = (
    *("password", "passwort", "fjalekalim", "passw", "pass", "word", "secret", "sekret"),
    *("admin", "root", "user", "guest", "login", "test", "demo", "default", "changeme", "change"),
    *("welcome", "mireseerdhe", "letmein", "iloveyou", "love", "hello", "please", "whatever"),
    *("qwerty", "qwertz", "azerty", "asdf", "zxcv", "monkey", "dragon", "master", "shadow"),
    *("sunshine", "princess", "football", "baseball", "superman", "batman", "starwars", "trustno"),
    *("computer", "internet", "michael", "jennifer", "jordan", "charlie", "thomas", "shqiperia"),
    *("albania", "tirana", "tirane", "kosova", "prishtina", "summer", "winter", "spring", "autumn"),
    *("january", "monday", "google", "facebook", "samsung", "mustang", "access", "flower", "money"),
)
"""What lists of stolen passwords are made of."""

_ROWS = (
    *("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "1234567890"),
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "1q2w3e4r5t6y7u8i9o0p"),
    *("zaqxswcdevfrbgtnhymju", "qazwsxedcrfvtgbyhnujm"),
)
"""Along the keys, down them, and from one row to the other and back."""
_SHORTEST_RUN = 3
_LETTERS_FOR = str.maketrans("@013$5!7", "aolessit")
_WORDS = re.compile(
    "|".join(map(re.escape, sorted({*CONTEXT_WORDS, *COMMON_WORDS}, key=len, reverse=True)))
)


def own_part(password: str) -> int:
    """How many characters are left of ``password`` without what everybody knows."""
    plain = password.casefold()
    return min(_left(plain), _left(plain.translate(_LETTERS_FOR)))


def _left(text: str) -> int:
    left = 0
    for part in _WORDS.split(text):
        at = 0
        while at < len(part):
            run = _run_at(part, at)
            left += 1 if run < _SHORTEST_RUN else 0
            at += run if run >= _SHORTEST_RUN else 1
    return left


def _run_at(text: str, at: int) -> int:
    """How many characters from ``at`` on follow each other on a keyboard or in the alphabet."""
    longest = 1
    for follows in (_repeats, _counts_up, _counts_down, _on_keys):
        end = at + 1
        while end < len(text) and follows(text[end - 1], text[end]):
            end += 1
        longest = max(longest, end - at)
    return longest


def _repeats(one: str, other: str) -> bool:
    return one == other


def _counts_up(one: str, other: str) -> bool:
    return ord(other) - ord(one) == 1


def _counts_down(one: str, other: str) -> bool:
    return ord(one) - ord(other) == 1


def _on_keys(one: str, other: str) -> bool:
    beside = (one + other, other + one)
    return any(pair in row for row in _ROWS for pair in beside)
