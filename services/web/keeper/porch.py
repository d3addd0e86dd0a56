"""The process that owners reach: pages, and nothing to lose.

It has a socket to listen on and lines to the keeper; under bubblewrap it sees no file but Python's
own, no other process, and no network but that socket.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from threading import Thread

import uvicorn
from fastapi import FastAPI
from pydantic import TypeAdapter

from services.clock import SystemClock
from services.store.keks import forbid_core_dumps
from services.web.app import create_app
from services.web.front import Front
from services.web.keeper.line import Lines
from services.web.keeper.wicket import Wicket
from services.web.server import server_of
from speedcam.confine import forbid_connecting


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the keeper hands this process.

    Attributes:
        listening: Descriptor of the socket to listen on.
        closing: Of one that the keeper closes at the end.
        lines: Of the lines to the keeper.
        front: How this process is reached.
    """

    listening: int
    closing: int
    lines: list[int]
    front: Front


ERRAND: TypeAdapter[Errand] = TypeAdapter(Errand)


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

    The last argument is an :class:`Errand`.
    """
    forbid_connecting()  # before there is a thread, and for all that come
    forbid_core_dumps()  # visitors' notices are in this memory
    errand = ERRAND.validate_json(sys.argv[-1])
    server = server_of(pages_over(Wicket(Lines(errand.lines))), errand.front)
    Thread(target=_end_with, args=(errand.closing, server), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=errand.listening)])


def _end_with(closing: int, server: uvicorn.Server) -> None:
    """End the server, answers under way first, once the other end is closed."""
    os.read(closing, 1)
    server.should_exit = True
