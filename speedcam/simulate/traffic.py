"""Who drives by and when: nobody drives through anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from speedcam.errors import SpeedcamError
from speedcam.model import Direction, Floats
from speedcam.simulate.bodies import bodies
from speedcam.simulate.clearance import collision
from speedcam.simulate.drive import Drive
from speedcam.simulate.livery import COLOURS
from speedcam.simulate.plan import LanePlan
from speedcam.simulate.planned import planned_drives
from speedcam.simulate.plates import random_plate
from speedcam.simulate.scene import Scene, middle_of_zone
from speedcam.simulate.way import STEADY

_TRIES = 400
_LEAD_IN_M = 3.0
_STEP_M = 0.25


def schedule(scene: Scene) -> tuple[Drive, ...]:
    """The traffic of a scene, in order of passing the middle of the zone.

    Raises:
        SpeedcamError: So many vehicles do not fit into so few seconds, or planned ones would
            drive through one another.
    """
    planned = planned_drives(scene)
    rng = np.random.default_rng([scene.seed, 3])
    best: list[Drive] | None = None
    least = np.inf
    for _ in range(_TRIES):
        tried = _try(scene, rng)
        if tried is None or _collides(scene, tried, planned):
            continue
        crowd = _crowding(tried, scene) * (-1 if scene.traffic.abreast else 1)
        if crowd < least:
            best, least = tried, crowd
    if best is None:
        raise SpeedcamError(
            f"the traffic of {scene.name} does not fit into {scene.seconds:g} s. "
            "Give more seconds or fewer vehicles."
        )
    ordered = sorted([*best, *planned], key=lambda drive: drive.pass_s)
    return tuple(replace(drive, ordinal=i) for i, drive in enumerate(ordered))


def _try(scene: Scene, rng: np.random.Generator) -> list[Drive] | None:
    drives: list[Drive] = []
    looks = _looks(scene, rng)
    for lane in scene.plan.lanes:
        placed = _fill_lane(scene, lane, looks, rng)
        if placed is None:
            return None
        drives += placed
    return drives


def _collides(scene: Scene, tried: Sequence[Drive], planned: Sequence[Drive]) -> bool:
    """Whether a try is in vain: straight lines of a lane keep apart, all else must be asked."""
    asked = [*(drive for drive in tried if not drive.course.straight_on), *planned]
    return collision(scene, asked, tried) is not None


def _looks(scene: Scene, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Kinds and colours as from shuffled decks, so that a short clip shows the whole mix."""
    kinds = [kind for kind, share in scene.traffic.kinds.items() for _ in range(round(share))]
    if not kinds and any(scene.traffic.speeds.values()):
        raise SpeedcamError(f"the traffic of {scene.name} has speeds but no kinds. Name some.")
    while True:
        shuffled = rng.permutation(len(kinds))
        for kind, colour in zip(shuffled, rng.permutation(len(COLOURS)), strict=False):
            yield kinds[kind], COLOURS[colour]


def _fill_lane(
    scene: Scene, lane: LanePlan, looks: Iterator[tuple[str, str]], rng: np.random.Generator
) -> list[Drive] | None:
    """A lane's vehicles as close as allowed, then spread over the spare time; None if too many."""
    queue: list[Drive] = []
    speeds = scene.traffic.speeds.get(lane.name, ())
    ways = scene.traffic.ways.get(lane.name, ()) or (STEADY,)
    for i in rng.permutation(len(speeds)):
        drive = _vehicle(scene, lane, speeds[i], next(looks), rng)
        course = ways[i % len(ways)].course(drive.speed_m_s)
        drive = replace(drive, course=course)
        soonest = _soonest(scene, drive, queue[-1] if queue else None, rng)
        queue.append(replace(drive, pass_s=soonest))
    if not queue:
        return queue
    spare = min(_latest(scene, drive) - drive.pass_s for drive in queue)
    if spare < 0:
        return None
    shares = np.sort(rng.uniform(0, 1, len(queue))) * spare
    if scene.traffic.gap_m is not None:
        shares[:] = shares[0]
    return [replace(d, pass_s=float(d.pass_s + s)) for d, s in zip(queue, shares, strict=True)]


def _vehicle(
    scene: Scene,
    lane: LanePlan,
    speed: tuple[float, float],
    look: tuple[str, str],
    rng: np.random.Generator,
) -> Drive:
    share, offset = speed
    body = bodies()[look[0]]
    jitter = rng.uniform(-0.03, 0.03) if share != 1.0 else 0.0
    kmh = lane.limit_kmh * (share + jitter) + offset + rng.uniform(-0.3, 0.3) * (offset != 0)
    room = (lane.right_m - lane.left_m - body.width_m) / 2 - 0.35
    return Drive(
        ordinal=0,
        body=body,
        colour=look[1],
        plate=random_plate(rng),
        lane=lane,
        x_m=round(lane.centre_m + float(rng.uniform(-1, 1)) * min(max(room, 0.0), 0.25), 3),
        course=STEADY.course(round(float(kmh), 3) / 3.6),
        pass_s=0.0,
        middle_m=middle_of_zone(scene),
    )


def _soonest(scene: Scene, drive: Drive, ahead: Drive | None, rng: np.random.Generator) -> float:
    start = scene.zone.far_m if drive.direction is Direction.APPROACHING else scene.zone.near_m
    earliest = abs(start - drive.middle_m) + _LEAD_IN_M
    soonest = -drive.course.after_s(-earliest)
    if ahead is None:
        return soonest
    gap = _gap_m(scene, drive, ahead, rng)
    near, far = scene.zone.near_m - 2, scene.traffic.far_m
    # While the one ahead is at the first place, this one must not yet be past the second.
    steady = not (drive.course.spurts or ahead.course.spurts)
    if drive.direction is Direction.APPROACHING:
        ends = _along(near - ahead.body.length_m, far, steady=steady)
        places = ends, ends + ahead.body.length_m + gap
    else:
        ends = _along(near, far, steady=steady)
        places = ends + drive.body.length_m + gap, ends
    waits = ahead.time_at(places[0]) - replace(drive, pass_s=0.0).time_at(places[1])
    return max(soonest, float(waits.max()))


def _along(near_m: float, far_m: float, *, steady: bool) -> Floats:
    """Where to ask how far apart two vehicles are: at constant speeds it is least at an end."""
    between = np.arange(near_m + _STEP_M, far_m, _STEP_M) if not steady else ()
    return np.array([near_m, *between, far_m])


def _gap_m(scene: Scene, drive: Drive, ahead: Drive, rng: np.random.Generator) -> float:
    """Enough road between two vehicles for the camera to see them apart, or what is wanted."""
    if scene.traffic.gap_m is not None:
        return float(rng.uniform(*scene.traffic.gap_m))
    nearer = ahead if drive.direction is Direction.APPROACHING else drive
    high = min(nearer.body.height_m, scene.camera.height_m * 0.55)
    hidden = 24.0 * high / (scene.camera.height_m - high)
    return float(np.clip(hidden, 10.0, 24.0))


def _latest(scene: Scene, drive: Drive) -> float:
    end = scene.zone.near_m if drive.direction is Direction.APPROACHING else scene.zone.far_m
    return scene.seconds - 0.4 - drive.course.after_s(abs(end - drive.middle_m) + _LEAD_IN_M)


def _crowding(drives: Sequence[Drive], scene: Scene) -> float:
    """Seconds in which vehicles of different lanes are side by side in the zone."""
    total = 0.0
    times = np.arange(0, scene.seconds, 0.1)
    for i, one in enumerate(drives):
        for other in drives[i + 1 :]:
            if one.lane.name == other.lane.name or abs(one.pass_s - other.pass_s) > 6:
                continue
            a, b = one.contact_m(times), other.contact_m(times)
            inside = (np.minimum(a, b) < scene.zone.far_m) & (np.maximum(a, b) > scene.zone.near_m)
            total += 0.1 * float(np.sum(inside & (np.abs(a - b) < 14)))
    return total
