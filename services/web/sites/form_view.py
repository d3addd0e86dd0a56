"""Which rows and fields the form of a site shows."""

from __future__ import annotations

from collections.abc import Mapping

from services.sites.fields import rows_of

BLANK = {"survey.points": 4, "survey.checks": 1, "lanes": 1}
"""So many empty rows follow in each table: who has no scripts can type into them."""
MOST = {"survey.points": 100, "survey.checks": 50, "lanes": 12}
"""As a site file may have (docs/site-file.md)."""


def rows_shown(fields: Mapping[str, str]) -> dict[str, list[int]]:
    """The numbers of the rows of each table: those with something in them, and empty ones."""
    return {table: _rows(fields, table) for table in BLANK}


def _rows(fields: Mapping[str, str], table: str) -> list[int]:
    typed = [row for row in rows_of(fields, table) if _is_typed(fields, f"{table}.{row}.")]
    after = typed[-1] + 1 if typed else 0
    return [*typed, *range(after, min(after + BLANK[table], MOST[table]))]


def _is_typed(fields: Mapping[str, str], row: str) -> bool:
    return any(text.strip() for name, text in fields.items() if name.startswith(row))
