"""Vehicles at times of one's choice: one by one, or as a queue that stops and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from speedcam.errors import SpeedcamError
from speedcam.model import Direction
from speedcam.simulate.bodies import bodies
from speedcam.simulate.clearance import collision
from speedcam.simulate.course import Course, Spurt
from speedcam.simulate.drive import Drive
from speedcam.simulate.livery import COLOURS
from speedcam.simulate.plan import LanePlan
from speedcam.simulate.plates import random_plate
from speedcam.simulate.scene import PlannedDrive, Scene, middle_of_zone
from speedcam.simulate.way import Way


def planned_drives(scene: Scene) -> list[Drive]:
    """The planned vehicles that cross the whole zone within the clip.

    Raises:
        SpeedcamError: There is no such lane or kind, or two would drive through one another.
    """
    drives = [_drive(scene, number, part) for number, part in enumerate(scene.traffic.planned)]
    seen = [drive for drive in drives if _crosses(scene, drive)]
    found = collision(scene, seen, seen)
    if found:
        one, other = (f"{d.body.kind} in lane {d.lane.name} at {d.pass_s:.1f} s" for d in found)
        raise SpeedcamError(
            f"{scene.name}: the planned {one} and the {other} would drive through one another. "
            "Plan them farther apart."
        )
    return seen


def _drive(scene: Scene, number: int, part: PlannedDrive) -> Drive:
    lanes = {lane.name: lane for lane in scene.plan.lanes}
    kinds = bodies()
    if part.lane not in lanes or part.kind not in kinds:
        raise SpeedcamError(
            f"{scene.name} plans a {part.kind!r} in lane {part.lane!r}. Its lanes are "
            f"{', '.join(lanes)}, and there are {', '.join(kinds)}."
        )
    rng = np.random.default_rng([scene.seed, 37, number])
    return Drive(
        ordinal=0,
        body=kinds[part.kind],
        colour=str(rng.choice(COLOURS)),
        plate=random_plate(rng),
        lane=lanes[part.lane],
        x_m=round(lanes[part.lane].centre_m + part.aside_m, 3),
        course=part.way.course(round(part.kmh, 3) / 3.6),
        pass_s=part.pass_s,
        middle_m=middle_of_zone(scene),
    )


def _crosses(scene: Scene, drive: Drive) -> bool:
    ends = [drive.time_at(y) for y in (scene.zone.near_m, scene.zone.far_m)]
    return min(ends) >= 0 and max(ends) <= scene.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How the first of a queue stops and goes on; the others do the same a little later.

    Attributes:
        front_at_m: Where its front stands along the road.
        from_s: Footage time at which it stands.
        until_s: When it goes on.
        brakes_m_s2: How hard it brakes, positive.
        goes_m_s2: How fast it grows faster, until it has the speed from before.
    """

    front_at_m: float
    from_s: float
    until_s: float
    brakes_m_s2: float = 2.0
    goes_m_s2: float = 1.5


def queue(
    scene: Scene,
    *,
    lane: str,
    kinds: Sequence[str],
    kmh: float,
    stop: Stop,
    gap_m: float = 2.0,
    later_s: float = 1.1,
) -> tuple[PlannedDrive, ...]:
    """Vehicles that stand behind one another for a while and drive on.

    Each does what the one ahead does, ``later_s`` later and its length and ``gap_m`` farther
    back: Newell's simplified car-following (Transportation Research B 36, 2002).

    Args:
        scene: Whose road it is.
        lane: Name of the lane.
        kinds: Of the vehicles, from the first to the last.
        kmh: Their speed before and after.
        stop: What the first does.
        gap_m: Bumper to bumper where they stand.
        later_s: The reaction of a driver.
    """
    plan = next(plan for plan in scene.plan.lanes if plan.name == lane)
    lengths = [bodies()[kind].length_m for kind in kinds]
    behind = accumulate((length + gap_m for length in lengths[:-1]), initial=0.0)
    course = _stopping(kmh / 3.6, stop)
    first = _first_m(scene, plan, stop) + course.gone_m(stop.from_s)
    ends = (0.0 if plan.direction is Direction.APPROACHING else length for length in lengths)
    queued = []
    for number, (kind, back_m, end_m) in enumerate(zip(kinds, behind, ends, strict=True)):
        late_s = number * later_s
        pass_s = late_s + course.after_s(first + back_m + end_m)
        spurts = (replace(s, after_s=s.after_s + late_s - pass_s) for s in course.spurts)
        way = Way(name="queue", spurts=tuple(spurts))
        queued.append(PlannedDrive(lane=lane, kind=kind, kmh=kmh, pass_s=pass_s, way=way))
    return tuple(queued)


def _stopping(speed_m_s: float, stop: Stop) -> Course:
    """The first vehicle's course, its times those of the footage."""
    braking_s, going_s = speed_m_s / stop.brakes_m_s2, speed_m_s / stop.goes_m_s2
    slower = Spurt(after_s=stop.from_s - braking_s, lasts_s=braking_s, m_s2=-stop.brakes_m_s2)
    faster = Spurt(after_s=stop.until_s, lasts_s=going_s, m_s2=stop.goes_m_s2)
    return Way(spurts=(slower, faster)).course(speed_m_s)


def _first_m(scene: Scene, lane: LanePlan, stop: Stop) -> float:
    """From where the first's front stands on to the middle of the zone; negative if before it."""
    ahead = stop.front_at_m - middle_of_zone(scene)
    return ahead if lane.direction is Direction.APPROACHING else -ahead
