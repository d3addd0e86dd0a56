"""The measurement once more, from what a bundle holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from speedcam.errors import SpeedcamError
from speedcam.model import Passage, Refusal, SpeedMeasurement
from speedcam.raw import unpack
from speedcam.record import loads
from speedcam.redo import agrees, remeasure
from speedcam.seal.bundle import MANIFEST, PASSAGE, SITE, Members
from speedcam.seal.checks import Check, Outcome, check
from speedcam.seal.manifest import Manifest, parse_manifest, unlike
from speedcam.seal.verify import RAW, content_checks
from speedcam.site import read_site
from speedcam.software import source_sha256

Again = SpeedMeasurement | Refusal


def replay_raw(members: Members) -> Iterator[Check]:
    """Measure again from the raw data and the site file; what differs from the passage.

    Nothing is measured from files that are not those of the manifest.
    """
    try:
        passage = loads(members[PASSAGE], PASSAGE)
        told = parse_manifest(members[MANIFEST])
    except SpeedcamError as error:
        yield check("bundle", str(error), "")
        return
    changed = _changed(members, passage, told)
    yield check("bundle", changed, "the files are those of the manifest")
    if changed:
        return
    yield _software(told)
    if RAW in members and SITE in members:
        raw, site = unpack(members[RAW], RAW), read_site(members[SITE], SITE)
        yield compared("raw data", remeasure(raw, site), passage)
    else:
        why = "the bundle lacks the raw data or the site file"
        yield Check(about="raw data", outcome=Outcome.WITHHELD, why=why)


def compared(about: str, again: Again, passage: Passage) -> Check:
    """Whether measuring again bears out the passage."""
    fault = "" if agrees(again, passage.speed) else f"they say {again.text()}, the passage "
    return check(about, fault and fault + passage.speed.text(), f"say {again.text()} once more")


def clip_starts_at(told: Manifest) -> datetime:
    """When the footage began, as it was told to the camera."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=told.facts.clip_start_ms)


def _changed(members: Members, passage: Passage, told: Manifest) -> str:
    if unlike(told.facts, passage):
        return "the passage is not the one of the manifest"
    failed = [
        f"{each.about}: {each.why}"
        for each in content_checks(members, passage, told)
        if each.outcome is Outcome.FAILED
    ]
    return "; ".join(failed)


def _software(told: Manifest) -> Check:
    same = told.software_sha256 == source_sha256()
    why = "this very program" if same else f"another program than this one: {told.facts.software}"
    return check("measured by", "", why)
