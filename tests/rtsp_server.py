"""A small RTSP camera (RFC 2326) for tests: H.264 as RTP (RFC 6184) within the TCP connection."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import NamedTuple

import av
from av.bitstream import BitStreamFilterContext

MOST_BYTES = 1400
SPS, PPS, FRAGMENT = 7, 8, 28


class Picture(NamedTuple):
    """One coded picture: when it is shown, in 1/90000 s, and its units."""

    ticks: int
    units: list[bytes]


def pictures_of(clip: Path) -> list[Picture]:
    """Every picture of a clip of H.264."""
    with av.open(str(clip)) as read:
        stream = read.streams.video[0]
        plain = BitStreamFilterContext("h264_mp4toannexb", stream)
        return [
            Picture(round(each.pts * each.time_base * 90000), _units(bytes(each)))
            for packet in read.demux(stream)
            if packet.size
            for each in plain.filter(packet)
        ]


def _units(annex_b: bytes) -> list[bytes]:
    return [unit for unit in re.split(rb"\x00\x00\x00?\x01", annex_b) if unit]


@contextmanager
def rtsp_serving(pictures: list[Picture]) -> Iterator[str]:
    """Where the stream is, meanwhile; it is sent as fast as it is taken, and then ends."""

    class Camera(_Camera):
        shown = pictures

    class Server(ThreadingTCPServer):
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Camera)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"rtsp://127.0.0.1:{server.server_address[1]}/gate"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Camera(StreamRequestHandler):
    shown: list[Picture]

    def handle(self) -> None:
        self._number = 0
        try:
            while line := self.rfile.readline().decode():
                headers = dict(iter(self._header, None))
                method, url, _ = line.split()
                self._answer(method, url, headers)
                if method == "PLAY":
                    self._play()
                    return
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _header(self) -> tuple[str, str] | None:
        name, colon, value = self.rfile.readline().decode().partition(":")
        return (name.lower(), value.strip()) if colon else None

    def _answer(self, method: str, url: str, headers: dict[str, str]) -> None:
        body = self._description() if method == "DESCRIBE" else ""
        lines = ["RTSP/1.0 200 OK", f"CSeq: {headers['cseq']}", "Session: 1"]
        if method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        if method == "SETUP":
            lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        if method == "PLAY":
            lines.append(f"RTP-Info: url={url}/track1;seq=0;rtptime={self.shown[0].ticks}")
            lines.append("Range: npt=0-")
        if body:
            lines += [f"Content-Base: {url}/", "Content-Type: application/sdp"]
            lines.append(f"Content-Length: {len(body)}")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _description(self) -> str:
        """What is shown, with the sets of parameters (RFC 4566, RFC 6184)."""
        sets = [u for u in self.shown[0].units if u[0] & 31 in {SPS, PPS}]
        told = ",".join(base64.b64encode(each).decode() for each in sets)
        lines = [
            "v=0",
            "o=- 0 0 IN IP4 127.0.0.1",
            "s=gate",
            "t=0 0",
            "m=video 0 RTP/AVP 96",
            "c=IN IP4 0.0.0.0",
            "a=rtpmap:96 H264/90000",
            f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={told}",
            "a=control:track1",
        ]
        return "".join(f"{line}\r\n" for line in lines)

    def _play(self) -> None:
        for picture in self.shown:
            parts = [part for unit in picture.units for part in _fragments(unit)]
            for place, part in enumerate(parts):
                self._send(part, picture.ticks, last=place == len(parts) - 1)

    def _send(self, payload: bytes, ticks: int, *, last: bool) -> None:
        kind = 96 | (0x80 if last else 0)
        head = struct.pack(">BBHII", 0x80, kind, self._number & 0xFFFF, ticks & 0xFFFFFFFF, 1)
        self._number += 1
        packet = head + payload
        self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)


def _fragments(unit: bytes) -> Iterator[bytes]:
    """The unit, in parts where it fills more than a packet (RFC 6184, 5.8)."""
    if len(unit) <= MOST_BYTES:
        yield unit
        return
    indicator, kind = (unit[0] & 0xE0) | FRAGMENT, unit[0] & 31
    parts = [unit[start : start + MOST_BYTES] for start in range(1, len(unit), MOST_BYTES)]
    for place, part in enumerate(parts):
        edge = (0x80 if place == 0 else 0) | (0x40 if place == len(parts) - 1 else 0)
        yield bytes([indicator, edge | kind]) + part
