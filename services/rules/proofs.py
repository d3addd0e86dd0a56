"""What must be true of a whole pack before anybody is judged by it. Each gives every fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Literal, get_args

from services.rules.bands import gaps
from services.rules.entries import entries_in
from speedcam.model import VehicleCategory

if TYPE_CHECKING:
    from services.rules.pack import Band, Pack
    from services.rules.parts import Zone

Road = Literal["urban", "rural", "main", "motorway"]
ROADS: tuple[Road, ...] = get_args(Road)


def zones_cover_all(zones: Mapping[str, Zone]) -> list[str]:
    """Whether each road, vehicle and limit is in exactly one zone."""
    faults: dict[str, str] = {}
    for road, vehicle in product(ROADS, VehicleCategory):
        here = [z for z in zones.values() if road in z.roads and vehicle in z.vehicles]
        here.sort(key=lambda zone: zone.limits.low)
        for fault in gaps("limits", [zone.limits for zone in here]):
            # One sentence for each kind of road: the classes of vehicle mostly repeat it.
            faults.setdefault(road, f"{road} road, {vehicle}: {_told(fault)}")
    return list(faults.values())


def _told(fault: str) -> str:
    if "has no bands" in fault:
        return "stands in 0 zones: name each kind of road and class of vehicle in exactly one"
    return f"stands in no zone, or in 2 zones, for some limits: {fault}"


def bands_of_zones(bands: Sequence[Band], zones: Mapping[str, Zone] | None) -> list[str]:
    """Whether codes are unique, and each zone's bands leave no gap and never grow kinder."""
    codes = [band.code for band in bands]
    faults = [f"code {code} stands twice" for code in sorted(set(codes)) if codes.count(code) > 1]
    if zones is None:
        return faults
    unknown = sorted({band.zone for band in bands} - set(zones))
    faults += [f"zone {zone} is not in zones: add it or mend it" for zone in unknown]
    for zone in zones:
        here = [band for band in bands if band.zone == zone]
        faults += gaps(f"zone {zone}", [band.over for band in here])
        faults += [
            f"{faster.code} is milder than {slower.code}: who drives faster must not bear less"
            for slower, faster in pairwise(here)
            if _milder(faster, slower)
        ]
    return faults


def _milder(one: Band, other: Band) -> bool:
    """Whether ``one`` asks less than ``other`` in anything, or does the same by a lighter way."""
    if one.severity[0] != other.severity[0]:
        return one.severity[0] < other.severity[0]
    (_, least, points, months), (_, least_other, points_other, months_other) = (
        one.severity,
        other.severity,
    )
    return (
        least < least_other
        or points < points_other
        or months < months_other
        or one.needs_person < other.needs_person
    )


def whole_amounts(bands: Sequence[Band], decimals: int) -> list[str]:
    """Whether every amount can be paid in the currency's coins."""
    least = Decimal(1).scaleb(-decimals)
    return [
        f"{band.code}: {amount} has more decimals than the currency: it must be an integer "
        f"number of {least}"
        for band in bands
        if band.fine
        for amount in band.fine.sums()
        if amount % least
    ]


def fixed_amounts(pack: Pack) -> list[str]:
    """Whether each fine names the fixed amounts that the pack's discount and lateness use."""
    wanted = []
    if pack.discount and pack.discount.kind == "fixed":
        wanted.append("reduced")
    if pack.late.kind == "fixed":
        wanted.append("increased")
    return [
        f"{band.code} has no {name} amount, and {pack.id} fixes them band by band: add it"
        for band in pack.bands
        if band.fine
        for name in wanted
        if getattr(band.fine, name) is None
    ]


def earned(values: Mapping[str, Any]) -> list[str]:
    """Whether a pack with these values may call itself verified."""
    unsure = [entry for _, entry in entries_in(dict(values)) if entry.sure in {"C", "K"}]
    if not unsure and values.get("reviewed_by"):
        return []
    told = (
        "a pack is verified when reviewed_by names a person and no entry is marked C or K "
        f"({len(unsure)} here are): write false until then"
    )
    return [told]


def unknown_sources(pack: Pack) -> list[str]:
    """Names that entries give as their source and that the pack does not list."""
    used = {name for _, entry in entries_in(pack) for name in entry.source}
    return sorted(used - set(pack.sources))


def later_entries(pack: Pack) -> list[str]:
    """Entries that say they hold only since a day after the pack's first."""
    return [
        f"{name} holds since {entry.since}, after the pack's first day {pack.from_}: it belongs "
        "into a pack of its own"
        for name, entry in entries_in(pack)
        if entry.since and entry.since > pack.from_
    ]
