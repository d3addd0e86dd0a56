"""A site file as the fields of a form, named by where they stand in it, and back. Pure.

``survey.points.3.px.0`` is the pixel column of point 3, ``zone.near_m`` where the zone begins.
What has no field, such as a reference drive or another limit at night, stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

Document = dict[str, Any]
"""The tables of a site file as ``tomllib`` gives them."""

NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,9})?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)


def document_of(fields: Mapping[str, str], base: Document) -> Document:
    """What a form says, on top of the file that it was filled from.

    A number, day or instant that is none stays text: whoever reads the site names it as a fault.
    An emptied field is a key that is left out, and an emptied row is none.

    Args:
        fields: What was typed, by the names of the fields; others are passed over.
        base: The tables of that file.
    """
    typed = _tree(fields)
    _renumber_tapes(typed.get("survey", {}))
    return _table(base, typed)


def fields_of(document: Document) -> dict[str, str]:
    """What a form may show of a file: all that it holds, also what has no field."""
    return dict(_leaves(document, ""))


def rows_of(fields: Mapping[str, str], table: str) -> list[int]:
    """The numbers of the rows that ``fields`` has of a table such as ``survey.points``."""
    found = (re.match(re.escape(table) + r"\.(\d+)\.", name) for name in fields)
    return sorted({int(each[1]) for each in found if each})


def _tree(fields: Mapping[str, str]) -> Document:
    """Tables by the parts of the names; lists have numbers for keys. None: nothing was typed."""
    tree: Document = {}
    for name, text in fields.items():
        kind = _kind(name)
        if kind:
            *path, last = name.split(".")
            table = tree
            for part in path:
                table = table.setdefault(part, {})
            table[last] = kind(text.strip()) if text.strip() else None
    return tree


def _line(text: str) -> object:
    return " ".join(text.split())


def _number(text: str) -> object:
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else text


def _whole(text: str) -> object:
    return int(text) if WHOLE.fullmatch(text) else _number(text)


def _day(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _instant(text: str) -> object:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


_ROW = r"\d{1,3}"
FIELDS: Mapping[Callable[[str], object], Sequence[str]] = {
    _line: (
        r"camera\.(id|name)",
        r"camera\.(certificate\.(device|number)|clock\.source)",
        r"place\.(name|road|road_kind|timezone|approaching_towards|receding_towards)",
        r"place\.limit_reason\.(sq|en)",
        r"clip\.weather",
        rf"lanes\.{_ROW}\.(name|direction)",
    ),
    _number: (
        r"camera\.(height_m|focal_px|readout_ms|clock\.offset_s)",
        r"survey\.(uncertainty_px|uncertainty_m)",
        rf"survey\.points\.{_ROW}\.(px|m)\.[01]",
        rf"survey\.checks\.{_ROW}\.(m|uncertainty_m)",
        r"zone\.(near_m|far_m)",
        rf"lanes\.{_ROW}\.(left_m|right_m)",
    ),
    _whole: (
        rf"survey\.checks\.{_ROW}\.points\.[01]",
        rf"lanes\.{_ROW}\.(limit_kmh|trigger_kmh)",
    ),
    _day: (
        r"camera\.(certificate\.valid_until|clock\.checked_on)",
        r"place\.signs_checked_on",
    ),
    _instant: (r"clip\.starts_at",),
}
"""The names of all fields, by what is typed into them."""
KINDS = {kind: re.compile("|".join(names), re.ASCII) for kind, names in FIELDS.items()}


def _kind(name: str) -> Callable[[str], object] | None:
    """How what is typed into a field is read; None where there is no such field."""
    return next((kind for kind, names in KINDS.items() if names.fullmatch(name)), None)


def _renumber_tapes(survey: Document) -> None:
    """Tapes name points by their rows; without the emptied ones these have other numbers."""
    rows = survey.get("points", {})
    kept = [number for number in sorted(map(int, rows)) if not _is_blank(rows[str(number)])]
    for tape in survey.get("checks", {}).values():
        for end, point in tape.get("points", {}).items():
            if isinstance(point, int):
                known = point in kept
                tape["points"][end] = kept.index(point) if known else f"{point}, no such point"


def _table(known: object, typed: Document) -> Document:
    table = dict(known) if isinstance(known, dict) else {}
    for key, value in typed.items():
        new = _inner(table.get(key), value) if isinstance(value, dict) else value
        if new in (None, {}, []):
            table.pop(key, None)
        else:
            table[key] = new
    return table


def _inner(known: object, typed: Document) -> object:
    if not all(key.isdigit() for key in typed):
        return _table(known, typed)
    rows = known if isinstance(known, list) else []
    return list(_rows(rows, {int(key): value for key, value in typed.items()}))


def _rows(known: list[Any], typed: Mapping[int, object]) -> Iterator[object]:
    for number, value in sorted(typed.items()):
        if not _is_blank(value):
            old = known[number] if number < len(known) else None
            yield _inner(old, value) if isinstance(value, dict) else value


def _is_blank(value: object) -> bool:
    return all(map(_is_blank, value.values())) if isinstance(value, dict) else value is None


def _leaves(value: object, name: str) -> Iterator[tuple[str, str]]:
    pairs: Iterator[tuple[object, object]] = iter(())
    if isinstance(value, dict):
        pairs = iter(value.items())
    elif isinstance(value, list):
        pairs = iter(enumerate(value))
    else:
        yield name, _shown(value)
    for key, inner in pairs:
        yield from _leaves(inner, f"{name}.{key}" if name else str(key))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
