"""Changing the key-encryption key while the office works: wrapped keys are wrapped anew.

Nothing that is sealed is touched. Data keys made meanwhile are wrapped with the new key already,
for whoever makes one asks in the same transaction which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from services.errors import StoreError
from services.fines import Step
from services.store.case_keys import (
    current_kek,
    name_kek,
    stale_keys,
    wrap_again,
    wrapped_with,
)
from services.store.history import Event, add_event
from services.store.keks import KekFiles
from services.store.store import Store
from services.words import require_words

SUBJECT = "keys"
"""Under which the history tells of key-encryption keys."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did.

    Attributes:
        kek: The key that wraps every data key now.
        wrapped: Data keys that were wrapped anew.
        before: Keys at hand that wrap none any more.
    """

    kek: str
    wrapped: int
    before: tuple[str, ...]


def rotate(store: Store, keks: KekFiles, step: Step) -> Rotated:
    """Wrap every data key with a new key-encryption key; one that was interrupted goes on.

    Args:
        store: Of the office.
        keks: The keys that it wraps with; gets the new one.
        step: Who does it, why and when.

    Raises:
        StoreUnavailable: The key that wraps some of them is not at hand.
    """
    require_words(step.by, step.why)
    with store.writing() as connection:
        if not stale_keys(connection):
            old, new = current_kek(connection), keks.make()
            name_kek(connection, new)
            _tell(store, connection, step, "kek_changed", f"{old} by {new}")
    count, after = 0, ""
    while True:
        with store.writing() as connection:
            done = wrap_again(store.keks, connection, after, AT_ONCE)
        if not done:
            break
        count, after = count + len(done), done[-1]
    with store.reading() as connection:
        kek = current_kek(connection)
    return Rotated(kek=kek, wrapped=count, before=tuple(each for each in keks.ids() if each != kek))


def destroy_kek(store: Store, keks: KekFiles, kek: str, step: Step) -> None:
    """Remove the file of an old key-encryption key: backups that need it open no more.

    Raises:
        StoreError: It wraps data keys still, or the next ones, or is not here.
    """
    require_words(step.by, step.why)
    with store.writing() as connection:
        if kek == current_kek(connection) or wrapped_with(connection, kek):
            raise StoreError(
                f"the key {kek} is in use: nothing was destroyed. Change it first "
                "(`speedcam office keys rotate`)."
            )
        if not keks.path(kek).exists():
            raise StoreError(f"there is no file of the key {kek}: {keks.path(kek)} is missing.")
        _tell(store, connection, step, "kek_destroyed", kek)
    keks.destroy(kek)


def _tell(store: Store, connection: Connection, step: Step, what: str, told: str) -> None:
    reason = f"{told}: {step.why}"
    event = Event(at=step.at, who=step.by, what=what, subject=SUBJECT, reason=reason)
    add_event(store, connection, event)
