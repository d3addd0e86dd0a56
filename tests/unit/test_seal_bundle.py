"""Bundles of strangers: whole ones are taken, and nothing else is, whatever it looks like."""

import io
import os
import stat
import struct
import zipfile
from functools import partial

import pytest

from speedcam.errors import SealError
from speedcam.explain.dossier import exhibit_bytes
from speedcam.seal.bundle import EXHIBITS, gather, open_bundle, pack_bundle, unpack_bundle
from tests.builders_office import a_passage
from tests.builders_seals import a_sealed_passage, some_trust


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    passage = a_sealed_passage(folder, some_trust(folder).camera)
    return gather(passage, partial(exhibit_bytes, folder), EXHIBITS)


def a_zip(*entries, compression=zipfile.ZIP_STORED, mode=stat.S_IFREG | 0o600):
    """A ZIP file of (name, content)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr, info.compress_type = mode << 16, compression
            archive.writestr(info, content)
    return packed.getvalue()


def test_what_was_packed_is_unpacked_and_packing_again_gives_the_same_bytes(members, tmp_path):
    packed = pack_bundle(members)
    assert unpack_bundle(packed) == members
    assert pack_bundle(dict(reversed(members.items()))) == packed
    (tmp_path / "b.zip").write_bytes(packed)
    assert open_bundle(tmp_path / "b.zip") == members


def test_a_folder_is_a_bundle_too(members, tmp_path):
    for name, content in members.items():
        (tmp_path / name).write_bytes(content)
    assert open_bundle(tmp_path) == members


def test_a_passage_without_a_seal_makes_no_bundle():
    with pytest.raises(SealError, match="not signed"):
        gather(a_passage(), lambda _: b"", EXHIBITS)


def zip_bomb():
    return a_zip(("manifest.json", bytes(1_000_000)), compression=zipfile.ZIP_DEFLATED)


def overlapping():
    """Two names for one and the same content."""
    packed = bytearray(a_zip(("photo.jpg", b"x" * 4096), ("plate.jpg", b"x" * 4096)))
    end = packed.rindex(b"PK\x01\x02")
    struct.pack_into("<L", packed, end + 42, 0)
    return bytes(packed)


def said_to_be_larger():
    packed = bytearray(a_zip(("clip", b"x" * 64)))
    entry = packed.index(b"PK\x01\x02")
    struct.pack_into("<LL", packed, entry + 20, 500_000_000, 500_000_000)
    return bytes(packed)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (zip_bomb, "compressed"),
        (overlapping, "damaged|overlap|one form"),
        (said_to_be_larger, "more than it can"),
        (lambda: a_zip(("../../etc/passwd", b"x")), "which no bundle has"),
        (lambda: a_zip(("/etc/passwd", b"x")), "which no bundle has"),
        (lambda: a_zip(("exhibits\\photo.jpg", b"x")), "which no bundle has"),
        (lambda: a_zip(("photo.jpg", b"x"), ("photo.jpg", b"y")), "two files of one name"),
        (lambda: a_zip(("photo.jpg", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777), "no plain file"),
        (lambda: a_zip(("manifest.json", b" " * 2_000_000)), "more than 1048576"),
        (lambda: a_zip(("manifest.sig", b" " * 65)), "more than 64"),
        (lambda: a_zip(*((f"{n}", b"") for n in range(500))), "table of contents"),
        (lambda: b"", "no ZIP"),
        (lambda: b"PK" + bytes(1000), "table of contents"),
        (lambda: a_zip(("photo.jpg", b"x")) + b"more", "table of contents"),
        (lambda: b"before" + a_zip(("photo.jpg", b"x")), "table of contents"),
        (lambda: a_zip(("photo.jpg", b"x"))[:-22] + b"PK\x06\x07" + bytes(38), "far too large"),
    ],
)
def test_a_hostile_bundle_is_refused_with_the_reason(make, why):
    with pytest.raises(SealError, match=why):
        unpack_bundle(make())


def test_every_bit_of_a_bundle_file_outside_its_members_counts_as_well():
    packed = pack_bundle({"manifest.sig": b"s" * 64})
    for place in range(len(packed)):
        for bit in range(8):
            changed = bytearray(packed)
            changed[place] ^= 1 << bit
            try:
                found = unpack_bundle(bytes(changed))
            except SealError:
                continue
            pytest.fail(f"bit {bit} of byte {place} does not count: {found}")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "stranger"])
def test_a_folder_with_anything_but_plain_known_files_is_refused(members, tmp_path, kind):
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, content in members.items():
        (folder / name).write_bytes(content)
    target = folder / ("strange.sh" if kind == "stranger" else "photo.jpg")
    target.unlink(missing_ok=True)
    make = {
        "link": lambda: target.symlink_to("/etc/hostname"),
        "pipe": lambda: os.mkfifo(target),
        "folder": target.mkdir,
        "stranger": target.touch,
    }
    make[kind]()
    with pytest.raises(SealError):
        open_bundle(folder)


def test_a_bundle_without_its_manifest_is_none(members, tmp_path):
    path = tmp_path / "b.zip"
    path.write_bytes(pack_bundle({k: v for k, v in members.items() if k != "manifest.json"}))
    with pytest.raises(SealError, match=r"no manifest\.json"):
        open_bundle(path)
    with pytest.raises(SealError, match="cannot read"):
        open_bundle(tmp_path / "none.zip")
