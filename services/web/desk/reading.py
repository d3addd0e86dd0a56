"""Opening a case for a person: whatever is seen is written into its history first."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import HTTPException, Path

from services.desk import WAITING
from services.errors import CaseError, Erased
from services.ports import Clock
from services.staff.account import Account, Role
from services.store.cases import Case, case_of
from services.store.desk import handed_on_cases
from services.store.looks import record_part, record_read
from services.store.staff_sessions import IDLE
from services.store.store import Store
from services.web.guard import ADMITS, Guard

REVIEW = "review"
AHEAD = "loaded ahead, while the case before it was on the desk"
CaseKey = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
"""The key of a case in an address; nothing else goes on to the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Shows cases to people, and keeps count of it."""

    store: Store
    clock: Clock

    def open(self, key: str, who: Account, purpose: str = REVIEW) -> Case:
        """The case ``key`` for ``who``, told in its history.

        Raises:
            HTTPException: 404: there is none; 410: its person was erased.
        """
        case = self._case(key)
        record_read(self.store, key, who.id, purpose, self.clock.now())
        return case

    def open_part(self, key: str, who: Account, *, ahead: bool = False) -> Case:
        """The case for one of its pictures: part of a look that was told a moment ago, or one.

        ``ahead``: it is not on the desk yet. That look covers no other; and of what they may not
        decide nobody loads anything so, whatever they say.
        """
        case, now = self._case(key), self.clock.now()
        purpose = AHEAD if ahead and may_decide(self.store, case, who) else REVIEW
        record_part(self.store, key, who.id, purpose, now, since=now - IDLE, slight=AHEAD)
        return case

    def _case(self, key: str) -> Case:
        try:
            return case_of(self.store, key)
        except Erased:
            raise HTTPException(HTTPStatus.GONE) from None
        except CaseError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None


def may_decide(store: Store, case: Case, who: Account) -> bool:
    """Whether a case waits, and for them too."""
    officer = who.role in ADMITS[Guard.OFFICER]
    return officer and case.state in WAITING and not is_for_seniors(store, case.key, who)


def is_for_seniors(store: Store, key: str, who: Account) -> bool:
    """Whether a case was left to seniors, and they are none."""
    return is_junior(who) and key in handed_on_cases(store)


def is_junior(who: Account) -> bool:
    """Whether what was left to seniors is not for them."""
    return who.role is Role.REVIEWER
