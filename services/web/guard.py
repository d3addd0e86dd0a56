"""Who may ask for a route: declared where it is opened, so that none is open by oversight."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from fastapi import FastAPI

DECLARED = "x-guard"
"""Where a route keeps its guard, beside what else describes it."""


class Guard(StrEnum):
    """What a request must bring; the handler of the route asks for it."""

    OPEN = "open"
    """Nothing: whatever is there may be seen by everybody."""
    VISIT = "visit"
    """A visit that opened a notice with its number and plate."""
    OWN_FORM = "own form"
    """A form that was shown to this very visit."""


def open_route(
    app: FastAPI, method: str, path: str, handler: Callable[..., Any], guard: Guard
) -> None:
    """Open one route of ``app`` with its guard declared."""
    app.add_api_route(
        path, handler, methods=[method], response_model=None, openapi_extra={DECLARED: guard}
    )
