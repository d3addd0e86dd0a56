"""The lines of the office's lists, for other programs: nothing in them is personal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.life import State
from services.model import LetterKind, NoticeState
from services.store.instants import to_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to leave out of a list; None leaves out nothing.

    Attributes:
        site: Of this site alone.
        state: In this state alone.
        first: From this local day on.
        last: Until this local day, itself included.
    """

    site: str | None = None
    state: State | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What passed one site on one local day.

    Attributes:
        measured: Passages with a speed.
        refused: Those without one, by reason.
        outcomes: What became of all of them.
    """

    site: str
    day: date
    measured: int
    refused: Mapping[str, int]
    outcomes: Mapping[str, int]

    @property
    def place(self) -> tuple[str, str]:
        """Where the list goes on after it."""
        return self.day.isoformat(), self.site


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case, and of when it was no more than the day."""

    key: str
    state: State
    site: str
    day: date

    @property
    def place(self) -> tuple[str, str]:
        """Where the list goes on after it."""
        return self.day.isoformat(), self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    """A letter about a fine; ``sent_at`` is None while it is not handed over."""

    kind: LetterKind
    state: NoticeState
    attempts: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice by its number; ``served_on`` is None before it was served."""

    number: str
    state: State
    issued_at: datetime
    served_on: date | None
    letters: Sequence[LetterLine]

    @property
    def place(self) -> tuple[int, str]:
        """Where the list goes on after it."""
        return to_ms(self.issued_at), self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site, with its first and last day of traffic or cases."""

    site: str
    first_day: date
    last_day: date

    @property
    def place(self) -> tuple[str]:
        """Where the list goes on after it."""
        return (self.site,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What says whether the office works; None where nothing was received yet."""

    received_at: datetime | None
    letters: Mapping[NoticeState, int]
