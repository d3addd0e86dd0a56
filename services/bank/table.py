"""Payments as CSV: one line each, with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from services.bank.credit import Credit, money_of

COLUMNS = ("bank_id", "paid_on", "amount", "currency", "reference")


def read_table(text: str) -> Iterator[Credit | str | None]:
    """Each line as a credit, or what is wrong with it; commas or semicolons between cells.

    Raises:
        ValueError: The header lacks a column.
    """
    header = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in header else ",", strict=True)
    lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        raise ValueError(
            f"the header lacks {', '.join(lacking)}; it must have {', '.join(COLUMNS)}"
        )
    try:
        for row in rows:
            yield _credit(row, rows.line_num)
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: {error}") from None


def _credit(row: dict[str, str | None], line: int) -> Credit | str:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    try:
        return Credit(
            bank_id=cells["bank_id"],
            paid_on=date.fromisoformat(cells["paid_on"]),
            amount=money_of(cells["amount"], cells["currency"]),
            remittance=cells["reference"],
        )
    except ValueError as error:
        return f"line {line}: {error}"
