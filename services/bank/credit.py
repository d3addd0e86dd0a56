"""One credit of a statement, the amount in whole minor units and the reference within it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.model import Money, decimals
from services.numbers import creditor_reference, normal_number

_MOST_MINOR = 10**12
_BANK_ID = re.compile(r"[\x21-\x7e]{1,140}")
_REFERENCE = re.compile(r"(?=(RF\d{2}[A-Z0-9]{12}))")
"""ISO 11649 with one of our numbers in it, wherever it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One credit entry of a bank's statement.

    Attributes:
        bank_id: The bank's own reference of the entry, by which it is taken once.
        paid_on: The day that counts: the earliest that the bank gives for it.
        amount: More than nothing.
        remittance: What the payer wrote, the reference among it.
    """

    bank_id: str
    paid_on: date
    amount: Money
    remittance: str

    def __post_init__(self) -> None:
        if not _BANK_ID.fullmatch(self.bank_id):
            raise ValueError(
                f"the bank's reference {self.bank_id!r} is none: without it nobody can tell "
                "whether the payment was taken before"
            )


def money_of(text: str, currency: str) -> Money:
    """An amount as statements write it: ``1000``, ``1000.00``; never with thousands.

    Raises:
        ValueError: It is no amount above nothing, or not of whole minor units.
    """
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(f"{currency!r} is no currency: give its ISO 4217 code")
    try:
        minor = Decimal(text.strip()).scaleb(decimals(currency))
    except ArithmeticError:
        raise ValueError(f"{text!r} is no amount: write it as 1000 or 1000.00") from None
    if not minor.is_finite() or not 0 < minor <= _MOST_MINOR or minor != minor.to_integral_value():
        raise ValueError(f"{text} {currency} is no amount that can have been paid")
    return Money(minor=int(minor), currency=currency)


def fine_numbers_in(remittance: str) -> frozenset[str]:
    """Every fine number whose creditor reference stands in the text with right check digits.

    Spaces, dashes and lower case do not matter, and letters read as digits are mended as in
    :func:`services.numbers.normal_number`; what the check digits do not bear out is no reference.
    """
    plain = re.sub(r"[^A-Z0-9]", "", remittance.upper())
    found = (match[1] for match in _REFERENCE.finditer(plain))
    numbers = ((reference[:4], normal_number(reference[4:])) for reference in found)
    return frozenset(
        number for digits, number in numbers if creditor_reference(number).startswith(digits)
    )
