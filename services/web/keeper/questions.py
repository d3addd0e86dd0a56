"""What the public process may ask of the keeper: a closed list, in JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.notifier.language import Language

MOST_BYTES = 64 * 1024
"""Of a question: an objection in any script has room in it."""

MOST_LETTERS = 2000
Short = Annotated[str, Field(max_length=MOST_LETTERS)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Try = Literal["attempt", "forgive"]


class Tried(_Closed):
    """Whether somebody at this address may try to open a notice; and that the try succeeded."""

    ask: Try
    address: Short


class Open(_Closed):
    """A notice by what its owner has in hand."""

    ask: Literal["open"] = "open"
    number: Short
    plate: Short


Count = Literal["begin", "stamp", "months", "latest", "public_key"]
Part = Literal["standing", "history", "payments", "driver", "anchored", "proof"]


class Counted(_Closed):
    """Something that belongs to nobody; ``begin``: what the pages need to work at all."""

    ask: Count


class Month(_Closed):
    """The figures of a month."""

    ask: Literal["report"] = "report"
    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]


class Again(_Closed):
    """The notice that a ticket opens."""

    ask: Literal["again"] = "again"
    ticket: Short


class Leave(_Closed):
    """The ticket is to open nothing any more."""

    ask: Literal["leave"] = "leave"
    ticket: Short


class PartOf(_Closed):
    """What the office has on it."""

    ask: Part
    ticket: Short


class Content(_Closed):
    """An exhibit of it, by its SHA-256: its bytes, or as text where it is raw data."""

    ask: Literal["exhibit", "raw_text"]
    ticket: Short
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Letter(_Closed):
    """Its letter as PDF."""

    ask: Literal["letter"] = "letter"
    ticket: Short
    # Strict JSON has no enumerations: their words are taken.
    language: Annotated[Language, Field(strict=False)]


class Contest(_Closed):
    """An objection to it."""

    ask: Literal["contest"] = "contest"
    ticket: Short
    words: Annotated[str, Field(max_length=4000)]


class Pay(_Closed):
    """So many minor units for it at the demo bank."""

    ask: Literal["pay"] = "pay"
    ticket: Short
    minor: int
    paid_before: int


OfNotice = PartOf | Content | Letter | Contest | Pay
Question = Tried | Open | Counted | Month | Again | Leave | OfNotice
QUESTION: TypeAdapter[Question] = TypeAdapter(Annotated[Question, Field(discriminator="ask")])
