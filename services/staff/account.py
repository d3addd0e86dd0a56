"""An account of somebody who works for the office, and the roles there are. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.errors import AccountError
from services.policy import POLICIES, seconded
from services.worded import worded

LONGEST_NAME = 80
TAKEN = ("office", "owner", "console", *POLICIES)
"""Who acts in the history besides people; no account may be mistaken for one of them."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,38}[A-Za-z0-9]", re.ASCII)


class Role(StrEnum):
    """What somebody does here; docs/desk.md says what each may see and do."""

    REVIEWER = "reviewer"
    """Decides cases."""
    SENIOR = "senior"
    """Decides cases, those that others hand on, and objections."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing."""
    ENGINEER = "engineer"
    """Looks after cameras and sees no case."""
    ADMINISTRATOR = "administrator"
    """Looks after accounts and sees no case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody's account.

    Attributes:
        id: As it stands in the history of whatever they do; never given to anybody else.
        name: As colleagues call them.
        role: What they do.
        last_day: On which it works; None: until it is disabled.
        disabled: It works no more.
        must_change: The password was given at the console and is still to be changed.
    """

    id: str
    name: str
    role: Role
    last_day: date | None = None
    disabled: bool = False
    must_change: bool = True

    def works_on(self, day: date) -> bool:
        """Whether anybody may act by it on ``day``, in UTC."""
        return not self.disabled and (self.last_day is None or day <= self.last_day)


def require_account(account: Account, others: Iterable[str]) -> None:
    """Raise AccountError unless the account can be told from all others, by everybody.

    Args:
        account: To be made.
        others: Ids that there are, or ever were.
    """
    if not _ID.fullmatch(account.id):
        raise AccountError(
            worded(
                "{typed} is no id: it has 2 to 40 plain letters, digits, dots and dashes, as P-17.",
                typed=repr(account.id),
            )
        )
    if any(unicodedata.category(each)[0] == "C" for each in account.name):
        raise AccountError(
            worded("the name of {account} holds characters that no text has.", account=account.id)
        )
    if not 0 < len(account.name.strip()) <= LONGEST_NAME:
        raise AccountError(
            worded(
                "{account} wants a name of 1 to {most} characters.",
                account=account.id,
                most=LONGEST_NAME,
            )
        )
    for other in (*TAKEN, *others):
        if not seconded(other, account.id):
            raise AccountError(
                worded(
                    "{account} looks like {other}, which is there: the history could not tell them "
                    "apart. Choose another id.",
                    account=account.id,
                    other=other,
                )
            )
