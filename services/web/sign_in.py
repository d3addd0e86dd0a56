"""Signing in: id, password and code. Whatever is wrong, the answer and its time are the same."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from services.ports import Clock
from services.staff.account import Account, Role
from services.staff.password import Passwords
from services.staff.second_factor import new_secret, step_of
from services.store.accounts import Proofs, account_and_proofs, use_step
from services.store.staff_sessions import NOBODY, count_try, forgive_tries, tell_failed
from services.store.store import Store
from services.web.patience import wait_after

FIRST_KEYS_LAST = timedelta(days=7)
"""A password that was handed over opens the way to choose another for so long."""


class SignIn:
    """Knows who may come in."""

    def __init__(self, store: Store, secret: bytes, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._key = hmac.digest(secret, b"speedcam.web.sign_in", sha256)

    def attempt(self, account_id: str, password: str, code: str) -> Account | timedelta | None:
        """Whose id, password and code these are; None: nobody's; a wait: too many were not."""
        typed, now = account_id.strip(), self._clock.now()
        if not typed.isprintable():
            typed = ""  # no id, and PostgreSQL takes no NUL
        digest = hmac.digest(self._key, typed.lower().encode(), sha256).hex()
        wait = count_try(self._store, digest, now, wait_after)
        if wait:
            return wait
        nobody = _nobody()  # asked for in any case: the first time it takes longer
        account, proofs = account_and_proofs(self._store, typed) or nobody
        if not self._proven(account, proofs, password, code, now):
            tell_failed(self._store, account.id, now)
            return None
        forgive_tries(self._store, digest)
        return account

    def knows(self, account: Account, password: str) -> bool:
        """Whether this is the password of somebody who is signed in."""
        _, proofs = account_and_proofs(self._store, account.id) or _nobody()
        return self._passwords.fits(proofs.password, password)

    def _proven(
        self, account: Account, proofs: Proofs, password: str, code: str, now: datetime
    ) -> bool:
        # Both are looked at whatever the first one says: the time tells nothing.
        knows = self._passwords.fits(proofs.password, password)
        step = step_of(proofs.secret, code, now)
        return (
            knows
            and step is not None
            and account.works_on(now.date())
            and not _too_old(account, proofs, now)
            and use_step(self._store, account.id, step)
        )


def _too_old(account: Account, proofs: Proofs, now: datetime) -> bool:
    """Whether these are first keys that nobody used in time; who made them makes others."""
    return (
        account.must_change
        and proofs.made_at is not None
        and now - proofs.made_at >= FIRST_KEYS_LAST
    )


@cache
def _nobody() -> tuple[Account, Proofs]:
    """Checked where there is no such account, so that both answers take the same steps."""
    kept = Passwords().hashed(secrets.token_urlsafe())
    account = Account(id=NOBODY, name=NOBODY, role=Role.AUDITOR, disabled=True)
    return account, Proofs(password=kept, secret=new_secret())
