"""Who acts by a command: accounts that work, or ids that nobody proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.errors import CaseError
from services.fines import Step
from services.life import Act
from services.staff.account import Account, Role
from services.store.accounts import DECIDES, accounts_of
from services.store.store import Store
from services.worded import worded

NO_ACCOUNT = "; no account"
"""How the reason of a step ends where the office has no accounts, so that any id may be typed."""

SENIOR = frozenset({Role.SENIOR})
_OF_SENIORS = frozenset({Act.UPHOLD, Act.CANCEL, Act.WRITE_OFF, Act.REFUND})
"""As at the desk: letting a fine stand, or taking it back."""


def roles_for(act: Act) -> frozenset[Role]:
    """Who may enter an act; whoever agrees to it may be of any role that decides cases."""
    return SENIOR if act in _OF_SENIORS else DECIDES


def proven(store: Store, step: Step, roles: frozenset[Role] = DECIDES) -> Step:
    """The step with the ids as their accounts have them; without accounts it says so.

    Args:
        store: Keeps the accounts.
        step: As it was typed.
        roles: Those of whoever acts.

    Raises:
        CaseError: An id is of no account that works and may do it, or both are of one.
    """
    known = {each.id.lower(): each for each in accounts_of(store)}
    if not known:
        return replace(step, why=f"{step.why}{NO_ACCOUNT}") if step.why.strip() else step
    by = _account(known, step.by, step, roles)
    if not step.second.strip():
        return replace(step, by=by.id)
    second = _account(known, step.second, step, DECIDES)
    if second.id == by.id:
        raise CaseError(
            worded(
                "{officer} and {second} are of one account: another officer agrees.",
                officer=step.by,
                second=step.second,
            )
        )
    return replace(step, by=by.id, second=second.id)


def _account(
    known: Mapping[str, Account], typed: str, step: Step, roles: frozenset[Role]
) -> Account:
    account = known.get(typed.strip().lower())
    if account and account.role in roles and account.works_on(step.at.date()):
        return account
    raise CaseError(
        worded(
            "{typed} is no account that works today as {roles}. `speedcam office account list` "
            "shows them.",
            typed=typed,
            roles=" or ".join(sorted(roles)),
        )
    )
