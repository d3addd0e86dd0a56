"""``senders.toml`` in the office's folder: which ways letters can take, in which order, and when.

An office without it puts its notices into the folder ``sent``. Faults are told all at once, each
with its line and a remedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from services.errors import SettingsError
from services.model import Channel
from services.notifier.quiet import QuietHours
from services.notifier.registers import RegisterSettings, register_of
from services.notifier.senders.catalogue import sender_of
from services.notifier.senders.closed import Closed
from services.notifier.senders.folder import FolderSender
from services.notifier.settings_faults import Fault, faults_of, report
from services.ports import OwnerRegister, Sender
from speedcam.toml_lines import KeyPath, key_lines

FILE = "senders.toml"
_PART = "(?!-)[a-z0-9-]{1,24}(?<!-)"
PAGE = re.compile(
    rf"https://({_PART}\.)+(?![0-9]){_PART}(:[1-9][0-9]{{0,4}})?"
    r"|http://(localhost|127\.0\.0\.1)(:[1-9][0-9]{0,4})?"
)
"""Nothing that is typed at a page goes over a network in the open. Longer parts of a host's name
would not fit beside the window of a letter."""
OF_A_CHANNEL = 3
"""Senders of one channel: all of them are tried within one lease."""


class QuietTable(Closed):
    """Local times between which some channels are silent."""

    begins: time = Field(description="a local time", examples=["begins = 21:00:00"])
    ends: time = Field(description="a local time", examples=["ends = 08:00:00"])
    channels: list[str] = Field(
        default=["sms"], description="channels", examples=['channels = ["sms"]']
    )


class AlertsTable(Closed):
    """Whom the staff's digest goes to."""

    by: str = Field(description="the name of a sender of mail", examples=['by = "mail"'])
    to: str = Field(
        pattern=r"^[!-?A-~]+@[!-?A-~]+$",
        description="an address",
        examples=['to = "staff@police.example"'],
    )
    every_hours: int = Field(
        default=24, ge=1, le=168, description="hours", examples=["every_hours = 24"]
    )


class SendersTable(Closed):
    """The whole file; ``senders`` are tables that each kind checks by itself."""

    page: str = Field(
        default="",
        max_length=100,
        description=(
            "https:// and the name of the host where notices are opened, in small letters, its "
            "parts of at most 24, with no / or anything else behind it"
        ),
        examples=['page = "https://notices.police.example"'],
    )
    order: list[str] = Field(
        default=[], description="channels, the first choice first", examples=['order = ["email"]']
    )
    paper_after_days: int | None = Field(
        default=None, ge=1, le=60, description="days, 1 to 60", examples=["paper_after_days = 10"]
    )
    remind_before_days: int = Field(
        default=3, ge=1, le=14, description="days, 1 to 14", examples=["remind_before_days = 3"]
    )
    quiet: QuietTable | None = Field(default=None, description="a table", examples=["[quiet]"])
    register_: RegisterSettings | None = Field(
        default=None, alias="register", description="a table", examples=["[register]"]
    )
    alerts: AlertsTable | None = Field(default=None, description="a table", examples=["[alerts]"])
    senders: list[dict[str, object]] = Field(
        min_length=1, description="tables", examples=["[[senders]]"]
    )

    @field_validator("page")
    @classmethod
    def _page(cls, page: str) -> str:
        if page and not PAGE.fullmatch(page):
            raise ValueError("letters print it for people to type, and a code has to lead to it")
        return page


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Whom the staff's digest goes to, and how often at most."""

    by: Sender
    to: str
    every_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How an office's letters leave it.

    Attributes:
        senders: By name, in the file's order: those of one channel stand in for each other.
        order: Channels, for recipients who prefer none.
        quiet: None: every hour will do.
        register: None: nobody is looked up, and letters that need an address wait.
        paper_after_days: A notice that nobody is known to have seen is posted then; None: never.
        remind_before_days: So long before a term ends is a reminder sent.
        alerts: None: nobody is told.
        page: Address of the page where notices are opened; empty: letters name none.
    """

    senders: Mapping[str, Sender]
    order: tuple[str, ...]
    quiet: QuietHours | None = None
    register: OwnerRegister | None = None
    paper_after_days: int | None = None
    remind_before_days: int = 3
    alerts: Alerts | None = None
    page: str = ""


def ways_of(office: Path) -> Ways:
    """The ways that ``senders.toml`` names, or the folder alone where there is none.

    Raises:
        SettingsError: The file has faults: all of them, each with its line and a remedy.
    """
    if (read := _read(office)) is None:
        folder = FolderSender(office / "sent")
        return Ways(senders={"folder": folder}, order=(folder.channel,))
    document, lines = read
    return _ways(document, office, lines)


def page_of(office: Path) -> str:
    """The page that letters name, for who sends none and needs no sender's secret.

    Raises:
        SettingsError: ``senders.toml`` has faults that are seen without its senders.
    """
    read = _read(office)
    return _table(office / FILE, *read).page if read else ""


def _read(office: Path) -> tuple[Mapping[str, object], Mapping[KeyPath, int]] | None:
    """The file as a document, and where its keys stand; None: there is none."""
    path = office / FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}. Save it as UTF-8 text.") from None
    try:
        return tomllib.loads(text), key_lines(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}. Correct it there.") from None


def _table(
    path: Path, document: Mapping[str, object], lines: Mapping[KeyPath, int]
) -> SendersTable:
    try:
        return SendersTable.model_validate(document)
    except ValidationError as error:
        raise report(path, lines, faults_of(error)) from None


def _ways(document: Mapping[str, object], office: Path, lines: Mapping[KeyPath, int]) -> Ways:
    path = office / FILE
    table = _table(path, document, lines)
    senders: dict[str, Sender] = {}
    faults: list[Fault] = []
    for ordinal, given in enumerate(table.senders):
        kind = str(given.get("kind", ""))
        name = str(given.get("name", kind))
        if name in senders:
            faults.append((("senders", ordinal), f"is named {name!r} as another. Rename it."))
        try:
            rest = {key: value for key, value in given.items() if key not in {"kind", "name"}}
            senders[name] = sender_of(kind, rest, office)
        except (SettingsError, ValueError, KeyError) as error:
            faults += faults_of(error, ("senders", ordinal))
    faults += _misfits(table, senders, whole=not faults)
    if faults:
        raise report(path, lines, faults)
    return _wired(table, senders, office)


def _wired(table: SendersTable, senders: Mapping[str, Sender], office: Path) -> Ways:
    register, alerts = table.register_, table.alerts
    return Ways(
        senders=senders,
        order=tuple(table.order or dict.fromkeys(each.channel for each in senders.values())),
        quiet=_quiet(table.quiet) if table.quiet else None,
        register=register_of(register, office) if register else None,
        paper_after_days=table.paper_after_days,
        remind_before_days=table.remind_before_days,
        alerts=_alerts(alerts, senders) if alerts else None,
        page=table.page,
    )


def _quiet(table: QuietTable) -> QuietHours:
    return QuietHours(begins=table.begins, ends=table.ends, channels=frozenset(table.channels))


def _alerts(table: AlertsTable, senders: Mapping[str, Sender]) -> Alerts:
    return Alerts(by=senders[table.by], to=table.to, every_hours=table.every_hours)


def _misfits(table: SendersTable, senders: Mapping[str, Sender], *, whole: bool) -> Iterator[Fault]:
    """What no table can see by itself; only asked of senders that are all there."""
    channels = [sender.channel for sender in senders.values()]
    for channel in table.order if whole else ():
        if channel not in channels:
            yield ("order",), f"names {channel!r}, which no sender has. Add one, or leave it out."
    for channel in sorted(set(channels)):
        if channels.count(channel) > OF_A_CHANNEL:
            yield ("senders",), f"has more than {OF_A_CHANNEL} for {channel}. Remove some."
    if whole and not table.paper_after_days and (short := _of_one_line(table, senders)):
        yield ("senders",), f"{short} tells one line and no letter. Set paper_after_days with it."
    if whole and table.alerts and table.alerts.by not in senders:
        yield ("alerts", "by"), f"is none of {', '.join(senders)}. Name one of them."
    if whole and table.paper_after_days and "post" not in channels:
        yield ("paper_after_days",), 'needs a sender of kind = "post". Add one, or leave it out.'


def _of_one_line(table: SendersTable, senders: Mapping[str, Sender]) -> str:
    """A sender that is only a nudge, so that the letter itself must follow; empty for none."""
    nudges = {str(given.get("name", given["kind"])) for given in table.senders
              if given["kind"] == "apprise"}  # fmt: skip
    nudges |= {name for name, sender in senders.items() if sender.channel == Channel.SMS}
    return min(nudges, default="")
