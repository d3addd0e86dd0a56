"""What the API tells, field by field. A field that is not here is told to nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.life import State
from services.model import LetterKind, NoticeState

Line = TypeVar("Line")


def _like(**example: Any) -> ConfigDict:  # noqa: ANN401 - any JSON
    return ConfigDict(
        frozen=True, extra="forbid", from_attributes=True, json_schema_extra={"example": example}
    )


class Passages(BaseModel):
    """How many vehicles passed one site on one local day; nothing tells one from another."""

    model_config = _like(
        site="AL-DEMO-01",
        day="2026-10-14",
        measured=812,
        refused={"short_baseline": 31},
        outcomes={"lawful": 790, "not_proven": 40, "case": 13},
    )

    site: str
    day: date
    measured: int = Field(description="Passages with a speed.")
    refused: dict[str, int] = Field(description="Passages without one, by reason.")
    outcomes: dict[str, int] = Field(description="What became of all of them.")


class Case(BaseModel):
    """Where a case stands. Of when it was, no more than the local day."""

    model_config = _like(
        key="0f3a9c41d7b20f3a9c41d7b2", state="in_review", site="AL-DEMO-01", day="2026-10-14"
    )

    key: str
    state: State
    site: str
    day: date


class Letter(BaseModel):
    """A letter about a notice."""

    model_config = _like(kind="notice", state="sent", attempts=1, sent_at="2026-10-14T09:05:00Z")

    kind: LetterKind
    state: NoticeState
    attempts: int
    sent_at: datetime | None = Field(description="Null while it is not handed over.")


class Notice(BaseModel):
    """Where a notice stands, and its letters in order. Nothing says whose it is."""

    model_config = _like(
        number="AL26-K7Q2-M9XD",
        state="served",
        issued_at="2026-10-14T09:00:00Z",
        served_on="2026-10-18",
        letters=[
            {"kind": "notice", "state": "sent", "attempts": 1, "sent_at": "2026-10-14T09:05:00Z"}
        ],
    )

    number: str
    state: State
    issued_at: datetime
    served_on: date | None = Field(description="Null before it was served.")
    letters: list[Letter]


class Site(BaseModel):
    """A site that has traffic or cases."""

    model_config = _like(site="AL-DEMO-01", first_day="2026-10-01", last_day="2026-10-14")

    site: str
    first_day: date
    last_day: date


class Health(BaseModel):
    """Whether the office works: that this is answered says that its database does."""

    model_config = _like(
        status="ok", received_at="2026-10-14T08:00:00Z", letters={"sent": 120, "waiting": 3}
    )

    status: str = "ok"
    received_at: datetime | None = Field(description="When passages came in last; null: never.")
    letters: dict[NoticeState, int] = Field(description="How many letters stand where.")


class Page(BaseModel, Generic[Line]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True)

    items: list[Line]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
