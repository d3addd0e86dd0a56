"""What the receiver hands over: pieces of a transport stream, each with its time and its arrival.

Only whoever has the network writes this form, and it may have been taken over by what came from
there: each packet is checked where it is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from speedcam.errors import FootageError

TICKS_PER_S = 90_000
"""Of MPEG-TS and of RTP video."""
MOST_BYTES = 16 * 1024 * 1024
"""Of one coded picture."""
MOST_WORDS = 600

_PACKET, _END = b"P", b"E"
_HEAD = struct.Struct("<c?qdI")
"""Kind, whether decoding can begin there, ticks, arrival, bytes that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One coded picture as MPEG-TS.

    Attributes:
        ticks: When it is shown, in :data:`TICKS_PER_S` after the stream's first picture.
        is_key: Decoding can begin with it.
        arrived_s: When it came, on this machine's monotonic clock.
        content: Whole transport packets, the programme's tables first.
    """

    ticks: int
    is_key: bool
    arrived_s: float
    content: bytes

    @property
    def time_s(self) -> float:
        """When it is shown, seconds after the stream's first picture."""
        return self.ticks / TICKS_PER_S


def write_packet(pipe: BinaryIO, packet: Packet) -> None:
    """Hand over one picture."""
    size = len(packet.content)
    pipe.write(_HEAD.pack(_PACKET, packet.is_key, packet.ticks, packet.arrived_s, size))
    pipe.write(packet.content)
    pipe.flush()


def write_end(pipe: BinaryIO, words: str) -> None:
    """Say why no picture follows."""
    told = words.encode()[:MOST_WORDS]
    pipe.write(_HEAD.pack(_END, False, 0, 0.0, len(told)) + told)
    pipe.flush()


def read_packets(pipe: BinaryIO, name: str) -> Iterator[Packet]:
    """Every picture, until the receiver says why there are no more.

    Args:
        pipe: From the receiver.
        name: What the stream is called in messages.

    Raises:
        FootageError: The stream ended, with the reason, or the receiver died or talks nonsense.
    """
    while head := _read(pipe, _HEAD.size):
        kind, is_key, ticks, arrived_s, size = _HEAD.unpack(head)
        if kind not in {_PACKET, _END} or size > MOST_BYTES:
            raise FootageError(f"{name}: its receiver talks nonsense.", "receiver_broke_rules")
        content = _read(pipe, size)
        if kind == _END:
            words = "".join(c for c in content.decode(errors="replace") if c.isprintable())
            raise FootageError(f"{name}: {words[:MOST_WORDS]}", "stream_ended")
        yield Packet(ticks=ticks, is_key=is_key, arrived_s=arrived_s, content=content)
    raise FootageError(f"{name}: its receiver died.", "receiver_died")


def _read(pipe: BinaryIO, size: int) -> bytes:
    """So many bytes; nothing where the pipe ends before."""
    content = pipe.read(size)
    return content if len(content) == size else b""
