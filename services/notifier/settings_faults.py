"""What is wrong with ``senders.toml``, in words: the line, the key, and how it should look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from services.errors import SettingsError
from services.notifier.senders.closed import Closed
from speedcam.toml_lines import KeyPath, dotted, line_of

Fault = tuple[KeyPath, str]
"""Where in the file, and what is wrong there."""


def faults_of(error: Exception, place: KeyPath = ()) -> list[Fault]:
    """Every fault that an exception tells of the table at ``place``."""
    if isinstance(error, ValidationError):
        tables = {each.__name__: each for each in Closed.__subclasses__()}
        table = tables.get(error.title)
        return [_fault(each, place, table) for each in error.errors()]
    if isinstance(error, KeyError):
        return [(place, f"lacks {error}. Add it.")]
    return [(place, f"cannot be used: {error}")]


def report(path: Path, lines: Mapping[KeyPath, int], faults: Sequence[Fault]) -> SettingsError:
    """All faults of the file ``path``, in the order of its lines."""
    placed = sorted((line_of(place, lines), order) for order, (place, _) in enumerate(faults))
    told = [
        f"{path}:{line}: {dotted(faults[order][0]) or 'the file'} {faults[order][1]}"
        for line, order in placed
    ]
    count = "1 fault" if len(told) == 1 else f"{len(told)} faults"
    return SettingsError("\n".join([f"{path} has {count}:", *told]))


def _fault(detail: ErrorDetails, place: KeyPath, table: type[Closed] | None) -> Fault:
    path = tuple(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return (*place, *path), "is a key that nobody reads. Remove it, or correct its name."
    remedy = _remedy(_field(path, table))
    if detail["type"] == "missing":
        return (*place, *path), f"is missing. {remedy}"
    told = detail["msg"].removeprefix("Value error, ")
    return (*place, *path), f"is wrong: {told[0].lower()}{told[1:]}. {remedy}"


def _remedy(field: FieldInfo | None) -> str:
    if field is None or not field.description or not field.examples:
        return "docs/notices.md shows a whole file."
    return f"Give {field.description}, such as `{field.examples[0]}`."


def _field(path: KeyPath, table: type[Closed] | None) -> FieldInfo | None:
    """The field that a path leads to, through the tables in a table."""
    field = None
    for part in path:
        known = table.model_fields.items() if table else ()
        field = next((each for name, each in known if part in {name, each.alias}), None)
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        table = next((k for k in kinds if isinstance(k, type) and issubclass(k, Closed)), None)
    return field
