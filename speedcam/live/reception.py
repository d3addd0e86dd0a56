"""One connection to a stream: a receiver at work, what came lately, and what is on its way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Condition, Thread
from typing import BinaryIO, cast

import speedcam
from speedcam.errors import FootageError
from speedcam.live.backlog import Backlog
from speedcam.live.packets import Packet, read_packets
from speedcam.live.ring import Ring
from speedcam.live.source import Source
from speedcam.live.stamps import StampWatch, Trust

_START = """
import sys
sys.path.insert(0, sys.argv[1])
from speedcam.live.receiver import main
main()
"""
_ROOT = Path(speedcam.__file__).parent.parent
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Reception:
    """What one connection brings.

    Attributes:
        backlog: What is to be decoded.
        ring: What came lately.
        stamps: How the time stamps run.
        received: Pictures that came.
        newest_s: When the latest of them is shown, in the stream's time.
    """

    def __init__(self, source: Source, ring: Ring, trust: Trust | None = None) -> None:
        """Connect; pictures come from now on."""
        self.backlog, self.ring, self.stamps = Backlog(), ring, StampWatch(trust)
        self.received, self.newest_s = 0, 0.0
        self._name, self._patience_s = source.name, source.open_s + 3 * source.stall_s
        self._why: FootageError | None = None
        self._came = Condition()
        self._process = _started(source)
        self._thread = Thread(target=self._receive, name=f"receive {source.name}", daemon=True)
        self._thread.start()

    def wait_for(self, seconds: float) -> None:
        """Wait until so much of the stream is there.

        Raises:
            FootageError: It ended before.
        """
        most_s = seconds + self._patience_s
        with self._came:
            self._came.wait_for(lambda: self._why or self.newest_s >= seconds, most_s)
            came, why = self.newest_s >= seconds, self._why
        if not came:
            raise why or FootageError(f"{self._name}: it does not begin.", "too_slow")

    @property
    def why(self) -> FootageError | None:
        """Why nothing comes any more; None while it does."""
        return self._why

    def stop(self) -> None:
        """Disconnect; what came is still handed out."""
        self._process.kill()

    def close(self) -> None:
        """Disconnect, and wait until nobody is at work any more."""
        self.stop()
        self._thread.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _receive(self) -> None:
        try:
            for packet in read_packets(cast("BinaryIO", self._process.stdout), self._name):
                self._take(packet)
        except FootageError as error:
            self._end(error)
        except OSError as error:
            why = f"{self._name}: what came cannot be kept ({error.strerror})."
            self._end(FootageError(why, "disk"))

    def _take(self, packet: Packet) -> None:
        self.ring.add(packet)
        self.stamps.note(packet.time_s, packet.arrived_s)
        self.backlog.put(packet)
        with self._came:
            self.received += 1
            self.newest_s = max(self.newest_s, packet.time_s)
            self._came.notify_all()

    def _end(self, why: FootageError) -> None:
        self.backlog.end()
        with self._came:
            self._why = why
            self._came.notify_all()


@contextmanager
def receiving(source: Source, folder: Path, trust: Trust | None = None) -> Iterator[Reception]:
    """Connect, and disconnect at the end; the ring lies in ``folder`` meanwhile."""
    ring = Ring(folder)
    try:
        reception = Reception(source, ring, trust)
        try:
            yield reception
        finally:
            reception.close()
    finally:
        ring.close()


def _started(source: Source) -> subprocess.Popen[bytes]:
    """A receiver; it learns the address by its standard input, where nobody else sees it."""
    process = subprocess.Popen(  # noqa: S603 - our own Python
        [sys.executable, "-I", "-B", "-c", _START, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    told = json.dumps(asdict(source)).encode()
    with cast("BinaryIO", process.stdin) as words:
        words.write(told)
    return process
