"""Which software measured: its version and a digest of its very source."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from speedcam import __version__


@cache
def source_sha256() -> str:
    """SHA-256 over the names and bytes of the package's source files, hexadecimal."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(root.rglob("*.py")):
        digest.update(source.relative_to(root).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def software() -> str:
    """Name, version and the first 12 digits of :func:`source_sha256`."""
    return f"speedcam {__version__} ({source_sha256()[:12]})"
