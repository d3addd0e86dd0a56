"""Passwords: what one must be, and the slow hash that is kept of it."""

from __future__ import annotations

import secrets
import unicodedata
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import AccountError
from services.staff.common import own_part

FEWEST, MOST = 12, 128
"""Characters of a password; no kind of them is asked for (NIST SP 800-63B, 3.1.1.2)."""
OWN = FEWEST // 2
"""Characters that are left without words and rows of keys that everybody knows."""
REFUSED_FILE = "refused_passwords.txt"
"""In the office's folder, where somebody put it: a password a line that nobody may take."""

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
        normal = _normal(password)
        with self._turn:
            try:
                # What is too long is hashed as far as any other, and is wrong whatever comes of it.
                return self._hasher.verify(kept, normal[:MOST]) and len(normal) <= MOST
            except (VerificationError, InvalidHashError):
                return False


def new_password() -> str:
    """A password for a first sign-in: 100 bits, in groups that can be read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
    drawn = "".join(secrets.choice(letters) for _ in range(20))
    return "-".join(drawn[start:][:5] for start in range(0, 20, 5))


def require_password(password: str, account_id: str, refused: Path | None = None) -> None:
    """Raise AccountError unless ``password`` is long enough, and not the first that is guessed.

    Args:
        password: As somebody chose it.
        account_id: Whose it would be.
        refused: A file of passwords that are known from elsewhere, if there is one.
    """
    normal = _normal(password)
    if not FEWEST <= len(normal) <= MOST:
        raise AccountError(f"a password has {FEWEST} to {MOST} characters; a few words make one.")
    if account_id.casefold() in normal.casefold() or len(set(normal)) < FEWEST // 2:
        raise AccountError("a password does not hold its id, nor the same few letters over again.")
    if own_part(normal) < OWN:
        raise AccountError("a password is more than words and rows of keys that everybody knows.")
    if refused and _stands_in(refused, normal):
        raise AccountError("this password stands in a list of those that are known elsewhere.")


def _stands_in(refused: Path, normal: str) -> bool:
    if not refused.exists():
        return False
    with refused.open(encoding="utf-8", errors="replace") as lines:
        return any(_normal(line.rstrip("\r\n")).casefold() == normal.casefold() for line in lines)


def _normal(password: str) -> str:
    """One form for what different keyboards send for the same letters."""
    return unicodedata.normalize("NFKC", password)
