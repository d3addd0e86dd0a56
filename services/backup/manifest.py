"""What a backup holds, signed by the office's log: a backup is what its newest manifest names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter, ValidationError

from services.errors import BackupError, LedgerError
from services.ledger.note import Note, Signer, Verifier, note_of, signed_at_s

OBJECTS = "objects"
SUFFIX = ".backup"
_FIRST_LINE = "speedcam.backup/2"
_READ_TOO = "speedcam.backup/1"
"""From when a manifest named every file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed file of a backup.

    Attributes:
        name: Of the file below ``objects``; it says nothing about what is in it.
        sha256: Of the file as it is, sealed.
        size: In bytes, likewise.
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One backup.

    Attributes:
        at_ms: When it was made, milliseconds since 1970, UTC.
        to: The public key that it is sealed to, in hexadecimal.
        leaves: Of the history that it holds.
        root: Of that history, in base64.
        rows: How many, by table.
        tables: By name.
        files: By path below the office's folder: those that were signed with the history.
        listed: The list of all others (:mod:`services.backup.listing`), which lies in clear as
            this does; None in a manifest of the first form.
    """

    at_ms: int
    to: str
    leaves: int
    root: str
    rows: dict[str, int]
    tables: dict[str, Sealed]
    files: dict[str, Sealed]
    listed: Sealed | None = None


_MANIFEST: TypeAdapter[Manifest] = TypeAdapter(Manifest)


def signed(manifest: Manifest, by: Signer) -> Note:
    """The manifest as a note of the office's log."""
    text = f"{_FIRST_LINE}\n{_MANIFEST.dump_json(manifest).decode()}\n"
    return Note(text=text, signatures=(by.sign(text),))


def read_manifest(path: Path, log: Verifier) -> Manifest:
    """The manifest in a file.

    Raises:
        BackupError: It is damaged, or another log signed it.
    """
    try:
        note = note_of(path.read_bytes())
        first, _, content = note.text.partition("\n")
        if first not in {_FIRST_LINE, _READ_TOO} or signed_at_s(note, log) is None:
            raise _no_manifest(path)
        manifest = _MANIFEST.validate_json(content)
    except (OSError, LedgerError, ValidationError):
        raise _no_manifest(path) from None
    for name in manifest.files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise _no_manifest(path)
    return manifest


def newest(folder: Path) -> Path:
    """The file of the newest manifest in a folder of backups.

    Raises:
        BackupError: There is none.
    """
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if not found:
        raise BackupError(f"{folder} holds no backup: no *{SUFFIX} file is in it.")
    return found[-1]


def file_name(at: datetime) -> str:
    """The name of the manifest of a backup made then; names sort as their instants do."""
    return f"{at:%Y%m%dT%H%M%S.%fZ}{SUFFIX}"


def _no_manifest(path: Path) -> BackupError:
    return BackupError(
        f"{path} is no manifest that this office's log signed: it is damaged or of another office. "
        "Take another copy of the backup, and the witness of this very office."
    )
