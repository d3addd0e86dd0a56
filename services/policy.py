"""Named policies: what may be confirmed without a person, and what nobody may confirm. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from services.errors import CaseError
from services.model import Decision, Money, OffenceKind, Outcome, Verdict, Violation
from services.refusals import refused
from services.rules.average import average_lacks, not_above
from services.rules.engine import local_day
from services.worded import Worded, worded
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
    ExhibitKind.STILL_FIRST: worded("the still where the measured stretch begins"),
    ExhibitKind.STILL_LAST: worded("the still where it ends"),
    ExhibitKind.PLATE: worded("the picture of the plate"),
    ExhibitKind.PHOTO: worded("the redacted photo"),
    ExhibitKind.RAW: worded("the raw data of the measurement"),
}
_KNOWN = _WANTED | {
    ExhibitKind.SHOWN_FIRST: worded("the redacted still where the measured stretch begins"),
    ExhibitKind.SHOWN_LAST: worded("the redacted still where it ends"),
    ExhibitKind.FILM: worded("the film"),
    ExhibitKind.DRIVER: worded("the picture of the driver"),
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
            worded("{site}: {fault}", site=each.place.site_id, fault=fault)
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
    told = worded(
        "{reference} ({offence}) is no fine of this office: the law makes it a matter of "
        "{elsewhere}; hand the case over and reject it here",
        reference=violation.reference,
        offence=violation.offence,
        elsewhere=_ELSEWHERE[violation.outcome],
    )
    return [told]


_ELSEWHERE = {
    Outcome.ADVISORY: worded("a warning without cost"),
    Outcome.COURSE: worded("a course"),
    Outcome.FINE: worded("an amount that the pack does not name"),
    Outcome.REPORT: worded("a report to the authority that pursues it"),
    Outcome.COURT: worded("a court"),
}


def _speed(violation: Violation) -> list[str]:
    speed = violation.passage.speed
    faults: list[str] = []
    if not (isinstance(speed, SpeedMeasurement) and speed.grade is Grade.A):
        faults.append(worded("the speed is not measured with grade A"))
    speeding = violation.kind is OffenceKind.SPEED
    if speeding and violation.retained_kmh <= violation.limit_kmh:
        faults.append(not_above(violation))
    if isinstance(speed, SpeedMeasurement):
        faults += _anchors(speed, violation.limit_kmh if speeding else 0)
        if speed.direction is not violation.passage.direction:
            faults.append(worded("the measured direction is not the one of the passage"))
    return faults


_ANCHORS = {"contact": worded("contact"), "plate": worded("plate")}


def _anchors(speed: SpeedMeasurement, limit_kmh: int) -> list[Worded]:
    """What the two anchors do not bear out; the grade alone is only a word."""
    says = {anchor.name: anchor.speed_kmh for anchor in speed.anchors}
    if len(speed.anchors) != 2 or says.keys() != _ANCHORS.keys():
        return [worded("the speed does not rest on two independent anchors")]
    faults = [
        worded(
            "the {anchor} anchor alone says {kmh:.1f} km/h, not above {limit_kmh} km/h",
            anchor=_ANCHORS[name],
            kmh=kmh,
            limit_kmh=limit_kmh,
        )
        for name, kmh in says.items()
        if not kmh > limit_kmh
    ]
    if not min(says.values()) - _BESIDE_KMH <= speed.speed_kmh <= max(says.values()) + _BESIDE_KMH:
        faults.append(worded("the speed is not what its anchors say"))
    return faults


def _plate(passage: Passage) -> list[str]:
    if isinstance(passage.plate, PlateReading):
        plain = _PLATE_TEXT.fullmatch(passage.plate.text)
        odd = worded("what was read is not upper-case letters and digits")
        return [] if plain else [worded("no plate: {why}", why=odd)]
    unread = passage.plate
    why = worded("nobody looked for it") if unread is None else refused(unread)
    return [worded("no plate: {why}", why=why)]


def _site(passage: Passage) -> list[str]:
    place = passage.place
    faults: list[str] = []
    if place.certificate is None:
        faults.append(worded("the site states no certificate of the device"))
    elif place.certificate.valid_until < local_day(passage):
        ended = place.certificate.valid_until
        faults.append(worded("the certificate ended on {day}", day=ended))
    if place.signs_checked_on is None:
        faults.append(worded("nobody recorded that the warning signs stand"))
    elif place.signs_checked_on > local_day(passage):
        seen = place.signs_checked_on
        faults.append(worded("the warning signs were seen on {day}, after the passage", day=seen))
    if not all((place.name.strip(), place.road.strip(), place.towards.strip())):
        faults.append(worded("the site does not name its place, road and direction"))
    return faults


def _clock(passage: Passage) -> list[str]:
    clock, day = passage.place.clock, local_day(passage)
    if clock is None:
        return [worded("nobody recorded that the clock of the footage was checked")]
    faults: list[str] = []
    if not abs(clock.offset_s) <= CLOCK_OFF_S:
        faults.append(
            worded(
                "the clock may be off by {off_s:g} s, more than {most_s:g} s",
                off_s=clock.offset_s,
                most_s=CLOCK_OFF_S,
            )
        )
    if clock.checked_on > day:
        checked = clock.checked_on
        faults.append(worded("the clock was checked on {day}, after the passage", day=checked))
    if (day - clock.checked_on).days > CLOCK_CHECK_DAYS:
        faults.append(
            worded(
                "the clock was last checked on {day}, more than {most} days before",
                day=clock.checked_on,
                most=CLOCK_CHECK_DAYS,
            )
        )
    return faults


def _exhibits(passage: Passage) -> list[str]:
    present = Counter(exhibit.kind for exhibit in passage.exhibits)
    faults: list[str] = [
        worded("{exhibit} is missing", exhibit=words)
        for kind, words in _WANTED.items()
        if not present[kind]
    ]
    # With two of a kind, or one picture under two names, nobody knows which one proves what.
    if len({exhibit.sha256 for exhibit in passage.exhibits}) < len(passage.exhibits):
        faults.append(worded("one exhibit stands for two"))
    faults += [
        worded("{exhibit} is there twice", exhibit=words)
        for kind, words in _KNOWN.items()
        if present[kind] > 1
    ]
    return faults


def wants_person(violation: Violation) -> tuple[str, ...]:
    """Why a person must look although nothing is lacking."""
    plate = violation.passage.plate
    reasons: list[str] = [*_unsure(plate)] if isinstance(plate, PlateReading) else []
    reasons += wants_country(violation)
    if violation.needs_person:
        reasons.append(
            worded(
                "the rules leave {reference} ({offence}) to a person",
                reference=violation.reference,
                offence=violation.offence,
            )
        )
    return tuple(reasons)


def _unsure(plate: PlateReading) -> Iterator[Worded]:
    """Why a reading is not sure."""
    if plate.repaired:
        yield worded("a character of the plate was repaired to fit a format")
    if not plate.confidence >= SURE_PLATE:
        yield worded(
            "the plate is read with {confidence:.3f}, below {sure}",
            confidence=plate.confidence,
            sure=SURE_PLATE,
        )
    if plate.confidence > 1:
        yield worded(
            "the plate is read with {confidence:g}, which is no confidence",
            confidence=plate.confidence,
        )
    if plate.frames < SEVERAL:
        yield worded("the plate was read in {frames} frames only", frames=plate.frames)


def wants_country(violation: Violation) -> tuple[str, ...]:
    """Why an officer must state whose plate it is, or nothing where the plate tells it."""
    plate = violation.passage.plate
    if not isinstance(plate, PlateReading) or violation.country:
        return ()
    if not plate.countries:
        told = worded(
            "the plate has no known format and does not tell its country: whoever confirms states "
            "it"
        )
        return (told,)
    told = worded(
        "the plate may be of {countries} and does not tell its country: whoever confirms states it",
        countries=", ".join(plate.countries),
    )
    return (told,)


def wants_second(
    violation: Violation, *, amount: Money | None = None, cancelled: bool = False
) -> tuple[str, ...]:
    """Why a second officer must agree, or nothing where one officer is enough.

    Args:
        violation: What is decided on.
        amount: The fine, where it is not the minimum.
        cancelled: A fine that stands is to be cancelled.
    """
    reasons: list[str] = []
    if cancelled:
        reasons.append(worded("a fine that stands is cancelled"))
    elif violation.suspension_months:
        reasons.append(worded("it suspends a licence"))
    least = violation.amount_min
    if amount is not None and (least is None or amount.minor > least.minor):
        reasons.append(worded("the amount is above the minimum"))
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
