"""Accounts of the staff in the store: made, found, changed; never removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    delete,
    func,
    insert,
    select,
    update,
)

from services.errors import AccountError, CaseError
from services.staff.account import Account, Role, require_account
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.staff_schema import accounts, sessions
from services.store.store import Store
from services.worded import worded

CONSOLE = "console"
DECIDES = frozenset({Role.REVIEWER, Role.SENIOR})
"""Who acts in the history where somebody typed a command beside the office key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What somebody must know and hold to sign in: the password's hash, the codes' secret.

    ``made_at``: when an administrator gave them; None: they were not given yet.
    """

    password: str = field(repr=False)
    secret: str = field(repr=False)
    made_at: datetime | None = None


def add_account(
    store: Store, account: Account, proofs: Proofs, at: datetime, *, by: str = CONSOLE
) -> None:
    """Make an account.

    Raises:
        AccountError: Its id is none, or looks like one that there is or was.
    """
    with store.writing() as connection:
        require_account(account, connection.scalars(select(accounts.c.id)).all())
        connection.execute(
            insert(accounts).values(
                id=account.id,
                name=_sealed(store, account.id, "name", account.name.strip()),
                role=account.role,
                last_day=account.last_day.isoformat() if account.last_day else None,
                disabled=account.disabled,
                must_change=account.must_change,
                step=0,
                made_at_ms=to_ms(at),
                **_sealed_proofs(store, account.id, proofs),
            )
        )
        made = Event(
            at=at, who=by, what="account_made", subject=account.id, reason=f"as {account.role}"
        )
        add_event(store, connection, made)


def accounts_of(store: Store) -> tuple[Account, ...]:
    """Every account, in order of id, those that work no more too."""
    with store.reading() as connection:
        rows = connection.execute(select(accounts).order_by(accounts.c.id)).all()
    return tuple(read_account(store, row) for row in rows)


def require_decider(store: Store, officer: str, on: date) -> None:
    """Raise CaseError unless ``officer`` may decide cases; an office without accounts asks nobody.

    Args:
        store: Keeps the accounts.
        officer: The id, exactly as the account has it.
        on: The day, in UTC.
    """
    known = {each.id: each for each in accounts_of(store)}
    account = known.get(officer)
    if known and not (account and account.role in DECIDES and account.works_on(on)):
        raise CaseError(
            worded(
                "{officer} is no account that may decide cases today. `speedcam office account "
                "list` shows them.",
                officer=officer,
            )
        )


def account_and_proofs(store: Store, account_id: str) -> tuple[Account, Proofs] | None:
    """The account with this id, in capitals or not, and what it is proven by, or None."""
    typed = func.lower(accounts.c.id) == account_id.lower()
    with store.reading() as connection:
        row = connection.execute(select(accounts).where(typed)).one_or_none()
    if row is None:
        return None
    password, secret = (
        _unsealed(store, row.id, name, getattr(row, name)) for name in ("password", "secret")
    )
    made_at = from_ms(row.made_at_ms)
    return read_account(store, row), Proofs(password=password, secret=secret, made_at=made_at)


def use_step(store: Store, account_id: str, step: int) -> bool:
    """Count a code as used; False: it, or a later one, was used already."""
    unused = update(accounts).where(_is(account_id), accounts.c.step < step)
    with store.writing() as connection:
        return connection.execute(unused.values(step=step)).rowcount == 1


def give_role(
    store: Store, account_id: str, role: Role, at: datetime, *, by: str = CONSOLE
) -> None:
    """Let the account have another role; whoever is signed in with it signs in again."""
    told = _changing(store, account_id, at, "account_role", f"now {role}", by=by)
    with told as (connection, here):
        connection.execute(here.values(role=role))


def give_last_day(
    store: Store, account_id: str, last_day: date | None, at: datetime, *, by: str = CONSOLE
) -> None:
    """Let the account work until another day, itself included; None: until it is disabled."""
    why = f"until {last_day}" if last_day else "without a last day"
    with _changing(store, account_id, at, "account_day", why, by=by) as (connection, here):
        connection.execute(here.values(last_day=last_day.isoformat() if last_day else None))


def disable_account(store: Store, account_id: str, at: datetime, *, by: str = CONSOLE) -> None:
    """Let the account work no more, from this moment."""
    told = _changing(store, account_id, at, "account_disabled", "disabled", by=by)
    with told as (connection, here):
        connection.execute(here.values(disabled=True))


def reset_account(
    store: Store,
    account_id: str,
    proofs: Proofs,
    last_day: date | None,
    at: datetime,
    *,
    by: str = CONSOLE,
) -> None:
    """Give the account other proofs and another last day; it works again where it was disabled."""
    with _changing(store, account_id, at, "account_reset", "reset", by=by) as (connection, here):
        connection.execute(
            here.values(
                disabled=False,
                must_change=True,
                last_day=last_day.isoformat() if last_day else None,
                step=0,
                made_at_ms=to_ms(at),
                **_sealed_proofs(store, account_id, proofs),
            )
        )


def change_password(store: Store, account_id: str, password: str, at: datetime) -> None:
    """Keep the hash of a password that its owner chose."""
    told = _changing(store, account_id, at, "password_changed", "changed", by=account_id)
    with told as (connection, here):
        kept = _sealed(store, account_id, "password", password)
        connection.execute(here.values(must_change=False, password=kept))


@contextmanager
def _changing(
    store: Store, account_id: str, at: datetime, what: str, why: str, *, by: str = CONSOLE
) -> Iterator[tuple[Connection, Update]]:
    """A change of one account, told in the history, after which nobody is signed in with it."""
    with store.writing() as connection:
        if connection.execute(select(accounts.c.id).where(_is(account_id))).first() is None:
            raise AccountError(
                f"there is no account {account_id}. `speedcam office account list` shows them."
            )
        yield connection, update(accounts).where(_is(account_id))
        connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
        event = Event(at=at, who=by, what=what, subject=account_id, reason=why)
        add_event(store, connection, event)


def _is(account_id: str) -> ColumnElement[bool]:
    return accounts.c.id == account_id


def read_account(store: Store, row: Row[Any]) -> Account:
    """The account of a row of the table."""
    return Account(
        id=row.id,
        name=_unsealed(store, row.id, "name", row.name),
        role=Role(row.role),
        last_day=date.fromisoformat(row.last_day) if row.last_day else None,
        disabled=row.disabled,
        must_change=row.must_change,
    )


def _sealed_proofs(store: Store, account_id: str, proofs: Proofs) -> dict[str, bytes]:
    return {
        name: _sealed(store, account_id, name, getattr(proofs, name))
        for name in ("password", "secret")
    }


def _sealed(store: Store, account_id: str, column: str, text: str) -> bytes:
    place = {"table": accounts.name, "row": account_id, "column": column}
    return store.keys.seal(text.encode(), **place)


def _unsealed(store: Store, account_id: str, column: str, sealed: bytes) -> str:
    place = {"table": accounts.name, "row": account_id, "column": column}
    return store.keys.unseal(sealed, **place).decode()
