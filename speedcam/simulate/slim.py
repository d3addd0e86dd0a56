"""Road users without a hull: their sizes. :mod:`speedcam.simulate.figures` gives them a shape."""

from __future__ import annotations

from speedcam.simulate.body import Body, Glazing

_NO_WINDOWS = Glazing(screen=None, rear=None, sides=())

MOTORCYCLE = Body(
    kind="motorcycle",
    length_m=2.12,
    width_m=0.80,
    height_m=1.70,
    axles_m=(0.31, 1.72),
    wheel_radius_m=0.31,
    shells=(),
    glazing=_NO_WINDOWS,
    doors_m=(),
    plate_front_m=0.0,
    plate_rear_m=0.62,
    plated=False,
    tail_lamp_z=(0.80, 0.88),
    head_lamp_z=(0.86, 1.00),
    lone_lamp=True,
    ground_m=0.34,
)
"""With its rider."""

BICYCLE = Body(
    kind="bicycle",
    length_m=1.76,
    width_m=0.60,
    height_m=1.82,
    axles_m=(0.345, 1.415),
    wheel_radius_m=0.345,
    shells=(),
    glazing=_NO_WINDOWS,
    doors_m=(),
    plate_front_m=0.0,
    plate_rear_m=0.0,
    plated=False,
    tail_lamp_z=(0.0, 0.0),
    head_lamp_z=(0.0, 0.0),
    lit=False,
    ground_m=0.10,
)
"""With its rider."""

PEDESTRIAN = Body(
    kind="pedestrian",
    length_m=0.50,
    width_m=0.52,
    height_m=1.76,
    axles_m=(),
    wheel_radius_m=0.0,
    shells=(),
    glazing=_NO_WINDOWS,
    doors_m=(),
    plate_front_m=0.0,
    plate_rear_m=0.0,
    plated=False,
    tail_lamp_z=(0.0, 0.0),
    head_lamp_z=(0.0, 0.0),
    lit=False,
    ground_m=0.30,
)

SLIM_BODIES = (MOTORCYCLE, BICYCLE)
