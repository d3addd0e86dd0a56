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
    UniqueConstraint,
    event,
)

SCHEMA_VERSION = 5

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
    Column("day", String(10), nullable=False),
    Column("passed_at_ms", BigInteger, nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("plate_digest", String(64)),
    Column("pack_sha256", ForeignKey("packs.sha256"), nullable=False),
    Column("violation", LargeBinary, nullable=False),
    Index("cases_by_plate", "plate_digest", "passed_at_ms"),
    Index("cases_by_site", "site_id", "passed_at_ms"),
    Index("cases_by_state", "state", "passed_at_ms", "key"),
    Index("cases_by_day", "day", "site_id"),
)
"""``violation`` is the sealed JSON of the whole violation with its passage and plate; ``day`` is
the local day of the passage."""

links = Table(
    "links",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False, index=True),
    Column("site_id", String(40), nullable=False),
    Column("passed_at_ms", BigInteger, nullable=False),
)
"""Passages that show once more what is a case already: by the key they would have had."""

decisions = Table(
    "decisions",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("by", String(80), nullable=False),
    Column("is_policy", Boolean, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("why", LargeBinary, nullable=False),
    Column("second", String(80)),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("country", String(2)),
)
"""``why`` is sealed: people write names and plates into reasons. ``second`` is the officer who
agreed; an amount is there only where both set more than the minimum, and a country only where an
officer stated whose plate it is."""

fines = Table(
    "fines",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("plate_digest", String(64), nullable=False),
    Column("issued_at_ms", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("interrupted", String(12)),
    Column("served_on", String(10)),
    Column("fine", LargeBinary, nullable=False),
    Column("serve_until", String(10)),
    Column("prescribed_after", String(10)),
    Column("next_due", String(10)),
    UniqueConstraint("case_key", "turn"),
    Index("fines_by_issue", "issued_at_ms", "number"),
    Index("fines_by_state", "state", "issued_at_ms", "number"),
    Index("fines_by_service", "state", "serve_until"),
    Index("fines_by_prescription", "state", "prescribed_after"),
    Index("fines_by_due", "state", "next_due"),
)
"""``fine`` is the sealed JSON of the whole fine, frozen at issue. ``turn`` is 0, and one more each
time a driver is named and the fine begins anew. ``interrupted`` is what a hold leads back to. The
last days to serve and to pursue it are empty where its law names none. ``next_due`` is no later
than the next day on which one of its terms ends, for whoever looks for what is due; empty: none
does, as things stand."""

pauses = Table(
    "pauses",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("fine_number", ForeignKey("fines.number"), index=True),
    Column("site_id", String(40)),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),
    Column("by", String(80), nullable=False),
    Column("why", LargeBinary, nullable=False),
)
"""When the clock of terms stands still: for one fine, for a site's fines, or, without either, for
all of them. ``until_ms`` is empty while it runs; ``why`` is sealed."""

payments = Table(
    "payments",
    metadata,
    Column("bank_id", String(140), primary_key=True),
    Column("fine_number", ForeignKey("fines.number"), index=True),
    Column("paid_on", String(10), nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("taken_at_ms", BigInteger, nullable=False),
    Column("remittance", LargeBinary, nullable=False),
)
"""Every credit that a bank told, once, whether or not a fine was found for it. ``remittance`` is
sealed: people write names into it."""

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("fine_number", ForeignKey("fines.number"), nullable=False, index=True),
    Column("minor", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", LargeBinary, nullable=False),
)
"""Money that went back, in the fine's currency; ``why`` is sealed."""

traffic = Table(
    "traffic",
    metadata,
    Column("clip_sha256", String(64), primary_key=True),
    Column("site_id", String(40), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("what", String(10), primary_key=True),
    Column("value", String(40), primary_key=True),
    Column("passages", Integer, nullable=False),
    Index("traffic_by_day", "day", "site_id"),
)
"""How many passages of a clip had which whole km/h or which reason to have none: counts alone,
so that a report needs no passage."""

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
    Column("sent_at_ms", BigInteger),
    Column("kind", String(20), nullable=False, server_default="notice"),
    Column("refused", String(200), nullable=False, server_default=""),
    Column("same_faults", Integer, nullable=False, server_default="0"),
    Index("outbox_by_fine", "fine_number"),
    Index("outbox_by_state", "state", "not_before_ms"),
)
"""One row for each letter. ``refused`` names the channels that turned it down for good;
``same_faults`` counts how often in a row it failed in the very same way."""

recipients = Table(
    "recipients",
    metadata,
    Column("fine_number", ForeignKey("fines.number"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("recipient", LargeBinary, nullable=False),
)
"""Whom the letters of a fine go to, sealed."""

receipts = Table(
    "receipts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("outbox_key", ForeignKey("outbox.key"), nullable=False, index=True),
    Column("what", String(12), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
"""What a channel told later of a letter that it had taken; ``id`` is the digest of the telling, so
that it counts once."""

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
    Column("second", String(80)),
    Index("events_by_subject", "subject", "position"),
)
"""The history: rows are added, never changed. ``reason`` is sealed; ``second`` agreed to it."""

_ONLY_ADDED = "history is only ever added to"


def only_ever_added(table: Table) -> None:
    """Let the database itself refuse to change or remove a row of ``table``."""
    name, refuse = table.name, f"{table.name}_refuse"
    _once_made(
        table,
        "postgresql",
        f"CREATE FUNCTION {refuse}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        f"'{_ONLY_ADDED}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    )
    for change in ("UPDATE", "DELETE"):
        trigger = f"CREATE TRIGGER {name}_no_{change.lower()} BEFORE {change} ON {name}"
        aborts = f"BEGIN SELECT RAISE(ABORT, '{_ONLY_ADDED}'); END"
        _once_made(table, "sqlite", f"{trigger} {aborts}")
        _once_made(table, "postgresql", f"{trigger} FOR EACH STATEMENT EXECUTE FUNCTION {refuse}()")


def _once_made(table: Table, dialect: str, statement: str) -> None:
    made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    event.listen(table, "after_create", made.execute_if(dialect=dialect))


only_ever_added(events)
