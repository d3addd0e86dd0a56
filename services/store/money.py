"""Money in and out, as the bank told it: rows are added, and only ever given to a fine once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from services.account import Payment
from services.bank.credit import Credit
from services.model import Money
from services.store.instants import to_ms
from services.store.ring import Ring
from services.store.schema import payments, refunds
from services.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCredit:
    """A credit that the office has, and the fine it was given to."""

    credit: Credit
    fine_number: str | None


def known_credit(store: Store, connection: Connection, bank_id: str) -> KnownCredit | None:
    """The credit with this bank reference, or None where the office has not taken it."""
    row = connection.execute(select(payments).where(payments.c.bank_id == bank_id)).one_or_none()
    return None if row is None else _known(store.opening([row.remittance], connection), row)


def keep_credit(
    store: Store, connection: Connection, credit: Credit, fine_number: str | None, at: datetime
) -> None:
    """Take a new credit, for a fine or for nobody yet."""
    row = {
        "bank_id": credit.bank_id,
        "fine_number": fine_number,
        "paid_on": credit.paid_on.isoformat(),
        "minor": credit.amount.minor,
        "currency": credit.amount.currency,
        "taken_at_ms": to_ms(at),
        "remittance": _sealed(store, connection, credit, fine_number),
    }
    connection.execute(insert(payments), [row])


def give_to_fine(store: Store, connection: Connection, credit: Credit, number: str) -> bool:
    """Give a credit that is nobody's to a fine; False when it is somebody's already.

    What the payer wrote is sealed with the fine's own key from now on, to be erased with it.
    """
    free = (payments.c.bank_id == credit.bank_id) & payments.c.fine_number.is_(None)
    sealed = _sealed(store, connection, credit, number)
    change = update(payments).where(free).values(fine_number=number, remittance=sealed)
    return connection.execute(change).rowcount == 1


def _sealed(store: Store, connection: Connection, credit: Credit, number: str | None) -> bytes:
    """What the payer wrote, sealed for its fine, or for the office where it has none."""
    ring = store.ring(connection, [number] if number else [])
    text, row = credit.remittance.encode(), credit.bank_id
    return ring.seal(text, of=number or "", table=payments.name, row=row, column="remittance")


def unmatched(store: Store) -> tuple[Credit, ...]:
    """Every credit for which no fine was found, the oldest first."""
    query = select(payments).where(payments.c.fine_number.is_(None))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(payments.c.paid_on, payments.c.bank_id)).all()
        ring = store.opening((row.remittance for row in rows), connection)
    return tuple(_known(ring, row).credit for row in rows)


def payments_of(connection: Connection, number: str) -> tuple[Payment, ...]:
    """What came in for a fine."""
    query = select(payments.c.bank_id, payments.c.paid_on, payments.c.minor)
    rows = connection.execute(query.where(payments.c.fine_number == number)).all()
    return tuple(
        Payment(bank_id=row.bank_id, on=date.fromisoformat(row.paid_on), minor=row.minor)
        for row in rows
    )


def refunded_minor(connection: Connection, number: str) -> int:
    """What went back for a fine, in minor units."""
    query = select(func.sum(refunds.c.minor)).where(refunds.c.fine_number == number)
    return int(connection.execute(query).scalar() or 0)


def keep_refund(
    store: Store,
    connection: Connection,
    number: str,
    minor: int,
    *,
    by: str,
    why: str,
    at: datetime,
) -> str:
    """Write down that money goes back; the id of its row."""
    row, ring = secrets.token_hex(8), store.ring(connection, [number])
    values = {
        "id": row,
        "fine_number": number,
        "minor": minor,
        "at_ms": to_ms(at),
        "by": by,
        "why": ring.seal(why.encode(), of=number, table=refunds.name, row=row, column="why"),
    }
    connection.execute(insert(refunds), [values])
    return row


def _known(ring: Ring, row: Row[tuple[object, ...]]) -> KnownCredit:
    sealed, place = row.remittance, {"table": payments.name, "column": "remittance"}
    text = ring.unseal(sealed, row=row.bank_id, **place) if ring.opens(sealed) else b""
    credit = Credit(
        bank_id=row.bank_id,
        paid_on=date.fromisoformat(row.paid_on),
        amount=Money(minor=row.minor, currency=row.currency),
        remittance=text.decode(),
    )
    return KnownCredit(credit=credit, fine_number=row.fine_number)
