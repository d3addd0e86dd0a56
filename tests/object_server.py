"""A server of objects as S3 and plain HTTP have them: whole, or a range of their bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS = {
    "AWS_ACCESS_KEY_ID": "AKIDSPEEDCAMTEST",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "AWS_DEFAULT_REGION": "eu-south-1",
}
"""What a client of S3 is told by its environment."""


@dataclass(frozen=True)
class Objects:
    """What is served, and what was asked for.

    Attributes:
        url: Without a slash at its end.
        ranges: The ranges that were asked for.
    """

    url: str
    ranges: list[str] = field(default_factory=list)


@contextmanager
def objects(
    content: Mapping[str, bytes], *, signed: bool = False, host: str = "127.0.0.1"
) -> Iterator[Objects]:
    """Serve ``content`` by path; where ``signed``, to whoever signs with :data:`ACCESS` alone."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            wanted = f"AWS4-HMAC-SHA256 Credential={ACCESS['AWS_ACCESS_KEY_ID']}/"
            if signed and not self.headers.get("Authorization", "").startswith(wanted):
                self._send(403, b"", 0)
            elif (body := content.get(self.path)) is None:
                self._send(404, b"", 0)
            elif asked := self.headers.get("Range"):
                served.ranges.append(asked)
                first, last = (int(each) for each in asked.removeprefix("bytes=").split("-"))
                last = min(last, len(body) - 1)
                part = body[first : last + 1]
                self._send(206, part, len(part), f"bytes {first}-{last}/{len(body)}")
            else:
                self._send(200, body if with_body else b"", len(body))

        def _send(self, code: int, body: bytes, length: int, content_range: str = "") -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(length))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Fri, 02 Oct 2026 08:00:00 GMT")
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.daemon_threads = True
        served = Objects(f"http://{host}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
