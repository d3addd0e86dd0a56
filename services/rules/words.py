"""A pack's values in plain words, for whoever proof-reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.rules.amounts import FineRange
from services.rules.bands import Interval
from services.rules.entries import Entry, Unit
from services.rules.pack import Band, Pack
from services.rules.parts import Limits
from services.rules.proofs import ROADS
from services.rules.tolerance import Deduct

Line = tuple[str, str, Entry]
"""What it is, what it says, where it comes from."""

_LATE = {
    "daily_pct": "{late.pct} % of the full amount for each day after day {late.after_days}, "
    "for at most {late.cap_days} days",
    "pct_once": "{late.pct} % more after day {late.after_days}",
    "fixed": "the increased amount of the band after day {late.after_days}",
    "half_of_max": "half of the band's maximum after day {late.after_days}",
    "proceedings": "no amount: a court or an authority goes on after day {late.after_days}",
}


def in_words(pack: Pack) -> Iterator[Line]:
    """Every rule of ``pack`` but its bands, in the order in which a case meets them."""
    yield from _limits(pack.limits, pack.unit)
    yield from _tolerance(pack)
    yield from _amount(pack)
    yield from _terms(pack)
    yield from _people(pack)


def _limits(limits: Limits, unit: Unit) -> Iterator[Line]:
    for road in ROADS:
        usual = getattr(limits, road)
        told = "no general limit" if usual is None else f"{usual} {unit}"
        wet = f"; {limits.wet[road]} {unit} when wet" if road in limits.wet else ""
        yield f"Limit without a sign, {road}", told + wet, limits


def _tolerance(pack: Pack) -> Iterator[Line]:
    law, unit = pack.tolerance, pack.unit
    if isinstance(law, Deduct):
        for device, steps in law.devices.items():
            told = "; ".join(
                f"{stretch(step.measured, unit)} measured: "
                + (f"{step.less_pct:f} %" if step.less is None else f"{step.less:f} {unit}")
                for step in steps
            )
            yield f"Deducted, device {device.replace('_', ' ')}", told, law
    else:
        told = f"nothing; pursued from the limit + {law.pct:f} % + {law.add:f} {unit} on"
        yield "Deducted", told, law
    yield "Rounded to whole numbers", _rounding(pack), law.rounding


def _rounding(pack: Pack) -> str:
    rounding = pack.tolerance.rounding
    parts = {
        "the measured speed down": rounding.measured == "down",
        "the deduction up": rounding.deduction == "up",
        "the speed that is left down": rounding.retained == "down",
    }
    return ", ".join(words for words, done in parts.items() if done) or "nothing"


def _amount(pack: Pack) -> Iterator[Line]:
    rounding = "down" if pack.amount.rounding == "down" else "to the nearest"
    yield "The fine", f"the minimum of its band; rounded {rounding}", pack.amount
    for surcharge in pack.amount.surcharges:
        (begin, end), (above, below) = surcharge.between, surcharge.times
        yield f"From {begin:%H:%M} to {end:%H:%M}", f"times {above}/{below}", surcharge
    discount = pack.discount
    if discount is not None:
        told = "the reduced amount of the band"
        if discount.kind == "pct":
            told = f"{discount.pct} % less"
        blocked = ", not where a licence is suspended" if discount.blocked_by else ""
        yield "Paid early", f"{told} until day {discount.days}{blocked}", discount
    yield "Paid late", _LATE[pack.late.kind].format(late=pack.late), pack.late


def _terms(pack: Pack) -> Iterator[Line]:
    count = pack.counting
    yield "Days count from", f"the day it is {count.starts}, day {count.first_day}", count
    yield "To object", f"until day {pack.objection.days}", pack.objection
    if pack.service is not None:
        yield "To serve the notice", f"within {pack.service.days} days", pack.service
    if pack.prescription is not None:
        yield "To pursue a fine", f"within {pack.prescription.days} days", pack.prescription
    yield "Pictures are erased", f"on day {pack.retention.days}", pack.retention


def _people(pack: Pack) -> Iterator[Line]:
    who = pack.liability
    bears = "the driver alone" if who.points == "driver_only" else "nobody"
    named = f"; the driver is named within {who.nominate_days} days" if who.nominate_days else ""
    yield "Who pays", f"the {who.pays}; points go to {bears}{named}", who
    yield "The photo", pack.photo_policy.kind.replace("_", " "), pack.photo_policy
    facts = ", ".join(fact.replace("_", " ") for fact in pack.notice.must_hold)
    yield "A notice must hold", facts, pack.notice
    if pack.wrong_way is not None:
        yield "Against a lane's direction", f"{pack.wrong_way.outcome}, by a person", pack.wrong_way


def stretch(interval: Interval, unit: Unit) -> str:
    """An interval as people say it, edges included or not."""
    low = f"{'from' if interval.low_in else 'above'} {interval.low:f}"
    if interval.high is None:
        return f"{low} {unit}"
    return f"{low} {'up to' if interval.high_in else 'to below'} {interval.high:f} {unit}"


def whom(pack: Pack, zone: str) -> str:
    """For whom the bands of ``zone`` are."""
    law = pack.zones[zone]
    parts = []
    if "roads" in law.model_fields_set:
        parts.append(f"{', '.join(law.roads)} roads")
    if "limits" in law.model_fields_set:
        parts.append(f"limits {stretch(law.limits, pack.unit)}")
    if "vehicles" in law.model_fields_set:
        parts.append(", ".join(law.vehicles))
    return "; ".join(parts) or "every road and vehicle"


def amount(pack: Pack, fine: FineRange | None) -> str:
    """The amounts of a band."""
    if fine is None:
        return "–"
    span = f"{fine.min:,f}" if fine.min == fine.max else f"{fine.min:,f} – {fine.max:,f}"
    extra = [f"{v:,f} {n}" for n, v in (("early", fine.reduced), ("late", fine.increased)) if v]
    return f"{span} {pack.currency}" + (f" ({', '.join(extra)})" if extra else "")


def licence(band: Band) -> str:
    """What becomes of the licence."""
    if band.suspension is None:
        return "–"
    first, last = band.suspension.months
    span = f"{first}" if first == last else f"{first} – {last}"
    return f"{span} month" + ("" if last == 1 else "s")


def doubts(band: Band) -> str:
    """Values in the band that bear another mark than the band itself."""
    parts = (("amount", band.fine), ("points", band.points), ("licence", band.suspension))
    return ", ".join(f"{name} {e.sure}" for name, e in parts if e and e.sure != band.sure)
