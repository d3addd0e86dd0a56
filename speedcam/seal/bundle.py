"""A bundle: one file, or a folder, with all that is needed to check one passage.

It comes from strangers. Its names are a closed list, each with its largest size; nothing in it is
compressed; nothing is unpacked to disk under a name of theirs; and a file is taken only if it is,
byte for byte, what :func:`pack_bundle` makes of its members. So every bit of it counts.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from speedcam.errors import SealError
from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.record import dumps
from speedcam.seal.manifest import unsealed

MANIFEST, SIGNATURE, PASSAGE = "manifest.json", "manifest.sig", "passage.json"
SITE, CLIP, REFERENCE = "site.toml", "clip", "reference_frame"

EXHIBITS: Mapping[ExhibitKind, str] = MappingProxyType(
    {
        ExhibitKind.PHOTO: "photo.jpg",
        ExhibitKind.STILL_FIRST: "still_first.jpg",
        ExhibitKind.STILL_LAST: "still_last.jpg",
        ExhibitKind.PLATE: "plate.jpg",
        ExhibitKind.SHOWN_FIRST: "shown_first.jpg",
        ExhibitKind.SHOWN_LAST: "shown_last.jpg",
        ExhibitKind.FILM: "film.mp4",
        ExhibitKind.RAW: "raw.json.gz",
    }
)
"""What each exhibit is called in a bundle."""

_SEAL = {
    ExhibitKind.MANIFEST: MANIFEST,
    ExhibitKind.SIGNATURE: SIGNATURE,
    ExhibitKind.SITE: SITE,
}

FOR_OWNERS = frozenset(
    {
        ExhibitKind.PHOTO,
        ExhibitKind.SHOWN_FIRST,
        ExhibitKind.SHOWN_LAST,
        ExhibitKind.FILM,
        ExhibitKind.RAW,
    }
)
"""Of the exhibits, those that may leave the sealed store: what hides everybody, and raw data."""

_MIB = 1024 * 1024
_MOST_BYTES = {
    MANIFEST: _MIB,
    SIGNATURE: 64,
    PASSAGE: 16 * _MIB,
    SITE: _MIB,
    **dict.fromkeys(EXHIBITS.values(), 32 * _MIB),
    REFERENCE: 32 * _MIB,
    CLIP: 512 * _MIB,
}
NEEDED = (MANIFEST, SIGNATURE, PASSAGE)

_MOST_WHOLE = sum(_MOST_BYTES.values()) + 64 * 1024
_END = struct.Struct("<4s4H2LH")
_END_MARK, _LARGE_MARK = b"PK\x05\x06", b"PK\x06\x07"
_LARGE_BYTES = 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, OSError,
)  # fmt: skip

Members = Mapping[str, bytes]
"""A bundle's files by name."""


def gather(
    passage: Passage, read: Callable[[Exhibit], bytes], kinds: Iterable[ExhibitKind]
) -> dict[str, bytes]:
    """The members for ``passage``, with those of its exhibits that may be in it.

    Args:
        passage: Signed.
        read: Gives an exhibit's bytes, checked against its SHA-256.
        kinds: Which exhibits are put in; the others stay withheld.

    Raises:
        SealError: The passage is not signed.
    """
    names = {**{kind: EXHIBITS[kind] for kind in kinds}, **_SEAL}
    members = {names[e.kind]: read(e) for e in passage.exhibits if e.kind in names}
    if not {MANIFEST, SIGNATURE} <= members.keys():
        raise SealError(
            f"passage {passage.id} is not signed, so there is no bundle of it. Sign footage when "
            "it is measured: `speedcam process --key`."
        )
    return {PASSAGE: dumps(unsealed(passage)).encode(), **members}


def pack_bundle(members: Members) -> bytes:
    """The file: a ZIP without compression; the same members always give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in (each for each in _MOST_BYTES if each in members):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o600) << 16
            archive.writestr(entry, members[name])
    return packed.getvalue()


def open_bundle(path: Path) -> Members:
    """The members of a bundle file or folder.

    Raises:
        SealError: It is no bundle, or one that nobody should open.
    """
    members = _folder(path) if path.is_dir() else unpack_bundle(_plain_file(path, _MOST_WHOLE))
    if missing := [name for name in NEEDED if name not in members]:
        raise SealError(f"{path} is no bundle: it has no {', '.join(missing)}.")
    return members


def unpack_bundle(content: bytes) -> Members:
    """The members of a bundle file.

    Raises:
        SealError: It is not exactly what :func:`pack_bundle` makes.
    """
    _require_few_entries(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            _require_plain(infos, len(content))
            members = {info.filename: archive.read(info) for info in infos}
    except _BROKEN as error:
        raise SealError(f"the bundle is damaged, or no ZIP file: {error}.") from None
    if pack_bundle(members) != content:
        raise SealError(
            "the bundle is not in the one form that bundles have: something was added to it, or "
            "changed. Ask whoever made it for the file as it was."
        )
    return members


def _require_few_entries(content: bytes) -> None:
    """Refuse a table of contents that no bundle has, before it is read into memory."""
    end = content[-_END.size :]
    before = content[-_END.size - _LARGE_BYTES : -_END.size]
    if len(end) < _END.size or before.startswith(_LARGE_MARK):
        raise SealError("this is no bundle: it is no ZIP file, or one that is far too large.")
    mark, *_, entries, table_bytes, table_at, comment = _END.unpack(end)
    whole = mark == _END_MARK and table_at + table_bytes + _END.size == len(content)
    if not whole or comment or entries > len(_MOST_BYTES) or table_bytes > 4096:
        raise SealError("this is no bundle: its table of contents is not one that bundles have.")


def _require_plain(infos: list[zipfile.ZipInfo], whole_bytes: int) -> None:
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise SealError("the bundle has two files of one name, so nobody knows which one counts.")
    for info in infos:
        _require_known(info.filename, info.file_size)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise SealError(f"{info.filename} is compressed, and nothing in a bundle is.")
        if not stat.S_ISREG(info.external_attr >> 16):
            raise SealError(f"{info.filename} is no plain file, and there is nothing else in one.")
    if sum(info.file_size for info in infos) > whole_bytes:
        raise SealError("the bundle says that it holds more than it can: its files overlap.")


def _require_known(name: str, size_bytes: int) -> None:
    if name not in _MOST_BYTES:
        raise SealError(f"the bundle has a file {name[:80]!r}, which no bundle has.")
    if size_bytes > _MOST_BYTES[name]:
        raise SealError(f"{name} has {size_bytes} bytes, more than {_MOST_BYTES[name]}.")


def _folder(path: Path) -> Members:
    members = {}
    for entry in path.iterdir():
        _require_known(entry.name, 0)
        members[entry.name] = _plain_file(entry, _MOST_BYTES[entry.name])
    return members


def _plain_file(path: Path, most_bytes: int) -> bytes:
    """The content of a plain file; links, pipes and devices are none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(most_bytes + 1) if plain else b""
    except (OSError, ValueError) as error:
        raise SealError(f"cannot read {path}: {error}. Give a bundle's file or folder.") from None
    if not plain or len(content) > most_bytes:
        raise SealError(f"{path} is no plain file, or has more than {most_bytes} bytes.")
    return content
