"""What a confined decoder and its owner say to each other: packets of fixed form, no pickles.

The pixels lie in shared memory, cut into slots. A slot is the decoder's to fill or the owner's to
read; the luma plane stands at its start, the blue-green-red picture behind it.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from mmap import PAGESIZE

from speedcam.segments import Segment

FRAMES, GLIMPSES, RECALL, STAMPS = b"F", b"G", b"R", b"T"
STOP, FREE, COLOUR = b"S", b"-", b"C"
"""To the decoder: what to send, when to stop, which slot is its own, whose colour is wanted."""

HELLO, FACTS, PICTURE, COLOURED, END, ERROR = b"H", b"I", b"P", b"c", b".", b"!"
STAMPED = b"t"
"""From the decoder."""

NUMBER = struct.Struct("<cI")
"""A kind with a slot or a count."""
WANTED = struct.Struct("<dI")
"""A frame that is asked for again: its time and its ordinal."""
FACTS_FORM = struct.Struct("<cIIQd")
"""Width, height, frames and seconds promised."""
PICTURE_FORM = struct.Struct("<cIId?")
"""Slot, ordinal, time, corrupt."""

STAMP = struct.Struct("<d?")
"""When a frame is shown, and whether it is a key frame."""
STAMPS_AT_ONCE = 4096

MOST_BYTES = 65536
"""Of one packet."""
MOST_WANTED = 4096
"""Frames asked for again in one packet."""
CLIP_NAME = "\N{REPLACEMENT CHARACTER}clip\N{REPLACEMENT CHARACTER}"
"""Stands in the decoder's words for the clip's name, which it is never told."""


def of_segment(segment: Segment) -> bytes:
    """A segment as a request carries it."""
    return json.dumps(asdict(segment)).encode()


def segment_of(told: bytes) -> Segment:
    """The segment that :func:`of_segment` told."""
    known = json.loads(told)
    in_view_s = known.pop("in_view_s")
    return Segment(**known, in_view_s=None if in_view_s is None else (in_view_s[0], in_view_s[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """How the shared memory is cut.

    Attributes:
        slots: How many pictures it holds.
        slot_bytes: Of each: a luma plane and a blue-green-red picture, whole pages.
    """

    slots: int
    slot_bytes: int

    @property
    def size_bytes(self) -> int:
        """Of all of it. Memory that no picture was put in takes up none."""
        return self.slots * self.slot_bytes


def pool_for(pixels: int, slots: int) -> Pool:
    """A pool of slots for pictures of up to so many pixels."""
    return Pool(slots=slots, slot_bytes=-(-4 * pixels // PAGESIZE) * PAGESIZE)
