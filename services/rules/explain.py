"""How a passage came to its violation, or to none: one readable step after the other. Pure.

The steps do the reckoning again; they cannot say other numbers than the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.model import Violation
from services.rules.classes import ANY
from services.rules.edition import Edition
from services.rules.engine import NoViolation, circumstances, in_unit, judge, local_time
from services.rules.entries import Entry
from services.rules.pack import Band, Pack
from services.rules.reckoning import Circumstances, Reckoning, price, reckon
from speedcam.model import Passage, SpeedMeasurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a derivation.

    Attributes:
        what: In words.
        figure: What came of it.
        reference: The article it follows; empty for a matter of fact.
        sure: How sure that entry is; empty for a matter of fact.
    """

    what: str
    figure: str
    reference: str = ""
    sure: str = ""


def derivation(passage: Passage, edition: Edition) -> Iterator[Step]:
    """Every step from the measured speed to what follows.

    Raises:
        CaseError: What the passage says of its speed or time cannot be.
    """
    pack, at = edition.pack, local_time(passage)
    yield Step(
        what=f"passage {passage.id} at {passage.place.name}",
        figure=f"{at:%Y-%m-%d %H:%M:%S} {at.tzname()}",
    )
    yield Step(
        what=f"by {pack.title}",
        figure=f"{pack.id}, version {pack.version}, hash {edition.sha256[:12]}",
    )
    judged = judge(passage, edition, key=passage.id)
    around = circumstances(passage, pack)
    speeding = not passage.conditions.against_lane
    if isinstance(passage.speed, SpeedMeasurement) and passage.lane and around and speeding:
        yield from _reckoned(passage, passage.speed, around, pack)
    yield _outcome(judged)


def _reckoned(
    passage: Passage, speed: SpeedMeasurement, around: Circumstances, pack: Pack
) -> Iterator[Step]:
    reckoning = reckon(pack, *in_unit(speed, pack), around)
    yield from _speeds(reckoning, speed, pack)
    rule = passage.conditions.limit_rule
    held = f" ({rule}: see the site file)" if rule else ""
    yield Step(what=f"limit in force in lane {passage.lane}{held}", figure=_of(around.limit, pack))
    if around.vehicles != ANY:
        kinds = " or ".join(sorted(around.vehicles))
        yield Step(what="class of vehicle that it may have, the mildest counts", figure=kinds)
    yield Step(what="over the limit", figure=_of(reckoning.over, pack))
    if reckoning.band is not None:
        yield from _consequences(reckoning.band, around, pack)


def _speeds(reckoning: Reckoning, speed: SpeedMeasurement, pack: Pack) -> Iterator[Step]:
    law, rounding = pack.tolerance, pack.tolerance.rounding
    yield Step(
        what=f"measured, grade {speed.grade}, to 0.1 in the driver's favour",
        figure=f"{reckoning.measured} ± {_of(reckoning.uncertainty, pack)}",
    )
    if reckoning.taken != reckoning.measured:
        yield _by_law("cut down to a whole number", _of(reckoning.taken, pack), rounding)
    if law.kind == "threshold":
        yield _by_law("nothing is deducted", law.in_words(), law)
    elif reckoning.taken > 0:
        step = law.step(reckoning.taken, "fixed").in_words()
        yield _by_law(f"deduction: {step}", _of(reckoning.deducted, pack), law)
        yield _by_law("left by the law", _of(reckoning.by_law, pack), law)
    doubt = reckoning.measured - reckoning.uncertainty
    yield Step(what="measured less its uncertainty", figure=_of(doubt, pack))
    lower = min(reckoning.by_law, doubt)
    if reckoning.retained != lower:
        yield _by_law("the lower of both, cut down", _of(reckoning.retained, pack), rounding)
    else:
        yield Step(what="the lower of both counts", figure=_of(lower, pack))


def _consequences(band: Band, around: Circumstances, pack: Pack) -> Iterator[Step]:
    yield _by_law(f"band {band.code}: {band.over} over in zone {band.zone}", band.outcome, band)
    cost = price(pack, band, around.at)
    if cost and band.fine:
        least, most = (f"{pack.major(each):f}" for each in cost)
        span = least if least == most else f"{least} to {most}"
        yield _by_law("amount", f"{span} {pack.currency}", band.fine)
        for surcharge in pack.amount.surcharges:
            if surcharge.holds_at(around.at):
                above, below = surcharge.times
                yield _by_law("with the surcharge of the hour", f"{above}/{below}", surcharge)
        yield _by_law("the minimum is the fine", f"{least} {pack.currency}", pack.amount)
    yield _by_law("penalty points", str(band.points.value), band.points)
    if band.suspension:
        first, last = band.suspension.months
        yield _by_law("licence suspended", f"{first} to {last} months", band.suspension)
    decides = "a person" if band.needs_person else "a named policy may"
    yield _by_law("who decides", decides, band)


def _outcome(judged: Violation | NoViolation) -> Step:
    if isinstance(judged, NoViolation):
        finding = judged.finding.replace("_", " ")
        return Step(what=f"no violation: {finding}", figure=judged.text)
    return Step(what=f"violation: {judged.offence}", figure=judged.outcome)


def _by_law(what: str, figure: str, entry: Entry) -> Step:
    return Step(what=what, figure=figure, reference=entry.reference, sure=entry.sure)


def _of(speed: Decimal, pack: Pack) -> str:
    return f"{speed.normalize():f} {pack.unit}"
