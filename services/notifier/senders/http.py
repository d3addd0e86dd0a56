"""One question to an HTTP server: no redirect, no proxy, no more than a little answer."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from services.errors import ProviderDown, Unclear
from services.notifier.senders.closed import is_this_machine
from services.notifier.senders.deadline import ended_after

MOST_BYTES = 65_536
"""Of an answer; the rest is not read."""

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    content: bytes


def require_private(url: str) -> str:
    """``url``, if nobody on the way can read what it is told.

    Raises:
        ValueError: It is not ``https://``, nor ``http://`` on this very machine, has no port, or
            signs beyond ASCII.
    """
    parts = urlsplit(url)
    if not re.fullmatch(r"[!-~]+", url):
        raise ValueError("the address has a sign that none has: write a blank as %20")
    if parts.port == 0:
        raise ValueError("the address names no port that there is")
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and is_this_machine(parts.hostname or ""):
        return url
    raise ValueError("the address must begin with https://")


def post_json(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST a JSON document.

    Raises:
        ProviderDown: There is no connection.
        Unclear: The connection ended after it was made: the server may have what it was told.
    """
    parts = urlsplit(url)
    connection = _connection(parts)
    where = parts.netloc.rpartition("@")[2]
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        own = _connected(connection, where)
        with ended_after(PATIENCE_S, lambda: own):
            known = {"Content-Type": "application/json", **headers}
            connection.request("POST", path, body, known)
            answer = connection.getresponse()
            return Answer(status=answer.status, content=answer.read(MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise Unclear(
            f"{where} was gone before it answered ({type(error).__name__}): it may have the "
            "letter. It is asked again with the same key."
        ) from None
    finally:
        connection.close()


def _connected(connection: http.client.HTTPConnection, where: str) -> socket.socket:
    """The socket, which the connection forgets when an answer ends with it, and is still read."""
    try:
        with ended_after(PATIENCE_S, lambda: connection.sock):
            connection.connect()
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise ProviderDown(f"{where} cannot be reached ({told}). Check address.") from None
    return connection.sock


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        trust = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=PATIENCE_S, context=trust)
    return http.client.HTTPConnection(host, parts.port, timeout=PATIENCE_S)
