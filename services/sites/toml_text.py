"""The text of a site file from its tables, laid out as one that a person wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

ON_LINES = frozenset({"points", "runs"})
"""Lists whose tables stand on a line each; other tables get headers."""


def toml_text(document: Mapping[str, Any]) -> str:
    """A TOML document that ``tomllib`` reads as ``document``.

    Args:
        document: Tables of text, numbers, truths, days, instants, times, lists and tables, as
            ``tomllib`` gives them.
    """
    return "\n".join(_table(document, "")).strip("\n") + "\n"


def _table(table: Mapping[str, Any], header: str) -> Iterator[str]:
    """Plain keys first: after a header they would belong to that one's table."""
    for key, value in table.items():
        if not _has_header(key, value):
            yield from _pair(key, value)
    for key, value in table.items():
        if not _has_header(key, value):
            continue
        name = f"{header}.{_key(key)}" if header else _key(key)
        for each in [value] if isinstance(value, dict) else value:
            yield from ("", f"[{name}]" if isinstance(value, dict) else f"[[{name}]]")
            yield from _table(each, name)


def _has_header(key: str, value: object) -> bool:
    return isinstance(value, dict) or (key not in ON_LINES and _is_list_of_tables(value))


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def _pair(key: str, value: object) -> Iterator[str]:
    if isinstance(value, list) and _is_list_of_tables(value):
        yield from (f"{_key(key)} = [", *(f"  {_value(each)}," for each in value), "]")
    else:
        yield f"{_key(key)} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for this one that JSON may leave as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _key(key: str) -> str:
    plain = key and key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if plain else _value(key)
