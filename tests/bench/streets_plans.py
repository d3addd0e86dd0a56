"""Roads to put a camera over: a carriageway of any lanes, in a town or in the country."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from speedcam.model import Direction
from speedcam.simulate.plan import LanePlan, Line, Patch, RoadPlan, Strip, Thing

LIMIT_KMH = 20
"""Low, so that nearly everybody drives too fast: a plate is looked for above the trigger only."""

_DIRECTIONS = {"a": Direction.APPROACHING, "r": Direction.RECEDING}
_SHOULDER_M = 0.4
_FAR_M = 130.0

Things = Iterator[Thing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriageway:
    """The asphalt and its lanes.

    Attributes:
        left_m: Left edge of the leftmost lane; the camera stands at 0.
        lanes: From left to right, ``a`` approaching and ``r`` receding: ``"arr"``.
        lane_m: Width of each lane.
        seed: Of what stands beside it and of its mended places.
    """

    left_m: float
    lanes: str
    lane_m: float = 3.5
    seed: int = 1

    @property
    def right_m(self) -> float:
        """Right edge of the rightmost lane."""
        return round(self.left_m + len(self.lanes) * self.lane_m, 3)

    def edges_m(self) -> tuple[float, ...]:
        """Every edge of a lane, from left to right."""
        return tuple(round(self.left_m + i * self.lane_m, 3) for i in range(len(self.lanes) + 1))


def in_town(road: Carriageway) -> RoadPlan:
    """Kerbs, pavements, houses behind garden walls, street trees, lamp posts."""
    left, right = road.left_m - _SHOULDER_M, road.right_m + _SHOULDER_M
    rng = np.random.default_rng([road.seed, 1])
    strips = (
        Strip(left_m=left - 4.0, right_m=left, surface="pavement"),
        Strip(left_m=right, right_m=right + 3.2, surface="pavement"),
        Strip(left_m=right + 3.2, right_m=right + 3.8, surface="soil"),
    )
    things = (
        *_kerbs(left, right),
        *_houses(left - 7.5, -1, rng),
        *_houses(right + 9.0, 1, rng),
        Thing(kind="wall", x_m=left - 4.2, near_m=12, far_m=58, height_m=1.4, width_m=0.25),
        Thing(kind="fence", x_m=right + 4.6, near_m=18, far_m=90, height_m=1.3),
        *_trees(left - 5.6, -1, rng),
        *_trees(right + 6.2, 1, rng),
        *_posts("pole", (left - 0.7, right + 0.9), (22, 52, 82), height_m=8.0, width_m=0.16),
        *_backdrop(rng),
    )
    return _plan(road, strips=strips, things=things, manholes=((left + 2.2, 19.5),))


def in_country(road: Carriageway) -> RoadPlan:
    """Gravel verges, safety rails, delineators, bushes and loose trees."""
    left, right = road.left_m - _SHOULDER_M - 0.5, road.right_m + _SHOULDER_M + 0.5
    rng = np.random.default_rng([road.seed, 2])
    strips = (
        Strip(left_m=left - 2.0, right_m=left + 0.1, surface="gravel"),
        Strip(left_m=right - 0.1, right_m=right + 2.0, surface="gravel"),
    )
    rails = (
        Thing(kind="rail", x_m=x, near_m=8, far_m=_FAR_M, height_m=0.75)
        for x in (left - 1.1, right + 1.1)
    )
    things = (
        *rails,
        *_posts("delineator", (left - 0.5, right + 0.5), (25, 50, 75, 100), height_m=0.95),
        *_scattered("bush", left - 2.4, -1, (0.5, 1.4), rng),
        *_scattered("bush", right + 2.4, 1, (0.5, 1.4), rng),
        *_scattered("tree", left - 6.0, -1, (3.0, 7.0), rng),
        *_scattered("tree", right + 6.0, 1, (3.0, 7.0), rng),
        *_backdrop(rng),
    )
    return _plan(road, strips=strips, things=things)


def limited(plan: RoadPlan, limit_kmh: int) -> RoadPlan:
    """The road with another limit, which is also what triggers."""
    lanes = (replace(lane, limit_kmh=limit_kmh, trigger_kmh=limit_kmh) for lane in plan.lanes)
    return replace(plan, lanes=tuple(lanes))


def _plan(
    road: Carriageway,
    *,
    strips: tuple[Strip, ...],
    things: tuple[Thing, ...],
    manholes: tuple[tuple[float, float], ...] = (),
) -> RoadPlan:
    return RoadPlan(
        left_m=road.left_m - _SHOULDER_M,
        right_m=road.right_m + _SHOULDER_M,
        lanes=tuple(_lanes(road)),
        lines=tuple(_lines(road)),
        strips=strips,
        patches=tuple(_patches(road)),
        manholes=manholes,
        things=things,
    )


def _lanes(road: Carriageway) -> Iterator[LanePlan]:
    for number, (way, (left, right)) in enumerate(
        zip(road.lanes, pairwise(road.edges_m()), strict=True), start=1
    ):
        yield LanePlan(
            name=str(number),
            direction=_DIRECTIONS[way],
            left_m=left,
            right_m=right,
            limit_kmh=LIMIT_KMH,
            trigger_kmh=LIMIT_KMH,
        )


def _lines(road: Carriageway) -> Iterator[Line]:
    """Solid at the edges, dashed between lanes of one direction, double between opposite ones."""
    edges = road.edges_m()
    yield Line(x_m=edges[0], width_m=0.15, worn=0.4)
    yield Line(x_m=edges[-1], width_m=0.15, worn=0.35)
    for x_m, (left, right) in zip(edges[1:-1], pairwise(road.lanes), strict=True):
        if left == right:
            yield Line(x_m=x_m, dash_m=3.0, gap_m=6.0, worn=0.4)
        else:
            yield from (Line(x_m=x_m + side, width_m=0.11, worn=0.35) for side in (-0.1, 0.1))


def _patches(road: Carriageway) -> Iterator[Patch]:
    rng = np.random.default_rng([road.seed, 3])
    for left in road.edges_m()[:-1]:
        inset, near = rng.uniform(0.3, 1.2), rng.uniform(13, 40)
        yield Patch(
            left_m=left + float(inset),
            right_m=left + float(inset + rng.uniform(0.8, 1.8)),
            near_m=float(near),
            far_m=float(near + rng.uniform(1.5, 9.0)),
            tone=float(rng.uniform(0.74, 0.9)),
        )


def _kerbs(left_m: float, right_m: float) -> Things:
    for x_m in (left_m - 0.07, right_m + 0.07):
        yield Thing(kind="kerb", x_m=x_m, near_m=6, far_m=_FAR_M, height_m=0.12, width_m=0.16)


def _houses(x_m: float, side: int, rng: np.random.Generator) -> Things:
    near = float(rng.uniform(16, 30))
    while near < _FAR_M:
        long = float(rng.uniform(10, 18))
        yield Thing(
            kind="house",
            x_m=x_m + side * float(rng.uniform(0, 1.5)),
            near_m=near,
            far_m=near + long,
            height_m=float(rng.choice([6.3, 6.4, 9.4])),
            width_m=10,
        )
        near += long + float(rng.uniform(5, 12))


def _trees(x_m: float, side: int, rng: np.random.Generator) -> Things:
    for y_m in np.arange(18.0, _FAR_M, 11.0) + rng.uniform(-2, 2, 11):
        height = float(rng.uniform(5, 7.5))
        yield Thing(
            kind="tree",
            x_m=x_m + side * float(rng.uniform(0, 0.8)),
            near_m=float(y_m),
            far_m=float(y_m),
            height_m=height,
            width_m=0.65 * height,
        )


def _scattered(
    kind: Literal["bush", "tree"],
    x_m: float,
    side: int,
    height_m: tuple[float, float],
    rng: np.random.Generator,
) -> Things:
    for y_m in rng.uniform(14, _FAR_M + 20, 24):
        height = float(rng.uniform(*height_m))
        yield Thing(
            kind=kind,
            x_m=x_m + side * float(rng.uniform(0, 18 if kind == "tree" else 4)),
            near_m=float(y_m),
            far_m=float(y_m),
            height_m=height,
            width_m=height * float(rng.uniform(0.8, 1.9 if kind == "bush" else 1.0)),
        )


def _posts(
    kind: Literal["pole", "delineator"],
    at_x_m: tuple[float, ...],
    at_y_m: tuple[float, ...],
    **size_m: float,
) -> Things:
    for y_m in at_y_m:
        for x_m in at_x_m:
            yield Thing(kind=kind, x_m=x_m, near_m=y_m, far_m=y_m, **size_m)


def _backdrop(rng: np.random.Generator) -> Things:
    """A hill and a belt of trees where the road leaves the view."""
    yield Thing(kind="hill", x_m=0, near_m=700, far_m=700, height_m=60, width_m=1600)
    for x_m in np.arange(-70, 71, 7.0):
        y_m = _FAR_M + 10 + float(rng.uniform(0, 8))
        yield Thing(
            kind="tree",
            x_m=float(x_m),
            near_m=y_m,
            far_m=y_m,
            height_m=float(rng.uniform(9, 14)),
            width_m=float(rng.uniform(9, 12)),
        )
