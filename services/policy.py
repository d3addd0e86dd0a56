"""Named policies: what may be confirmed without a person, and what nobody may confirm. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from services.errors import CaseError
from services.model import Decision, Money, OffenceKind, Outcome, Verdict, Violation
from services.rules.average import average_lacks
from services.rules.engine import local_day
from speedcam.model import ExhibitKind, Grade, Passage, PlateReading, SpeedMeasurement

Policy = Callable[[Violation, datetime], Decision | tuple[str, ...]]
"""Decides a violation at an instant, or gives every reason why a person must."""

SURE_PLATE = 0.98
"""Confidence below which a person reads the plate; of readings above it none was seen to be wrong
(docs/plates.md)."""

SEVERAL = 2
"""Frames below which nothing was agreed on."""

CLOCK_OFF_S = 2.0
"""A clock that may be further off is no clock: the law asks for the day and, at some signs, the
hour, and two cameras for the seconds between them."""

CLOCK_CHECK_DAYS = 31
"""A check of the clock holds so long."""

QUALITY_SHARE = 20
"""One in so many decisions of a policy is looked at by a person afterwards."""

_PLATE_TEXT = re.compile(r"[A-Z0-9]{2,12}")
"""What a reading is made of. Look-alikes of other alphabets would find another owner, or none."""

_MISREAD = str.maketrans({"i": "1", "l": "1", "\N{LATIN SMALL LETTER DOTLESS I}": "1", "o": "0"})
"""As in the numbers of fines: who types one for the other names the same officer."""

_BESIDE_KMH = 0.1
"""Rounding: a mean lies between what it was made of."""

_WANTED = {
    ExhibitKind.STILL_FIRST: "the still where the measured stretch begins",
    ExhibitKind.STILL_LAST: "the still where it ends",
    ExhibitKind.PLATE: "the picture of the plate",
    ExhibitKind.PHOTO: "the redacted photo",
    ExhibitKind.RAW: "the raw data of the measurement",
}
_KNOWN = _WANTED | {
    ExhibitKind.SHOWN_FIRST: "the redacted still where the measured stretch begins",
    ExhibitKind.SHOWN_LAST: "the redacted still where it ends",
    ExhibitKind.FILM: "the film",
    ExhibitKind.DRIVER: "the picture of the driver",
}
"""What is not wanted was not made before schema 4, nor of a vehicle that is seen too short; of a
driver it is made where the site asks for it and nobody else can be in it."""


def demo_auto_1(violation: Violation, at: datetime) -> Decision | tuple[str, ...]:
    """Confirm what is proven beyond question and small; leave the rest, with every reason."""
    reasons = missing_proof(violation) + wants_person(violation)
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
    if violation.kind is OffenceKind.SECTION:
        ends = (
            f"{each.place.site_id}: {fault}"
            for each in violation.passages
            for fault in _proof_of_passage(each)
        )
        return (*_offence(violation), *average_lacks(violation, SURE_PLATE), *ends)
    return tuple(_offence(violation) + _speed(violation) + _proof_of_passage(passage))


def _proof_of_passage(passage: Passage) -> list[str]:
    return _plate(passage) + _site(passage) + _clock(passage) + _exhibits(passage)


def _offence(violation: Violation) -> list[str]:
    if violation.outcome is Outcome.FINE and violation.amount_min is not None:
        return []
    told = (
        f"{violation.reference} ({violation.offence}) is no fine of this office: the law makes it "
        f"a matter of {_ELSEWHERE[violation.outcome]}; hand the case over and reject it here"
    )
    return [told]


_ELSEWHERE = {
    Outcome.ADVISORY: "a warning without cost",
    Outcome.COURSE: "a course",
    Outcome.FINE: "an amount that the pack does not name",
    Outcome.REPORT: "a report to the authority that pursues it",
    Outcome.COURT: "a court",
}


def _speed(violation: Violation) -> list[str]:
    speed, faults = violation.passage.speed, []
    if not (isinstance(speed, SpeedMeasurement) and speed.grade is Grade.A):
        faults.append("the speed is not measured with grade A")
    speeding = violation.kind is OffenceKind.SPEED
    if speeding and violation.retained_kmh <= violation.limit_kmh:
        faults.append(f"{violation.retained_kmh} km/h is not above {violation.limit_kmh} km/h")
    if isinstance(speed, SpeedMeasurement):
        faults += _anchors(speed, violation.limit_kmh if speeding else 0)
        if speed.direction is not violation.passage.direction:
            faults.append("the measured direction is not the one of the passage")
    return faults


def _anchors(speed: SpeedMeasurement, limit_kmh: int) -> list[str]:
    """What the two anchors do not bear out; the grade alone is only a word."""
    says = {anchor.name: anchor.speed_kmh for anchor in speed.anchors}
    if len(speed.anchors) != 2 or says.keys() != {"contact", "plate"}:
        return ["the speed does not rest on two independent anchors"]
    faults = [
        f"the {name} anchor alone says {kmh:.1f} km/h, not above {limit_kmh} km/h"
        for name, kmh in says.items()
        if not kmh > limit_kmh
    ]
    if not min(says.values()) - _BESIDE_KMH <= speed.speed_kmh <= max(says.values()) + _BESIDE_KMH:
        faults.append("the speed is not what its anchors say")
    return faults


def _plate(passage: Passage) -> list[str]:
    if isinstance(passage.plate, PlateReading):
        plain = _PLATE_TEXT.fullmatch(passage.plate.text)
        return [] if plain else ["no plate: what was read is not upper-case letters and digits"]
    told = "nobody looked for it" if passage.plate is None else passage.plate.text()
    return [f"no plate: {told}"]


def _site(passage: Passage) -> list[str]:
    place, faults = passage.place, []
    if place.certificate is None:
        faults.append("the site states no certificate of the device")
    elif place.certificate.valid_until < local_day(passage):
        faults.append(f"the certificate ended on {place.certificate.valid_until}")
    if place.signs_checked_on is None:
        faults.append("nobody recorded that the warning signs stand")
    elif place.signs_checked_on > local_day(passage):
        faults.append(f"the warning signs were seen on {place.signs_checked_on}, after the passage")
    if not all((place.name.strip(), place.road.strip(), place.towards.strip())):
        faults.append("the site does not name its place, road and direction")
    return faults


def _clock(passage: Passage) -> list[str]:
    clock, day = passage.place.clock, local_day(passage)
    if clock is None:
        return ["nobody recorded that the clock of the footage was checked"]
    faults = []
    if not abs(clock.offset_s) <= CLOCK_OFF_S:
        faults.append(f"the clock may be off by {clock.offset_s:g} s, more than {CLOCK_OFF_S:g} s")
    if clock.checked_on > day:
        faults.append(f"the clock was checked on {clock.checked_on}, after the passage")
    if (day - clock.checked_on).days > CLOCK_CHECK_DAYS:
        faults.append(
            f"the clock was last checked on {clock.checked_on}, more than {CLOCK_CHECK_DAYS} days "
            "before"
        )
    return faults


def _exhibits(passage: Passage) -> list[str]:
    present = Counter(exhibit.kind for exhibit in passage.exhibits)
    faults = [f"{words} is missing" for kind, words in _WANTED.items() if not present[kind]]
    # With two of a kind, or one picture under two names, nobody knows which one proves what.
    if len({exhibit.sha256 for exhibit in passage.exhibits}) < len(passage.exhibits):
        faults.append("one exhibit stands for two")
    faults += [f"{words} is there twice" for kind, words in _KNOWN.items() if present[kind] > 1]
    return faults


def wants_person(violation: Violation) -> tuple[str, ...]:
    """Why a person must look although nothing is lacking."""
    plate, reasons = violation.passage.plate, []
    if isinstance(plate, PlateReading) and plate.repaired:
        reasons.append("a character of the plate was repaired to fit a format")
    if isinstance(plate, PlateReading) and not plate.confidence >= SURE_PLATE:
        reasons.append(f"the plate is read with {plate.confidence:.3f}, below {SURE_PLATE}")
    if isinstance(plate, PlateReading) and plate.confidence > 1:
        reasons.append(f"the plate is read with {plate.confidence:g}, which is no confidence")
    if isinstance(plate, PlateReading) and plate.frames < SEVERAL:
        reasons.append(f"the plate was read in {plate.frames} frames only")
    reasons += wants_country(violation)
    if violation.needs_person:
        reasons.append(f"the rules leave {violation.reference} ({violation.offence}) to a person")
    return tuple(reasons)


def wants_country(violation: Violation) -> tuple[str, ...]:
    """Why an officer must state whose plate it is, or nothing where the plate tells it."""
    plate = violation.passage.plate
    if not isinstance(plate, PlateReading) or violation.country:
        return ()
    may_be = f"may be of {', '.join(plate.countries)}" if plate.countries else "has no known format"
    return (f"the plate {may_be} and does not tell its country: whoever confirms states it",)


def wants_second(
    violation: Violation, *, amount: Money | None = None, cancelled: bool = False
) -> tuple[str, ...]:
    """Why a second officer must agree, or nothing where one officer is enough.

    Args:
        violation: What is decided on.
        amount: The fine, where it is not the minimum.
        cancelled: A fine that stands is to be cancelled.
    """
    reasons = []
    if cancelled:
        reasons.append("a fine that stands is cancelled")
    elif violation.suspension_months:
        reasons.append("it suspends a licence")
    least = violation.amount_min
    if amount is not None and (least is None or amount.minor > least.minor):
        reasons.append("the amount is above the minimum")
    return tuple(reasons)


def seconded(officer: str, second: str) -> bool:
    """Whether ``second`` names another officer than ``officer``, however it is written.

    Doubt says no: names in two alphabets are not compared, and what is easily misread is the same.
    """
    names = [unicodedata.normalize("NFKD", name) for name in (officer, second)]
    one, other = map(_plain, names)
    alphabets = {unicodedata.name(c, "?").split()[0] for c in "".join(names) if c.isalpha()}
    return bool(other) and one != other and len(alphabets) <= 1


def _plain(name: str) -> str:
    digits = (str(unicodedata.decimal(c, c)) for c in name.casefold() if c.isalnum())
    return "".join(digits).translate(_MISREAD)


def drawn_for_quality(key: str) -> bool:
    """Whether a person must look at the policy's decision on the case ``key`` afterwards.

    The draw follows from the key, a keyed hash: it can be repeated by an auditor and foreseen by
    nobody outside the office.
    """
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") % QUALITY_SHARE == 0
