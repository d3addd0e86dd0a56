"""Many things, a few at a time: what is asked or held for them at once stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_Thing = TypeVar("_Thing")
_Done = TypeVar("_Done")
CHUNK = 32
"""Things that a thread takes at once: to hand one over takes as long as to read a file."""


def batches(things: Iterable[_Thing], most: int) -> Iterator[list[_Thing]]:
    """``things`` in their order, in lists of ``most``; the last may be shorter."""
    rest = iter(things)
    while part := list(islice(rest, most)):
        yield part


def side_by_side(
    step: Callable[[_Thing], _Done], things: Iterable[_Thing], workers: int
) -> Iterator[_Done]:
    """What a step makes of each thing, in their order; so many threads take it."""
    with ThreadPoolExecutor(workers) as pool:
        for part in batches(things, workers * CHUNK):
            for done in pool.map(lambda some: [step(each) for each in some], batches(part, CHUNK)):
                yield from done
