"""Whether the evidence of a case bears the seal of a camera that the office trusts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from services.errors import CaseError, EvidenceError
from services.model import OffenceKind, Violation
from services.worded import EnglishOnly, message_of, worded
from speedcam.errors import SealError
from speedcam.model import SEAL_KINDS, Exhibit, ExhibitKind, Passage
from speedcam.seal.checks import Outcome, seal_checks
from speedcam.seal.manifest import parse_manifest
from speedcam.seal.registry import Registry

Read = Callable[[Exhibit], bytes]
"""Gives the bytes of an exhibit, checked against its SHA-256."""

UNSIGNED = worded("no camera signed the evidence, so only a person may decide on it")


def is_sealed(passage: Passage) -> bool:
    """Whether the passage has a seal, or any part of one; whether it holds is another matter."""
    return any(exhibit.kind in SEAL_KINDS for exhibit in passage.exhibits)


def all_sealed(violation: Violation) -> bool:
    """Whether every passage of the violation has a seal."""
    return all(map(is_sealed, violation.passages))


def as_signed(violation: Violation, read: Read) -> tuple[Passage, ...]:
    """The passages of a violation as their cameras told them.

    Where a section ends its own limit stands in place of the lane's, which the camera signed; it
    is put back from the manifest.
    """
    end = violation.passage
    told = [exhibit for exhibit in end.exhibits if exhibit.kind is ExhibitKind.MANIFEST]
    if violation.kind is not OffenceKind.SECTION or len(told) != 1:
        return violation.passages
    try:
        facts = parse_manifest(read(told[0])).facts
    except (EvidenceError, SealError):
        return violation.passages  # whoever checks the seal says what is wrong with it
    conditions = replace(end.conditions, limit_mph=facts.limit_mph)
    return (
        *violation.passages[:-1],
        replace(end, limit_kmh=facts.limit_kmh, conditions=conditions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealGate:
    """Lets only passages through whose seals hold.

    Attributes:
        cameras: Whom the office trusts.
        read: Reads exhibits.
    """

    cameras: Registry
    read: Read

    def fault(self, passages: Iterable[Passage]) -> str:
        """What is wrong with a seal; empty where each holds, or there is none."""
        for passage in filter(is_sealed, passages):
            try:
                fault = next(_faults(self.cameras, passage, self.read), "")
            except EvidenceError as error:
                fault = message_of(error)
            if fault:
                return worded(
                    "the seal of passage {passage} does not hold: {fault}",
                    passage=passage.id,
                    fault=fault,
                )
        return ""

    def require_as_good(self, passage: Passage, case: Violation) -> None:
        """Raise CaseError where ``passage`` says less surely what a signed case says otherwise."""
        fault = self.fault([passage])
        if not fault and all_sealed(case) and not is_sealed(passage):
            fault = "no camera signed it"
        if fault:
            raise CaseError(
                f"passage {passage.id} was received again and would undo case {case.key}, but "
                f"{fault}. Nothing was withdrawn: process the footage again with the camera's key."
            )


def _faults(cameras: Registry, passage: Passage, read: Read) -> Iterator[str]:
    parts = {
        kind: [exhibit for exhibit in passage.exhibits if exhibit.kind is kind]
        for kind in (ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE, ExhibitKind.SITE)
    }
    if any(len(found) != 1 for found in parts.values()):
        yield worded("it has no manifest, no signature, no site file, or two of them")
        return
    told, by, site = (found[0] for found in parts.values())
    if site.sha256 != passage.provenance.site_sha256:
        yield worded("its site file is not the one with which it was measured")
        return
    manifest, signature = read(told), read(by)
    for each in seal_checks(cameras, passage, manifest, signature):
        if each.outcome is Outcome.FAILED:
            yield EnglishOnly(each.why)
            return
    entry = cameras.entry(parse_manifest(manifest).key)
    if entry is not None and entry.revoked_ms is not None:
        # Whoever holds a stolen key can write any date into what he signs.
        yield worded(
            "the key of {camera} is revoked, and nothing new of it is taken, of any date",
            camera=entry.name,
        )
