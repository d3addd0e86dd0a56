"""A key in three shares, of which any two give it back and one says nothing. Pure.

Shamir (1979), byte by byte over GF(256) with the polynomial of AES, x⁸+x⁴+x³+x+1: a share is the
value at 1, 2 or 3 of a random line that is the secret at 0.

    speedcam-share/1 KEY-ID PLACE VALUE CHECK

The check finds what was mistyped; the key's id, what was joined of two different keys.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from services.errors import StoreError
from services.store.keks import KEK_BYTES, kek_id

PLACES = (1, 2, 3)
NEEDED = 2
_FORM = "speedcam-share/1"
_POLYNOMIAL = 0x11B


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One of three shares.

    Attributes:
        kek: The id of the key.
        place: 1, 2 or 3.
        value: As long as the key.
    """

    kek: str
    place: int
    value: bytes = field(repr=False)

    def __str__(self) -> str:
        said = f"{_FORM} {self.kek} {self.place} {self.value.hex()}"
        return f"{said} {_check(said)}"


def split(secret: bytes) -> tuple[Share, ...]:
    """Three shares of a key; other ones each time."""
    slopes = secrets.token_bytes(len(secret))
    return tuple(
        Share(
            kek=kek_id(secret),
            place=place,
            value=bytes(s ^ _times(a, place) for s, a in zip(secret, slopes, strict=True)),
        )
        for place in PLACES
    )


def join(one: Share, other: Share) -> bytes:
    """The key of two shares.

    Raises:
        StoreError: They are one share, or of two keys.
    """
    if one.kek != other.kek or one.place == other.place:
        raise StoreError("these are not two different shares of one key: give two of the same id.")
    # Lagrange at 0: minus is plus here, so each value is weighed by the other's place.
    apart = _inverse(one.place ^ other.place)
    weights = (_times(other.place, apart), _times(one.place, apart))
    pairs = zip(one.value, other.value, strict=True)
    secret = bytes(_times(y, weights[0]) ^ _times(z, weights[1]) for y, z in pairs)
    if kek_id(secret) != one.kek:
        raise StoreError(f"these shares do not give the key {one.kek}: one of them was changed.")
    return secret


def read_share(text: str) -> Share:
    """A share as it is written.

    Raises:
        StoreError: It is none, or was mistyped.
    """
    said, _, check = text.strip().rpartition(" ")
    parts = said.split(" ")
    try:
        form, kek, place, value = parts
        share = Share(kek=kek, place=int(place), value=bytes.fromhex(value))
    except ValueError:
        raise _no_share() from None
    if form != _FORM or check != _check(said) or share.place not in PLACES:
        raise _no_share()
    if len(share.value) != KEK_BYTES:
        raise _no_share()
    return share


def _no_share() -> StoreError:
    return StoreError(
        f"this is no share of a key, or it was mistyped: it is one line that begins {_FORM}."
    )


def _check(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _times(a: int, b: int) -> int:
    """The product of two elements of GF(256)."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (_POLYNOMIAL if a & 0x80 else 0)
        b >>= 1
    return product


def _inverse(a: int) -> int:
    """What ``a`` must be multiplied with to give 1: ``a`` to the power of 254."""
    power = 1
    for _ in range(254):
        power = _times(power, a)
    return power
