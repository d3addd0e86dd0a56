"""What passages leave behind for a report: counts, and nothing that tells one from another.

They are kept for each clip, so that a clip received again, or measured again by other software,
replaces its counts and adds none.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import Path

from sqlalchemy import delete, func, insert, select, tuple_

from services.errors import CaseError
from services.rules.engine import local_day
from services.store.instants import to_ms
from services.store.schema import intakes, traffic
from services.store.store import Store
from speedcam.model import Passage, Refusal

SPEED, DOUBT, REFUSAL, OUTCOME = "speed", "doubt", "refusal", "outcome"
"""What is counted: whole km/h below the measured speed; tenths of km/h that its uncertainty (k = 2)
does not exceed; why there is no speed; what became of the passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A passage with what became of it.

    Attributes:
        finding: Why the law made no case of it; empty where it did.
    """

    passage: Passage
    outcome: str
    finding: str


def keep_counts(store: Store, passages: Path, seen: Sequence[Seen], at: datetime) -> None:
    """Keep the counters of a file of passages; receiving it again replaces them."""
    tally = Counter(each.outcome for each in seen)
    row = {
        "sha256": hashlib.sha256(passages.read_bytes()).hexdigest(),
        "at_ms": to_ms(at),
        "passages": len(seen),
        "lawful": tally["lawful"],
        "not_proven": tally["not_proven"],
        "violations": tally["case"] + tally["known"],
        "faults": tally["fault"],
    }
    counts = Counter(key for each in seen for key in _counted(each))
    clips = sorted({(clip, site) for clip, site, *_ in counts})
    names = ("clip_sha256", "site_id", "day", "what", "value")
    with store.writing() as connection:
        connection.execute(delete(intakes).where(intakes.c.sha256 == row["sha256"]))
        connection.execute(insert(intakes), [row])
        for clip in clips:
            here = tuple_(traffic.c.clip_sha256, traffic.c.site_id) == tuple_(*clip)
            connection.execute(delete(traffic).where(here))
        if counts:
            rows = [
                dict(zip(names, key, strict=True)) | {"passages": n} for key, n in counts.items()
            ]
            connection.execute(insert(traffic), rows)


def months_with_traffic(store: Store) -> tuple[str, ...]:
    """Every month with counts, as ``2026-10``, the latest first."""
    month = func.substr(traffic.c.day, 1, 7).label("month")
    with store.reading() as connection:
        rows = connection.execute(select(month).distinct().order_by(month.desc()))
        return tuple(rows.scalars())


def _counted(seen: Seen) -> Iterator[tuple[str, str, str, str, str]]:
    passage, speed = seen.passage, seen.passage.speed
    try:
        day = local_day(passage).isoformat()
    except CaseError:
        return  # nobody knows on which day it was
    where = (passage.provenance.clip_sha256, passage.place.site_id, day)
    if isinstance(speed, Refusal):
        yield (*where, REFUSAL, speed.reason)
    else:
        yield (*where, SPEED, str(int(speed.speed_kmh)))
        yield (*where, DOUBT, str(ceil(10 * speed.uncertainty_kmh - 1e-9)))
    yield (*where, OUTCOME, seen.finding or seen.outcome)
