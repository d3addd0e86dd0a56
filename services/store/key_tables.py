"""The tables of the keys: one wrapped data key for each case, and what must not be erased.

They come to older offices when they are opened. The keys are no part of a backup's tables.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, String, Table

from services.store.schema import metadata

case_keys = Table(
    "case_keys",
    metadata,
    Column("case_key", String(32), primary_key=True),
    Column("kek", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
"""The data key of a case, wrapped with the key-encryption key ``kek``. It is there before the
case, so that its pictures can be sealed before the row that names them; an erased case has none."""

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("why", LargeBinary, nullable=False),
)
"""Cases that are not erased although their time is over; ``why`` is sealed."""
