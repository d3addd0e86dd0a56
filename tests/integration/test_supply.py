"""The review of machine code in docs/supply.md is of what is installed, and of all of it."""

import re
from importlib import metadata
from pathlib import Path

import av
from cryptography.hazmat.backends.openssl import backend

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "supply.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([a-z0-9-]+) \| ([0-9][^|]*) \|", re.MULTILINE)
REVIEWED = {name: re.findall(r"[0-9]+(?:\.[0-9]+)+", told) for name, told in ROW.findall(PAGE)}


def shipped():
    """Each package that users get, and the one version of it that this machine has."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))):
        try:
            yield name, metadata.distribution(name)
        except metadata.PackageNotFoundError:  # for another system, or a later Python
            continue


def is_machine_code(path):
    return re.search(r"\.(so(\.[0-9.]+)?|pyd|dylib|dll)$", path.name) is not None


def test_every_package_with_machine_code_is_reviewed_in_its_version():
    found = {
        name: package.version
        for name, package in shipped()
        if any(is_machine_code(path) for path in package.files or ())
    }
    assert found
    assert {name for name, version in found.items() if version not in REVIEWED[name]} == set()


def test_the_libraries_that_strangers_can_feed_are_named_in_their_version():
    assert f"FFmpeg {av.ffmpeg_version_info}," in PAGE
    assert f"{' '.join(backend.openssl_version_text().split()[:2])}," in PAGE
