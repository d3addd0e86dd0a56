"""A camera's stream for tests: serves MPEG-TS by HTTP, and fails as networks do."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import av

from speedcam.live.packets import Packet
from speedcam.live.receiver import Remuxed

Play = Callable[[Callable[[bytes], object], Event], None]
"""What one connection is shown: sends, until it has nothing more or the server ends."""


def coded(clip: Path) -> list[Packet]:
    """Every picture of a clip as it travels."""
    with av.open(str(clip)) as read:
        stream = read.streams.video[0]
        remuxed = Remuxed(stream)
        made = [remuxed.packet(packet) for packet in read.demux(stream) if packet.size]
    return [packet for packet in made if packet]


def sent(packets: Sequence[Packet], pace: float = 0.0) -> Play:
    """These pictures, so many times as fast as they were taken; 0 sends them at once."""

    def play(send: Callable[[bytes], object], over: Event) -> None:
        began_s = time.monotonic()
        for packet in packets:
            if pace:
                over.wait(began_s + packet.time_s / pace - time.monotonic())
            if over.is_set():
                return
            send(packet.content)

    return play


def then(*plays: Play) -> Play:
    """One after the other in one connection."""

    def play(send: Callable[[bytes], object], over: Event) -> None:
        for each in plays:
            each(send, over)

    return play


def stalled(_: Callable[[bytes], object], over: Event) -> None:
    """Nothing, for as long as anybody waits."""
    over.wait()


def reset(_: Callable[[bytes], object], __: Event) -> None:
    """The connection is cut off in the middle, and what nobody has read yet is lost with it."""
    raise ConnectionResetError


def until(holds: Callable[[], bool]) -> Play:
    """Nothing, until this holds."""

    def play(_: Callable[[bytes], object], over: Event) -> None:
        while not holds() and not over.wait(0.05):
            pass

    return play


@contextmanager
def serving(*plays: Play) -> Iterator[str]:
    """Where the stream is; each connection is shown the next of these, and then the last again."""
    over, turns = Event(), iter(plays)

    class Camera(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            play = next(turns, plays[-1])
            self.send_response(200)
            # Only where chunks come to an end is an end told from a fault.
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                play(self._send, over)
                self._send(b"")
            except ConnectionResetError:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            except BrokenPipeError:
                pass
            self.close_connection = True

        def _send(self, content: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
