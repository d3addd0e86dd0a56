"""The tables of those who work for the office. They come to older offices when they are opened."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
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
whose code was used: a code counts once. No row is ever removed, so no id is given twice."""

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
