"""The record of a lane's limits, with when each of them holds: what a sign says, to be hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import rfc8785

from speedcam.limits import Limit
from speedcam.site import Site

Words = dict[str, int | str | list[str] | None]


def limit_sha256(site: Site, lane: str | None) -> str | None:
    """SHA-256 of the limits of the lane called ``lane``; None where there is no such lane."""
    found = next((each for each in site.lanes if each.name == lane), None)
    if found is None:
        return None
    usual = Limit(
        limit_kmh=found.limit_kmh, trigger_kmh=found.trigger_kmh, limit_mph=found.limit_mph
    )
    seen = site.signs_checked_on
    record = {
        "site": site.camera_id,
        "lane": found.name,
        "limits": [_words(limit) for limit in (usual, *found.others)],
        "signs_checked_on": seen.isoformat() if seen else None,
    }
    return hashlib.sha256(rfc8785.dumps(record)).hexdigest()


def _words(limit: Limit) -> Words:
    return {
        "limit_kmh": limit.limit_kmh,
        "limit_mph": limit.limit_mph,
        "trigger_kmh": limit.trigger_kmh,
        "between": [each.isoformat() for each in limit.between] if limit.between else None,
        "days": _sorted(limit.days),
        "weather": _sorted(limit.weather),
        "vehicles": _sorted(limit.vehicles),
    }


def _sorted(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(map(str, names))
