"""Registers that know who kept a vehicle: a CSV file, an SQL database, or a web service.

The file and the database are for demonstrations and small places; the service is whatever an
authority puts before its own register.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from services.errors import ProviderDown, SettingsError, Unclear, Unreachable
from services.notifier.secret import secret_in
from services.notifier.senders.closed import Closed
from services.notifier.senders.http import post_json, require_private
from services.ports import OwnerRegister
from services.recipient import Recipient
from services.store.keys import normal_plate

_COLUMNS = ("name", "address", "email", "phone", "portal", "language", "channels")
_CSV_COLUMNS = ("plate", *_COLUMNS, "from", "until")
_KNOWS_NOBODY = 404


class RegisterSettings(Closed):
    """Which register is asked.

    Attributes:
        file: Of ``csv``: with the columns plate, name, address (lines parted by ``|``), email,
            phone, portal, language, channels (parted by blanks), from, until.
        url_file: Of ``sql`` and ``http``: a private file with the address, which may hold a
            password.
        query: Of ``sql``: gives the columns above for ``:plate`` on ``:on``.
        country: Of ``csv`` and ``sql``: whose vehicles it knows (ISO 3166-1 alpha-2). Asked about
            another country's it knows nobody. A service is told the country, and must compare it.
        token_file: Of ``http``: a private file with the bearer token.
    """

    kind: Literal["csv", "sql", "http"] = Field(description="csv, sql or http", examples=['"csv"'])
    file: str = ""
    url_file: str = ""
    query: str = ""
    country: str = Field(
        default="", pattern=r"^([A-Z]{2})?$", description="a country", examples=['"AL"']
    )
    token_file: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needs = {
            "csv": ("file", "country"),
            "sql": ("url_file", "query", "country"),
            "http": ("url_file", "token_file"),
        }
        lacking = [name for name in needs[self.kind] if not getattr(self, name)]
        if lacking:
            raise ValueError(f"a register of kind {self.kind} needs {' and '.join(lacking)}")
        if self.kind == "sql" and not {"plate", "on"} <= text(self.query).compile().params.keys():
            raise ValueError("the query must ask for :plate and :on, or it names somebody else")
        return self


def register_of(settings: RegisterSettings, office: Path) -> OwnerRegister:
    """The register that the settings name.

    Raises:
        SettingsError: It is not there, or its secret is not.
    """
    if settings.kind == "csv":
        return CsvRegister(office / settings.file, settings.country)
    url = secret_in(office, file=settings.url_file)
    if settings.kind == "http":
        return HttpRegister(url, secret_in(office, file=settings.token_file))
    try:
        engine = create_engine(url, hide_parameters=True)
        return SqlRegister(engine, settings.query, settings.country)
    except (ArgumentError, ModuleNotFoundError):
        raise SettingsError(
            f"{settings.url_file} names no database that can be used here. Write one line such as "
            "sqlite:///owners.sqlite into it."
        ) from None


class CsvRegister:
    """A table of one country's owners. It is read for each question: it may be mended meanwhile."""

    def __init__(self, path: Path, country: str) -> None:
        self.path = path
        self._country = country

    def owner(self, plate: str, country: str, on: date, purpose: str) -> Recipient | None:  # noqa: ARG002 - the port
        """Whoever stands in the table for this plate of its country on that day."""
        if country != self._country:
            return None
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                table = csv.DictReader(file)
                self._require_known(table.fieldnames or ())
                rows = [row for row in table if _is_of(row, plate, on)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            told = (isinstance(error, OSError) and error.strerror) or "it is no CSV file in UTF-8"
            raise ProviderDown(f"cannot read the register {self.path}: {told}.") from None
        except ValueError:
            raise Unreachable(
                f"the register {self.path} gives this plate a day that is none: write 2026-10-14."
            ) from None
        return _the_one([recipient_from(row) for row in rows])

    def _require_known(self, columns: Sequence[str]) -> None:
        """Raise ProviderDown where a column is unknown: unread, it might name somebody else."""
        if unknown := sorted(set(columns) - set(_CSV_COLUMNS)):
            raise ProviderDown(
                f"the register {self.path} has the column {unknown[0]!r}, which no register has: "
                f"mend its spelling, or take it out. Known: {', '.join(_CSV_COLUMNS)}."
            )


class SqlRegister:
    """A database of one country's owners."""

    def __init__(self, engine: Engine, query: str, country: str) -> None:
        self._engine = engine
        self._country = country
        self._query = text(query)

    def owner(self, plate: str, country: str, on: date, purpose: str) -> Recipient | None:  # noqa: ARG002 - the port
        """Whoever the query gives for this plate of its country on that day."""
        if country != self._country:
            return None
        asked = {"plate": normal_plate(plate), "on": on.isoformat()}
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(self._query, asked).mappings().all()
        except SQLAlchemyError as error:
            kind = type(error).__name__
            raise ProviderDown(f"the register's database does not answer ({kind}).") from None
        return _the_one([recipient_from({str(key): row[key] for key in row}) for row in rows])


class HttpRegister:
    """A service that answers a POST of plate, country, day and purpose with one owner, or 404."""

    def __init__(self, url: str, token: str) -> None:
        try:
            self._url = require_private(url)
        except ValueError as error:
            raise SettingsError(f"the register cannot be asked: {error}.") from None
        self._token = token

    def owner(self, plate: str, country: str, on: date, purpose: str) -> Recipient | None:
        """Whoever the service names."""
        asked = {"plate": plate, "country": country, "on": on.isoformat(), "purpose": purpose}
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = post_json(self._url, json.dumps(asked).encode(), headers)
        except Unclear:
            raise ProviderDown("the register was gone before it answered.") from None
        if answer.status == _KNOWS_NOBODY:
            return None
        try:
            told = json.loads(answer.content) if answer.status // 100 == 2 else None
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise ProviderDown(f"the register answered {answer.status} and no owner.")
        return recipient_from(told)


def recipient_from(row: Mapping[str, object]) -> Recipient:
    """A recipient from the columns of a register.

    Raises:
        Unreachable: A column holds what no recipient has, until somebody mends it.
    """
    told = {name: str(row.get(name) or "").strip() for name in _COLUMNS}
    lines = tuple(line.strip() for line in told.pop("address").split("|") if line.strip())
    channels = tuple(told.pop("channels").split())
    # A register may write IT or de-CH, and a letter has words for it and de.
    told["language"] = re.split("[-_]", told["language"].lower())[0]
    try:
        return Recipient(postal_lines=lines, channels=channels, **told)
    except ValueError as error:
        raise Unreachable(f"the register's answer cannot be used: {error}.") from None


def _is_of(row: Mapping[str, str | None], plate: str, on: date) -> bool:
    """Whether a row is about this plate on that day; both ends count."""
    if normal_plate(row.get("plate") or "") != normal_plate(plate):
        return False
    # Days written in another way, and compared as words, would fine the next owner.
    ends = ((row.get(name) or "").strip() or on.isoformat() for name in ("from", "until"))
    since, until = map(date.fromisoformat, ends)
    return since <= on <= until


def _the_one(found: list[Recipient]) -> Recipient | None:
    # Two owners on one day: nobody may guess which of them is fined.
    return found[0] if len(found) == 1 else None
