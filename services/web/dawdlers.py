"""Connections that never come to an end are closed, or nobody else would get one."""

from __future__ import annotations

import asyncio
import resource

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOKS_EVERY_S = 10.0
LOOKS_WHILE_ASKING = 2
"""A question must be whole within ten to twenty seconds; who types has sent nothing yet."""
LOOKS_WHILE_ANSWERED = 18
"""Three minutes for an answer: a film over the slowest line that still shows one."""
LEAST_BYTES = 10_000
"""Of a file that is sent, between two looks: a thousandth of what most lines carry."""
MOST_FILES = 65_536
"""Connections are files: as many as the system allows, up to so many."""

_ASKING = frozenset({h11.IDLE, h11.SEND_BODY})


class HastyProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which hangs up on whoever dawdles."""

    _looked: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the new connection now and then."""
        super().connection_made(transport)
        self._same, self._under_way, self._came = 0, (self.cycle, self.conn.their_state), 0
        self._look_later()

    def data_received(self, data: bytes) -> None:
        """Count what comes: a large file over a slow line is no dawdling."""
        self._came += len(data)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._looked:
            self._looked.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._looked = self.loop.call_later(LOOKS_EVERY_S, self._look)

    def _look(self) -> None:
        """Hang up if the same question or answer has been under way for too long."""
        under_way = (self.cycle, self.conn.their_state)
        moved = under_way != self._under_way
        if self.conn.their_state is h11.SEND_BODY and self._came >= LEAST_BYTES:
            moved = True
        self._same = 1 if moved else self._same + 1
        self._under_way, self._came = under_way, 0
        asking = self.conn.their_state in _ASKING
        if self._same >= (LOOKS_WHILE_ASKING if asking else LOOKS_WHILE_ANSWERED):
            self.transport.abort()
        else:
            self._look_later()


def allow_many_connections() -> None:
    """Let this process open as many files as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
