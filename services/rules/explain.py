"""How a passage came to its violation, or to none: one readable step after the other. Pure.

The steps do the reckoning again; they cannot say other numbers than the judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from services.model import Outcome, Violation
from services.rules.classes import ANY
from services.rules.edition import Edition
from services.rules.engine import NoViolation, circumstances, in_unit, judge, local_time
from services.rules.entries import Entry
from services.rules.pack import Band, Pack
from services.rules.reckoning import Circumstances, Reckoning, price, reckon
from services.worded import EnglishOnly, Worded, worded
from speedcam.model import Passage, SpeedMeasurement, VehicleCategory

_OUTCOMES = {
    Outcome.ADVISORY: worded("advisory"),
    Outcome.COURSE: worded("course"),
    Outcome.FINE: worded("fine"),
    Outcome.REPORT: worded("report"),
    Outcome.COURT: worded("court"),
}
_VEHICLES = {
    VehicleCategory.CAR: worded("car"),
    VehicleCategory.LORRY: worded("lorry"),
    VehicleCategory.BUS: worded("bus"),
    VehicleCategory.TOWING: worded("towing"),
    VehicleCategory.MOTORCYCLE: worded("motorcycle"),
}


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
        what=worded("passage {passage} at {place}", passage=passage.id, place=passage.place.name),
        figure=f"{at:%Y-%m-%d %H:%M:%S} {at.tzname()}",
    )
    yield Step(
        what=worded("by {law}", law=EnglishOnly(pack.title)),
        figure=worded(
            "{pack}, version {version}, hash {hash}",
            pack=pack.id,
            version=str(pack.version),
            hash=edition.sha256[:12],
        ),
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
    yield Step(what=_in_force(passage), figure=_of(around.limit, pack))
    if around.vehicles != ANY:
        yield Step(
            what=worded("class of vehicle that it may have, the mildest counts"),
            figure=_any_of(around.vehicles),
        )
    yield Step(what=worded("over the limit"), figure=_of(reckoning.over, pack))
    if reckoning.band is not None:
        yield from _consequences(reckoning.band, around, pack)


def _in_force(passage: Passage) -> Worded:
    rule, lane = passage.conditions.limit_rule, passage.lane
    if rule:
        return worded(
            "limit in force in lane {lane} ({rule}: see the site file)", lane=lane, rule=rule
        )
    return worded("limit in force in lane {lane}", lane=lane)


def _any_of(vehicles: Iterable[VehicleCategory]) -> Worded:
    kinds = (_VEHICLES[each] for each in sorted(vehicles))
    return reduce(lambda one, other: worded("{one} or {other}", one=one, other=other), kinds)


def _speeds(reckoning: Reckoning, speed: SpeedMeasurement, pack: Pack) -> Iterator[Step]:
    law, rounding = pack.tolerance, pack.tolerance.rounding
    yield Step(
        what=worded("measured, grade {grade}, to 0.1 in the driver's favour", grade=speed.grade),
        figure=worded(
            "{measured} ± {uncertainty}",
            measured=reckoning.measured,
            uncertainty=_of(reckoning.uncertainty, pack),
        ),
    )
    if reckoning.taken != reckoning.measured:
        yield _by_law(worded("cut down to a whole number"), _of(reckoning.taken, pack), rounding)
    if law.kind == "threshold":
        yield _by_law(worded("nothing is deducted"), law.in_words(), law)
    elif reckoning.taken > 0:
        step = law.step(reckoning.taken, "fixed").in_words()
        yield _by_law(worded("deduction: {step}", step=step), _of(reckoning.deducted, pack), law)
        yield _by_law(worded("left by the law"), _of(reckoning.by_law, pack), law)
    doubt = reckoning.measured - reckoning.uncertainty
    yield Step(what=worded("measured less its uncertainty"), figure=_of(doubt, pack))
    lower = min(reckoning.by_law, doubt)
    if reckoning.retained != lower:
        yield _by_law(
            worded("the lower of both, cut down"), _of(reckoning.retained, pack), rounding
        )
    else:
        yield Step(what=worded("the lower of both counts"), figure=_of(lower, pack))


def _consequences(band: Band, around: Circumstances, pack: Pack) -> Iterator[Step]:
    yield _by_law(
        worded(
            "band {band}: {over} over in zone {zone}",
            band=band.code,
            over=str(band.over),
            zone=band.zone,
        ),
        _OUTCOMES[band.outcome],
        band,
    )
    cost = price(pack, band, around.at)
    if cost and band.fine:
        least, most = (f"{pack.major(each):f}" for each in cost)
        yield _by_law(worded("amount"), _span(least, most, pack.currency), band.fine)
        for surcharge in pack.amount.surcharges:
            if surcharge.holds_at(around.at):
                above, below = surcharge.times
                yield _by_law(
                    worded("with the surcharge of the hour"), f"{above}/{below}", surcharge
                )
        yield _by_law(worded("the minimum is the fine"), f"{least} {pack.currency}", pack.amount)
    yield _by_law(worded("penalty points"), str(band.points.value), band.points)
    if band.suspension:
        first, last = band.suspension.months
        months = worded("{first} to {last} months", first=first, last=last)
        yield _by_law(worded("licence suspended"), months, band.suspension)
    decides = worded("a person") if band.needs_person else worded("a named policy may")
    yield _by_law(worded("who decides"), decides, band)


def _span(least: str, most: str, currency: str) -> str:
    if least == most:
        return f"{least} {currency}"
    return worded("{least} to {most} {currency}", least=least, most=most, currency=currency)


def _outcome(judged: Violation | NoViolation) -> Step:
    if isinstance(judged, NoViolation):
        finding = judged.finding.replace("_", " ")
        return Step(
            what=worded("no violation: {finding}", finding=EnglishOnly(finding)),
            figure=EnglishOnly(judged.text),
        )
    return Step(
        what=worded("violation: {offence}", offence=judged.offence),
        figure=_OUTCOMES[judged.outcome],
    )


def _by_law(what: str, figure: str, entry: Entry) -> Step:
    return Step(what=what, figure=figure, reference=entry.reference, sure=entry.sure)


def _of(speed: Decimal, pack: Pack) -> Worded:
    return worded("{speed:f} {unit}", speed=speed.normalize(), unit=pack.unit)
