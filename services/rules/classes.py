"""Which of the law's classes a vehicle may belong to, from what a camera took it for. Pure.

A camera sees size and shape; the law asks for papers. So a kind leaves every class that a vehicle
of its size may have: a van may be registered as a car, a lorry or a bus, and what is as large as a
lorry may be somebody's home. The mildest band of all that are left applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from speedcam.model import Passage, VehicleCategory, VehicleClass

ANY = frozenset(VehicleCategory)

_CAR, _LORRY, _BUS, _TOWING, _MOTORCYCLE = (
    VehicleCategory.CAR,
    VehicleCategory.LORRY,
    VehicleCategory.BUS,
    VehicleCategory.TOWING,
    VehicleCategory.MOTORCYCLE,
)
_MAY_BE: Mapping[VehicleClass, frozenset[VehicleCategory]] = MappingProxyType(
    {
        VehicleClass.CAR: frozenset({_CAR, _TOWING}),
        VehicleClass.VAN: frozenset({_CAR, _LORRY, _BUS, _TOWING}),
        VehicleClass.TRUCK: frozenset({_CAR, _LORRY, _BUS, _TOWING}),
        VehicleClass.BUS: frozenset({_CAR, _BUS, _TOWING}),
        VehicleClass.MOTORCYCLE: frozenset({_MOTORCYCLE, _TOWING}),
        VehicleClass.UNKNOWN: ANY,
    }
)
"""Our own choice, in the driver's favour; no law says what a camera may take for what."""


def classes_of(passage: Passage) -> frozenset[VehicleCategory]:
    """Every class that the vehicle of ``passage`` may belong to; the stated one where there is."""
    if passage.conditions.vehicle is not None:
        return frozenset({passage.conditions.vehicle})
    return ANY if passage.vehicle is None else _MAY_BE[passage.vehicle.kind]
