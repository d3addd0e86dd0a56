"""One file that is sent with a form: read with a bound on its size, on disk where it is large."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import HTTPException, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

FILE_FORM = "multipart/form-data"
MOST_FIELDS = 4


def is_file_form(request: Request) -> bool:
    """Whether a file may come with what is sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == FILE_FORM


@asynccontextmanager
async def file_form(request: Request, most_bytes: int) -> AsyncIterator[FormData]:
    """The fields of a form with one file, which is gone at the end.

    Raises:
        HTTPException: 413 too large, 415 another kind of body, 422 not readable.
    """
    if not is_file_form(request):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    stream = _Bounded(request, most_bytes)
    parser = MultiPartParser(request.headers, stream.chunks(), max_files=1, max_fields=MOST_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        too_large = stream.left < 0
        status = 413 if too_large else 422
        raise HTTPException(status) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None  # nobody is there to read it
    try:
        yield form
    finally:
        await form.close()


def file_in(form: FormData, name: str) -> UploadFile:
    """The file of a form.

    Raises:
        HTTPException: 422 there is none.
    """
    file = form.get(name)
    if not isinstance(file, UploadFile):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    return file


class _Bounded:
    """What is sent, up to so many bytes; ``left`` is negative once there were more."""

    def __init__(self, request: Request, most_bytes: int) -> None:
        self._request = request
        self.left = most_bytes

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._request.stream():
            self.left -= len(chunk)
            if self.left < 0:
                raise MultiPartException("too large")
            yield chunk
