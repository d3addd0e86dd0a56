"""The wicket: the office as the public process sees it, by the ports that its pages know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from threading import Lock
from typing import cast

from services.account import Payment
from services.fines import Standing
from services.ledger.checkpoint import Checkpoint
from services.ledger.prove import Anchored
from services.model import Fine
from services.notifier.language import Language
from services.report.figures import Report
from services.store.history import Event
from services.web.keeper import questions as q
from services.web.keeper.keeper import Begun, Opened
from services.web.keeper.line import Lines
from services.web.keeper.shared import Shared
from speedcam.model import Exhibit, ExhibitKind, Passage

MOST_KNOWN = 20_000
"""Numbers and exhibits whose tickets are at hand; far more than pages under way need."""


class Wicket:
    """Every port of the pages, over lines to the keeper.

    A page asks for its notice by the ticket first, and then for what belongs to it by the notice's
    number or by an exhibit; the ticket of each is remembered from the first question.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._tickets: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()
        self.stamp: Shared[Hashable] = Shared(lambda: lines.ask(q.Counted(ask="stamp")))
        """See :class:`services.web.ports.Stamps`. Every page asks for it."""

    def begin(self) -> Begun:
        """What the pages need to work at all."""
        return cast("Begun", self._lines.ask(q.Counted(ask="begin")))

    def attempt(self, address: str) -> timedelta:
        """See :class:`services.web.ports.Attempts`."""
        return cast("timedelta", self._lines.ask(q.Tried(ask="attempt", address=address)))

    def forgive(self, address: str) -> None:
        """See :class:`services.web.ports.Attempts`."""
        self._lines.ask(q.Tried(ask="forgive", address=address))

    def fine_by_number_and_plate(self, number: str, plate: str) -> Fine | None:
        """See :class:`services.web.ports.NoticeReader`."""
        if max(len(number), len(plate)) > q.MOST_LETTERS:
            return None  # nobody's
        opened = cast("Opened | None", self._lines.ask(q.Open(number=number, plate=plate)))
        if opened is None:
            return None
        self._remember(opened.fine, opened.ticket)
        return opened.fine

    def key_of(self, fine: Fine) -> str:
        """See :class:`services.web.ports.NoticeReader`."""
        return self._ticket(fine.number)

    def fine(self, key: str) -> Fine | None:
        """See :class:`services.web.ports.NoticeReader`."""
        fine = cast("Fine | None", self._lines.ask(q.Again(ticket=key)))
        if fine:
            self._remember(fine, key)
        return fine

    def leave(self, key: str) -> None:
        """See :class:`services.web.ports.Leavers`."""
        self._lines.ask(q.Leave(ticket=key))

    def exhibit_bytes(self, sha256: str) -> bytes:
        """See :class:`services.web.ports.NoticeReader`."""
        ticket = self._ticket(sha256)
        question = q.Content(ask="exhibit", ticket=ticket, sha256=sha256)
        return cast("bytes", self._lines.ask(question))

    def standing(self, number: str) -> Standing:
        """See :class:`services.web.ports.Accounts`."""
        return cast("Standing", self._lines.ask(self._of("standing", number)))

    def history(self, fine: Fine) -> Sequence[Event]:
        """See :class:`services.web.ports.Records`."""
        return cast("Sequence[Event]", self._lines.ask(self._of("history", fine.number)))

    def payments(self, fine: Fine) -> Sequence[Payment]:
        """See :class:`services.web.ports.Records`."""
        return cast("Sequence[Payment]", self._lines.ask(self._of("payments", fine.number)))

    def raw_text(self, passage: Passage) -> str:
        """See :class:`services.web.ports.Records`."""
        raw = next((e for e in passage.exhibits if e.kind is ExhibitKind.RAW), None)
        if raw is None:
            return ""
        ticket = self._ticket(raw.sha256)
        question = q.Content(ask="raw_text", ticket=ticket, sha256=raw.sha256)
        return cast("str", self._lines.ask(question))

    def driver(self, fine: Fine) -> Exhibit | None:
        """See :class:`services.web.ports.Records`."""
        return cast("Exhibit | None", self._lines.ask(self._of("driver", fine.number)))

    def contest(self, fine: Fine, words: str) -> None:
        """See :class:`services.web.ports.Desk`."""
        self._lines.ask(q.Contest(ticket=self._ticket(fine.number), words=words))

    def pay(self, fine: Fine, minor: int, *, paid_before: int) -> None:
        """See :class:`services.web.ports.Desk`."""
        ticket = self._ticket(fine.number)
        self._lines.ask(q.Pay(ticket=ticket, minor=minor, paid_before=paid_before))

    def letter(self, fine: Fine, language: Language) -> bytes:
        """See :class:`services.web.ports.Printer`."""
        question = q.Letter(ticket=self._ticket(fine.number), language=language)
        return cast("bytes", self._lines.ask(question))

    def anchored(self, number: str) -> Anchored:
        """See :class:`services.web.ports.Ledger`."""
        return cast("Anchored", self._lines.ask(self._of("anchored", number)))

    def proof(self, number: str) -> bytes | None:
        """See :class:`services.web.ports.Ledger`."""
        return cast("bytes | None", self._lines.ask(self._of("proof", number)))

    def latest(self) -> Checkpoint | None:
        """See :class:`services.web.ports.Ledger`."""
        return cast("Checkpoint | None", self._lines.ask(q.Counted(ask="latest")))

    def public_key(self) -> str:
        """See :class:`services.web.ports.Ledger`."""
        return cast("str", self._lines.ask(q.Counted(ask="public_key")))

    def months(self) -> Sequence[str]:
        """See :class:`services.web.ports.Counts`."""
        return cast("Sequence[str]", self._lines.ask(q.Counted(ask="months")))

    def report(self, month: str) -> Report:
        """See :class:`services.web.ports.Counts`."""
        return cast("Report", self._lines.ask(q.Month(month=month)))

    def _of(self, ask: q.Part, number: str) -> q.PartOf:
        return q.PartOf(ask=ask, ticket=self._ticket(number))

    def _ticket(self, name: str) -> str:
        """The ticket for a number or an exhibit; an empty one, which opens nothing, for others."""
        with self._lock:
            return self._tickets.get(name, "")

    def _remember(self, fine: Fine, ticket: str) -> None:
        with self._lock:
            for name in (fine.number, *_exhibits_of(fine)):
                self._tickets[name] = ticket
                self._tickets.move_to_end(name)
            while len(self._tickets) > MOST_KNOWN:
                self._tickets.popitem(last=False)


def _exhibits_of(fine: Fine) -> Iterable[str]:
    return (each.sha256 for passage in fine.violation.passages for each in passage.exhibits)
