"""The HTTP server of every page: its socket, and how it is set up."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

from services.errors import StoreError
from services.web.dawdlers import HastyProtocol, allow_many_connections
from services.web.front import CIPHERS, PLAIN, Front
from services.web.log import LOGGING

GRACE_S = 5
"""How long answers under way may take after Ctrl-C."""


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port``.

    Raises:
        StoreError: The address is taken, not allowed, or not of this machine.
    """
    if not 0 <= port <= 65_535:
        raise StoreError(f"there is no port {port}. Choose one from 0 to 65535 with --port.")
    if not host.strip() or not host.isascii():
        # An empty name would mean every address of this machine, which nobody asked for.
        raise StoreError(f"{host!r} is no address. Give one as 127.0.0.1 or ::1 with --host.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise StoreError(
            f"cannot listen on {host} port {port}: {error}. Choose another with --port."
        ) from None


def address_of(host: str, listening: socket.socket, front: Front) -> str:
    """Where a browser finds what listens there."""
    name = f"[{host}]" if ":" in host else host
    return f"{front.scheme}://{name}:{listening.getsockname()[1]}/"


def server_of(app: FastAPI, front: Front = PLAIN) -> uvicorn.Server:
    """A server for ``app`` that keeps no log of who asked for what, and waits for no dawdler."""
    allow_many_connections()
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=HastyProtocol,
            ssl_certfile=front.certificate,
            ssl_keyfile=front.key,
            ssl_ciphers=CIPHERS,
            access_log=False,  # it would hold addresses of people
            # Forwarded headers can be forged, but by the proxy that puts its own in their place.
            proxy_headers=bool(front.proxy),
            forwarded_allow_ips=front.proxy or None,
            server_header=False,
            # A warning for each request that is none is a disk that strangers can fill.
            log_level="error",
            log_config=LOGGING,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
