"""Whether the seal of a passage holds, check by check. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from speedcam.errors import SealError
from speedcam.model import Passage
from speedcam.seal.manifest import Manifest, NoReading, parse_manifest, unlike
from speedcam.seal.registry import Entry, Registry


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "FAILED"
    WITHHELD = "withheld"
    """It is not here to be checked: the manifest has its SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, what it is about, and why it ended so."""

    about: str
    outcome: Outcome
    why: str


def check(about: str, fault: str, fine: str) -> Check:
    """A check that failed for ``fault``, or, where that is empty, holds because of ``fine``."""
    outcome = Outcome.FAILED if fault else Outcome.OK
    return Check(about=about, outcome=outcome, why=fault or fine)


def seal_checks(
    registry: Registry, passage: Passage, manifest: bytes, signature: bytes
) -> Iterator[Check]:
    """Every check that needs no exhibit; without the first ones the others would say nothing.

    Args:
        registry: Whose root's signature was checked.
        passage: As it is told.
        manifest: What is said to be signed.
        signature: By whom, 64 bytes.
    """
    try:
        told = parse_manifest(manifest)
    except SealError as error:
        yield check("manifest", str(error), "")
        return
    yield check("manifest", "", f"schema {told.schema}, canonical")
    entry = registry.entry(told.key)
    if entry is None:
        yield check("key", f"the registry has no key {told.key}", "")
        return
    signed = entry.public.signed(manifest, signature)
    by = f"by {'the DEMO key' if entry.demo else 'the key'} {told.key} of {entry.name}"
    yield check("signature", "" if signed else f"the manifest is not signed {by}", f"signed {by}")
    if not signed:
        return
    yield _key(entry, told)
    yield _facts(told, passage)
    yield _frames(told)


def _key(entry: Entry, told: Manifest) -> Check:
    facts = told.facts
    fault = entry.fault(facts.site, facts.start_ms, facts.end_ms)
    return check("key", fault, f"certified for {facts.site} at that time")


def _facts(told: Manifest, passage: Passage) -> Check:
    wrong = unlike(told.facts, passage)
    fault = f"the passage says otherwise than what was signed: {wrong}" if wrong else ""
    return check("passage", fault, f"{told.facts.passage}, as it was signed")


def _frames(told: Manifest) -> Check:
    refused = isinstance(told.facts.speed, NoReading)
    damaged = told.corrupt_frames and not refused
    fault = f"the speed rests on {told.corrupt_frames} damaged frames" if damaged else ""
    return check("frames", fault, f"{len(told.frames)}, {told.corrupt_frames} of them damaged")
