"""A picture from a stranger is decoded elsewhere, or refused."""

import struct
import zlib

import numpy as np
import pytest

from speedcam.adapters.still import decode_still
from speedcam.errors import FootageError
from tests.builders_sites import a_picture


def a_huge_png() -> bytes:
    """A few bytes that ask for four thousand million pixels."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_comes_back_as_its_pixels(suffix):
    picture = decode_still(a_picture((320, 240), suffix))
    assert picture.shape == (240, 320, 3)
    assert np.all(picture == 128)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", a_huge_png()],
    ids=["nothing", "another kind", "no chunk", "no scan", "far too many pixels"],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(FootageError, match="PNG or JPEG"):
        decode_still(content)
