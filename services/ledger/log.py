"""The office's log: signs how its history stands, and says so in files that others read.

<office>/keys/log.key           the log's private key
<office>/ledger/log.vkey        its public key
<office>/ledger/checkpoint      the latest checkpoint
<office>/ledger/add-checkpoint  what a witness is asked to cosign
<office>/ledger/cosigned        what a witness cosigned last
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert, select

from services.errors import LedgerError, StoreUnavailable
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.keys import load_signer, publish, read_verifier
from services.ledger.merkle import NodeAt, consistency_path, root_at
from services.ledger.note import KeyKind, Note, Signer, note_of, signed_at_s
from services.ledger.request import Request
from services.ports import Clock
from services.store.instants import to_ms
from services.store.leaves import node_at, size_of
from services.store.ledger_tables import checkpoints
from services.store.store import Store
from speedcam.disk import make_folder, write_durably

FOLDER = "ledger"
KEY = "keys/log.key"
PUBLIC, LATEST, ASKED, COSIGNED = "log.vkey", "checkpoint", "add-checkpoint", "cosigned"


def checkpoint(store: Store, clock: Clock) -> Checkpoint | None:
    """Sign the tree if it has grown, and ask the witness; the latest checkpoint.

    None while nothing has happened yet.

    Raises:
        LedgerError: The history is not what was signed before, or the key is lost.
        StoreUnavailable: The disk does not take it now; it is signed the next time.
    """
    try:
        return _checkpoint(store, clock)
    except OSError as error:
        raise StoreUnavailable(
            f"the history of {store.folder} was not signed: {error.filename or FOLDER}: "
            f"{error.strerror}. All that was done is kept. Check the folder's rights and the free "
            "space; it is signed the next time."
        ) from None


def _checkpoint(store: Store, clock: Clock) -> Checkpoint | None:
    # Before the database, which may go on meanwhile: it then has all that the files say.
    files = _files_of(store)
    with store.reading() as connection:
        size, last = size_of(connection), latest(connection)
        _require_grown(connection, (last, *files.values()))
    # A crash may have come between the file and the row.
    if size and not _size(last) == _size(files[LATEST]) == size:
        last = _sign(store, clock)
    if last is None:
        return None
    if _size(files[COSIGNED]) != _size(last):
        ask_witness(store)
    return checkpoint_of(last)


def ledger_of(store: Store) -> Path:
    """The folder of the log's files."""
    return store.folder / FOLDER


def latest(connection: Connection) -> Note | None:
    """The checkpoint that the database has as the last one."""
    return _newest(connection, ended=None)


def latest_before(connection: Connection, position: int) -> Note | None:
    """The last checkpoint that was signed before a leaf was added; None for the first leaves."""
    return _newest(connection, ended=position)


def cosigned(store: Store) -> Note | None:
    """What the witness cosigned last; None where there is nothing to read."""
    return _read(ledger_of(store) / COSIGNED)


def nodes(connection: Connection) -> NodeAt:
    """The stored nodes of the tree."""
    return partial(node_at, connection)


def ask_witness(store: Store) -> None:
    """Write down what the witness is asked, with the proof since what it saw last."""
    asked = ledger_of(store) / ASKED
    # In its turn: an older request after a newer one would look as if the log went back.
    with store.writing() as connection:
        note, old = latest(connection), _size(cosigned(store))
        size = _size(note)
        if note is None or old == size:
            return
        old = old if old < size else 0
        path = consistency_path(nodes(connection), old, size)
        wanted = bytes(Request(old=old, path=tuple(path), note=note))
        if not asked.is_file() or asked.read_bytes() != wanted:
            write_durably(asked, wanted)


def _sign(store: Store, clock: Clock) -> Note:
    folder = ledger_of(store)
    make_folder(folder)
    with store.writing() as connection:
        in_table, size, files = latest(connection), size_of(connection), _files_of(store)
        _require_grown(connection, (in_table, *files.values()))
        begins = not (in_table or files[LATEST])
        signer = load_signer(store.folder / KEY, KeyKind.LOG, create=begins)
        publish(signer.verifier, folder / PUBLIC)
        note = _signed(signer, size, root_at(nodes(connection), size))
        # Before the row: a database that is put back later lacks what the file says.
        write_durably(folder / LATEST, bytes(note))
        if _size(in_table) != size:
            row = {"size": size, "at_ms": to_ms(clock.now()), "note": bytes(note)}
            connection.execute(insert(checkpoints), [row])
    return note


def _signed(signer: Signer, size: int, root: bytes) -> Note:
    text = Checkpoint(origin=signer.name, size=size, root=root).text
    return Note(text=text, signatures=(signer.sign(text),))


def _files_of(store: Store) -> dict[str, Note | None]:
    """What this log signed, as its files have it."""
    latest_one = _read(ledger_of(store) / LATEST)
    return {LATEST: latest_one, COSIGNED: _own(store, cosigned(store))}


def _size(note: Note | None) -> int:
    return checkpoint_of(note).size if note else 0


def _require_grown(connection: Connection, signed: Iterable[Note | None]) -> None:
    """Raise LedgerError unless the tree is one that grew from everything that was signed."""
    size = size_of(connection)
    for known in (checkpoint_of(note) for note in signed if note):
        if known.size > size or root_at(nodes(connection), known.size) != known.root:
            raise LedgerError(
                f"the history does not go on from the checkpoint of {known.size} leaves that was "
                f"signed: {size} leaves are there now. Nothing more is signed. Run `speedcam "
                "ledger audit`, and restore the last verified backup."
            )


def _own(store: Store, note: Note | None) -> Note | None:
    """A note that this log signed; others may lie in its folder and count for nothing."""
    public = ledger_of(store) / PUBLIC
    if note is None or not public.is_file() or signed_at_s(note, read_verifier(public)) is None:
        return None
    return note


def _newest(connection: Connection, ended: int | None) -> Note | None:
    query = select(checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
    if ended is not None:
        query = query.where(checkpoints.c.size <= ended)
    note = connection.execute(query).scalar()
    return None if note is None else note_of(note)


def _read(path: Path) -> Note | None:
    try:
        return note_of(path.read_bytes())
    except (OSError, LedgerError):
        return None
