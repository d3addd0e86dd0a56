"""What stands against a fine although its proof is whole: the law's time, or an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.model import Violation
from services.service_term import too_late
from services.store.cases import Case
from services.store.quarantines import doubts_of_source, unsound_sources
from services.store.store import Store


def ends(store: Store, group: Sequence[Case], now: datetime) -> dict[str, str]:
    """By key, why a case must end; those that may go on are left out.

    Args:
        store: Holds the cases.
        group: Which are asked about.
        now: The present instant, aware.
    """
    return unsound_sources(store, _proofs(group)) | too_late(store, group, now)


def holds(store: Store, group: Sequence[Case]) -> dict[str, str]:
    """By key, which incident holds a case, so that nothing of it is decided or issued."""
    return doubts_of_source(store, _proofs(group))


def hindrances(store: Store, case: Case, now: datetime) -> tuple[str, ...]:
    """Why nobody may confirm a case now, whatever its proof."""
    late, held = too_late(store, [case], now), holds(store, [case])
    return (*late.values(), *held.values())


def _proofs(group: Sequence[Case]) -> list[tuple[str, Violation]]:
    return [(case.key, case.violation) for case in group]
