"""The alphabet of short messages: what GSM-7 (3GPP TS 23.038) has, and what a text takes of it.

A single letter outside that alphabet would make three messages of one, so texts are folded into
it: what it has (``è é ù ì ò à ä ö ü ñ ß``) stays, every other letter loses its accent.
"""

from __future__ import annotations

import unicodedata

ONE_PART = 160
"""Septets of a message that is not split."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""These take an escape before them: two septets each."""

_ALIKE = str.maketrans({"’": "'", "–": "-", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def septets(text: str) -> int:
    """How many septets ``text`` takes.

    Raises:
        ValueError: A character is not in the alphabet.
    """
    strange = sorted(set(text) - BASIC - EXTENDED)
    if strange:
        raise ValueError(f"GSM-7 has no {' '.join(map(repr, strange))}")
    return len(text) + sum(character in EXTENDED for character in text)


def folded(text: str) -> str:
    """``text`` on one line, its letters without the accents that the alphabet lacks."""
    return " ".join("".join(map(_folded, text.translate(_ALIKE))).split())


def _folded(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    plain = unicodedata.normalize("NFKD", character)
    return "".join(part for part in plain if not unicodedata.combining(part))
