"""An end to waiting for somebody who sends a byte now and then.

A time-out of a socket begins anew with every byte; a lease does not.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def ended_after(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Close the connection after so many seconds; whoever waits for it then gets an OSError.

    Args:
        seconds: From now on.
        current: The socket in use, or None.
    """

    def end() -> None:
        if (connection := current()) is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which would wait for the other side.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
