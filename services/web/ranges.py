"""Answers with a part of a file where a player asks for one (RFC 9110, section 14)."""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi import Request, Response

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def ranged(request: Request, content: bytes, media_type: str) -> Response:
    """``content``, or the one range of it that the request asks for.

    What asks for several ranges, or not for bytes, gets all of it, as the standard allows.
    """
    headers = {"Accept-Ranges": "bytes"}
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", "").strip())
    if asked is None or not any(asked.groups()):
        return Response(content, media_type=media_type, headers=headers)
    size = len(content)
    first, last = _bounds(asked[1], asked[2], size)
    if first > last:
        headers["Content-Range"] = f"bytes */{size}"
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return Response(status_code=status, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    part = content[first : last + 1]
    return Response(part, HTTPStatus.PARTIAL_CONTENT, headers=headers, media_type=media_type)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte of a range; without its beginning it is so many from the end."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1
