"""The uncertainty budget of a measured speed, as the GUM asks for it (JCGM 100:2008, 5.1.2).

Each component is relative and standard; the research behind the sizes is in ``docs/accuracy.md``.
What two anchors share (survey, road, clock) does not shrink when they are averaged. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speedcam.ground import Ground
from speedcam.line import Line
from speedcam.model import KMH_PER_M_S, Doubt, Floats, Sample

CONTACT_HEIGHT_M = float(0.03 / np.sqrt(3))
"""The edge may lie up to 3 cm above the road (rectangular)."""
ROAD_SAG = 0.0023
"""Relative: 2 cm of sag over the zone, rectangular."""
EDGE_BLUR = 0.001
"""Relative: half of what remains if blur is half as strong or as strong again as assumed."""
CLOCK = 0.0005
"""Relative: container clock of a camera without a reference."""

COMMON = frozenset({"survey", "road flatness", "clock", "reference drive"})
"""Components that the plate's anchor has from the same source."""

COVERAGE_FACTOR = 2.0
"""k of every expanded uncertainty: about 95 %."""


def contact_budget(
    line: Line,
    used: Sequence[Sample],
    weight: Floats,
    ground: Ground,
) -> tuple[Doubt, ...]:
    """What makes a speed by the road-contact edge doubtful.

    Args:
        line: Position against time, as fitted.
        used: The positions that the line was fitted to.
        weight: ``(n,)`` their weights.
        ground: The road plane, with what the survey leaves open.
    """
    speed_kmh = abs(line.speed_m_s) * KMH_PER_M_S
    relative = {
        "survey": _survey(used, weight, ground),
        "contact height": CONTACT_HEIGHT_M / ground.lens_m[2],
        "road flatness": ROAD_SAG,
        "edge blur": EDGE_BLUR,
        "clock": CLOCK,
    }
    if ground.drive:
        relative["reference drive"] = ground.drive.relative_uncertainty
    scale = (Doubt(name=name, standard_kmh=r * speed_kmh) for name, r in relative.items())
    return (Doubt(name="fit", standard_kmh=line.standard_error_m_s * KMH_PER_M_S), *scale)


def standard_kmh(budget: Sequence[Doubt]) -> float:
    """Combined standard uncertainty: the root of the sum of squares."""
    return float(np.linalg.norm([doubt.standard_kmh for doubt in budget]))


def expanded_kmh(budget: Sequence[Doubt]) -> float:
    """Expanded uncertainty, k = 2."""
    return COVERAGE_FACTOR * standard_kmh(budget)


def shared(budget: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """The components that both anchors have in common."""
    return tuple(doubt for doubt in budget if doubt.name in COMMON)


def own_kmh(budget: Sequence[Doubt]) -> float:
    """Standard uncertainty of what is this anchor's alone."""
    return standard_kmh([doubt for doubt in budget if doubt.name not in COMMON])


def _survey(used: Sequence[Sample], weight: Floats, ground: Ground) -> float:
    """Relative spread of this very speed over the roads that the survey allows."""
    px = np.array([[sample.u_px, sample.v_px] for sample in used])
    time_s = np.array([sample.time_s for sample in used])
    lever = weight * (time_s - np.average(time_s, weights=weight))
    speeds = ground.roads(px)[:, :, 1] @ lever
    return abs(float(np.std(speeds) / np.mean(speeds)))
