"""Many things, a few at a time: what is asked or held for them once stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Thing = TypeVar("_Thing")


def batches(things: Iterable[_Thing], most: int) -> Iterator[list[_Thing]]:
    """``things`` in their order, in lists of ``most``; the last may be shorter."""
    rest = iter(things)
    while part := list(islice(rest, most)):
        yield part
