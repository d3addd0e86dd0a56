"""What becomes of a case when its passage is received again and says something else.

A site file with a wrong limit is mended and its footage processed again: the passage keeps its
id, and the case that the wrong limit opened must never become a fine.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.errors import CaseError, Erased
from services.life import Act, State, after
from services.model import Verdict, Violation
from services.store.cases import OFFICE, case_of
from services.store.decisions import decided, decision_of
from services.store.history import Event, add_event
from services.store.instants import to_ms
from services.store.proposals import was_corrected
from services.store.schema import cases, decisions
from services.store.staff_schema import undoable
from services.store.store import Store
from speedcam.model import PlateReading


def measured_otherwise(store: Store, violation: Violation) -> bool:
    """Whether the case of this key rests on another limit or plate, or on a speed beyond doubt.

    A plate that two officers corrected is another one than was read, for good reason. A country
    that an officer stated is doubted where the plate tells another one now.
    """
    try:
        known = case_of(store, violation.key).violation
    except Erased:
        return False  # its time is over, whatever is measured now
    decision = decision_of(store, violation.key)
    stated = decision.country if decision else ""
    doubt_kmh = known.uncertainty_kmh + violation.uncertainty_kmh
    return (
        known.limit_kmh != violation.limit_kmh
        or (_plate(known) != _plate(violation) and not was_corrected(store, violation.key))
        or len({known.country, violation.country, stated} - {None, ""}) > 1
        or abs(known.measured_kmh - violation.measured_kmh) > doubt_kmh
    )


def _plate(violation: Violation) -> str | None:
    plate = violation.passage.plate
    return plate.text if isinstance(plate, PlateReading) else None


def withdraw(store: Store, key: str, why: str, at: datetime) -> None:
    """Reject the case ``key``, confirmed or not, if there is one.

    Raises:
        CaseError: It is a fine already, which no program takes back.
    """
    with store.writing() as connection:
        state = connection.execute(select(cases.c.state).where(cases.c.key == key)).scalar()
        if state in {None, State.REJECTED, State.ADVISORY}:
            return
        if state == State.ISSUED:
            raise CaseError(f"case {key} is fined, and was {why}. A person must look at it now.")
        rejected = after(State(state), Act.REJECT)
        connection.execute(update(cases).where(cases.c.key == key).values(state=rejected))
        connection.execute(delete(decisions).where(decisions.c.case_key == key))
        # What an officer might still undo is not theirs any more.
        connection.execute(delete(undoable).where(undoable.c.case_key == key))
        ring = store.ring(connection, [key])
        row = {
            "case_key": key,
            "verdict": Verdict.REJECT,
            "by": OFFICE,
            "is_policy": True,
            "at_ms": to_ms(at),
            "why": ring.seal(why.encode(), of=key, table=decisions.name, row=key, column="why"),
        }
        connection.execute(insert(decisions), [row])
        told = Event(
            at=at, who=OFFICE, what=Act.REJECT, subject=key, reason=why,
            change=decided(key, State(state), Act.REJECT),
        )  # fmt: skip
        add_event(store, connection, told)
