"""Drafts of what must be told of an incident, in Albanian and English: facts, and gaps to fill."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.incident.affected import Affected
from services.incident.incident import NOTIFY_WITHIN
from services.store.quarantines import Quarantine
from speedcam.disk import make_folder, write_durably

LANGUAGES = ("sq", "en")
DRAFTS = ("authority", "persons")
"""To the data protection authority, and to those whose data are concerned."""


def drafts_of(quarantine: Quarantine, affected: Affected, now: datetime) -> dict[str, str]:
    """Every draft, by the name of its file."""
    facts = _facts(quarantine, affected, now)
    return {
        f"{draft}_{language}.txt": _environment()
        .get_template(f"{draft}_{language}.txt.jinja")
        .render(facts)
        for draft in DRAFTS
        for language in LANGUAGES
    }


def write_out(folder: Path, quarantine: Quarantine, affected: Affected, now: datetime) -> None:
    """Write the drafts and the list of what is concerned; earlier ones of the folder are replaced.

    The list holds keys, numbers and states, and neither plate nor name.
    """
    make_folder(folder)
    for name, text in drafts_of(quarantine, affected, now).items():
        write_durably(folder / name, text.encode())
    write_durably(folder / "affected.csv", _listed(affected).encode())


def _listed(affected: Affected) -> str:
    written = io.StringIO()
    columns = ("case_key", "passed_at", "state", "fine_number", "fine_state")
    rows = csv.DictWriter(written, columns, lineterminator="\n")
    rows.writeheader()
    rows.writerows(case.told for case in affected.cases)
    return written.getvalue()


def _facts(quarantine: Quarantine, affected: Affected, now: datetime) -> dict[str, object]:
    deadline = quarantine.found_at + NOTIFY_WITHIN
    instants = {
        "start": quarantine.start,
        "end": quarantine.end,
        "found": quarantine.found_at,
        "opened": quarantine.opened_at,
        "deadline": deadline,
    }
    return {name: _local(at, affected.zone) for name, at in instants.items()} | {
        "incident": quarantine.id,
        "source": quarantine.site_id,
        "why": quarantine.why,
        "finding": quarantine.finding or "",
        "over": now > deadline,
        "places": "; ".join(affected.places),
        "vehicles": affected.vehicles,
        "cases": len(affected.cases),
        "fines": len(affected.fines),
        "addressed": affected.addressed,
        "sent": affected.sent,
        "waiting": affected.waiting,
        "tally": affected.tally,
    }


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.incident"),
        # Plain text has no markup to break out of; escaping would garble names.
        autoescape=False,  # noqa: S701 - see above
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,  # the templates of a release do not change under it
    )
