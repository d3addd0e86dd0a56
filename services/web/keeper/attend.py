"""Starts the process that owners reach, and answers it until one of the two ends."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import IO

import services
from services.errors import StoreError
from services.web.front import Front
from services.web.keeper import porch
from services.web.keeper.keeper import Keeper
from services.web.keeper.line import attend
from services.web.log import warn
from services.web.server import GRACE_S
from speedcam.jail import launch, start_of

LINES = 16
"""Questions at the same time; most take a fraction of a millisecond."""
MOST_LINE_BYTES = 4096
ENDS_WITHIN_S = GRACE_S + 3
"""Whoever has not ended then is ended."""

START = start_of(porch.__name__)
_PACKAGE = Path(services.__file__).parent


def seen_by_porch(front: Front) -> list[Path]:
    """What the public process sees of the disk, beside Python and the camera's package."""
    return [_PACKAGE, *front.files]


def attend_porch(keeper: Keeper, listening: socket.socket, front: Front) -> None:
    """Start a public process that listens there, and answer it until Ctrl-C.

    Raises:
        StoreError: It ended by itself.
    """
    with _porch(keeper, listening, front) as process, suppress(KeyboardInterrupt):
        process.wait()
        raise StoreError(
            "the process that shows the pages ended by itself. Look above for why, and start the "
            "server again."
        )


@contextmanager
def _porch(
    keeper: Keeper, listening: socket.socket, front: Front
) -> Iterator[subprocess.Popen[bytes]]:
    with ExitStack() as stack:
        closing, closed = socket.socketpair()
        stack.enter_context(closing)
        pairs = [socket.socketpair() for _ in range(LINES)]
        handed = [listening, closed, *(theirs for _, theirs in pairs)]
        descriptors = [each.fileno() for each in handed]
        errand = porch.Errand(
            listening=descriptors[0], closing=descriptors[1], lines=descriptors[2:], front=front
        )
        words = porch.ERRAND.dump_json(errand).decode()
        seen = seen_by_porch(front)
        # A pipe of its own: our terminal could be read from, and our log cut off.
        process = launch(START, words, descriptors, packages=seen)
        Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
        for each in handed[1:]:
            each.close()
        for ours, _ in pairs:
            line = Connection(ours.detach())
            Thread(target=attend, args=(line, keeper), daemon=True).start()
        try:
            yield process
        finally:
            closing.close()
            _end(process)


def _pass_on(said: IO[bytes]) -> None:
    """Write down what the process says, as lines that steer no terminal."""
    with said:
        while line := said.readline(MOST_LINE_BYTES):
            warn(line.decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
