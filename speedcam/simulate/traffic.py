"""Who drives by and when: constant speeds, straight lines, nobody through anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from speedcam.errors import SpeedcamError
from speedcam.model import Direction, Floats
from speedcam.simulate.bodies import Body, bodies
from speedcam.simulate.livery import COLOURS
from speedcam.simulate.plan import LanePlan
from speedcam.simulate.plates import random_plate
from speedcam.simulate.scene import Scene

_TRIES = 400
_LEAD_IN_M = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One vehicle's way through the clip.

    Attributes:
        ordinal: In order of passing the middle of the zone.
        body: Its kind.
        colour: ``#rrggbb``.
        plate: What its plates say.
        lane: Where it drives.
        x_m: Middle of the vehicle across the road.
        speed_m_s: Constant, positive.
        pass_s: Footage time at which its contact end is in the middle of the zone.
        middle_m: The middle of the zone.
    """

    ordinal: int
    body: Body
    colour: str
    plate: str
    lane: LanePlan
    x_m: float
    speed_m_s: float
    pass_s: float
    middle_m: float

    @property
    def direction(self) -> Direction:
        """Which way it drives."""
        return self.lane.direction

    def contact_m(self, time_s: float) -> float:
        """Where its contact end is along the road: front when approaching, rear when receding."""
        sign = -1 if self.direction is Direction.APPROACHING else 1
        return self.middle_m + sign * self.speed_m_s * (time_s - self.pass_s)

    def time_at(self, y_m: float) -> float:
        """When its contact end is at ``y_m``."""
        sign = -1 if self.direction is Direction.APPROACHING else 1
        return self.pass_s + sign * (y_m - self.middle_m) / self.speed_m_s


def schedule(scene: Scene) -> tuple[Drive, ...]:
    """The traffic of a scene, in order of passing the middle of the zone.

    Raises:
        SpeedcamError: So many vehicles do not fit into so few seconds.
    """
    rng = np.random.default_rng([scene.seed, 3])
    best: list[Drive] | None = None
    least = np.inf
    for _ in range(_TRIES):
        tried = _try(scene, rng)
        if tried is None:
            continue
        crowd = _crowding(tried, scene)
        if crowd < least:
            best, least = tried, crowd
    if best is None:
        raise SpeedcamError(
            f"the traffic of {scene.name} does not fit into {scene.seconds:g} s. "
            "Give more seconds or fewer vehicles."
        )
    ordered = sorted(best, key=lambda drive: drive.pass_s)
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


def _looks(scene: Scene, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Kinds and colours as from shuffled decks, so that a short clip shows the whole mix."""
    kinds = [kind for kind, share in scene.traffic.kinds.items() for _ in range(round(share))]
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
    for share, offset in (speeds[i] for i in rng.permutation(len(speeds))):
        drive = _vehicle(scene, lane, (share, offset), next(looks), rng)
        soonest = _soonest(scene, drive, queue[-1] if queue else None)
        queue.append(replace(drive, pass_s=soonest))
    if not queue:
        return queue
    spare = min(_latest(scene, drive) - drive.pass_s for drive in queue)
    if spare < 0:
        return None
    shares = np.sort(rng.uniform(0, 1, len(queue))) * spare
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
        speed_m_s=round(float(kmh), 3) / 3.6,
        pass_s=0.0,
        middle_m=middle_of_zone(scene),
    )


def middle_of_zone(scene: Scene) -> float:
    """The whole metre nearest to the middle of the measuring zone."""
    return float(round((scene.zone.near_m + scene.zone.far_m) / 2))


def _soonest(scene: Scene, drive: Drive, ahead: Drive | None) -> float:
    start = scene.zone.far_m if drive.direction is Direction.APPROACHING else scene.zone.near_m
    earliest = abs(start - drive.middle_m) + _LEAD_IN_M
    soonest = earliest / drive.speed_m_s
    if ahead is None:
        return soonest
    gap = _gap_m(scene, drive, ahead)
    near, far = scene.zone.near_m - 2, scene.traffic.far_m
    if drive.direction is Direction.APPROACHING:
        places = [(y, y + ahead.body.length_m + gap) for y in (near - ahead.body.length_m, far)]
    else:
        places = [(y + drive.body.length_m + gap, y) for y in (near, far)]
    # While the one ahead is at the first place, this one must not yet be past the second.
    waits = [ahead.time_at(a) - replace(drive, pass_s=0.0).time_at(b) for a, b in places]
    return max(soonest, *waits)


def _gap_m(scene: Scene, drive: Drive, ahead: Drive) -> float:
    """Enough road between two vehicles for the camera to see them apart, mostly."""
    nearer = ahead if drive.direction is Direction.APPROACHING else drive
    high = min(nearer.body.height_m, scene.camera.height_m * 0.55)
    hidden = 24.0 * high / (scene.camera.height_m - high)
    return float(np.clip(hidden, 10.0, 24.0))


def _latest(scene: Scene, drive: Drive) -> float:
    end = scene.zone.near_m if drive.direction is Direction.APPROACHING else scene.zone.far_m
    return scene.seconds - 0.4 - (abs(end - drive.middle_m) + _LEAD_IN_M) / drive.speed_m_s


def _crowding(drives: Sequence[Drive], scene: Scene) -> float:
    """Seconds in which vehicles of different lanes are side by side in the zone."""
    total = 0.0
    times = np.arange(0, scene.seconds, 0.1)
    for i, one in enumerate(drives):
        for other in drives[i + 1 :]:
            if one.lane.name == other.lane.name or abs(one.pass_s - other.pass_s) > 6:
                continue
            a, b = _places(one, times), _places(other, times)
            inside = (np.minimum(a, b) < scene.zone.far_m) & (np.maximum(a, b) > scene.zone.near_m)
            total += 0.1 * float(np.sum(inside & (np.abs(a - b) < 14)))
    return total


def _places(drive: Drive, times_s: Floats) -> Floats:
    sign = -1 if drive.direction is Direction.APPROACHING else 1
    return np.asarray(drive.middle_m + sign * drive.speed_m_s * (times_s - drive.pass_s))
