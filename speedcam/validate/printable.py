"""Text from a file, made safe to show."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """``text`` with every character that steers a terminal or the order of writing replaced.

    Names in passages and truths come from files that anybody may have written: an escape code
    among them could rewrite the screen, a bidirectional override turn a number around.
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c).startswith("C") else c for c in text
    )
