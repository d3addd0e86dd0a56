"""An end to waiting for somebody who sends a byte now and then.

A time-out of a socket begins anew with every byte; a lease does not.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_AGAIN_S = 0.2


@contextmanager
def ended_after(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Close the connection after so many seconds; whoever waits for it then gets an OSError.

    Args:
        seconds: From now on.
        current: The socket in use, or None.
    """
    done = Event()

    def end() -> None:
        wait_s = seconds
        # Again and again: while encryption is agreed on there is no socket that could be closed.
        while not done.wait(wait_s):
            if (connection := current()) is not None:
                with suppress(OSError):
                    # Not the method of a TLS socket, which would wait for the other side.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            wait_s = _AGAIN_S

    Thread(target=end, daemon=True).start()
    try:
        yield
    finally:
        done.set()
