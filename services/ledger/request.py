"""What a log asks of a witness: the body of C2SP's ``add-checkpoint``, here as a file. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.errors import LedgerError
from services.ledger.note import Note, decoded, encoded, note_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A checkpoint to cosign.

    Attributes:
        old: Leaves of the tree that the witness saw last, as the log believes.
        path: The proof that it only grew since.
        note: The checkpoint that the log signed.
    """

    old: int
    path: tuple[bytes, ...]
    note: Note

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old}", *map(encoded, self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(self.note)


def request_of(content: bytes) -> Request:
    """The request in a file.

    Raises:
        LedgerError: It is none.
    """
    try:
        head, _, rest = content.partition(b"\n\n")
        old, *path = head.decode().split("\n")
        made = Request(
            old=int(old.removeprefix("old ")),
            path=tuple(decoded(line) for line in path),
            note=note_of(rest),
        )
    except ValueError:
        made = None
    if made is None or bytes(made) != content:
        raise LedgerError("this is no request of a log to its witness.")
    return made
