"""A bank's statement, in whichever of the two forms it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.bank.camt import read_camt
from services.bank.credit import Credit
from services.bank.table import read_table
from services.errors import StatementError

MOST_BYTES = 64 * 2**20
"""No statement is larger; reading one must not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a statement says that concerns the office.

    Attributes:
        credits: Money that came in.
        faults: Entries that cannot be taken, each with its place and why.
        others: Entries that are no money that came in: debits and what is not booked.
    """

    credits: tuple[Credit, ...]
    faults: tuple[str, ...]
    others: int


def read_statement(path: Path) -> Statement:
    """The statement in ``path``: ISO 20022 camt.053, or CSV.

    Raises:
        StatementError: It cannot be read, or is neither.
    """
    try:
        size = path.stat().st_size
        text = path.read_bytes().decode("utf-8-sig") if size <= MOST_BYTES else ""
    except OSError as error:
        raise StatementError(f"cannot read the statement {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise StatementError(f"{path} is no statement: it is not in UTF-8.") from None
    if size > MOST_BYTES or "\0" in text:
        raise StatementError(f"{path} is no statement: give CSV or camt.053, up to 64 MiB.")
    read = read_camt if text.lstrip().startswith("<") else read_table
    try:
        entries = list(read(text))
    except ValueError as error:
        raise StatementError(f"{path}: {error}. Nothing was taken.") from None
    return Statement(
        credits=tuple(entry for entry in entries if isinstance(entry, Credit)),
        faults=tuple(entry for entry in entries if isinstance(entry, str)),
        others=sum(entry is None for entry in entries),
    )
