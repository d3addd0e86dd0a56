"""What a simulated road is made of, as plain values: lanes, paint, surfaces, things beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speedcam.model import Direction

Surface = Literal["grass", "gravel", "pavement", "soil"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePlan:
    """A lane as built: its edges, its traffic and its limit."""

    name: str
    direction: Direction
    left_m: float
    right_m: float
    limit_kmh: int
    trigger_kmh: int

    @property
    def centre_m(self) -> float:
        """Where vehicles drive."""
        return (self.left_m + self.right_m) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A painted line along the road.

    Attributes:
        x_m: Its middle.
        width_m: Across.
        dash_m: Length of a dash, 0 for a solid line.
        gap_m: Between dashes.
        worn: 0 fresh to 1 nearly gone.
    """

    x_m: float
    width_m: float = 0.12
    dash_m: float = 0.0
    gap_m: float = 0.0
    worn: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A band of ground along the road beside the asphalt."""

    left_m: float
    right_m: float
    surface: Surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A mended piece of asphalt."""

    left_m: float
    right_m: float
    near_m: float
    far_m: float
    tone: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that stands beside the road.

    Attributes:
        kind: What it is.
        x_m: Its middle (or its face towards the road).
        near_m: Where it begins.
        far_m: Where it ends; equal to ``near_m`` for single things.
        height_m: Above the ground.
        width_m: Across.
    """

    kind: Literal[
        "tree",
        "bush",
        "pole",
        "rail",
        "wall",
        "house",
        "hill",
        "kerb",
        "sign",
        "underpass",
        "fence",
        "delineator",
    ]
    x_m: float
    near_m: float
    far_m: float
    height_m: float
    width_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadPlan:
    """The road and its surroundings.

    Attributes:
        left_m: Left edge of the asphalt.
        right_m: Right edge of the asphalt.
        lanes: From left to right.
        lines: Paint.
        strips: Ground beside the asphalt, later ones over earlier ones.
        patches: Mended pieces.
        manholes: ``(x, y)`` of covers.
        things: What stands beside the road.
        dark_beyond_m: Vehicles vanish in the dark of an underpass here, or None.
    """

    left_m: float
    right_m: float
    lanes: tuple[LanePlan, ...]
    lines: tuple[Line, ...]
    strips: tuple[Strip, ...]
    patches: tuple[Patch, ...] = ()
    manholes: tuple[tuple[float, float], ...] = ()
    things: tuple[Thing, ...] = ()
    dark_beyond_m: float | None = None
