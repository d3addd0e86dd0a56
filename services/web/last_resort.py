"""What nobody foresaw: logged by its kind and place, answered in general words, and no more."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)


class LastResort:
    """Answers where nothing else does, so that no server writes down what an error says.

    Args:
        app: The application.
        answer: Makes the answer in general words.
    """

    def __init__(self, app: ASGIApp, *, answer: Callable[[Request], Response]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; see the ASGI specification."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - the last place where anything can be answered
            _log.error("a fault of ours: %s", place_of(error))
            if begun:
                # The connection is closed: half an answer must not look like a whole one.
                raise RuntimeError("an answer broke off") from None
            await self.answer(Request(scope))(scope, receive, send)


def place_of(error: Exception) -> str:
    """The kind of ``error`` and the line that raised it. Its message may name a case."""
    raised = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {raised.filename}:{raised.lineno}, {raised.name}"
