"""Keys of other programs in the store: made, found, revoked; never removed."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from services.errors import AccountError
from services.staff.api_key import ApiKey, Presented, Scope, presented, require_key
from services.store.accounts import CONSOLE
from services.store.history import Event, add_event
from services.store.instants import from_ms, to_ms
from services.store.staff_schema import api_keys
from services.store.store import Store

SEEN_EVERY = timedelta(minutes=1)
"""Questions within this time are one use, so that not every answer waits for the disk."""
USED = "key_used"
"""In the history, on each day on which something was asked with a key."""

_NOTHING = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key and when something was asked with it last, or None: never."""

    key: ApiKey
    used_at: datetime | None


def add_key(store: Store, key: ApiKey, secret: str, at: datetime) -> None:
    """Keep a key, and of its secret the digest.

    Args:
        store: Of the office.
        key: As :func:`services.staff.api_key.new_key` named it.
        secret: The whole key, as its owner shows it.
        at: Now.

    Raises:
        AccountError: It has no name or scope, or works too long or not at all.
        ValueError: ``secret`` is not of this key.
    """
    require_key(key.name, key.scopes, key.last_day, at.date())
    shown = presented(secret)
    if shown is None or shown.id != key.id:
        raise ValueError(f"the secret is not of key {key.id}")
    opens = " ".join(sorted(key.scopes))
    with store.writing() as connection:
        connection.execute(
            insert(api_keys).values(
                id=key.id,
                name=store.keys.seal(key.name.strip().encode(), **_place(key.id)),
                sha256=shown.sha256,
                scopes=opens,
                last_day=key.last_day.isoformat(),
                revoked=key.revoked,
                made_at_ms=to_ms(at),
            )
        )
        made = Event(at=at, who=CONSOLE, what="key_made", subject=key.acts_as, reason=opens)
        add_event(store, connection, made)


def keys_of(store: Store) -> tuple[KnownKey, ...]:
    """Every key in order of making, those that work no more too."""
    query = select(api_keys).order_by(api_keys.c.made_at_ms, api_keys.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(_known(store, row) for row in rows)


def revoke_key(store: Store, key_id: str, at: datetime) -> None:
    """Let a key work no more, at once.

    Raises:
        AccountError: There is no such key.
    """
    with store.writing() as connection:
        here = update(api_keys).where(api_keys.c.id == key_id)
        if not connection.execute(here.values(revoked=True)).rowcount:
            raise AccountError(
                f"there is no key {key_id!r}. `speedcam office api-key list` shows them."
            )
        told = Event(
            at=at, who=CONSOLE, what="key_revoked", subject=f"key:{key_id}", reason="revoked"
        )
        add_event(store, connection, told)


def key_of(store: Store, shown: Presented, at: datetime) -> ApiKey | None:
    """The key that was shown, used now, or None: there is none, or it works no more."""
    with store.reading() as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.id == shown.id)).one_or_none()
    fits = hmac.compare_digest(shown.sha256, row.sha256 if row else _NOTHING)
    if row is None or not fits:
        return None
    known = _known(store, row)
    if not known.key.works_on(at.date()):
        return None
    if known.used_at is None or at - known.used_at >= SEEN_EVERY:
        _tell_use(store, known.key, at)
    return known.key


def _tell_use(store: Store, key: ApiKey, at: datetime) -> None:
    """Keep when a key was used, and tell the history once a day."""
    here = api_keys.c.id == key.id
    with store.writing() as connection:
        before = connection.execute(select(api_keys.c.used_at_ms).where(here)).scalar_one()
        connection.execute(update(api_keys).where(here).values(used_at_ms=to_ms(at)))
        if before is None or from_ms(before).date() < at.date():
            opens = " ".join(sorted(key.scopes))
            used = Event(at=at, who=key.acts_as, what=USED, subject=key.acts_as, reason=opens)
            add_event(store, connection, used)


def _known(store: Store, row: Row[Any]) -> KnownKey:
    key = ApiKey(
        id=row.id,
        name=store.keys.unseal(row.name, **_place(row.id)).decode(),
        scopes=frozenset(map(Scope, row.scopes.split())),
        last_day=date.fromisoformat(row.last_day),
        revoked=row.revoked,
    )
    used = None if row.used_at_ms is None else from_ms(row.used_at_ms)
    return KnownKey(key=key, used_at=used)


def _place(key_id: str) -> dict[str, str]:
    return {"table": api_keys.name, "row": key_id, "column": "name"}
