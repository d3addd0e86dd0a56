"""The keeper: answers the public process about one notice at a time, out of the office.

Whoever takes the public process over can ask what it may ask, and no more: for a notice whose
number and plate somebody typed, with the ticket that this gave. There is no list and no search.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from pydantic import ValidationError

from services.errors import CaseError, OfficeError, StoreError
from services.fines import standing
from services.model import Fine
from services.ports import Clock
from services.store.haste import in_haste
from services.store.stamp import stamp_of
from services.store.store import Store
from services.web.keeper.questions import (
    QUESTION,
    Again,
    Content,
    Contest,
    Count,
    Counted,
    Leave,
    Letter,
    Month,
    OfNotice,
    Open,
    Part,
    PartOf,
    Pay,
    Question,
    Tried,
    Try,
)
from services.web.keeper.tickets import Tickets
from services.web.kept import Kept
from services.web.office import (
    OfficeCounts,
    OfficeDesk,
    OfficeLedger,
    OfficePrinter,
    OfficeRecords,
)
from services.web.patience import Patience
from services.web.tally import Tally
from speedcam.model import ExhibitKind, Passage
from speedcam.seal.bundle import FOR_OWNERS

_SHOWN = FOR_OWNERS | {ExhibitKind.SITE, ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE}
"""Exhibits that leave the office: what hides everybody, raw data, and what the camera signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the public process works with.

    Attributes:
        secret: Signs visits and forms; no ticket can be made with it.
        forms: Whether owners may hand something in.
    """

    secret: bytes
    forms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A notice, and the ticket that opens it again."""

    fine: Fine
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No answer. Says nothing of the office but what pages tell.

    Attributes:
        case: The case stands where this cannot be done.
        office: The office cannot do it now; else what was asked is wrong, or a fault of ours.
    """

    case: bool = False
    office: bool = False


class Keeper:
    """Answers questions; safe for threads.

    Args:
        store: The office.
        clock: Says what is owed, and which tickets are over.
        secret: Of the office's pages; see :mod:`services.web.secret`.
        forms: Takes what owners hand in. Without it the store gives up writing.
        tally: Counts wrong tries and knows who left, for all public processes together.
        warn: Told what went wrong, without a word about anybody.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        secret: bytes,
        *,
        forms: bool,
        tally: Tally,
        warn: Callable[[str], object],
    ) -> None:
        if not forms:
            store.give_up_writing()
        self._store = store
        self._clock = clock
        begun = Begun(secret=hmac.digest(secret, b"speedcam.web.porch", sha256), forms=forms)
        self._tickets = Tickets(secret, clock, tally)
        patience = Patience(secret, clock, tally)
        self._tried: dict[Try, Callable[[str], object]] = {
            "attempt": patience.attempt,
            "forgive": patience.forgive,
        }
        self._desk = OfficeDesk(store=store, clock=clock) if forms else None
        self._records = OfficeRecords(store=store)
        self._print = OfficePrinter(store=store)
        self._warn = warn
        self._fines: Kept[Fine] = Kept()
        ledger, counts = OfficeLedger(store=store), OfficeCounts(store=store)
        self._counts = counts
        self._counted: dict[Count, Callable[[], object]] = {
            "begin": lambda: begun,
            "stamp": lambda: stamp_of(store),
            "months": counts.months,
            "latest": ledger.latest,
            "public_key": ledger.public_key,
        }
        self._parts: dict[Part, Callable[[Fine], object]] = {
            "standing": lambda fine: standing(store, fine.number, clock),
            "history": self._records.history,
            "payments": self._records.payments,
            "driver": self._records.driver,
            "anchored": lambda fine: ledger.anchored(fine.number),
            "proof": lambda fine: ledger.proof(fine.number),
        }

    def answer(self, content: bytes) -> object:
        """The answer to a question as it came; never an exception."""
        try:
            with in_haste():  # somebody waits for a page
                return self._answer(QUESTION.validate_json(content))
        except ValidationError:
            self._warn("the public process asked what it may not ask; nothing was told\n")
            return Refused()
        except CaseError:
            return Refused(case=True)
        except OfficeError as error:
            # The type alone: a message of the office may name a case.
            self._warn(f"a page could not be shown: {type(error).__name__}\n")
            return Refused(office=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next question is answered
            self._warn(f"a page could not be shown, by a fault of ours: {type(error).__name__}\n")
            return Refused()

    def _answer(self, question: Question) -> object:
        match question:
            case Tried():
                return self._tried[question.ask](question.address)
            case Open():
                return self._opened(question)
            case Again():
                return self._fine(question.ticket)
            case Leave():
                self._tickets.end(question.ticket)
                return None
            case Counted() | Month():
                return self._of_nobody(question)
        return self._of_notice(question)

    def _of_nobody(self, question: Counted | Month) -> object:
        if isinstance(question, Month):
            return self._counts.report(question.month)
        return self._counted[question.ask]()

    def _opened(self, question: Open) -> Opened | None:
        fine = self._store.fine_by_number_and_plate(question.number, question.plate)
        return Opened(fine=fine, ticket=self._tickets.of(fine.number)) if fine else None

    def _fine(self, ticket: str) -> Fine | None:
        number = self._tickets.number(ticket)
        if number is None:
            return None
        # A page asks for many things of one notice, and it is slow to open.
        stamp, now = stamp_of(self._store), self._clock.now()
        return self._fines.get(number, stamp, now, lambda: self._store.fine(number))

    def _of_notice(self, question: OfNotice) -> object:
        fine = self._fine(question.ticket)
        if fine is None:
            raise StoreError("a ticket opens nothing, or nothing any more")
        match question:
            case PartOf():
                return self._parts[question.ask](fine)
            case Content():
                return self._content(question, fine)
            case Letter():
                return self._print(fine, question.language)
            case Contest():
                self._taking().contest(fine, question.words)
            case Pay():
                self._pay(fine, question)
        return None

    def _pay(self, fine: Fine, question: Pay) -> None:
        taking, account = self._taking(), standing(self._store, fine.number, self._clock).account
        if (question.minor, question.paid_before) != (account.owed, account.paid):
            raise CaseError(f"fine {fine.number}: something else is owed by now. Look again.")
        taking.pay(fine, question.minor, paid_before=question.paid_before)

    def _content(self, question: Content, fine: Fine) -> bytes | str:
        driver = self._records.driver(fine)
        wanted = question.sha256
        for passage in fine.violation.passages:
            kinds = {each.kind for each in passage.exhibits if each.sha256 == wanted}
            if kinds & _SHOWN or (driver and driver.sha256 == wanted):
                return self._read(question, passage)
        raise StoreError("an exhibit was asked for that does not leave the office")

    def _read(self, question: Content, passage: Passage) -> bytes | str:
        if question.ask == "raw_text":
            return self._records.raw_text(passage)
        return self._store.exhibit_bytes(question.sha256)

    def _taking(self) -> OfficeDesk:
        if self._desk is None:
            raise StoreError("something was handed in where nothing is taken")
        return self._desk
