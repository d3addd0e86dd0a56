"""The shapes of motor vehicles: profiles in metres, from the front bumper (0) to the rear."""

from __future__ import annotations

from speedcam.simulate.body import Body, Glazing, Profile, Shell
from speedcam.simulate.slim import SLIM_BODIES


def _car(  # noqa: PLR0917 - a row of the table of shapes below, in its order
    kind: str,
    length: float,
    width: float,
    top: Profile,
    belt: float,
    axles: tuple[float, float],
    radius: float,
    glazing: Glazing,
    doors: tuple[float, ...],
    plates: tuple[float, float],
    tail: tuple[float, float],
    head: tuple[float, float],
    *,
    base: float = 0.2,
    tumble: float = 0.24,
    bow_rear: float = 0.10,
) -> Body:
    shell = Shell(
        top=top, belt=belt, base=base, half_width=width / 2, tumble=tumble, bow_rear=bow_rear
    )
    return Body(
        kind=kind,
        length_m=length,
        width_m=width,
        height_m=max(z for _, z in top),
        axles_m=axles,
        wheel_radius_m=radius,
        shells=(shell,),
        glazing=glazing,
        doors_m=doors,
        plate_front_m=plates[0],
        plate_rear_m=plates[1],
        tail_lamp_z=tail,
        head_lamp_z=head,
    )


def _sedan() -> Body:
    top = (
        (0, 0.62),
        (0.10, 0.72),
        (0.45, 0.82),
        (1.28, 0.96),
        (2.02, 1.38),
        (2.45, 1.45),
        (3.05, 1.43),
        (3.85, 1.11),
        (4.02, 1.06),
        (4.52, 1.02),
        (4.65, 0.93),
    )
    sides = (
        ((1.62, 0.98), (2.16, 1.33), (2.56, 1.385), (2.62, 0.98)),
        ((2.70, 0.98), (2.66, 1.385), (3.02, 1.37), (3.46, 1.22), (3.56, 1.0)),
    )
    glazing = Glazing(screen=(1.30, 2.04), rear=(3.10, 3.84), sides=sides)
    return _car(
        "sedan",
        4.65,
        1.80,
        top,
        0.93,
        (0.92, 3.62),
        0.325,
        glazing,
        (1.52, 2.66, 3.60),
        (0.48, 0.78),
        (0.72, 0.90),
        (0.60, 0.75),
    )


def _hatch() -> Body:
    top = (
        (0, 0.64),
        (0.10, 0.75),
        (0.40, 0.86),
        (1.02, 1.00),
        (1.72, 1.41),
        (2.15, 1.48),
        (3.05, 1.46),
        (3.55, 1.40),
        (3.92, 1.00),
        (4.05, 0.88),
    )
    sides = (
        ((1.32, 1.01), (1.86, 1.36), (2.34, 1.415), (2.38, 1.0)),
        ((2.46, 1.0), (2.43, 1.415), (3.05, 1.39), (3.34, 1.25), (3.36, 1.04)),
    )
    glazing = Glazing(screen=(1.04, 1.74), rear=(3.58, 3.90), sides=sides)
    return _car(
        "hatch",
        4.05,
        1.75,
        top,
        0.96,
        (0.82, 3.38),
        0.315,
        glazing,
        (1.22, 2.42, 3.3),
        (0.46, 0.74),
        (0.78, 0.98),
        (0.64, 0.80),
    )


def _estate() -> Body:
    top = (
        (0, 0.62),
        (0.10, 0.72),
        (0.45, 0.83),
        (1.26, 0.97),
        (2.00, 1.40),
        (2.45, 1.47),
        (3.60, 1.46),
        (4.15, 1.41),
        (4.52, 1.00),
        (4.68, 0.84),
    )
    sides = (
        ((1.60, 0.99), (2.14, 1.35), (2.56, 1.40), (2.62, 0.98)),
        ((2.70, 0.98), (2.66, 1.40), (3.40, 1.40), (3.46, 0.99)),
        ((3.54, 1.0), (3.50, 1.40), (3.95, 1.36), (4.10, 1.08)),
    )
    glazing = Glazing(screen=(1.28, 2.02), rear=(4.18, 4.50), sides=sides)
    return _car(
        "estate",
        4.68,
        1.81,
        top,
        0.94,
        (0.92, 3.66),
        0.325,
        glazing,
        (1.52, 2.66, 3.50),
        (0.47, 0.76),
        (0.76, 1.0),
        (0.60, 0.75),
    )


def _suv() -> Body:
    top = (
        (0, 0.78),
        (0.10, 0.92),
        (0.35, 1.02),
        (1.18, 1.13),
        (1.84, 1.58),
        (2.25, 1.67),
        (3.60, 1.66),
        (4.08, 1.58),
        (4.42, 1.12),
        (4.55, 0.98),
    )
    sides = (
        ((1.50, 1.14), (1.98, 1.52), (2.48, 1.60), (2.52, 1.12)),
        ((2.60, 1.12), (2.56, 1.60), (3.36, 1.59), (3.40, 1.13)),
        ((3.48, 1.13), (3.44, 1.58), (3.86, 1.50), (3.98, 1.22)),
    )
    glazing = Glazing(screen=(1.20, 1.86), rear=(4.10, 4.40), sides=sides)
    return _car(
        "suv",
        4.55,
        1.86,
        top,
        1.08,
        (0.90, 3.60),
        0.36,
        glazing,
        (1.40, 2.55, 3.46),
        (0.56, 0.82),
        (0.90, 1.12),
        (0.76, 0.90),
        base=0.24,
        tumble=0.20,
    )


def _van() -> Body:
    top = (
        (0, 0.92),
        (0.10, 1.05),
        (0.50, 1.22),
        (0.85, 1.34),
        (1.62, 2.12),
        (2.0, 2.28),
        (3.4, 2.30),
        (5.10, 2.28),
        (5.40, 2.22),
    )
    sides = (((1.14, 1.34), (1.66, 1.92), (2.14, 1.96), (2.14, 1.32)),)
    glazing = Glazing(screen=(0.87, 1.62), rear=None, sides=sides, rear_z=(1.36, 1.92))
    return _car(
        "van",
        5.40,
        2.0,
        top,
        1.28,
        (0.98, 4.26),
        0.345,
        glazing,
        (1.06, 2.22, 3.50, 5.30),
        (0.52, 0.88),
        (0.98, 1.50),
        (0.80, 1.02),
        base=0.24,
        tumble=0.13,
        bow_rear=0.03,
    )


def _lorry() -> Body:
    cab = Shell(
        top=((0, 1.20), (0.06, 1.35), (0.22, 1.52), (0.62, 2.34), (0.9, 2.46), (1.95, 2.48)),
        belt=1.36,
        base=0.26,
        half_width=1.06,
        tumble=0.10,
        bow_front=0.14,
        bow_rear=0.02,
    )
    box = Shell(
        top=((2.08, 3.12), (7.30, 3.12)),
        belt=2.98,
        base=0.92,
        half_width=1.18,
        tumble=0.02,
        bow_front=0.0,
        bow_rear=0.0,
        round_m=0.03,
    )
    sides = (((0.52, 1.46), (0.80, 2.16), (1.46, 2.20), (1.48, 1.42)),)
    glazing = Glazing(screen=(0.24, 0.64), rear=None, sides=sides)
    return Body(
        kind="lorry",
        length_m=7.30,
        width_m=2.36,
        height_m=3.12,
        axles_m=(1.12, 5.45),
        wheel_radius_m=0.40,
        shells=(cab, box),
        glazing=glazing,
        doors_m=(0.46, 1.54),
        plate_front_m=0.56,
        plate_rear_m=0.70,
        tail_lamp_z=(0.62, 0.80),
        head_lamp_z=(0.70, 0.92),
        tall_tail=True,
    )


def bodies() -> dict[str, Body]:
    """Every kind of vehicle by name."""
    made = (_sedan(), _hatch(), _estate(), _suv(), _van(), _lorry())
    return {body.kind: body for body in (*made, *SLIM_BODIES)}
