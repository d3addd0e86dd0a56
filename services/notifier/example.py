"""What might have happened to a fine, for a letter that is only looked at. Pure."""

from __future__ import annotations

from services.model import Fine, LetterKind
from services.occasion import (
    ObjectionAnswered,
    ObjectionReceived,
    Occasion,
    Receipt,
    Reminder,
    Withdrawal,
)

EXAMPLE = "EXAMPLE"
"""Stands where a letter has somebody's words or name."""


def example_of(kind: LetterKind, fine: Fine) -> Occasion | None:
    """An occasion of ``kind`` with the days and amounts of ``fine``; None for a notice."""
    terms = fine.terms
    match kind:
        case LetterKind.REMINDER:
            return Reminder(on=terms.issued_on, owed=terms.reduced, until=terms.reduced_until)
        case LetterKind.RECEIPT:
            return Receipt(paid=terms.reduced, paid_on=terms.reduced_until)
        case LetterKind.WITHDRAWAL:
            return Withdrawal(
                on=terms.issued_on, our_fault=True, reason=EXAMPLE, erase_on=terms.erase_on
            )
        case LetterKind.OBJECTION_RECEIVED:
            return ObjectionReceived(on=terms.object_until)
        case LetterKind.OBJECTION_ANSWERED:
            return ObjectionAnswered(
                on=terms.object_until, by=EXAMPLE, accepted=False, reason=EXAMPLE, owed=terms.full
            )
        case LetterKind.NOTICE:
            return None
