"""Days and amounts of a fine: computed once at issue, and what is due on a day. Pure.

Days are local calendar days of the place; the pack says whether the first of them is day 1 or
day 0. Every rounding of an amount here is down, in the driver's favour.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.model import Money, Terms
from services.rules.pack import Band, Pack


def terms_of(pack: Pack, full: Money, issued_on: date, offence: str | None = None) -> Terms:
    """The terms of a fine of ``full`` that are counted from the local day ``issued_on``.

    Where interest follows the reduced amount at once, ``full_from`` lies after ``full_until``:
    there is no day on which exactly the full amount is due.

    Args:
        pack: The law.
        full: The full amount.
        issued_on: The day from which terms count.
        offence: Code of the band, whose own amounts some laws use; None: the pack has no such.
    """
    band = pack.band_of(offence) if offence else None
    reduced, reduced_days = _reduced(pack, full, band)
    reduced_until = _day(pack, issued_on, reduced_days)
    late = pack.late
    return Terms(
        issued_on=issued_on,
        reduced_until=reduced_until,
        reduced=reduced,
        full_from=reduced_until + timedelta(days=1),
        full_until=_day(pack, issued_on, max(reduced_days, late.after_days)),
        full=full,
        late_pct_per_day=late.pct or 0 if late.kind == "daily_pct" else 0,
        late_cap_days=late.cap_days or 0,
        late_cap=_most(pack, full, band),
        object_until=_day(pack, issued_on, pack.objection.days),
        erase_on=_day(pack, issued_on, pack.retention.days),
        late_at_once=late.kind in {"pct_once", "fixed", "half_of_max"},
        prescribed_after=(
            _day(pack, issued_on, pack.prescription.days) if pack.prescription else None
        ),
    )


def served_by(pack: Pack, start: date) -> date | None:
    """The last day to serve a notice whose term counts from the local day ``start``."""
    return _day(pack, start, pack.service.days) if pack.service else None


def due(terms: Terms, on_day: date) -> Money:
    """What is to be paid on the local day ``on_day``."""
    if on_day <= terms.reduced_until:
        return terms.reduced
    if on_day <= terms.full_until:
        return terms.full
    if terms.late_at_once:
        return terms.late_cap
    late_days = min((on_day - terms.full_until).days, terms.late_cap_days)
    return _late(terms.full, terms.late_pct_per_day, late_days)


def _reduced(pack: Pack, full: Money, band: Band | None) -> tuple[Money, int]:
    """The amount for whoever pays early, and until which day; the full one where there is none."""
    discount = pack.discount
    suspended = band is not None and band.suspension is not None
    if discount is None or (suspended and "suspension" in discount.blocked_by):
        return full, pack.late.after_days
    if discount.kind == "fixed":
        fixed = band.fine.reduced if band and band.fine else None
        return (pack.money(fixed) if fixed is not None else full), discount.days
    minor = full.minor * (100 - (discount.pct or 0)) // 100
    return Money(minor=minor, currency=full.currency), discount.days


def _most(pack: Pack, full: Money, band: Band | None) -> Money:
    """The amount that the fine can reach."""
    late = pack.late
    match late.kind:
        case "daily_pct":
            return _late(full, late.pct or 0, late.cap_days or 0)
        case "pct_once":
            return _late(full, late.pct or 0, 1)
        case "proceedings":
            return full
    fine = band.fine if band else None
    if fine is None:
        raise ValueError(f"{pack.id} fixes what is due late band by band: name the offence")
    if late.kind == "fixed":
        return pack.money(fine.increased) if fine.increased is not None else full
    half = Money(minor=pack.money(fine.max).minor // 2, currency=full.currency)
    return max(full, half, key=lambda money: money.minor)


def _late(full: Money, pct: int, days: int) -> Money:
    return Money(minor=full.minor + full.minor * pct * days // 100, currency=full.currency)


def _day(pack: Pack, start: date, ordinal: int) -> date:
    return start + timedelta(days=ordinal - pack.counting.first_day)
