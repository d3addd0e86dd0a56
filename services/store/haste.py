"""How long a database is waited for: by a command for a while, by a page for a moment only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

CONNECT_S = 10.0
TURN_S = 30.0
"""Until another writer, or who has the database for himself, lets go of it."""
ANSWER_S = 600.0
"""Until a server answers: no question of an office takes it as long, and a lost answer never comes.
"""
PAGE_S = 1.5
"""All that one page waits: whoever asks for it is told within two seconds that it must wait."""


SHORT_S = 0.25
"""A shorter wait is not counted: the server is there, and only busy."""


@dataclass(slots=True)
class Haste:
    """What is left of the time that a page may wait for the database."""

    left_s: float


_HASTE: ContextVar[Haste | None] = ContextVar("haste", default=None)


@contextmanager
def in_haste() -> Iterator[None]:
    """Let whatever is done within wait for the database as a page does, all in all."""
    token = _HASTE.set(Haste(PAGE_S))
    try:
        yield
    finally:
        _HASTE.reset(token)


def at_most(longest_s: float) -> float:
    """How long may be waited now, in seconds, where it would be ``longest_s`` without haste."""
    haste = _HASTE.get()
    return longest_s if haste is None else min(longest_s, max(0.0, haste.left_s))


@contextmanager
def waiting(longest_s: float) -> Iterator[float]:
    """How long may be waited within; a wait that is not short is taken from what the page may."""
    haste, began_s = _HASTE.get(), time.monotonic()
    try:
        yield at_most(longest_s)
    finally:
        waited_s = time.monotonic() - began_s
        if haste is not None and waited_s > SHORT_S:
            haste.left_s -= waited_s
