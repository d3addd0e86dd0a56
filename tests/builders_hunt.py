"""Hunting planted values through every byte that an office left anywhere."""

from __future__ import annotations

import gzip
import re
import zlib
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

FEW_BYTES = 7


def spellings(value: str) -> set[bytes]:
    """How a value may stand in a file: plain, wide, within Base64, in hexadecimal.

    What is shorter than a few bytes is left out: it stands in any large file by chance.
    """
    forms = {value.encode(), value.lower().encode(), value.upper().encode()}
    wide = {form.decode().encode("utf-16-le") for form in forms}
    within = {b64encode(b"\0" * shift + form)[4:-4] for form in forms for shift in range(3)}
    every = forms | wide | within | {form.hex().encode() for form in forms}
    return {each for each in every if len(each) >= FEW_BYTES}


def traces(folder: Path, values: tuple[str, ...]) -> set[str]:
    """Files below a folder that hold a value in any spelling, or bear it in their name."""
    wanted = re.compile(b"|".join(re.escape(s) for value in values for s in spellings(value)))
    found = set()
    for path in sorted(folder.rglob("*")):
        content = str(path.relative_to(folder)).encode()
        if path.is_file() and not path.is_symlink():
            content += b"\0" + _whole(path)
        if wanted.search(content):
            found.add(path.relative_to(folder).as_posix())
    return found


def _whole(path: Path) -> bytes:
    """The bytes of a file, and what is in them where it is packed."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        with suppress(OSError, EOFError, zlib.error):
            content += gzip.decompress(content)
    return content
