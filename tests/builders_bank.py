"""Builders of bank statements: CSV and camt.053."""

from __future__ import annotations

from itertools import count

_IDS = count(1)


def a_table(*rows, separator=","):
    """A CSV of rows, each a dictionary over the defaults of :func:`a_row`."""
    columns = ("bank_id", "paid_on", "amount", "currency", "reference")
    lines = [columns, *([row[name] for name in columns] for row in rows)]
    return "".join(f"{separator.join(line)}\n" for line in lines)


def a_row(reference, **about):
    known = {
        "bank_id": f"B{next(_IDS)}",
        "paid_on": "2026-10-20",
        "amount": "1000.00",
        "currency": "ALL",
        "reference": reference,
    }
    return known | about


def a_part(reference="", *, amount=None, bank_id="", accepted="", free_text=""):
    """One transaction of an entry (``TxDtls``)."""
    told = ""
    if bank_id:
        told += f"<AcctSvcrRef>{bank_id}</AcctSvcrRef>"
    told = f"<Refs>{told}<EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    if amount:
        told += f'<Amt Ccy="ALL">{amount}</Amt>'
    if accepted:
        told += f"<RltdDts><AccptncDtTm>{accepted}</AccptncDtTm></RltdDts>"
    structured = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>"
    words = structured if reference else f"<Ustrd>{free_text}</Ustrd>"
    return f"<TxDtls>{told}<RmtInf>{words}</RmtInf></TxDtls>"


def an_entry(
    *parts,
    amount="1000.00",
    currency="ALL",
    bank_id=None,
    kind="CRDT",
    status="<Cd>BOOK</Cd>",
    reversal="",
    booked="2026-10-21",
    valued="2026-10-20",
):
    """One entry of a statement (``Ntry``)."""
    bank_id = f"E{next(_IDS)}" if bank_id is None else bank_id
    reference = f"<AcctSvcrRef>{bank_id}</AcctSvcrRef>" if bank_id else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{kind}</CdtDbtInd>{reversal}'
        f"<Sts>{status}</Sts><BookgDt><Dt>{booked}</Dt></BookgDt>"
        f"<ValDt><Dt>{valued}</Dt></ValDt>{reference}"
        f"<NtryDtls>{''.join(parts)}</NtryDtls></Ntry>"
    )


def a_camt(*entries, version="08"):
    """A whole statement of ISO 20022."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:'
        f'camt.053.001.{version}"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt>'
        f"<Id>S1</Id>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    )
