"""The tables. Personal data stands in them as ciphertext or keyed digest only."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
)

SCHEMA_VERSION = 1

metadata = MetaData()

office = Table(
    "office",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

packs = Table(
    "packs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("text", LargeBinary, nullable=False),
)
"""Every edition of the law that judged a case here, so that it can be found and replayed."""

intakes = Table(
    "intakes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("lawful", Integer, nullable=False),
    Column("not_proven", Integer, nullable=False),
    Column("violations", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
)
"""Counters per passages file: all that lawful passages leave behind."""

cases = Table(
    "cases",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("site_id", String(40), nullable=False),
    Column("passed_at_ms", BigInteger, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("plate_digest", String(64)),
    Column("pack_sha256", ForeignKey("packs.sha256"), nullable=False),
    Column("violation", LargeBinary, nullable=False),
    Index("cases_by_plate", "plate_digest", "site_id"),
    Index("cases_by_state", "state"),
)
"""``violation`` is the sealed JSON of the whole violation with its passage and plate."""

decisions = Table(
    "decisions",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("by", String(80), nullable=False),
    Column("is_policy", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("why", LargeBinary, nullable=False),
)
"""``why`` is sealed: people write names and plates into reasons."""

fines = Table(
    "fines",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False, unique=True),
    Column("plate_digest", String(64), nullable=False),
    Column("issued_at_ms", BigInteger, nullable=False),
    Column("fine", LargeBinary, nullable=False),
)
"""``fine`` is the sealed JSON of the whole fine, frozen at issue."""

outbox = Table(
    "outbox",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("fine_number", ForeignKey("fines.number"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
    Column("lease", String(32)),
    Column("leased_until_ms", BigInteger),
    Column("receipt", String(400)),
    Column("fault", String(1000)),
    Index("outbox_by_state", "state", "not_before_ms"),
)

events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(80), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("reason", LargeBinary, nullable=False),
)
"""The history: rows are added, never changed. ``reason`` is sealed."""

for _change in ("UPDATE", "DELETE"):
    event.listen(
        events,
        "after_create",
        # SQLite's way to forbid it; other databases take the right to do it away.
        DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
            f"CREATE TRIGGER events_no_{_change.lower()} BEFORE {_change} ON events "
            "BEGIN SELECT RAISE(ABORT, 'history is only ever added to'); END"
        ).execute_if(dialect="sqlite"),
    )
