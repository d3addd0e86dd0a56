"""A small form, read with a bound on its size and without a multipart parser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

MOST_BYTES = 4096
MOST_FIELDS = 8


async def form_fields(
    request: Request, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> Mapping[str, str]:
    """The fields of an urlencoded form, the last value of each.

    Raises:
        HTTPException: 413 too large, 415 another kind of body, 422 not readable.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None  # nobody is there to read it, and no log needs it
    try:
        fields = parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=most_fields, errors="strict"
        )
    except ValueError:
        raise HTTPException(422) from None
    return {name: values[-1] for name, values in fields.items()}


def form_of(most_bytes: int) -> Callable[[Request], Awaitable[Mapping[str, str]]]:
    """A reader of forms up to so many bytes, for a route to depend on."""

    async def fields(request: Request) -> Mapping[str, str]:
        return await form_fields(request, most_bytes)

    return fields
