"""What people type to say who they are and why they act."""

from __future__ import annotations

import unicodedata

from services.errors import CaseError


def require_words(*words: str) -> None:
    """Raise CaseError unless every one says something, in characters that a text has."""
    if not all(word.strip() for word in words):
        raise CaseError(
            "somebody does this for a reason: name the fine, who acts, and why, in words."
        )
    if any(unicodedata.category(c) in {"Cc", "Cs"} for word in words for c in word):
        raise CaseError(
            "the case, the officer or the reason holds characters that no text has. Type them "
            "again, in UTF-8 and on one line."
        )
