"""Opening a case for a person: whatever is seen is written into its history first."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import HTTPException, Path

from services.errors import CaseError, Erased
from services.ports import Clock
from services.staff.account import Account
from services.store.cases import Case, case_of
from services.store.looks import has_read, record_read
from services.store.staff_sessions import IDLE
from services.store.store import Store

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

    def open_part(self, key: str, who: Account, purpose: str = REVIEW) -> Case:
        """The case for one of its pictures: part of a look that was told a moment ago, or one."""
        case, now = self._case(key), self.clock.now()
        if not has_read(self.store, key, who.id, now - IDLE):
            record_read(self.store, key, who.id, purpose, now)
        return case

    def _case(self, key: str) -> Case:
        try:
            return case_of(self.store, key)
        except Erased:
            raise HTTPException(HTTPStatus.GONE) from None
        except CaseError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
