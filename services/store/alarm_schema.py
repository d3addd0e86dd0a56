"""The tables of who looks at how much. They come to older offices when they are opened."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from services.store.schema import metadata

looks = Table(
    "looks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("who", String(80), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("looks_by_who", "who", "at_ms"),
)
"""The looks of the last day, to be counted; the history keeps them for good."""

decoys = Table("decoys", metadata, Column("digest", String(64), primary_key=True))
"""Cases that nobody has business with, by keyed digest: whoever reads the table learns none."""
