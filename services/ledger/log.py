"""The office's log: signs how its history stands, and says so in files that others read.

<office>/keys/log.key           the log's private key
<office>/ledger/log.vkey        its public key
<office>/ledger/checkpoint      the latest checkpoint
<office>/ledger/add-checkpoint  what a witness is asked to cosign
<office>/ledger/cosigned        what a witness cosigned last
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert, select

from services.errors import LedgerError
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
    """
    with store.reading() as connection:
        size, last = size_of(connection), latest(connection)
        in_file = _require_grown(store, connection)
    # A crash may have come between the file and the row.
    if size and not (last and in_file == size == checkpoint_of(last).size):
        last = _sign(store, clock)
    if last is None:
        return None
    ask_witness(store, last)
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


def ask_witness(store: Store, note: Note) -> None:
    """Write down what the witness is asked, with the proof since what it saw last."""
    size, seen = checkpoint_of(note).size, cosigned(store)
    old = checkpoint_of(seen).size if seen else 0
    if old == size:
        return
    old = old if old < size else 0
    with store.reading() as connection:
        path = consistency_path(nodes(connection), old, size)
    wanted = bytes(Request(old=old, path=tuple(path), note=note))
    asked = ledger_of(store) / ASKED
    if not asked.is_file() or asked.read_bytes() != wanted:
        write_durably(asked, wanted)


def _sign(store: Store, clock: Clock) -> Note:
    folder = ledger_of(store)
    make_folder(folder)
    with store.writing() as connection:
        in_table, size = latest(connection), size_of(connection)
        signed = _require_grown(store, connection)
        signer = load_signer(store.folder / KEY, KeyKind.LOG, create=not (signed or in_table))
        publish(signer.verifier, folder / PUBLIC)
        note = _signed(signer, size, root_at(nodes(connection), size))
        # Before the row: a database that is put back later lacks what the file says.
        write_durably(folder / LATEST, bytes(note))
        if in_table is None or checkpoint_of(in_table).size != size:
            row = {"size": size, "at_ms": to_ms(clock.now()), "note": bytes(note)}
            connection.execute(insert(checkpoints), [row])
    return note


def _signed(signer: Signer, size: int, root: bytes) -> Note:
    text = Checkpoint(origin=signer.name, size=size, root=root).text
    return Note(text=text, signatures=(signer.sign(text),))


def _require_grown(store: Store, connection: Connection) -> int:
    """The size in the file of the latest checkpoint; 0 where there is none.

    Raises:
        LedgerError: The tree is not one that grew from everything that was signed before.
    """
    size, in_file = size_of(connection), _read(ledger_of(store) / LATEST)
    for note in (latest(connection), in_file, _own(store, cosigned(store))):
        known = checkpoint_of(note) if note else None
        if known and (known.size > size or root_at(nodes(connection), known.size) != known.root):
            raise LedgerError(
                f"the history does not go on from the checkpoint of {known.size} leaves that was "
                f"signed: {size} leaves are there now. Nothing more is signed. Run `speedcam "
                "ledger audit`, and restore the last verified backup."
            )
    return checkpoint_of(in_file).size if in_file else 0


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
