"""Numbers that people type: the public number of a fine and the creditor reference."""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, so that nothing can be misread."""

_RANDOM_DIGITS = 8
_PREFIX = 4
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_number(country: str, year: int) -> str:
    """A random public number such as ``AL26-K7Q2-M9XD``; 40 bits, never a counter."""
    drawn = secrets.randbits(5 * _RANDOM_DIGITS)
    digits = "".join(ALPHABET[drawn >> 5 * place & 31] for place in range(_RANDOM_DIGITS))
    return _grouped(f"{country}{year % 100:02}{digits}")


def normal_number(typed: str) -> str:
    """The number as it was issued, from what a person typed.

    Case, spaces and dashes do not matter; I, L and O in the random part are read as 1, 1 and 0.
    What cannot be a number comes back as it is and finds nothing.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())
    if len(plain) != _PREFIX + _RANDOM_DIGITS:
        return plain
    return _grouped(plain[:2] + plain[2:].translate(_MISREAD))


def creditor_reference(number: str) -> str:
    """The ISO 11649 reference of a fine: ``RF``, two check digits, the number."""
    plain = number.replace("-", "")
    return f"RF{98 - _value(f'{plain}RF00') % 97:02}{plain}"


def _value(text: str) -> int:
    """Letters as two digits (A = 10), as the standard has it."""
    return int("".join(str(int(character, 36)) for character in text))


def _grouped(plain: str) -> str:
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
