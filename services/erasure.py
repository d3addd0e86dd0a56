"""Erasing: what ended long enough ago, and nothing keeps, loses its person for good.

Long enough is what the office's own rules say, and never longer than the letters promised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from services.account import day_of
from services.errors import CaseError, Erased
from services.fines import Step, standing_of
from services.numbers import normal_number
from services.retention import ENDED, PROMISED, Rule, rule_for
from services.store.erasing import Ended, closed_longest, ended, erase, hold, lift, may_have_ended
from services.store.fines import read_file
from services.store.history import Event
from services.store.ring import CASE_KEY
from services.store.schema import fines
from services.store.store import Store
from services.words import require_words

HOLD, LETTER, MONEY = "a legal hold keeps it", "a letter waits", "money is to go back"
YOUNG = "its time is not over"

GROUP = 32
"""Cases erased with one commit: others who write wait so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A case that was looked at.

    Attributes:
        case_key: Of the case.
        rule: That its time is over by; empty where it is not over.
        kept: Why it was not erased; empty where it was, or would be.
    """

    case_key: str
    rule: str
    kept: str


def erase_due(
    store: Store, rules: Sequence[Rule], step: Step, *, rehearse: bool = False
) -> Iterator[Looked]:
    """Erase every case whose time is over, a few with one commit.

    Args:
        store: Of the office.
        rules: Its own rules, beside what its letters promised.
        step: Who does it, what for, and when.
        rehearse: Change nothing.

    Raises:
        CaseError: Nobody is named, or no purpose.
    """
    if not rehearse:
        require_words(step.by, step.why)
    states = {state for rule in rules for state in rule.states}
    with store.reading() as connection:
        keys = may_have_ended(connection, states)
    for start in range(0, len(keys), GROUP):
        part = keys[start:][:GROUP]
        if rehearse:
            with store.reading() as connection:
                yield from [_look(store, connection, rules, key, step.at) for key in part]
        else:
            with store.grouped():
                done = [_erase(store, rules, key, step) for key in part]
            yield from done


def overdue(store: Store, now: datetime) -> int:
    """How many of the cases that closed longest ago should have been erased, by their letters.

    Args:
        store: Of the office.
        now: The present instant, aware.
    """
    with store.reading() as connection:
        looked = [_look(store, connection, (), key, now) for key in closed_longest(connection)]
    return sum(not each.kept for each in looked)


def _erase(store: Store, rules: Sequence[Rule], key: str, step: Step) -> Looked:
    with store.writing() as connection:
        looked = _look(store, connection, rules, key, step.at)
        if not looked.kept:
            case = ended(connection, key)
            erase(store, connection, case, looked.rule, _told(step, key))
    return looked


def _look(
    store: Store, connection: Connection, rules: Sequence[Rule], key: str, now: datetime
) -> Looked:
    """What is to be done with a case, asked in the transaction that does it."""
    case = ended(connection, key)
    rule = _over_by(store, connection, rules, case, now)
    kept = _kept(store, connection, case, now) if rule else YOUNG
    return Looked(case_key=key, rule=rule, kept=kept)


def _over_by(
    store: Store, connection: Connection, rules: Sequence[Rule], case: Ended, now: datetime
) -> str:
    """The rule that the time of a case is over by; empty where it is not."""
    rule = rule_for(rules, case.state)
    if rule is not None and rule.is_due(case.last_done, now):
        return rule.id
    if case.state not in ENDED or not case.numbers:
        return ""
    files = [read_file(store, connection, number) for number in case.numbers]
    is_due = all(file.fine.terms.erase_on <= day_of(now, file.zone) for file in files)
    return PROMISED if is_due else ""


def _kept(store: Store, connection: Connection, case: Ended, now: datetime) -> str:
    if case.held:
        return HOLD
    if case.letter_waits:
        return LETTER
    for number in case.numbers:
        file = read_file(store, connection, number)
        if standing_of(connection, file, day_of(now, file.zone)).to_refund > 0:
            return MONEY
    return ""


def set_hold(store: Store, typed: str, step: Step, *, lifted: bool = False) -> str:
    """Put a case under a legal hold, or lift it; the key of the case.

    Args:
        store: Of the office.
        typed: The key of a case or the number of a fine.
        step: By whom, why and when.
        lifted: Lift it.

    Raises:
        CaseError: There is no such case, it was erased, or no hold is to be lifted.
    """
    require_words(step.by, step.why)
    with store.writing() as connection:
        key = _case_key(connection, typed)
        if key not in store.ring(connection, [key]).keys:
            raise Erased(f"case {key} has no key: it was erased, and nothing is left to keep.")
        change = lift if lifted else hold
        change(store, connection, _told(step, key))
    return key


def _told(step: Step, key: str) -> Event:
    return Event(at=step.at, who=step.by, what="", subject=key, reason=step.why)


def _case_key(connection: Connection, typed: str) -> str:
    if CASE_KEY.fullmatch(typed):
        return ended(connection, typed).key
    query = select(fines.c.case_key).where(fines.c.number == normal_number(typed))
    key = connection.execute(query).scalar()
    if key is None:
        raise CaseError(f"there is no case or fine {typed!r}: give the key or the number of one.")
    return str(key)
