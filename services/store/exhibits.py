"""Exhibits named by their content, checked whenever they come in or go out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from services.errors import EvidenceError
from speedcam.disk import sync_folder, write_whole
from speedcam.model import Exhibit, ExhibitKind

_Key = TypeVar("_Key")
_Thing = TypeVar("_Thing")

PICTURE_SUFFIX = ".jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How exhibits of some kind are kept, and how their bytes begin."""

    suffix: str
    begins: bytes
    words: str


_PICTURE = _Form(suffix=PICTURE_SUFFIX, begins=b"\xff\xd8\xff", words="JPEG picture")
_FORMS = {
    ExhibitKind.RAW: _Form(suffix=".json.gz", begins=b"\x1f\x8b\x08", words="packed raw data"),
    ExhibitKind.FOOTAGE: _Form(suffix=".ts", begins=b"G", words="transport stream"),
    ExhibitKind.MANIFEST: _Form(suffix=".manifest.json", begins=b"{", words="manifest"),
    ExhibitKind.SIGNATURE: _Form(suffix=".manifest.sig", begins=b"", words="signature"),
    ExhibitKind.SITE: _Form(suffix=".site.toml", begins=b"", words="site file"),
}
"""Every kind that is no picture."""

MOST_BYTES = 32 * 1024 * 1024
"""No exhibit is larger; reading one must not fill the memory."""

AT_ONCE = 16
"""Exhibits written or read at a time: each is waited for until the disk has it."""


def keep_exhibits(
    folder: Path, wanted: Mapping[_Key, Exhibit], beside: Path
) -> dict[_Key, EvidenceError]:
    """Copy exhibits into ``folder`` durably; those that cannot be.

    The disk is asked once for all of their names, those included that another process has put
    there and may not have waited for.
    """
    faults = faults_of(lambda exhibit: keep_exhibit(folder, exhibit, beside), wanted)
    try:
        if wanted:
            sync_folder(folder)
    except OSError as error:
        return {key: _not_kept(folder, wanted[key], error) for key in wanted}
    return faults


def faults_of(
    step: Callable[[_Thing], object], things: Mapping[_Key, _Thing]
) -> dict[_Key, EvidenceError]:
    """Take a step with each thing, side by side; the faults of those where it cannot be taken."""

    def fault(thing: _Thing) -> EvidenceError | None:
        try:
            step(thing)
        except EvidenceError as error:
            return error
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = zip(things, pool.map(fault, things.values()), strict=True)
        return {key: error for key, error in told if error}


def keep_exhibit(folder: Path, exhibit: Exhibit, beside: Path) -> None:
    """Copy one exhibit into ``folder``, as ``<sha256>.jpg``, raw data as ``.json.gz``, and so on.

    Its content is on disk then, its name once the folder is.

    Args:
        folder: ``<office>/exhibits``.
        exhibit: Its path is relative to ``beside``.
        beside: The folder of the passages file.

    Raises:
        EvidenceError: It is missing, outside ``beside``, or not what the passage says.
    """
    form = _FORMS.get(exhibit.kind, _PICTURE)
    kept = folder / _name(exhibit.sha256, form.suffix)
    if kept.is_file() and _digest(kept.read_bytes()) == exhibit.sha256:
        return
    content = read_beside(exhibit, beside)
    if not content.startswith(form.begins):
        raise EvidenceError(
            f"exhibit {exhibit.path} is no {form.words}, so it shows and proves nothing. The "
            "passage was set aside; process the footage again."
        )
    try:
        write_whole(kept, content)
    except OSError as error:
        raise _not_kept(folder, exhibit, error) from None


def read_beside(exhibit: Exhibit, beside: Path) -> bytes:
    """The exhibit where the camera left it.

    Raises:
        EvidenceError: It is missing, outside ``beside``, or not what the passage says.
    """
    content = _read(_inside(beside, exhibit.path))
    if _digest(content) != exhibit.sha256:
        raise EvidenceError(
            f"exhibit {exhibit.path} is not the one that the passage names: its SHA-256 "
            "differs. The passage was set aside; process the footage again."
        )
    return content


def _not_kept(folder: Path, exhibit: Exhibit, error: OSError) -> EvidenceError:
    return EvidenceError(
        f"exhibit {exhibit.path} cannot be kept in {folder}: {error.strerror}. Check the "
        "folder's rights and the free space, and receive the passages again."
    )


def read_exhibit(folder: Path, sha256: str) -> bytes:
    """The exhibit with this SHA-256, checked again.

    Raises:
        EvidenceError: It is missing, or was changed since it was kept.
    """
    others = (folder / _name(sha256, form.suffix) for form in _FORMS.values())
    picture = folder / _name(sha256, PICTURE_SUFFIX)
    content = _read(next((path for path in others if path.is_file()), picture))
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
