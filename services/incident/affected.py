"""Whom an incident concerns: cases, fines and letters, told without a plate or a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from services.life import State
from services.model import NoticeState
from services.store.quarantines import Quarantine, cases_covered
from services.store.schema import cases, fines, outbox, recipients
from services.store.store import Store

_AT_ONCE = 500
"""Cases looked up with one question; databases bound its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedCase:
    """A case whose proof an incident covers, and its fines.

    Attributes:
        case_key: Of the case; it says nothing about anybody.
        passed_at: When the vehicle passed.
        state: Where the case stands.
        fines: Where its fines stand, by number, in order of issue; empty where none was issued.
    """

    case_key: str
    passed_at: datetime
    state: State
    fines: Mapping[str, State]

    @property
    def told(self) -> dict[str, str]:
        """A line of a list."""
        return {
            "case_key": self.case_key,
            "passed_at": self.passed_at.isoformat(timespec="seconds"),
            "state": self.state,
            "fine_number": " ".join(self.fines),
            "fine_state": " ".join(self.fines.values()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Everything that an incident covers.

    Attributes:
        cases: In order of passage.
        vehicles: Different plates among them.
        addressed: Fines whose recipient's name and address the office keeps.
        sent: Letters that have left.
        waiting: Letters that wait.
        places: Names of the places, as the cases have them.
        zone: Time zone of the place; UTC where there is no case.
    """

    cases: tuple[AffectedCase, ...]
    vehicles: int
    addressed: int
    sent: int
    waiting: int
    places: tuple[str, ...]
    zone: str

    @property
    def fines(self) -> dict[str, State]:
        """Where every fine stands, by number."""
        return {number: state for case in self.cases for number, state in case.fines.items()}

    @property
    def tally(self) -> str:
        """How many cases and fines stand where, in words."""
        stand = Counter(state for case in self.cases for state in case.fines.values())
        stand += Counter(case.state for case in self.cases if not case.fines)
        return ", ".join(f"{state.replace('_', ' ')} {n}" for state, n in sorted(stand.items()))


def affected_by(store: Store, quarantine: Quarantine) -> Affected:
    """Whom an incident concerns, as things stand."""
    with store.reading():
        found = list(cases_covered(store, quarantine))
    by_case = _fines_of(store, [key for key, _, _ in found])
    numbers = [number for standing in by_case.values() for number in standing]
    places = [violation.passage.place for _, _, violation in found]
    letters = _letters(store, numbers)
    return Affected(
        cases=tuple(
            AffectedCase(
                case_key=key,
                passed_at=violation.passage.at,
                state=State(state),
                fines=by_case.get(key, {}),
            )
            for key, state, violation in found
        ),
        vehicles=_vehicles(store, [key for key, _, _ in found]),
        addressed=_addressed(store, numbers),
        sent=letters[NoticeState.SENT],
        waiting=letters[NoticeState.WAITING],
        places=tuple(sorted({place.name for place in places})),
        zone=places[0].timezone if places else "UTC",
    )


def _fines_of(store: Store, keys: list[str]) -> dict[str, dict[str, State]]:
    query = select(fines.c.case_key, fines.c.number, fines.c.state).order_by(fines.c.turn)
    found: dict[str, dict[str, State]] = {}
    with store.reading() as connection:
        for part in _parts(keys):
            for row in connection.execute(query.where(fines.c.case_key.in_(part))):
                found.setdefault(row.case_key, {})[row.number] = State(row.state)
    return found


def _vehicles(store: Store, keys: list[str]) -> int:
    plates: set[str] = set()
    with store.reading() as connection:
        for part in _parts(keys):
            query = select(cases.c.plate_digest).where(cases.c.key.in_(part))
            plates |= {digest for digest in connection.scalars(query) if digest}
    return len(plates)


def _addressed(store: Store, numbers: list[str]) -> int:
    count = select(func.count()).select_from(recipients)
    with store.reading() as connection:
        return sum(
            connection.execute(count.where(recipients.c.fine_number.in_(part))).scalar_one()
            for part in _parts(numbers)
        )


def _letters(store: Store, numbers: list[str]) -> Counter[str]:
    query = select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state)
    told: Counter[str] = Counter()
    with store.reading() as connection:
        for part in _parts(numbers):
            rows = connection.execute(query.where(outbox.c.fine_number.in_(part)))
            told.update({row.state: row.n for row in rows})
    return told


def _parts(keys: list[str]) -> Iterable[list[str]]:
    return (keys[start:][:_AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
