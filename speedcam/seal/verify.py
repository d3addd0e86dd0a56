"""Every check of a bundle, with nothing but public keys: no database, no network, no footage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from speedcam.errors import SealError, SpeedcamError
from speedcam.model import ExhibitKind, Passage
from speedcam.raw import unpack
from speedcam.record import loads
from speedcam.seal.bundle import (
    CLIP,
    EXHIBITS,
    MANIFEST,
    PASSAGE,
    REFERENCE,
    SIGNATURE,
    SITE,
    Members,
)
from speedcam.seal.checks import Check, Outcome, check, seal_checks
from speedcam.seal.frames import evidence_frames, numbered
from speedcam.seal.keys import PublicKey
from speedcam.seal.limits import limit_sha256
from speedcam.seal.manifest import Manifest, parse_manifest, reading_of
from speedcam.seal.registry import parse_registry
from speedcam.site import Site, read_site

RAW = "raw.json.gz"


def verify(members: Members, registry: bytes, root: PublicKey) -> tuple[Check, ...]:
    """Every check of a bundle in order; where one makes the others idle, it is the last.

    Args:
        members: Of the bundle.
        registry: The registry file.
        root: Whose signature the registry must bear.
    """
    return tuple(checks_of(members, registry, root))


def holds(checks: Iterable[Check]) -> bool:
    """Whether nothing failed."""
    return all(each.outcome is not Outcome.FAILED for each in checks)


def checks_of(members: Members, registry: bytes, root: PublicKey) -> Iterator[Check]:
    """As :func:`verify`, one after the other, for whom the first that fails is enough."""
    try:
        cameras = parse_registry(registry, root)
    except SealError as error:
        yield check("registry", str(error), "")
        return
    yield check("registry", "", f"list {cameras.number}, signed by the root {root.id}")
    try:
        passage = loads(members[PASSAGE], PASSAGE)
    except SpeedcamError as error:
        yield check("passage", str(error), "")
        return
    sealed = tuple(seal_checks(cameras, passage, members[MANIFEST], members[SIGNATURE]))
    yield from sealed
    if any(each.about == "signature" and each.outcome is Outcome.OK for each in sealed):
        yield from content_checks(members, passage, parse_manifest(members[MANIFEST]))


def content_checks(members: Members, passage: Passage, told: Manifest) -> Iterator[Check]:
    """Whether each file is the one that the manifest names, and says what the manifest says."""
    yield _digest("passage file", members[PASSAGE], told.facts.passage_sha256)
    for kind, sha256 in told.facts.exhibits.items():
        yield _digest(f"exhibit {kind}", members.get(EXHIBITS.get(kind, "")), sha256)
    yield _digest("site file", members.get(SITE), told.facts.site_sha256)
    yield _digest("footage", members.get(CLIP), told.facts.clip_sha256)
    frame = members.get(REFERENCE)
    if frame is not None or told.reference_frame_sha256:
        yield _digest("surveyed picture", frame, told.reference_frame_sha256)
    # What nobody signed is not read: it can be made so that reading it takes hours.
    if _is_signed(members.get(SITE), told.facts.site_sha256):
        yield _limit(members[SITE], passage, told)
    if _is_signed(members.get(RAW), told.facts.exhibits.get(ExhibitKind.RAW)):
        yield _raw(members[RAW], passage, told)


def _digest(about: str, content: bytes | None, sha256: str | None) -> Check:
    if content is None:
        return Check(about=about, outcome=Outcome.WITHHELD, why=f"known by its SHA-256: {sha256}")
    same = _is_signed(content, sha256)
    return check(about, "" if same else "its SHA-256 is not the one that was signed", "as signed")


def _is_signed(content: bytes | None, sha256: str | None) -> bool:
    return content is not None and hashlib.sha256(content).hexdigest() == sha256


def _limit(content: bytes, passage: Passage, told: Manifest) -> Check:
    try:
        site = read_site(content, SITE)
        held_kmh = _limit_kmh(site, passage)
    except (SpeedcamError, KeyError, ValueError, OverflowError) as error:
        return check("limit", str(error), "")
    same = (limit_sha256(site, passage.lane), held_kmh) == (told.limit_sha256, passage.limit_kmh)
    fault = "" if same else f"the site file says {held_kmh} km/h, or other hours, for this lane"
    return check("limit", fault, f"{held_kmh} km/h there and then, by the site file")


def _limit_kmh(site: Site, passage: Passage) -> int | None:
    """The limit in force, found again; None outside every lane."""
    lane = next((each for each in site.lanes if each.name == passage.lane), None)
    local, held = passage.at.astimezone(ZoneInfo(site.timezone)), passage.conditions
    return lane.limit(local, held.vehicle, held.weather).limit_kmh if lane else None


def _raw(content: bytes, passage: Passage, told: Manifest) -> Check:
    about = "raw data"
    try:
        raw = unpack(content, RAW)
    except SpeedcamError as error:
        return check(about, str(error), "")
    if (raw.passage_id, raw.provenance) != (passage.id, passage.provenance):
        return check(about, "they belong to another passage", "")
    if reading_of(raw.speed) != told.facts.speed:
        return check(about, "they say another speed", "")
    rests_on = evidence_frames(raw, passage.exhibits)
    corrupt = sum(sighting.corrupt for sighting in rests_on)
    same = (numbered(rests_on), corrupt) == (told.frames, told.corrupt_frames)
    return check(about, "" if same else "they rest on other frames", "of these frames")
