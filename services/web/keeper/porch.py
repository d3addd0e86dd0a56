"""The process that owners reach: pages, and nothing to lose.

It has a socket to listen on and lines to the keeper; under bubblewrap it sees no file but Python's
own, no other process, and no network but that socket.
"""

from __future__ import annotations

import os
import socket
import sys
from threading import Thread

import uvicorn
from fastapi import FastAPI

from services.clock import SystemClock
from services.store.keks import forbid_core_dumps
from services.web.app import create_app
from services.web.keeper.line import Lines
from services.web.keeper.wicket import Wicket
from services.web.server import server_of


def pages_over(wicket: Wicket) -> FastAPI:
    """The owners' pages over a wicket."""
    begun = wicket.begin()
    return create_app(
        wicket,
        secret=begun.secret,
        clock=SystemClock(),
        accounts=wicket.standing,
        records=wicket,
        desk=wicket if begun.forms else None,
        counts=wicket,
        ledger=wicket,
        printer=wicket.letter,
        stamp=wicket.stamp,
        patience=wicket,
        leavers=wicket,
    )


def main() -> None:
    """Answer until the keeper closes its end.

    The last argument names descriptors: of the socket to listen on, of one that the keeper closes
    at the end, and of the lines.
    """
    forbid_core_dumps()  # visitors' notices are in this memory
    listening, closing, *lines = map(int, sys.argv[-1].split(","))
    server = server_of(pages_over(Wicket(Lines(lines))))
    Thread(target=_end_with, args=(closing, server), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=listening)])


def _end_with(closing: int, server: uvicorn.Server) -> None:
    """End the server, answers under way first, once the other end is closed."""
    os.read(closing, 1)
    server.should_exit = True
