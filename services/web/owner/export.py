"""All that is stored on one fine, for the person it is about, and nothing about anybody else.

Left out are names of officers beyond the one in the letter, and what officers wrote, which may
name others; what the owner named a driver with; and the payers' own words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from services.account import Payment
from services.fines import Standing
from services.ledger.prove import Anchored
from services.model import Fine
from services.store.history import Event
from services.web.office import OWNER
from services.web.owner.case import HOUSE_WORDS, Wish

_FINE: TypeAdapter[Fine] = TypeAdapter(Fine)
_STANDING: TypeAdapter[Standing] = TypeAdapter(Standing)


def export_of(
    fine: Fine,
    standing: Standing | None,
    history: Sequence[Event],
    payments: Sequence[Payment],
    raw_texts: Sequence[str],
    *,
    anchored: Anchored | None = None,
) -> str:
    """The export as JSON.

    Args:
        fine: As it was frozen at issue, with its passage and measurement.
        standing: Where it stands; None where no account tells it.
        history: What happened.
        payments: What came in.
        raw_texts: The raw data of each passage that is its proof, in order of time, or empty.
        anchored: Where it stands in the ledger; None where nothing tells it.
    """
    told = {
        "fine": _fine(fine),
        "standing": _STANDING.dump_python(standing, mode="json") if standing else None,
        "history": [_line(event, fine) for event in history],
        "payments": [
            {"bank_id": each.bank_id, "on": each.on.isoformat(), "minor": each.minor}
            for each in payments
        ],
        "raw": _raw(raw_texts[-1]),
        "ledger": _anchor(anchored) if anchored else None,
    }
    if len(raw_texts) > 1:
        told["raw_of_first_camera"] = _raw(raw_texts[0])
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _anchor(anchored: Anchored) -> Mapping[str, Any]:
    before = anchored.before
    return {
        "position": anchored.position,
        "size_before": before.size if before else None,
        "root_before": before.root_text if before else None,
    }


def _raw(text: str) -> object:
    """The raw data as a document; as the text that is stored where they are none."""
    try:
        document: object = json.loads(text) if text else None
    except ValueError:
        return text
    return document


def _fine(fine: Fine) -> Mapping[str, Any]:
    content: dict[str, Any] = _FINE.dump_python(fine, mode="json")
    if not fine.decision.is_policy:
        content["decision"]["why"] = None
    return content


def _line(event: Event, fine: Fine) -> Mapping[str, Any]:
    own = event.who == OWNER and not event.reason.startswith(HOUSE_WORDS[Wish.DRIVER])
    known = event.who in {OWNER, fine.decision.by}
    return {
        "at": event.at.isoformat(),
        "who": event.who if known else "the office or its bank",
        "what": event.what,
        "words": event.reason if own else None,
    }
