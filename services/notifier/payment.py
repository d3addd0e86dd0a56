"""What is checked before anybody is asked to transfer money, and the code that banks' apps read.

The code is the EPC's (EPC069-12, "Quick Response Code: Guidelines to enable data capture for the
initiation of a SEPA credit transfer", version 2.1). It carries euros and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import segno
from stdnum import iban, iso11649
from stdnum.exceptions import ValidationError

from services.errors import LetterError
from services.model import Fine, Money

EPC_COUNTRIES = frozenset({"DE", "ES", "FR", "IT"})
"""Whose notices ask for euros by SEPA transfer. A notice's number begins with its country."""

_EEA = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"}
    | {"IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)
"""Within it a bank is found without its BIC."""

_LATIN = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,70}")
"""Characters that every bank of the SEPA takes in a name."""
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_MOST_CENTS = 999_999_999_99
_MOST_BYTES = 331
_HIGHEST_VERSION = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer as it is asked for.

    Attributes:
        account: IBAN; may be printed in groups.
        reference: Creditor reference (ISO 11649); may be printed in groups.
        amount: What is to be paid.
        bic: Of the payee's bank; may be empty within the EEA.
    """

    payee: str
    account: str
    reference: str
    amount: Money
    bic: str = ""


def require_payable(account: str, reference: str) -> None:
    """Raise LetterError unless the check digits of account and reference are right."""
    require_account(account)
    try:
        iso11649.validate(reference)
    except ValidationError as error:
        raise LetterError(
            f"the payment reference {reference} is no creditor reference ({error}): a payment with "
            "it would not find its fine. Issue the fine again."
        ) from None


def require_account(account: str) -> None:
    """Raise LetterError unless the check digits of the account are right."""
    try:
        iban.validate(account)
    except ValidationError as error:
        raise LetterError(
            f"the account {account} is no IBAN ({error}): no letter may ask for a transfer to it. "
            "Correct the payee's account."
        ) from None


def takes_epc(fine: Fine, amount: Money) -> bool:
    """Whether the fine's country and currency let a bank's app read the transfer from a code."""
    return fine.number[:2] in EPC_COUNTRIES and amount.currency == "EUR"


def epc_text(transfer: Transfer) -> str:
    """What the code says.

    Raises:
        LetterError: A bank could not take the transfer as it stands; all faults are named.
    """
    require_payable(transfer.account, transfer.reference)
    account = iban.compact(transfer.account)
    if faults := list(_faults(transfer, account)):
        raise LetterError(
            f"the payment code for {transfer.reference} cannot be drawn: {'; '.join(faults)}. "
            "Correct the payee, or print the letter without a code."
        )
    euros = Decimal(transfer.amount.minor).scaleb(-2)
    reference = iso11649.compact(transfer.reference)
    head = ("BCD", "002", "1", "SCT")
    purpose = ""
    return "\n".join(
        (*head, transfer.bic, transfer.payee, account, f"EUR{euros:.2f}", purpose, reference)
    )


def epc_code(transfer: Transfer) -> segno.QRCode:
    """The code, at error correction level M.

    Raises:
        LetterError: See :func:`epc_text`; or it would be larger than the guidelines allow.
    """
    text = epc_text(transfer)
    code = segno.make_qr(text, error="m", mode="byte", encoding="utf-8", boost_error=False)
    if len(text.encode()) > _MOST_BYTES or int(code.version) > _HIGHEST_VERSION:
        raise LetterError(f"the payment code for {transfer.reference} is too large to be read.")
    return code


def _faults(transfer: Transfer, account: str) -> Iterator[str]:
    if transfer.amount.currency != "EUR":
        yield f"it asks for {transfer.amount.currency}, and the code carries euros only"
    if not 1 <= transfer.amount.minor <= _MOST_CENTS:
        yield "its amount is not between 0.01 and 999999999.99"
    if not _LATIN.fullmatch(transfer.payee) or "//" in f"/{transfer.payee}/":
        yield "the payee's name has characters that banks do not take, or is longer than 70"
    if transfer.bic and not _BIC.fullmatch(transfer.bic):
        yield f"{transfer.bic} is no BIC"
    if not transfer.bic and account[:2] not in _EEA:
        yield "outside the EEA a transfer needs the BIC"
