"""Exhibits named by their content, sealed for their case, checked coming in and going out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from os import fstat
from os.path import isfile
from pathlib import Path, PurePosixPath
from typing import TypeVar

from services.errors import Erased, EvidenceError, OfficeError
from services.store.envelope import cases_of, is_sealed, opened, sealed_for, taken_apart
from services.worded import EnglishOnly, worded
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
    ExhibitKind.FILM: _Form(suffix=".mp4", begins=b"\0\0\0", words="film in MP4"),
    ExhibitKind.RAW: _Form(suffix=".json.gz", begins=b"\x1f\x8b\x08", words="packed raw data"),
    ExhibitKind.FOOTAGE: _Form(suffix=".ts", begins=b"G", words="transport stream"),
    ExhibitKind.MANIFEST: _Form(suffix=".manifest.json", begins=b"{", words="manifest"),
    ExhibitKind.SIGNATURE: _Form(suffix=".manifest.sig", begins=b"", words="signature"),
    ExhibitKind.SITE: _Form(suffix=".site.toml", begins=b"", words="site file"),
}
"""Every kind that is no picture."""

MOST_BYTES = 32 * 1024 * 1024
"""No exhibit is larger; reading one must not fill the memory."""

MOST_PLACES = 4
"""So many times may cases that share a picture come in apart."""
_TURNS = ("", *(f".{turn}" for turn in range(2, MOST_PLACES + 1)))
"""What the names of their files have before the suffix."""

_SHA256 = re.compile(r"[0-9a-f]{64}")

AT_ONCE = 16
"""Exhibits written or read at a time: each is waited for until the disk has it."""


Owners = Mapping[str, Mapping[str, bytes]]
"""By SHA-256 of an exhibit: the data keys of the cases that it belongs to, by case key."""
OpenKeys = Callable[[Set[str]], Mapping[str, bytes]]
"""Gives the data keys of cases that are there still, by case key."""


def keep_exhibits(
    folder: Path, wanted: Mapping[_Key, Exhibit], beside: Path, owners: Owners
) -> dict[_Key, EvidenceError]:
    """Seal exhibits into ``folder`` durably; those that cannot be.

    The disk is asked once for all of their names, those included that another process has put
    there and may not have waited for.
    """

    def keep(exhibit: Exhibit) -> None:
        keep_exhibit(folder, exhibit, beside, owners[exhibit.sha256])

    faults = faults_of(keep, wanted)
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

    def faults(keys: Sequence[_Key]) -> dict[_Key, EvidenceError]:
        told: dict[_Key, EvidenceError] = {}
        for key in keys:
            try:
                step(things[key])
            except EvidenceError as error:
                told[key] = error
        return told

    # A share for each thread: to hand things over one by one takes as long as some steps do.
    every = list(things)
    shares = filter(None, (every[turn::AT_ONCE] for turn in range(AT_ONCE)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {key: error for told in pool.map(faults, shares) for key, error in told.items()}


def keep_exhibit(folder: Path, exhibit: Exhibit, beside: Path, keys: Mapping[str, bytes]) -> None:
    """Seal one exhibit into ``folder``, as ``<sha256>.jpg``, a film as ``.mp4``, and so on.

    Its content is on disk then, its name once the folder is. A site file names nobody and is that
    of many cases: it alone is kept as it is.

    Args:
        folder: ``<office>/exhibits``.
        exhibit: Its path is relative to ``beside``.
        beside: The folder of the passages file.
        keys: Data keys of the cases that it belongs to, by case key.

    Raises:
        EvidenceError: It is missing, outside ``beside``, or not what the passage says.
    """
    form = _FORMS.get(exhibit.kind, _PICTURE)
    plain = exhibit.kind is ExhibitKind.SITE
    places = _places(folder, exhibit.sha256, form.suffix)
    kept = next((path for path in places if plain or _may_hold(path, keys)), None)
    if kept is None:
        raise EvidenceError(f"exhibit {exhibit.path} belongs to more cases than a picture can.")
    if kept.is_file() and _is_whole(kept, exhibit.sha256, None if plain else keys):
        return
    content = read_beside(exhibit, beside)
    if not content.startswith(form.begins):
        raise EvidenceError(
            f"exhibit {exhibit.path} is no {form.words}, so it shows and proves nothing. The "
            "passage was set aside; process the footage again."
        )
    try:
        write_whole(kept, content if plain else sealed_for(content, exhibit.sha256, keys))
    except OSError as error:
        raise _not_kept(folder, exhibit, error) from None


def seal_kept(folder: Path, exhibit: Exhibit, content: bytes, keys: Mapping[str, bytes]) -> None:
    """Seal an exhibit that lies in ``folder`` in clear, from before exhibits were sealed.

    Args:
        folder: ``<office>/exhibits``.
        exhibit: No site file.
        content: Its content, checked.
        keys: The data key of its case, by case key.

    Raises:
        OSError: The disk does not take it.
    """
    form = _FORMS.get(exhibit.kind, _PICTURE)
    for path in _places(folder, exhibit.sha256, form.suffix):
        if not path.is_file() or not is_sealed(path.read_bytes()):
            write_whole(path, sealed_for(content, exhibit.sha256, keys))
            return
        if _may_hold(path, keys):
            return


def _may_hold(path: Path, keys: Mapping[str, bytes]) -> bool:
    """Whether a file is free for these cases: none is there, it is theirs, or it is damaged."""
    if not path.is_file():
        return True
    content = path.read_bytes()
    if not is_sealed(content):
        # From before exhibits were sealed it is another case's; else it is no exhibit any more.
        return _digest(content) != path.name.partition(".")[0]
    try:
        return keys.keys() <= taken_apart(content).wrapped.keys()
    except EvidenceError:
        return True


def _is_whole(path: Path, sha256: str, keys: Mapping[str, bytes] | None) -> bool:
    """Whether a file is the exhibit, plain or opened with the keys of its cases."""
    try:
        content = path.read_bytes()
        if keys is not None:
            content = opened(taken_apart(content), sha256, keys) if is_sealed(content) else b""
    except OfficeError:
        return False
    return _digest(content) == sha256


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


def read_exhibit(folder: Path, sha256: str, keys_of: OpenKeys) -> bytes:
    """The exhibit with this SHA-256, opened and checked again.

    Args:
        folder: ``<office>/exhibits``.
        sha256: Of its content.
        keys_of: Gives the data keys of its cases.

    Raises:
        EvidenceError: It is missing, or was changed since it was kept.
        Erased: All cases that it belonged to were erased.
    """
    erased: Erased | None = None
    for path in files_of(folder, sha256):
        try:
            content = _content(path, sha256, keys_of)
            break
        except Erased as error:
            erased = error
    else:
        raise erased or _missing(_name(sha256, PICTURE_SUFFIX))
    if _digest(content) != sha256:
        raise EvidenceError(
            worded(
                "exhibit {exhibit} was changed after it was kept. Show and send nothing that rests "
                "on it; restore it from the last verified backup.",
                exhibit=f"{sha256[:12]}…",
            )
        )
    return content


def _content(path: Path, sha256: str, keys_of: OpenKeys) -> bytes:
    content = _read(path)
    if not is_sealed(content):
        return content
    envelope = taken_apart(content)
    return opened(envelope, sha256, keys_of(envelope.wrapped.keys()))


def owners_in(folder: Path, wanted: Iterable[str]) -> set[str]:
    """The cases whose keys open these exhibits, named by SHA-256, by the first file of each."""
    owners: set[str] = set()
    for sha256 in wanted:
        with suppress(OSError, StopIteration):
            owners |= cases_of(next(files_of(folder, sha256)))
    return owners


def owners_of(files: Iterable[Path]) -> set[str]:
    """The cases whose keys open these files; one that cannot be read is nobody's."""
    owners: set[str] = set()
    for path in files:
        with suppress(OSError):
            owners |= cases_of(path)
    return owners


def is_there(folder: Path, exhibit: Exhibit) -> bool:
    """Whether a file is kept as this exhibit; what it holds is not asked."""
    form = _FORMS.get(exhibit.kind, _PICTURE)
    return any(path.is_file() for path in _places(folder, exhibit.sha256, form.suffix))


def is_what_it_says(path: Path, keys_of: OpenKeys) -> bool:
    """Whether a file among the exhibits is, opened, what its name says; one of nobody is too."""
    sha256 = path.name.partition(".")[0]
    try:
        return _digest(_content(path, sha256, keys_of)) == sha256
    except Erased:
        return True  # nobody can open it any more, so nobody can say otherwise
    except EvidenceError:
        return False


def files_of(folder: Path, sha256: str) -> Iterator[Path]:
    """The files that hold an exhibit: one, or more where cases share it that came in apart."""
    suffixes = (PICTURE_SUFFIX, *(form.suffix for form in _FORMS.values()))
    names = (_name(sha256, f"{turn}{suffix}") for turn in _TURNS for suffix in suffixes)
    # Asked thousands of times for a group, and most names are nobody's: no Path is made of those.
    return (folder / name for name in names if isfile(f"{folder}/{name}"))  # noqa: PTH113


def _places(folder: Path, sha256: str, suffix: str) -> Iterator[Path]:
    """Where an exhibit may be; the second place and those after it are hardly ever used."""
    return (folder / _name(sha256, f"{turn}{suffix}") for turn in _TURNS)


def _name(sha256: str, suffix: str) -> str:
    if not _SHA256.fullmatch(sha256):
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
        if not path.is_file():
            raise _missing(path.name)
        with path.open("rb", buffering=0) as file:
            if fstat(file.fileno()).st_size > MOST_BYTES:
                raise _missing(path.name)
            return file.read()
    except OSError as error:
        raise EvidenceError(
            worded(
                "exhibit {exhibit} cannot be read: {fault}.",
                exhibit=path.name,
                fault=EnglishOnly(error.strerror),
            )
        ) from None


def _missing(name: str) -> EvidenceError:
    return EvidenceError(
        worded(
            "exhibit {exhibit} is missing, no plain file, or larger than {most} MiB. Put it back, "
            "or process the footage again.",
            exhibit=name,
            most=MOST_BYTES // 2**20,
        )
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
