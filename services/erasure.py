"""Erasing by rule: what ended long enough ago, and nothing keeps, loses its person for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from services.account import day_of
from services.errors import CaseError, Erased
from services.fines import Step, standing_of
from services.numbers import normal_number
from services.retention import Rule, rule_for
from services.store.erasing import Ended, ended, erase, hold, lift, old_cases
from services.store.fines import read_file
from services.store.history import Event
from services.store.ring import CASE_KEY
from services.store.schema import fines
from services.store.store import Store
from services.words import require_words

HOLD, LETTER, MONEY = "a legal hold keeps it", "a letter waits", "money is to go back"

GROUP = 32
"""Cases erased with one commit: others who write wait so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A case whose time is over.

    Attributes:
        case_key: Of the case.
        rule: That its time is over by.
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
        rules: Its rules.
        step: Who does it, what for, and when.
        rehearse: Change nothing.

    Raises:
        CaseError: Nobody is named, or no purpose.
    """
    require_words(step.by, step.why)
    states = {state for rule in rules for state in rule.states}
    shortest = timedelta(days=min(rule.days for rule in rules))
    with store.reading() as connection:
        keys = old_cases(connection, states, step.at - shortest)
    for start in range(0, len(keys), GROUP):
        part = keys[start:][:GROUP]
        if rehearse:
            with store.reading() as connection:
                yield from [x for key in part if (x := _look(store, connection, rules, key, step))]
        else:
            with store.grouped():
                done = [x for key in part if (x := _erase(store, rules, key, step))]
            yield from done


def _erase(store: Store, rules: Sequence[Rule], key: str, step: Step) -> Looked | None:
    with store.writing() as connection:
        looked = _look(store, connection, rules, key, step)
        if looked is not None and not looked.kept:
            case = ended(connection, key)
            erase(store, connection, case, looked.rule, _told(step, key))
    return looked


def _look(
    store: Store, connection: Connection, rules: Sequence[Rule], key: str, step: Step
) -> Looked | None:
    """What is to be done with a case, asked in the transaction that does it; None: not yet due."""
    case = ended(connection, key)
    rule = rule_for(rules, case.state)
    if rule is None or not rule.is_due(case.last_done, step.at):
        return None
    return Looked(case_key=key, rule=rule.id, kept=_kept(store, connection, case, step))


def _kept(store: Store, connection: Connection, case: Ended, step: Step) -> str:
    if case.held:
        return HOLD
    if case.letter_waits:
        return LETTER
    for number in case.numbers:
        file = read_file(store, connection, number)
        if standing_of(connection, file, day_of(step.at, file.zone)).to_refund > 0:
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
