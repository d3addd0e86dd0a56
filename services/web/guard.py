"""Who may ask for a route: declared where it is opened, so that none is open by oversight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI

from services.staff.account import Role

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
    STAFF = "staff"
    """Anybody who is signed in. This guard and those below are of the staff's pages."""
    READER = "reader"
    """Who may see cases."""
    OFFICER = "officer"
    """Who may decide cases."""
    SENIOR = "senior"
    """Who may decide what others hand on, and objections."""
    ENGINEER = "engineer"
    """Who looks after cameras."""
    ADMINISTRATOR = "administrator"
    """Who looks after accounts."""


ADMITS: Mapping[Guard, frozenset[Role]] = MappingProxyType(
    {
        Guard.STAFF: frozenset(Role),
        Guard.READER: frozenset({Role.REVIEWER, Role.SENIOR, Role.AUDITOR}),
        Guard.OFFICER: frozenset({Role.REVIEWER, Role.SENIOR}),
        Guard.SENIOR: frozenset({Role.SENIOR}),
        Guard.ENGINEER: frozenset({Role.ENGINEER}),
        Guard.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
    }
)
"""Whom each guard of the staff's pages lets in; services/web/porter.py asks, for every route."""


READS = "x-reads"
"""Where a route keeps what it reads, beside its guard."""


class Reads(StrEnum):
    """What is sent to a route."""

    FORM = "form"
    """A few fields."""
    SHEET = "sheet"
    """A form of many rows."""
    FILE = "file"
    """A file, which the handler reads itself, once the porter has let its sender in."""


def open_route(
    app: FastAPI,
    method: str,
    path: str,
    handler: Callable[..., Any],
    guard: Guard,
    *,
    reads: Reads = Reads.FORM,
) -> None:
    """Open one route of ``app`` with its guard declared."""
    app.add_api_route(
        path,
        handler,
        methods=[method],
        response_model=None,
        openapi_extra={DECLARED: guard, READS: reads},
    )
