"""Who is signed in, and who tries to: kept in the store, so that an end is an end everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from services.staff.account import Account
from services.store.accounts import read_account
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.staff_schema import accounts, sessions, tries
from services.store.store import Store

IDLE = timedelta(minutes=15)
"""A session ends so long after its last page."""
ABSOLUTE = timedelta(hours=8)
"""A session ends so long after it began: a working day, used or not."""
TOUCHED_EVERY = timedelta(seconds=30)
"""Pages within this time are one sign of life, so that not every page waits for the disk."""
FORGET_AFTER = timedelta(minutes=15)
NOBODY = "-"
"""Who tried, where nobody is known to have; no account can be called so."""


def begin_session(
    store: Store, secret_id: str, account: Account, at: datetime, *, instead_of: str = ""
) -> None:
    """Sign ``account`` in; only the hash of ``secret_id`` is kept.

    ``instead_of`` is what the browser held until now: whoever signs in again has one session.
    """
    with store.writing() as connection:
        before = sessions.c.id_sha256 == _hashed(instead_of)
        connection.execute(delete(sessions).where(or_(_over(at), before)))
        connection.execute(
            insert(sessions).values(
                id_sha256=_hashed(secret_id),
                account_id=account.id,
                began_at_ms=to_ms(at),
                seen_at_ms=to_ms(at),
            )
        )
        add_event(store, connection, _told(account, "signed_in", at))


def signed_in(store: Store, secret_id: str, at: datetime) -> Account | None:
    """Whose session this is, seen now, or None: none, over, or of an account that works no more."""
    here = sessions.c.id_sha256 == _hashed(secret_id)
    query = select(accounts, sessions.c.seen_at_ms).join(sessions).where(here, ~_over(at))
    with store.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    account = read_account(store, row)
    if not account.works_on(at.date()):
        return None
    if at - from_ms(row.seen_at_ms) >= TOUCHED_EVERY:
        with store.writing() as connection:
            connection.execute(update(sessions).where(here).values(seen_at_ms=to_ms(at)))
    return account


def end_session(store: Store, secret_id: str, account: Account, at: datetime) -> None:
    """Sign out."""
    with store.writing() as connection:
        here = sessions.c.id_sha256 == _hashed(secret_id)
        connection.execute(delete(sessions).where(here))
        add_event(store, connection, _told(account, "signed_out", at))


def tell_failed(store: Store, account_id: str, at: datetime) -> None:
    """Write down that somebody failed to prove to be ``account_id``, NOBODY where there is none.

    Never what was typed: people type passwords into the field above.
    """
    why = "id, password or code was wrong"
    with store.writing() as connection:
        told = Event(at=at, who=NOBODY, what="sign_in_failed", subject=account_id, reason=why)
        add_event(store, connection, told)


def tell_refused(store: Store, account: Account, route: str, at: datetime) -> None:
    """Write down that ``account`` asked for what its role does not open."""
    with store.writing() as connection:
        add_event(
            store, connection, _told(account, "refused", at, why=f"not for this role: {route}")
        )


def count_try(
    store: Store, digest: str, at: datetime, wait_after: Callable[[int], timedelta]
) -> timedelta:
    """Ask to try now. Zero: the try counts as failed until :func:`forgive_tries`; else the wait.

    Args:
        store: Keeps the count, for all processes together.
        digest: Keyed, of the id that was typed, whether or not there is such an account.
        at: Now.
        wait_after: The wait after so many failures. Who waits does not make the wait longer.
    """
    with store.writing() as connection:
        connection.execute(delete(tries).where(tries.c.last_at_ms <= to_ms(at - FORGET_AFTER)))
        row = connection.execute(select(tries).where(tries.c.digest == digest)).one_or_none()
        failures = row.failures if row else 0
        wait = from_ms(row.last_at_ms) + wait_after(failures) - at if row else timedelta()
        if wait > timedelta():
            return wait
        known = {"failures": failures + 1, "last_at_ms": to_ms(at)}
        here = update(tries).where(tries.c.digest == digest) if row else insert(tries)
        connection.execute(here.values(**known) if row else here.values(digest=digest, **known))
    return timedelta()


def forgive_tries(store: Store, digest: str) -> None:
    """Somebody signed in with this id: what went wrong before is forgotten."""
    with store.writing() as connection:
        connection.execute(delete(tries).where(tries.c.digest == digest))


def _over(at: datetime) -> ColumnElement[bool]:
    idle = sessions.c.seen_at_ms <= to_ms(at - IDLE)
    return or_(idle, sessions.c.began_at_ms <= to_ms(at - ABSOLUTE))


def _hashed(secret_id: str) -> str:
    return sha256(secret_id.encode()).hexdigest()


def _told(account: Account, what: str, at: datetime, *, why: str = "on the staff's pages") -> Event:
    return Event(at=at, who=account.id, what=what, subject=account.id, reason=why)
