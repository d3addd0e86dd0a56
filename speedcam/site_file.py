"""From the bytes of a site file to checked tables, or to every fault at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from speedcam.errors import SiteError
from speedcam.site_checks import Fault, Parts, check, in_words, nearest
from speedcam.site_schema import (
    MOST_POINTS,
    CertificateTable,
    ClipTable,
    LaneTable,
    PointTable,
    ReferenceDriveTable,
    SiteFile,
    Table,
    TapeTable,
    ZoneTable,
)
from speedcam.toml_lines import KeyPath, key_lines, line_of

MOST_BYTES = 1_000_000
"""A site file is some hundred lines; anything above this is another file by mistake."""

MOST_FAULTS = 50
"""So many faults are shown; the rest are counted."""

EVERY_KEY = frozenset({"*"})
"""As a need: of a table with tables in it, either the whole is right or it is not compared."""

_T = TypeVar("_T", bound=Table)


def read_site_bytes(path: Path) -> bytes:
    """The bytes of a site file, of which there can only be a few.

    Raises:
        SiteError: There is no such file, or it cannot be one of these.
    """
    if path.is_dir():
        raise SiteError(f"{path} is a folder. Give the site file in it (<name>.site.toml).")
    if path.exists() and not path.is_file():
        raise SiteError(f"{path} is not an ordinary file. Give a file <name>.site.toml.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SiteError(f"{path} does not exist. Give the path of a <name>.site.toml.") from None
    except (OSError, ValueError) as error:
        raise SiteError(f"cannot read {path}: {error}. Give a file you may read.") from None
    if len(content) > MOST_BYTES:
        raise SiteError(
            f"{path} is larger than {MOST_BYTES} bytes, which no site file is. Give a "
            "<name>.site.toml, not the footage."
        )
    return content


def parse_site(content: bytes, name: str) -> SiteFile:
    """The checked tables in the bytes of a site file.

    Args:
        content: The whole file.
        name: Named in the errors, as the user gave it.

    Raises:
        SiteError: Every fault of the file, one per line, in the order of its lines.
    """
    text = _text(content, name)
    try:
        document = tomllib.loads(text)
        lines = key_lines(text)
    except RecursionError:
        raise SiteError(f"{name} is nested too deeply. A site file needs four levels.") from None
    except ValueError as error:
        raise _syntax_error(error, name) from None
    faults = [*_schema_faults(document), *check(_parts(document))]
    if faults:
        raise SiteError(_report(faults, lines, name))
    return SiteFile.model_validate(document)


def _text(content: bytes, name: str) -> str:
    try:
        # Some editors begin a file with a byte order mark; it means nothing.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SiteError(
            f"{name}:{line}: the byte 0x{content[error.start]:02x} is not UTF-8. Save the file "
            "in the encoding UTF-8."
        ) from None
    if not text.strip():
        raise SiteError(f"{name}:1: the file is empty. docs/site-file.md shows a whole one.")
    return text


def _syntax_error(error: ValueError, name: str) -> SiteError:
    found = re.fullmatch(r"(.*?) \((at line (\d+), column (\d+)|at end of document)\)", str(error))
    if found is None:
        return SiteError(f"{name} is not TOML: {error}. Correct the value it speaks of.")
    what, where, line, column = found.groups()
    place = f"{name}:{line}" if line else name
    spot = f"at column {column}" if column else where
    return SiteError(
        f"{place}: this is not TOML ({what}, {spot}). Put text in quotation marks, close every "
        "bracket and give each key once, as `key = value` on a line of its own."
    )


def _report(faults: Sequence[Fault], lines: Mapping[KeyPath, int], name: str) -> str:
    placed = sorted((line_of(fault.path, lines), order) for order, fault in enumerate(faults))
    told = [in_words(faults[order], name, line) for line, order in placed[:MOST_FAULTS]]
    if len(placed) > MOST_FAULTS:
        told.append(f"… and {len(placed) - MOST_FAULTS} more faults. Correct these first.")
    count = "1 fault" if len(placed) == 1 else f"{len(placed)} faults"
    return "\n".join([f"{name} has {count}:", *told])


def _schema_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        SiteFile.model_validate(document)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            path = tuple(part for part in detail["loc"] if part != "[key]")
            yield _schema_fault(path, detail["type"], detail["input"])


def _schema_fault(path: KeyPath, kind: str, value: object) -> Fault:
    if kind == "extra_forbidden":
        return Fault(path=path, what="is a key that nobody reads", remedy=_known_keys(path))
    field = _field(path)
    described, example = _described(field)
    if kind == "missing":
        return Fault(path=path, what="is missing", remedy=f"Add {described}: `{example}`.")
    return Fault(
        path=path, what=f"is {_shown(value)}", remedy=f"Give {described}, such as `{example}`."
    )


def _described(field: FieldInfo | None) -> tuple[str, str]:
    if field is None:
        return "what docs/site-file.md says", "…"
    return field.description or "", (field.examples or ["…"])[0]


def _known_keys(path: KeyPath) -> str:
    table = _table(path[:-1])
    keys = list(table.model_fields) if table else []
    guess = nearest(str(path[-1]), keys, "")
    known = ", ".join(keys)
    return guess if guess.startswith("Did") else f"Remove it; known here are {known}."


def _field(path: KeyPath) -> FieldInfo | None:
    """The nearest described key at or above ``path``."""
    for end in range(len(path), 0, -1):
        table = _table(path[: end - 1])
        if table is not None and path[end - 1] in table.model_fields:
            return table.model_fields[str(path[end - 1])]
    return None


def _table(path: KeyPath) -> type[BaseModel] | None:
    """The model of the table at ``path``."""
    table: type[BaseModel] | None = SiteFile
    for part in path:
        if isinstance(part, int):
            continue
        field = table.model_fields.get(part) if table else None
        table = _model_in(field.annotation) if field else None
    return table


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for arg in get_args(annotation) if (model := _model_in(arg))), None)


def _shown(value: object) -> str:
    """``value`` as TOML would say it, or in words where it is long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list) and (len(value) > 4 or any(isinstance(e, dict) for e in value)):
        return f"a list of {len(value)}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def _parts(document: Mapping[str, Any]) -> Parts:
    camera, place, survey = (_table_in(document, key) for key in ("camera", "place", "survey"))
    timezone = place.get("timezone")
    points, lanes = survey.get("points"), document.get("lanes")
    return Parts(
        certificate=_part(CertificateTable, camera.get("certificate"), needs={"valid_until"}),
        timezone=timezone if isinstance(timezone, str) else None,
        clip=_part(ClipTable, document.get("clip"), needs={"starts_at"}),
        in_picture=_each(PointTable, points, needs={"px"}),
        on_road=_each(PointTable, points, needs={"m"}),
        tapes=_each(TapeTable, survey.get("checks"), needs={"m"}),
        drive=_part(ReferenceDriveTable, document.get("reference_drive"), needs=EVERY_KEY),
        zone=_part(ZoneTable, document.get("zone"), needs={"near_m", "far_m"}),
        lane_edges=_each(LaneTable, lanes, needs={"left_m", "right_m"}),
        lane_names=_each(LaneTable, lanes, needs={"name"}),
        lane_limits=_each(LaneTable, lanes, needs={"limit_kmh"}),
    )


def _table_in(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key)
    return table if isinstance(table, dict) else {}


def _each(model: type[_T], raw: object, needs: Set[str]) -> list[_T | None]:
    # Far too many are refused by the schema; to compare them all would take long.
    if not isinstance(raw, list) or len(raw) > MOST_POINTS:
        return []
    return [_part(model, element, needs) for element in raw]


def _part(model: type[_T], raw: object, needs: Set[str]) -> _T | None:
    """A table with those of its keys that are right, when all that are needed are among them."""
    if not isinstance(raw, dict):
        return None
    good = {key: value for key, value in raw.items() if key in model.model_fields}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            good.pop(detail["loc"][0], None)
    return model.model_construct(None, **good) if needs <= good.keys() else None
