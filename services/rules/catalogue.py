"""The rule packs that come with the office, and which of them holds on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations

from services.errors import PackError
from services.rules.edition import Edition, read_edition


@cache
def load_editions() -> tuple[Edition, ...]:
    """Every pack of this release, in order of country and day.

    Raises:
        PackError: Packs with faults (every fault of every pack), or two for the same day.
    """
    editions, faults = [], []
    for file in pack_files().values():
        if file.name.endswith(".cases.yaml"):
            continue
        try:
            editions.append(read_edition(file.read_bytes(), file.name))
        except PackError as error:
            faults.append(str(error))
    faults += overlaps(editions)
    if faults:
        raise PackError("\n".join(faults))
    return tuple(editions)


def pack_files() -> dict[str, Traversable]:
    """The packs of this release and the cases beside them, by file name."""
    folder = files("services.rules").joinpath("packs")
    found = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {file.name: file for file in sorted(found, key=lambda file: file.name)}


def overlaps(editions: Sequence[Edition]) -> list[str]:
    """Every pair of packs that would both hold on the same day in the same place."""
    return [
        f"{one.pack.id} and {other.pack.id} both hold on {max(one.pack.from_, other.pack.from_)}: "
        "end the older one on the day on which the newer begins"
        for one, other in combinations(editions, 2)
        if set(one.pack.timezones) & set(other.pack.timezones)
        and max(one.pack.from_, other.pack.from_) < min(_end(one), _end(other))
    ]


def pack_for(editions: Sequence[Edition], day: date, timezone: str) -> Edition:
    """The edition in force on the local ``day`` of a place in ``timezone``.

    Raises:
        PackError: No pack covers that day there, so nobody can be judged.
    """
    for edition in editions:
        if timezone in edition.pack.timezones and edition.pack.from_ <= day < _end(edition):
            return edition
    known = ", ".join(
        f"{e.pack.id} ({', '.join(e.pack.timezones)}, {e.pack.from_} to {e.pack.to or 'today'})"
        for e in editions
    )
    raise PackError(
        f"no rule pack holds on {day} in {timezone}; known: {known or 'none'}. Check the site's "
        "time zone and the clip's start, or add the pack of that day."
    )


def _end(edition: Edition) -> date:
    return edition.pack.to or date.max
