"""A picture that a stranger may have made, decoded as footage is: in a process that can do no harm.

What comes back are a width, a height and so many bytes, or nothing. A decoder that was taken over
can lie about the pixels, and that is all.
"""

from __future__ import annotations

import os
import struct
import sys
from threading import Timer

import cv2
import numpy as np

from speedcam.confine import confine
from speedcam.errors import FootageError
from speedcam.jail import launch, start_of
from speedcam.model import Image

SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How the bytes of a PNG and of a JPEG begin: no other decoder is reached."""
MOST_PIXELS = 50_000_000
MEMORY_BYTES = 1_500_000_000
CPU_S, WAIT_S = 20, 30.0
_SIZE = struct.Struct("=II")

START = start_of("speedcam.adapters.still")
NO_PICTURE = "this cannot be read as a PNG or JPEG picture. Save it again, at the footage's size."


def decode_still(content: bytes) -> Image:
    """The ``(height, width, 3)`` blue-green-red pixels of a PNG or JPEG file.

    Raises:
        FootageError: It is neither, is damaged, or has more than 50 million pixels.
    """
    if not content.startswith(SIGNATURES):
        raise FootageError(NO_PICTURE)
    told = _ask(content)
    if len(told) < _SIZE.size:
        raise FootageError(NO_PICTURE)
    width, height = _SIZE.unpack_from(told)
    pixels = np.frombuffer(told, np.uint8, offset=_SIZE.size)
    if width * height > MOST_PIXELS or pixels.size != 3 * width * height or not pixels.size:
        raise FootageError(NO_PICTURE)
    return pixels.reshape(height, width, 3)


def _ask(content: bytes) -> bytes:
    """All that the decoder answers, within :data:`WAIT_S`."""
    handed, (reading, writing) = os.memfd_create("still"), os.pipe()
    try:
        with os.fdopen(os.dup(handed), "wb") as file:
            file.write(content)
        process = launch(START, f"{handed},{writing}", (handed, writing))
    finally:
        os.close(handed)
        os.close(writing)
    ended = Timer(WAIT_S, process.kill)
    ended.start()
    with process, os.fdopen(reading, "rb") as answer:
        try:
            return answer.read(_SIZE.size + 3 * MOST_PIXELS + 1)
        finally:
            ended.cancel()
            process.kill()  # whatever else it wants to say


def main() -> None:
    """In the other process: decode the file of the first descriptor, answer on the second."""
    handed, writing = map(int, sys.argv[-1].split(","))
    content = np.frombuffer(os.pread(handed, os.fstat(handed).st_size, 0), np.uint8)
    cv2.setNumThreads(1)
    cv2.imdecode(np.zeros(1, np.uint8), cv2.IMREAD_COLOR)  # loads what decoding needs, while it may
    confine(memory_bytes=MEMORY_BYTES, cpu_s=CPU_S)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    if picture is None or picture.size > 3 * MOST_PIXELS:
        return
    height, width = picture.shape[:2]
    told = memoryview(_SIZE.pack(width, height) + picture.tobytes())
    while told:
        told = told[os.write(writing, told) :]
