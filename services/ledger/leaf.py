"""What a leaf says: that something was done, when, to which case or fine. Nobody is named. Pure.

A leaf is JSON as RFC 8785 wants it: keys in order, no spaces, integers alone.
It holds two salted hashes: of the history's row, and of the row that stands from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

VERSION = 1
FINES = "fines"
"""The table whose keys are the numbers of fines; a leaf that holds such a row names its fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A row that stands from an event on, and must never change."""

    table: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an event changed.

    Attributes:
        before: The state that its subject had; empty where it had none.
        after: The state that it has; empty where the event moved nothing.
        holds: The row that it brought about; None where there is none.
    """

    before: str = ""
    after: str = ""
    holds: Held | None = None


NOTHING = Change()


def digest(salt: bytes, table: str, row: Mapping[Any, Any], columns: Sequence[str]) -> str:
    """SHA-256 over the salt and these columns of a row; without the salt it says nothing."""
    values = [_plain(row[column]) for column in columns]
    return sha256(salt + _canonical([table, *values])).hexdigest()


def entry_of(
    event: Mapping[Any, Any],
    change: Change,
    *,
    actor: str,
    second: str,
    told: str,
    held: str,
    adopted: bool,
) -> bytes:
    """The leaf of an event.

    Args:
        event: Its row in the history.
        change: What it changed.
        actor: The pseudonym of who acted.
        second: That of who agreed, or empty.
        told: The digest of the row.
        held: The digest of the row that the event brought about, or empty.
        adopted: It was told before there was a ledger.
    """
    holds = change.holds
    leaf = {
        "v": VERSION,
        "at_ms": event["at_ms"],
        "what": event["what"],
        "subject": event["subject"],
        "actor": actor,
        "second": second,
        "from": change.before,
        "to": change.after,
        "fine": holds.key if holds and holds.table == FINES else "",
        "event": told,
        "row": held,
        "adopted": adopted,
    }
    return _canonical({name: value for name, value in leaf.items() if value})


def _plain(value: object) -> object:
    return sha256(value).hexdigest() if isinstance(value, bytes) else value


# Made once: json.dumps would make another for each leaf, which takes longer than the leaf.
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _canonical(value: object) -> bytes:
    return _JSON.encode(value).encode()
