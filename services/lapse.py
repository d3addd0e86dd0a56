"""Which term of the law ran out for a fine that is still open. Pure.

No pause makes either term longer: whether one does is for the law of the country, and doubt goes
to the driver.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from services.life import OPEN, State
from services.model import Terms
from services.service_term import over


class Lapse(StrEnum):
    """Which term ran out."""

    NOT_SERVED = "not served in time"
    PRESCRIBED = "prescribed"


def lapse_of(terms: Terms, state: State, on: date, *, served_on: date | None) -> Lapse | None:
    """Why a fine can be asked for no more on the local day ``on``; None: it can.

    Args:
        terms: As frozen at issue.
        state: Where it stands. A fine that is not open asks for nothing anyhow.
        on: The day asked about.
        served_on: When it was served; None: no service is on record. A payment is no service.
    """
    if state not in OPEN:
        return None
    if served_on is None and over(terms.serve_until, on):
        return Lapse.NOT_SERVED
    return Lapse.PRESCRIBED if over(terms.prescribed_after, on) else None
