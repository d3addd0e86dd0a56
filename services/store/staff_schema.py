"""The tables of those who work for the office. They come to older offices when they are opened."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from services.staff.account import Role
from services.store.schema import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("role", String(16), nullable=False),
    Column("last_day", String(10)),
    Column("disabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("password", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    CheckConstraint(f"role IN ({', '.join(repr(str(role)) for role in Role)})", name="known_role"),
)
"""Name, hash of the password and secret of the second factor are sealed. ``step`` is the last one
whose code was used: a code counts once. ``made_at_ms`` tells when both were last given to their
owner. No row is ever removed, so no id is given twice."""

sessions = Table(
    "staff_sessions",
    metadata,
    Column("id_sha256", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("began_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
)
"""Who is signed in, by the hash of what their browser holds. What ends is removed."""

tries = Table(
    "sign_in_tries",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at_ms", BigInteger, nullable=False, index=True),
)
"""Failed tries by keyed digest of the id that was typed, be there such an account or not."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("last_day", String(10), nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    Column("used_at_ms", BigInteger),
)
"""Keys by which other programs ask. ``name`` is sealed; of the key itself there is a digest. No row
is ever removed. ``used_at_ms`` is empty before its first use."""

_OPEN = text("answer IS NULL")

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_key", ForeignKey("cases.key"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("proposed_by", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("said", LargeBinary, nullable=False),
    Column("answer", String(8)),
    Column("answered_by", String(40)),
    Column("answered_at_ms", BigInteger),
    CheckConstraint("kind IN ('confirm', 'plate', 'cancel')", name="known_kind"),
    CheckConstraint("answer IN ('agreed', 'refused')", name="known_answer"),
    CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"),
    CheckConstraint("answered_by <> proposed_by", name="four_eyes"),
    Index("one_open_proposal", "case_key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)
"""What one officer proposed and another one answers; one at a time for a case. ``said`` is sealed:
the reason, and a plate where it is corrected. Nobody answers their own; the database says so."""

handed_on = Table(
    "handed_on",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("by", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("why", LargeBinary, nullable=False),
)
"""Cases that somebody left to a senior officer; ``why`` is sealed."""

undoable = Table(
    "undoable",
    metadata,
    Column("case_key", ForeignKey("cases.key"), primary_key=True),
    Column("by", String(40), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
"""Decisions of the desk that may still be undone; until then no fine is issued of them."""
