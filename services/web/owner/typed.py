"""What people type, in the form that the store knows."""

from __future__ import annotations

_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
"""Crockford's base 32 has none of these letters; who types one means the digit."""

_LONGEST = 40


def notice_number(typed: str) -> str:
    """``al26 k7q2 m9xd`` as ``AL26-K7Q2-M9XD``; what cannot be a number stays unlike any."""
    plain = "".join(c for c in _letters_and_digits(typed) if c.isascii())
    plain = plain[:2] + plain[2:].translate(_LOOK_ALIKES)
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def plate(typed: str) -> str:
    """``aa 000 bb`` as ``AA000BB``."""
    return _letters_and_digits(typed)


def _letters_and_digits(typed: str) -> str:
    return "".join(c for c in typed[:_LONGEST].upper() if c.isalnum())
