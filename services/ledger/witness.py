"""A witness: keeps what it saw last of a log, and cosigns only what goes on from there.

It needs neither the office's database nor its keys: a folder of its own, and the files in which
the log asks and is answered.

    <witness>/witness.key   its private key
    <witness>/witness.vkey  its public key
    <witness>/log.vkey      the log's key, as it was when the witness first saw it
    <witness>/checkpoint    what it cosigned last
    <witness>/refused       what it refused last: a proof of the log's misdeed, signed by the log
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import LedgerError
from services.ledger.checkpoint import Checkpoint, checkpoint_of
from services.ledger.keys import load_signer, publish, read_verifier
from services.ledger.log import ASKED, COSIGNED, PUBLIC
from services.ledger.merkle import is_consistent
from services.ledger.note import KeyKind, Note, Signer, Verifier, note_of, signed_at_s
from services.ledger.request import Request, request_of
from services.ports import Clock
from speedcam.disk import make_folder, write_durably

KEY, OWN_PUBLIC, SEEN, REFUSED = "witness.key", "witness.vkey", "checkpoint", "refused"


def witness(folder: Path, ledger: Path, clock: Clock) -> Checkpoint | None:
    """Look at what a log asks, and cosign it if its tree only grew.

    Args:
        folder: The witness's own.
        ledger: The log's folder of files.
        clock: Says when it was seen.

    Returns:
        What the witness has cosigned last; None while the log has asked nothing.

    Raises:
        LedgerError: The log was changed, rolled back or forked, or its request is not its own.
    """
    make_folder(folder)
    with _alone(folder):
        signer = load_signer(folder / KEY, KeyKind.WITNESS, create=not (folder / SEEN).exists())
        publish(signer.verifier, folder / OWN_PUBLIC)
        seen = seen_by(folder)
        if not (ledger / ASKED).is_file():
            return checkpoint_of(seen) if seen else None
        request = request_of((ledger / ASKED).read_bytes())
        _require_signed(request.note, _pinned(folder, ledger))
        seen = _answer(folder, request, seen, signer, clock)
        # Also where the log asked from elsewhere: so it learns what its proof must begin with.
        if seen is None:
            (ledger / COSIGNED).unlink(missing_ok=True)
        else:
            write_durably(ledger / COSIGNED, bytes(seen))
    return checkpoint_of(seen) if seen else None


def seen_by(folder: Path) -> Note | None:
    """What a witness has cosigned last; None where it has seen nothing.

    Raises:
        LedgerError: What it kept is damaged.
    """
    path = folder / SEEN
    return note_of(path.read_bytes()) if path.is_file() else None


def _answer(
    folder: Path, request: Request, seen: Note | None, by: Signer, clock: Clock
) -> Note | None:
    known = checkpoint_of(seen) if seen else None
    asked = checkpoint_of(request.note)
    fault = _fault(request, asked, known)
    if fault:
        write_durably(folder / REFUSED, bytes(request))
        raise LedgerError(
            f"the log {asked.origin} {fault}. It was not cosigned, and {folder / REFUSED} "
            "keeps what the log signed. Run `speedcam ledger audit`, and tell the auditor."
        )
    if request.old != (known.size if known else 0) or (known and asked.size == known.size):
        return seen
    cosigned = request.note.plus(by.sign(request.note.text, int(clock.now().timestamp())))
    write_durably(folder / SEEN, bytes(cosigned))
    return cosigned


def _fault(request: Request, asked: Checkpoint, known: Checkpoint | None) -> str:
    """What is wrong with a request, in words; empty where nothing is."""
    if known is None:
        return ""
    if asked.size < known.size:
        return f"was rolled back: it has {asked.size} leaves, and had {known.size}"
    if asked.size == known.size:
        return "" if asked.root == known.root else f"shows another tree of {known.size} leaves"
    if request.old != known.size:
        return ""  # it is told what it must prove, and asks again
    if is_consistent(known.size, known.root, asked.size, asked.root, request.path):
        return ""
    return f"was changed: its {asked.size} leaves do not begin with the {known.size} seen before"


def _pinned(folder: Path, ledger: Path) -> Verifier:
    """The log's key as it was at first; one that the log shows later is not asked."""
    path = folder / PUBLIC
    if not path.exists():
        publish(read_verifier(ledger / PUBLIC), path)
    return read_verifier(path)


def _require_signed(note: Note, log: Verifier) -> None:
    if checkpoint_of(note).origin != log.name or signed_at_s(note, log) is None:
        raise LedgerError(
            f"what the log asks is not signed with the key of {log.name} that this witness knows. "
            "It was not cosigned. Find out who wrote it."
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One witness at a time: between looking and cosigning nothing else may be cosigned."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
