"""Exhibits named by their content, checked whenever they come in or go out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

from services.errors import EvidenceError
from speedcam.disk import write_durably
from speedcam.model import Exhibit, ExhibitKind

_JPEG = b"\xff\xd8\xff"
_GZIP = b"\x1f\x8b\x08"

PICTURE_SUFFIX = ".jpg"
RAW_SUFFIX = ".json.gz"

MOST_BYTES = 32 * 1024 * 1024
"""No exhibit is larger; reading one must not fill the memory."""


def keep_exhibit(folder: Path, exhibit: Exhibit, beside: Path) -> None:
    """Copy one exhibit into ``folder`` durably, as ``<sha256>.jpg``, raw data as ``.json.gz``.

    Args:
        folder: ``<office>/exhibits``.
        exhibit: Its path is relative to ``beside``.
        beside: The folder of the passages file.

    Raises:
        EvidenceError: It is missing, outside ``beside``, or not what the passage says.
    """
    is_raw = exhibit.kind is ExhibitKind.RAW
    kept = folder / _name(exhibit.sha256, RAW_SUFFIX if is_raw else PICTURE_SUFFIX)
    if kept.is_file() and _digest(kept.read_bytes()) == exhibit.sha256:
        return
    content = _read(_inside(beside, exhibit.path))
    if _digest(content) != exhibit.sha256:
        raise EvidenceError(
            f"exhibit {exhibit.path} is not the one that the passage names: its SHA-256 "
            "differs. The passage was set aside; process the footage again."
        )
    if not content.startswith(_GZIP if is_raw else _JPEG):
        expected = "packed raw data" if is_raw else "JPEG picture"
        raise EvidenceError(
            f"exhibit {exhibit.path} is no {expected}, so it shows and proves nothing. The "
            "passage was set aside; process the footage again."
        )
    try:
        write_durably(kept, content)
    except OSError as error:
        raise EvidenceError(
            f"exhibit {exhibit.path} cannot be kept in {folder}: {error.strerror}. Check the "
            "folder's rights and the free space, and receive the passages again."
        ) from None


def read_exhibit(folder: Path, sha256: str) -> bytes:
    """The exhibit with this SHA-256, checked again.

    Raises:
        EvidenceError: It is missing, or was changed since it was kept.
    """
    raw = folder / _name(sha256, RAW_SUFFIX)
    content = _read(raw if raw.is_file() else folder / _name(sha256, PICTURE_SUFFIX))
    if _digest(content) != sha256:
        raise EvidenceError(
            f"exhibit {sha256[:12]}… was changed after it was kept. Show and send nothing that "
            "rests on it; restore it from the last verified backup."
        )
    return content


def _name(sha256: str, suffix: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise EvidenceError(f"{sha256!r} is no SHA-256: 64 hexadecimal digits in lower case.")
    return f"{sha256}{suffix}"


def _inside(beside: Path, relative: str) -> Path:
    """The file, which must lie below ``beside`` also after links are followed."""
    try:
        path = (beside / PurePosixPath(relative)).resolve()
    except (ValueError, RuntimeError, OSError):  # a NUL in the name; links in a circle
        raise EvidenceError(
            f"exhibit {relative!r} names no file. The passage was set aside."
        ) from None
    if not path.is_relative_to(beside.resolve()):
        raise EvidenceError(
            f"exhibit {relative} lies outside the folder of its passages. The passage was set "
            "aside; exhibits stand beside the passages file."
        )
    return path


def _read(path: Path) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise EvidenceError(
                f"exhibit {path.name} is missing, no plain file, or larger than "
                f"{MOST_BYTES // 2**20} MiB. Put it back, or process the footage again."
            )
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"exhibit {path.name} cannot be read: {error.strerror}.") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
