"""What the machine's own monitor asks: ``/health`` in JSON, ``/metrics`` for Prometheus."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from speedcam.errors import SpeedcamError
from speedcam.live.metrics import health, metrics
from speedcam.live.status import Status

HOST = "127.0.0.1"
"""This machine only: names of streams are nobody else's business."""

Told = tuple[HTTPStatus, str, bytes]


@contextmanager
def health_served(port: int, statuses: Callable[[], Mapping[str, Status]]) -> Iterator[int]:
    """Answer at this port of this machine, meanwhile; which port it is.

    Args:
        port: 0 takes any that is free.
        statuses: How the streams fare.

    Raises:
        SpeedcamError: The port is taken.
    """

    class Answer(BaseHTTPRequestHandler):
        timeout = 5.0

        def do_GET(self) -> None:
            code, kind, content = _answer(self.path, statuses())
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing of who asked."""

    try:
        server = ThreadingHTTPServer((HOST, port), Answer)
    except OSError as error:
        raise SpeedcamError(
            f"--health {port}: the port cannot be had ({error.strerror}). Give another one."
        ) from None
    thread = Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(path: str, statuses: Mapping[str, Status]) -> Told:
    if path == "/metrics":
        return HTTPStatus.OK, "text/plain; version=0.0.4", metrics(statuses).encode()
    if path == "/health":
        told = health(statuses)
        code = HTTPStatus.OK if told["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
        return code, "application/json", json.dumps(told).encode()
    return HTTPStatus.NOT_FOUND, "text/plain", b"there are /health and /metrics\n"
