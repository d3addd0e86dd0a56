"""Passwords: what one must be, and the slow hash that is kept of it."""

from __future__ import annotations

import secrets
import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import AccountError

FEWEST, MOST = 12, 128
"""Characters of a password; no kind of them is asked for (NIST SP 800-63B, 3.1.1.2)."""

_AT_ONCE = 2
"""Each takes 19 MiB and a core: many at once would leave the machine with nothing else."""


class Passwords:
    """Hashes and checks passwords, by Argon2id with 19 MiB and two passes.

    Source: OWASP Password Storage Cheat Sheet; RFC 9106 for Argon2id.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = BoundedSemaphore(_AT_ONCE)

    def hashed(self, password: str) -> str:
        """What is kept of ``password``."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether ``kept`` was made of ``password``."""
        with self._turn:
            try:
                return self._hasher.verify(kept, _normal(password)[:MOST])
            except (VerificationError, InvalidHashError):
                return False


def new_password() -> str:
    """A password for a first sign-in: 100 bits, in groups that can be read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
    drawn = "".join(secrets.choice(letters) for _ in range(20))
    return "-".join(drawn[start:][:5] for start in range(0, 20, 5))


def require_password(password: str, account_id: str) -> None:
    """Raise AccountError unless ``password`` is long enough, and no echo of the id."""
    normal = _normal(password)
    if not FEWEST <= len(normal) <= MOST:
        raise AccountError(f"a password has {FEWEST} to {MOST} characters; a few words make one.")
    if account_id.casefold() in normal.casefold() or len(set(normal)) < FEWEST // 2:
        raise AccountError("a password does not hold its id, nor the same few letters over again.")


def _normal(password: str) -> str:
    """One form for what different keyboards send for the same letters."""
    return unicodedata.normalize("NFKC", password)
