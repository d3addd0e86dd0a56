"""Named policies: what may be confirmed without a person, and what nobody may confirm. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from services.errors import CaseError
from services.model import Decision, Verdict, Violation
from services.rules.engine import local_day
from speedcam.model import ExhibitKind, Grade, Passage, PlateReading, SpeedMeasurement

Policy = Callable[[Violation, datetime], Decision | tuple[str, ...]]
"""Decides a violation at an instant, or gives every reason why a person must."""

SURE_PLATE = 0.9
"""Confidence below which a person reads the plate."""

_WANTED = {
    ExhibitKind.STILL_FIRST: "the still where the measured stretch begins",
    ExhibitKind.STILL_LAST: "the still where it ends",
    ExhibitKind.PLATE: "the picture of the plate",
    ExhibitKind.PHOTO: "the redacted photo",
}


def demo_auto_1(violation: Violation, at: datetime) -> Decision | tuple[str, ...]:
    """Confirm what is proven beyond question and small; leave the rest, with every reason."""
    reasons = missing_proof(violation) + _wants_person(violation)
    if reasons:
        return reasons
    return Decision(
        verdict=Verdict.CONFIRM,
        by="demo-auto-1",
        is_policy=True,
        at=at,
        why=(
            f"every proof is there, the plate is sure, and {violation.retained_kmh} km/h against "
            f"{violation.limit_kmh} km/h is a case that the rules let a policy decide"
        ),
    )


POLICIES: Mapping[str, Policy] = MappingProxyType({"demo-auto-1": demo_auto_1})
"""Every policy by its name."""


def policy_named(name: str) -> Policy:
    """The policy of this name.

    Raises:
        CaseError: There is none.
    """
    if name not in POLICIES:
        raise CaseError(f"there is no policy {name!r}; known: {', '.join(POLICIES)}.")
    return POLICIES[name]


def missing_proof(violation: Violation) -> tuple[str, ...]:
    """What the case lacks; while anything is lacking nobody, person or policy, may confirm it."""
    passage = violation.passage
    return tuple(_speed(violation) + _plate(passage) + _site(passage) + _exhibits(passage))


def _speed(violation: Violation) -> list[str]:
    speed, faults = violation.passage.speed, []
    if not (isinstance(speed, SpeedMeasurement) and speed.grade is Grade.A):
        faults.append("the speed is not measured with grade A")
    if violation.retained_kmh <= violation.limit_kmh:
        faults.append(f"{violation.retained_kmh} km/h is not above {violation.limit_kmh} km/h")
    return faults


def _plate(passage: Passage) -> list[str]:
    if isinstance(passage.plate, PlateReading) and passage.plate.text:
        return []
    told = "nobody looked for it" if passage.plate is None else "it could not be read"
    if passage.plate is not None and not isinstance(passage.plate, PlateReading):
        told = passage.plate.text()
    return [f"no plate: {told}"]


def _site(passage: Passage) -> list[str]:
    place, faults = passage.place, []
    if place.certificate is None:
        faults.append("the site states no certificate of the device")
    elif place.certificate.valid_until < local_day(passage):
        faults.append(f"the certificate ended on {place.certificate.valid_until}")
    if place.signs_checked_on is None:
        faults.append("nobody recorded that the warning signs stand")
    if not all((place.name.strip(), place.road.strip(), place.towards.strip())):
        faults.append("the site does not name its place, road and direction")
    return faults


def _exhibits(passage: Passage) -> list[str]:
    present = {exhibit.kind for exhibit in passage.exhibits}
    return [f"{words} is missing" for kind, words in _WANTED.items() if kind not in present]


def _wants_person(violation: Violation) -> tuple[str, ...]:
    """Why a person must look although nothing is lacking."""
    plate, reasons = violation.passage.plate, []
    if isinstance(plate, PlateReading) and plate.repaired:
        reasons.append("a character of the plate was repaired to fit a format")
    if isinstance(plate, PlateReading) and not plate.confidence >= SURE_PLATE:
        reasons.append(f"the plate is read with {plate.confidence:.2f}, below {SURE_PLATE}")
    if isinstance(plate, PlateReading) and plate.country is None:
        reasons.append("the plate is of no known country")
    if violation.needs_person:
        reasons.append(f"the rules leave {violation.reference} ({violation.offence}) to a person")
    return tuple(reasons)
