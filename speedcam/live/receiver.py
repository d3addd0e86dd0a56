"""The process with the network: a stream in, whole coded pictures out, nothing decoded.

What comes from the network meets FFmpeg's protocols and demuxers here, and nothing of the camera:
this process may write no file and start no other, and whoever reads its pipe checks each packet.
The pictures are put into MPEG-TS as they are, bit for bit.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

import av

from speedcam.live.packets import TICKS_PER_S, Packet, write_end, write_packet
from speedcam.live.source import Source

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet as Coded
    from av.video.stream import VideoStream

JUMP_S = 2.0
"""A step of the stamps above this, or back, is another clock."""
CODECS = frozenset({"h264", "hevc"})
MEMORY_BYTES = 1_500_000_000


def main() -> None:
    """Receive the stream that standard input names, until it ends or nobody wants it."""
    source = Source(**json.loads(sys.stdin.read()))
    pipe = sys.stdout.buffer
    _give_up_files()
    with suppress(BrokenPipeError):
        write_end(pipe, _received(source, pipe))


def _give_up_files() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _received(source: Source, pipe: BinaryIO) -> str:
    """Hand over every picture; why there are no more."""
    try:
        with _opened(source) as container:
            return _handed_over(source, container, pipe)
    except av.error.ExitError:
        return f"no picture came for {source.stall_s:g} s."
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # FFmpeg's own words may repeat the address, and with it a password.
        return f"it cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})."


def _opened(source: Source) -> InputContainer:
    transport = source.transport
    options = {
        "protocol_whitelist": transport.protocols,
        "codec_whitelist": ",".join(CODECS),
        "analyzeduration": "1000000",
        **dict(transport.options),
    }
    url = unquote(urlsplit(source.url).path) if transport.protocols == "file" else source.url
    return av.open(
        url,
        "r",
        format=transport.demuxer or None,
        options=options,
        timeout=(source.open_s, source.stall_s),
    )


def _handed_over(source: Source, container: InputContainer, pipe: BinaryIO) -> str:
    if len(container.streams.video) != 1:
        return f"it holds {len(container.streams.video)} videos; the camera's alone is wanted."
    stream = container.streams.video[0]
    if getattr(stream.codec_context, "name", "") not in CODECS:
        return "it is not coded as H.264 or H.265."
    is_file, began_s = source.transport.protocols == "file", None
    remuxed = Remuxed(stream)
    for coded in _from_key_frame(container, stream):
        packet = remuxed.packet(coded)
        if packet is None:
            return "its time stamps jumped."
        if is_file:
            began_s = began_s or time.monotonic()
            time.sleep(max(0.0, began_s + packet.time_s - time.monotonic()))
            packet = replace(packet, arrived_s=time.monotonic())
        write_packet(pipe, packet)
    return "it ended."


def _from_key_frame(container: InputContainer, stream: VideoStream) -> Iterator[Coded[VideoStream]]:
    """Coded pictures with their times, from the first with which decoding can begin."""
    begun = False
    for coded in container.demux(stream):
        if coded.size and coded.pts is not None and coded.dts is not None:
            begun = begun or coded.is_keyframe
            if begun:
                yield coded


class Remuxed:
    """Puts coded pictures into a transport stream, one after the other."""

    def __init__(self, stream: VideoStream) -> None:
        self._sink = _Sink()
        # With the tables at every picture a reader may begin at any key frame.
        options = {"mpegts_flags": "pat_pmt_at_frames", "omit_video_pes_length": "0"}
        self._output = av.open(
            self._sink, "w", format="mpegts", options={**options, "flush_packets": "1"}
        )
        self._stream = self._output.add_stream_from_template(stream)
        self._first_pts: int | None = None
        self._last_dts: int | None = None

    def packet(self, coded: Coded[VideoStream]) -> Packet | None:
        """The picture as it is handed over; None where time jumped."""
        arrived_s = time.monotonic()
        assert coded.pts is not None and coded.dts is not None  # noqa: S101, PT018 - seen before
        if self._first_pts is None:
            self._first_pts = coded.pts
        unit = coded.time_base * TICKS_PER_S
        ticks, dts = (round((each - self._first_pts) * unit) for each in (coded.pts, coded.dts))
        if self._jumps(dts):
            return None
        is_key, coded.stream = coded.is_keyframe, self._stream
        coded.time_base, coded.pts, coded.dts = Fraction(1, TICKS_PER_S), ticks, dts
        self._output.mux(coded)
        return Packet(ticks=ticks, is_key=is_key, arrived_s=arrived_s, content=self._sink.taken())

    def _jumps(self, dts: int) -> bool:
        before, self._last_dts = self._last_dts, dts
        return before is not None and not before < dts <= before + JUMP_S * TICKS_PER_S


class _Sink(io.RawIOBase):
    """Where the muxer writes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(content))
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
