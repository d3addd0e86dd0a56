"""What every entry of a rule pack carries: where it comes from, how sure it is, since when.

Marks of ``sure``: A, primary text read; B, two or more independent secondary sources; C, one
secondary source; K, background knowledge or our own choice, not verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Sure = Literal["A", "B", "C", "K"]
SURE_IN_WORDS: Mapping[Sure, str] = {
    "A": "primary text read",
    "B": "two or more independent secondary sources",
    "C": "one secondary source",
    "K": "background knowledge or our own choice, not verified",
}

Unit = Literal["km/h", "mph"]
Days = Annotated[int, Field(ge=1, le=3660, strict=True)]
Percent = Annotated[int, Field(ge=0, le=100, strict=True)]
Words = Annotated[str, Field(min_length=1)]

_MARKS = ("source", "sure", "reference", "since")


def _exact(value: object) -> object:
    # YAML knows 29.40 as a binary fraction; what was written is its shortest decimal.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, Decimal):
        return value
    raise ValueError(f"{value!r} is no number: write one like 135 or 29.40")


Exact = Annotated[Decimal, BeforeValidator(_exact)]
"""A decimal number as it was written."""


class Closed(BaseModel):
    """A model that knows every key it may have, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Entry(Closed):
    """A value of the law with where it comes from.

    Attributes:
        source: Names of entries in the pack's ``sources``.
        sure: See the module.
        reference: The article, as it is printed.
        since: First day of this very value; None: the first day of the pack.
        note: What a reader must know of it.
    """

    source: Annotated[tuple[str, ...], Field(min_length=1)]
    sure: Sure
    reference: Words
    since: date | None = None
    note: str = ""


class Source(Closed):
    """A text that somebody read: which, how near to the law, and when."""

    ref: Words
    read: Literal["primary", "secondary", "own"]
    read_on: date


def spread(raw: Any, scalars: Mapping[str, tuple[str, ...]]) -> Any:  # noqa: ANN401 - raw YAML
    """``raw`` with its marks handed down to those of its values that bear none.

    Args:
        raw: An entry as the file has it.
        scalars: The values that are entries themselves, each with the keys that a bare number
            stands for: ``points: 3`` is short for ``points: {value: 3}``.
    """
    if not isinstance(raw, dict):
        return raw
    marks = {mark: raw[mark] for mark in _MARKS if mark in raw}
    whole = dict(raw)
    for name, keys in scalars.items():
        value = raw.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = dict.fromkeys(keys, value)
        if isinstance(value, dict):
            whole[name] = marks | value
    return whole


def entries_in(value: object, name: str = "") -> Iterator[tuple[str, Entry]]:
    """Every entry in ``value``, however deep, with its dotted name."""
    if isinstance(value, Entry):
        yield name, value
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        for key, part in value.items():
            yield from entries_in(part, f"{name}.{key}".strip("."))
    elif isinstance(value, tuple):
        for position, part in enumerate(value):
            label = getattr(part, "code", position)
            yield from entries_in(part, f"{name}[{label}]")
