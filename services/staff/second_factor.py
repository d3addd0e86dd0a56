"""The second factor: codes of six digits that an app on a phone shows for half a minute."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

import pyotp

STEP_S = 30
ISSUER = "speedcam"

_NEAR = (-1, 0, 1)
"""Steps beside the present one that count too: clocks of phones are a little off."""


def new_secret() -> str:
    """A secret of 160 bits, as an app takes it."""
    return pyotp.random_base32()


def enrolment(secret: str, account_id: str) -> str:
    """The address that an app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account_id, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The step of time that ``code`` belongs to, or None: it is no code of about now.

    Source: RFC 6238; a step counts once, which whoever asks must see to.
    """
    now, typed = int(at.timestamp()) // STEP_S, "".join(code.split()).encode()
    codes = pyotp.HOTP(secret)
    fits = [step for step in _NEAR if compare_digest(codes.at(now + step).encode(), typed)]
    return now + fits[-1] if fits else None
