"""Erasing a case in the store: its data key is destroyed, and the ledger says so.

Rows stay as they are, and nobody can open them. What would still tell the plate or an address in
clear (digests, receipts, letters on disk, pictures) goes with the key.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, null, select, update

from services.errors import CaseError, StoreError
from services.ledger.leaf import Change, Held
from services.life import State
from services.model import NoticeState
from services.numbers import normal_number
from services.retention import ENDED
from services.store.case_keys import destroy
from services.store.envelope import is_sealed, taken_apart
from services.store.exhibits import files_of
from services.store.fines import PAGE
from services.store.history import Event, add_event, add_events
from services.store.instants import from_ms, to_ms
from services.store.key_tables import case_keys, legal_holds
from services.store.looks import READ
from services.store.schema import cases, events, fines, outbox
from services.store.store import EXHIBITS, Store
from speedcam.disk import sync_folder

ERASED = "erased"
"""In the history ``erased RULE``: the one word of the ledger's leaf that says by which rule."""
HELD, LIFTED = "legal_hold", "legal_hold_lifted"

_ERASURE = (
    select(events.c.subject, events.c.at_ms, events.c.what)
    .where(events.c.what.startswith(f"{ERASED} "))
    .subquery()
)
"""Every line of the history that tells of an erasure."""

_NO_LETTERS = frozenset({"keys", EXHIBITS, "ledger"})
"""Folders of an office that hold no letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A case that ended, as far as its columns tell.

    Attributes:
        key: Of the case.
        state: That of its newest fine, or its own without one.
        numbers: Of its fines.
        last_done: When anything was done to it; a look is nothing.
        held: Whether a legal hold keeps it.
        letter_waits: Whether a letter is still to leave.
    """

    key: str
    state: State
    numbers: tuple[str, ...]
    last_done: datetime
    held: bool
    letter_waits: bool


def may_have_ended(connection: Connection, states: Iterable[State]) -> tuple[str, ...]:
    """Keys of the cases with a fine, and of those that stand in one of these states.

    What has no data key is not among them: it was erased, or is older than keys of cases.
    """
    query = select(cases.c.key).join(case_keys, case_keys.c.case_key == cases.c.key)
    here = query.where(cases.c.state.in_(sorted({*states, State.ISSUED}))).order_by(cases.c.key)
    return tuple(connection.execute(here).scalars())


def closed_longest(connection: Connection) -> tuple[str, ...]:
    """Keys of a page of cases with closed fines, those issued first before others.

    Cases under a legal hold are none of them: they stay for years and would fill the page.
    """
    held = select(legal_holds.c.case_key)
    query = select(fines.c.case_key).join(case_keys, case_keys.c.case_key == fines.c.case_key)
    closed = query.where(fines.c.state.in_(sorted(ENDED)), fines.c.case_key.not_in(held))
    closed = closed.order_by(fines.c.issued_at_ms)
    return tuple(dict.fromkeys(connection.execute(closed.limit(PAGE)).scalars()))


def ended(connection: Connection, key: str) -> Ended:
    """The case ``key``.

    Raises:
        CaseError: There is none.
    """
    state = connection.execute(select(cases.c.state).where(cases.c.key == key)).scalar()
    if state is None:
        raise CaseError(f"there is no case {key!r}: `speedcam office review` lists those waiting.")
    query = select(fines.c.number, fines.c.state).where(fines.c.case_key == key)
    rows = connection.execute(query.order_by(fines.c.turn)).all()
    numbers = tuple(row.number for row in rows)
    done = select(func.max(events.c.at_ms)).where(
        events.c.subject.in_([key, *numbers]), events.c.what != READ
    )
    received = select(cases.c.received_at_ms).where(cases.c.key == key)
    last_ms = connection.execute(done).scalar() or connection.execute(received).scalar_one()
    return Ended(
        key=key,
        state=State(rows[-1].state if rows else state),
        numbers=numbers,
        last_done=from_ms(last_ms),
        held=is_held(connection, key),
        letter_waits=_letter_waits(connection, numbers),
    )


def _letter_waits(connection: Connection, numbers: Sequence[str]) -> bool:
    over = (NoticeState.SENT, NoticeState.WITHDRAWN)
    waits = outbox.c.fine_number.in_(numbers) & outbox.c.state.not_in(over)
    return connection.execute(select(outbox.c.key).where(waits).limit(1)).first() is not None


def is_held(connection: Connection, key: str) -> bool:
    """Whether a legal hold keeps a case."""
    query = select(legal_holds.c.case_key).where(legal_holds.c.case_key == key)
    return connection.execute(query).first() is not None


def hold(store: Store, connection: Connection, told: Event) -> None:
    """Keep the case that ``told`` is about from being erased; done twice it is done once."""
    key = told.subject
    if is_held(connection, key):
        return
    ring, why = store.ring(connection, [key]), told.reason.encode()
    sealed = ring.seal(why, of=key, table=legal_holds.name, row=key, column="why")
    row = {"case_key": key, "by": told.who, "at_ms": to_ms(told.at), "why": sealed}
    connection.execute(insert(legal_holds), [row])
    add_event(store, connection, replace(told, what=HELD))


def lift(store: Store, connection: Connection, told: Event) -> None:
    """Let the case that ``told`` is about be erased again when its time is over.

    Raises:
        CaseError: No hold keeps it.
    """
    if not is_held(connection, told.subject):
        raise CaseError(f"case {told.subject}: no legal hold keeps it.")
    connection.execute(delete(legal_holds).where(legal_holds.c.case_key == told.subject))
    add_event(store, connection, replace(told, what=LIFTED))


def erase(store: Store, connection: Connection, case: Ended, rule: str, told: Event) -> None:
    """Destroy the key of a case, and all that tells of its person without it.

    The ledger gets a leaf for the case and for each of its fines; each holds its row as it stands
    from now on. Files go before the transaction ends: whoever is killed here erases again.

    Args:
        store: Of the office.
        connection: Of a transaction that writes.
        case: As it was read in that transaction.
        rule: By which it is erased.
        told: Who does it, why and when.
    """
    exhibits = _exhibits(store, connection, case.key)
    destroy(connection, case.key)
    _forget_plate(connection, case)
    rows = [(cases.name, case.key), *((fines.name, number) for number in case.numbers)]
    what = f"{ERASED} {rule}"
    lines = [
        replace(told, what=what, subject=key, change=Change(holds=Held(table=table, key=key)))
        for table, key in rows
    ]
    add_events(store, connection, lines)
    _remove_exhibits(store, connection, exhibits)
    for path in letters_of(store, connection, case.numbers):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _exhibits(store: Store, connection: Connection, key: str) -> set[str]:
    sealed = connection.execute(select(cases.c.violation).where(cases.c.key == key)).scalar_one()
    violation = store.unseal_violation(key, sealed, store.ring(connection, [key]))
    return {each.sha256 for passage in violation.passages for each in passage.exhibits}


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left of a fine that was erased; nothing personal is in it."""

    number: str
    state: State
    issued_at: datetime
    erased_at: datetime
    rule: str


def left_of(store: Store, number: str) -> Left:
    """What is left of the erased fine with this number as people type it.

    Raises:
        StoreError: Its key is gone, and no event says that it was erased.
    """
    query = select(fines.c.number, fines.c.state, fines.c.issued_at_ms, *_ERASURE.columns)
    here = fines.c.number == normal_number(number)
    with store.reading() as connection:
        joined = query.join(_ERASURE, _ERASURE.c.subject == fines.c.number).where(here)
        row = connection.execute(joined).first()
    if row is None:
        raise StoreError(
            f"fine {number}: its key is gone, and the history does not say that it was erased. Run "
            "`speedcam ledger audit`, and restore the last verified backup."
        )
    return Left(
        number=row.number,
        state=State(row.state),
        issued_at=from_ms(row.issued_at_ms),
        erased_at=from_ms(row.at_ms),
        rule=row.what.removeprefix(f"{ERASED} "),
    )


def erased_subjects(connection: Connection) -> set[str]:
    """Every case key and fine number that the history says was erased."""
    return set(connection.execute(select(_ERASURE.c.subject)).scalars())


def erase_again(connection: Connection) -> int:
    """Destroy every key that the history says was destroyed: some came back with a restore.

    Returns:
        How many.
    """
    gone = case_keys.c.case_key.in_(select(_ERASURE.c.subject))
    return connection.execute(delete(case_keys).where(gone)).rowcount


def _forget_plate(connection: Connection, case: Ended) -> None:
    """Digests find a plate for whoever has the office key; receipts may name an address."""
    own = fines.c.number.in_(case.numbers)
    here = cases.c.key == case.key
    connection.execute(update(cases).where(here).values(plate_digest=null()))
    connection.execute(update(fines).where(own).values(plate_digest=""))
    letters = outbox.c.fine_number.in_(case.numbers)
    connection.execute(update(outbox).where(letters).values(receipt=null(), fault=null()))


def _remove_exhibits(store: Store, connection: Connection, exhibits: set[str]) -> None:
    """Remove files that no case can open any more."""
    folder = store.folder / EXHIBITS
    for path in [path for sha256 in sorted(exhibits) for path in files_of(folder, sha256)]:
        content = path.read_bytes()
        if is_sealed(content):
            owners = taken_apart(content).wrapped.keys()
            if not store.ring(connection, owners).keys:
                path.unlink()
    sync_folder(folder)


def letters_of(store: Store, connection: Connection, numbers: Sequence[str]) -> list[Path]:
    """Letters of fines that lie in the office's folder, whichever sender left them."""
    query = select(outbox.c.key).where(outbox.c.fine_number.in_(numbers))
    keys = connection.execute(query).scalars().all()
    stems = [*numbers, *(key.replace("/", ".") for key in keys)]
    names = [f"{stem}{suffix}" for stem in stems for suffix in ("", ".json", ".opened")]
    folders = [f for f in store.folder.iterdir() if f.is_dir() and f.name not in _NO_LETTERS]
    paths = (folder / name for folder in sorted(folders) for name in names)
    # A worker that was killed leaves what it had begun to write.
    parts = (part for f in folders for number in numbers for part in f.glob(f".{number}*.part"))
    return [*(path for path in paths if path.exists()), *parts]
