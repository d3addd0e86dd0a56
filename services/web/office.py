"""The ports of the pages over a real office: its records, its desk, its counts."""

from __future__ import annotations

import hashlib
import zlib
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from services.account import Payment, day_of
from services.bank.table import COLUMNS
from services.errors import EvidenceError, LedgerError
from services.fines import Step, act_on
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.keys import read_verifier
from services.ledger.log import PUBLIC, latest, ledger_of
from services.ledger.prove import Anchored, anchored, prove, signed_before
from services.life import Act
from services.model import Fine, decimals
from services.notifier.language import Language
from services.notifier.letter import render_letter
from services.notifier.photo import driver_exhibit, photo_of
from services.payments import take_statement
from services.ports import Clock
from services.report.collect import report_of
from services.report.figures import Report
from services.store.history import Event, history_of
from services.store.money import payments_of
from services.store.store import Store
from services.store.traffic import months_with_traffic
from speedcam.model import Exhibit, ExhibitKind, Passage

MOST_BYTES = 64 * 1024 * 1024
"""No raw data unpack to more."""

OWNER = "owner"
"""Who acts in the history where somebody did it on the owner's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeRecords:
    """What an office has on a fine. Reads only."""

    store: Store

    def history(self, fine: Fine) -> Sequence[Event]:
        """See :class:`services.web.ports.Records`."""
        return history_of(self.store, fine.violation.key, fine.number)

    def payments(self, fine: Fine) -> Sequence[Payment]:
        """See :class:`services.web.ports.Records`."""
        with self.store.reading() as connection:
            return payments_of(connection, fine.number)

    def raw_text(self, passage: Passage) -> str:
        """See :class:`services.web.ports.Records`."""
        kept = (e for e in passage.exhibits if e.kind is ExhibitKind.RAW)
        raw = next(kept, None)
        return _unpacked(self.store.exhibit_bytes(raw.sha256)) if raw else ""

    def driver(self, fine: Fine) -> Exhibit | None:
        """See :class:`services.web.ports.Records`."""
        return driver_exhibit(self.store, fine)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDesk:
    """Hands in what an owner wrote or paid, by the same ways as everything else."""

    store: Store
    clock: Clock

    def contest(self, fine: Fine, words: str) -> None:
        """See :class:`services.web.ports.Desk`."""
        step = Step(by=OWNER, why=words, at=self.clock.now())
        act_on(self.store, fine.number, Act.CONTEST, step)

    def pay(self, fine: Fine, minor: int, *, paid_before: int) -> None:
        """See :class:`services.web.ports.Desk`.

        The demo bank writes a statement of one line, and the office takes it like any other.
        """
        order = f"{fine.number} {paid_before} {minor}"
        zone = fine.violation.passage.place.timezone
        line = {
            "bank_id": f"DEMO-{hashlib.sha256(order.encode()).hexdigest()[:24]}",
            "paid_on": day_of(self.clock.now(), zone).isoformat(),
            "amount": str(Decimal(minor).scaleb(-decimals(fine.amount.currency))),
            "currency": fine.amount.currency,
            "reference": fine.reference,
        }
        with TemporaryDirectory() as folder:
            statement = Path(folder) / "statement.csv"
            cells = (line[name] for name in COLUMNS)
            statement.write_text(f"{','.join(COLUMNS)}\n{','.join(cells)}\n", encoding="utf-8")
            take_statement(self.store, statement, self.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePrinter:
    """Prints letters of an office. Reads only."""

    store: Store

    def __call__(self, fine: Fine, language: Language) -> bytes:
        """See :class:`services.web.ports.Printer`."""
        # The typesetter is loaded when the first letter is printed, and not before.
        from services.notifier.pdf import letter_pdf  # noqa: PLC0415 - see above

        signed = signed_before(self.store, fine.number)
        letter = render_letter(fine, photo_of(self.store, fine), own=language, signed=signed)
        return letter_pdf(letter, fine)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLedger:
    """What an office signed of its history. Reads only."""

    store: Store

    def anchored(self, number: str) -> Anchored:
        """See :class:`services.web.ports.Ledger`."""
        return anchored(self.store, number)

    def proof(self, number: str) -> bytes | None:
        """See :class:`services.web.ports.Ledger`."""
        try:
            return bytes(prove(self.store, number))
        except LedgerError:
            return None

    def latest(self) -> Checkpoint | None:
        """See :class:`services.web.ports.Ledger`."""
        with self.store.reading() as connection:
            note = latest(connection)
        return checkpoint_of(note) if note else None

    def public_key(self) -> str:
        """See :class:`services.web.ports.Ledger`."""
        path = ledger_of(self.store) / PUBLIC
        return str(read_verifier(path)) if path.is_file() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeCounts:
    """Figures of an office by month. Reads counts only."""

    store: Store

    def months(self) -> Sequence[str]:
        """See :class:`services.web.ports.Counts`."""
        return months_with_traffic(self.store)

    def report(self, month: str) -> Report:
        """See :class:`services.web.ports.Counts`."""
        first = date.fromisoformat(f"{month}-01")
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return report_of(self.store, first, last)


def _unpacked(content: bytes) -> str:
    """Raw data as the JSON text that they are; they were checked when they were read."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(content, MOST_BYTES).decode()
    except (zlib.error, UnicodeDecodeError):
        text = ""
    if not inflate.eof:
        raise EvidenceError(
            "raw data cannot be unpacked, though their SHA-256 is the right one: they were "
            "damaged before they were received. Process the footage again."
        )
    return text
