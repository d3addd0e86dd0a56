"""The tables of incidents. They come to older offices when they are opened."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
)

from services.store.schema import metadata

quarantines = Table(
    "quarantines",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("site_id", String(40), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("found_at_ms", BigInteger, nullable=False),
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("why", LargeBinary, nullable=False),
    Column("finding", String(8)),
    CheckConstraint("from_ms <= to_ms", name="in_order"),
    CheckConstraint("finding IN ('sound', 'unsound')", name="known_finding"),
)
"""``why`` is sealed; ``finding`` is empty while the incident is open. Who opened and who closed it
stands in the history, under its id."""

quarantine_holds = Table(
    "quarantine_holds",
    metadata,
    Column("quarantine_id", ForeignKey("quarantines.id"), primary_key=True),
    Column("fine_number", ForeignKey("fines.number"), primary_key=True, index=True),
    Column("pause_id", ForeignKey("pauses.id"), nullable=False),
)
"""Which fines an incident put on hold, and the pause of their terms that it began."""
