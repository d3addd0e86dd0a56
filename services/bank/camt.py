"""ISO 20022 camt.053: the bank's statement of an account, of any version.

An entry (``Ntry``) may hold many transactions (``TxDtls``); each is a payment of its own. The day
that counts is the earliest of those the bank gives: when the payer's bank accepted it
(``AccptncDtTm``), the value date and the booking date. Doubt goes to the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree as ET

from services.bank.credit import Credit, money_of
from services.model import Money

_ROOT = "BkToCstmrStmt"


def read_camt(text: str) -> Iterator[Credit | str | None]:
    """Each transaction as a credit, as what is wrong with it, or None where it is no credit.

    Raises:
        ValueError: It is no camt.053.
    """
    # Entities can name files and grow without end; no bank's statement declares any.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it declares a document type, which no statement does")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except ET.ParseError as error:
        raise ValueError(f"it is no XML: {error}") from None
    for node in root.iter():
        node.tag = str(node.tag).rpartition("}")[2]  # the namespace names the version
    if root.find(_ROOT) is None:
        raise ValueError(f"it is no camt.053: it has no {_ROOT}")
    for number, entry in enumerate(root.iterfind(f"{_ROOT}/Stmt/Ntry"), 1):
        try:
            yield from _entry(entry)
        except ValueError as error:
            yield f"entry {number} ({_text(entry, 'AcctSvcrRef') or 'no reference'}): {error}"


def _entry(entry: ET.Element) -> Iterator[Credit | None]:
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    is_credit = _text(entry, "CdtDbtInd") == "CRDT"
    if status != "BOOK" or (not is_credit and _text(entry, "RvslInd") != "true"):
        yield None
        return
    if _text(entry, "RvslInd") == "true":
        raise ValueError("a payment was reversed: a person must look at it and at its fine")
    whole, parts = _amount(entry), entry.findall("NtryDtls/TxDtls")
    if len(parts) <= 1:
        part = parts[0] if parts else entry
        bank_id = _text(entry, "AcctSvcrRef") or _text(part, "Refs/AcctSvcrRef")
        yield _credit(entry, part, bank_id, whole)
        return
    amounts = [_amount(part) for part in parts]
    if {a.currency for a in amounts} != {whole.currency} or whole.minor != sum(
        a.minor for a in amounts
    ):
        raise ValueError("its transactions do not add up to its amount")
    # Made whole before any is given: an entry is taken with all of its transactions or not at all.
    yield from [
        _credit(entry, part, bank_id, amount)
        for part, bank_id, amount in zip(parts, _bank_ids(entry, parts), amounts, strict=True)
    ]


def _bank_ids(entry: ET.Element, parts: list[ET.Element]) -> list[str]:
    """A reference for each transaction: its own, or the entry's with its place in it."""
    own = [_text(part, "Refs/AcctSvcrRef") for part in parts]
    if all(own) and len(set(own)) == len(own):
        return own
    of_entry = _text(entry, "AcctSvcrRef")
    return [f"{of_entry}/{place}" if of_entry else "" for place in range(1, len(parts) + 1)]


def _credit(entry: ET.Element, part: ET.Element, bank_id: str, amount: Money) -> Credit:
    days = [
        date.fromisoformat(day[:10])
        for day in (
            _text(part, "RltdDts/AccptncDtTm"),
            _text(entry, "ValDt/Dt") or _text(entry, "ValDt/DtTm"),
            _text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm"),
        )
        if day
    ]
    if not days:
        raise ValueError("it has no date")
    words = [_text(part, "Refs/EndToEndId")]
    words += [node.text or "" for node in part.iterfind("RmtInf/Strd/CdtrRefInf/Ref")]
    words += [node.text or "" for node in part.iterfind("RmtInf/Ustrd")]
    return Credit(
        bank_id=bank_id,
        paid_on=min(days),
        amount=amount,
        remittance=" | ".join(filter(None, words)),
    )


def _amount(node: ET.Element) -> Money:
    amount = node.find("Amt")
    if amount is None:
        amount = node.find("AmtDtls/TxAmt/Amt")
    if amount is None:
        raise ValueError("it has no amount")
    return money_of(amount.text or "", amount.get("Ccy", ""))


def _text(node: ET.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
