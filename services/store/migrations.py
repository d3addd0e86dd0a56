"""From one version of the tables to the next: only ever by adding, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, text, update

from services.store.schema import SCHEMA_VERSION, office

STEPS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        2: (
            "ALTER TABLE decisions ADD COLUMN second VARCHAR(80)",
            "ALTER TABLE decisions ADD COLUMN amount_minor BIGINT",
            "ALTER TABLE decisions ADD COLUMN currency VARCHAR(3)",
            "ALTER TABLE events ADD COLUMN second VARCHAR(80)",
            "ALTER TABLE fines ADD COLUMN serve_until VARCHAR(10)",
            "ALTER TABLE fines ADD COLUMN prescribed_after VARCHAR(10)",
            "CREATE INDEX fines_by_service ON fines (state, serve_until)",
            "CREATE INDEX fines_by_prescription ON fines (state, prescribed_after)",
        ),
        3: ("ALTER TABLE decisions ADD COLUMN country VARCHAR(2)",),
        4: (
            "ALTER TABLE fines ADD COLUMN next_due VARCHAR(10)",
            "CREATE INDEX fines_by_due ON fines (state, next_due)",
            # Long ago: each of these is looked at once.
            "UPDATE fines SET next_due = '1970-01-01' WHERE state NOT IN ('issued', 'paid')",
        ),
    }
)
"""By the version that they lead on from, what is added to it. An office of version 2 wrote a
second officer into the sealed reason, and there it stays; its fines have no such last days."""


def migrate(connection: Connection, found: str) -> None:
    """Lead the tables of version ``found`` to the present one, if there is a way; else do nothing.

    Args:
        connection: Of a transaction that has its turn to write, in which ``found`` was read.
        found: The version that the office states.
    """
    version = int(found) if found.isdigit() else SCHEMA_VERSION
    for step in range(version, SCHEMA_VERSION):
        if step not in STEPS:
            return
        for statement in STEPS[step]:
            connection.execute(text(statement))
        known = update(office).where(office.c.name == "schema")
        connection.execute(known.values(value=str(step + 1)))
