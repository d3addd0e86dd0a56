"""Which road users stand before others in the camera's view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speedcam.model import Direction, Floats
from speedcam.simulate.body import Body
from speedcam.simulate.drive import Drive
from speedcam.simulate.pose import Pose
from speedcam.simulate.scene import Scene
from speedcam.simulate.user import RoadUser

_EVERY_S = 0.04
_LOW_M = 0.3
"""Height of the points of a contact end that must be seen: the lower edge of a bumper."""
_STEPS = np.linspace(0, 1, 80)


def hidden_share(scene: Scene, drive: Drive, others: Sequence[RoadUser]) -> float:
    """Share of its time in the zone in which a part of a vehicle's contact end is hidden.

    At each instant the camera must see the left corner, the middle and the right corner of the
    lower bumper. A body hides what lies behind its outline: its full width, its height at each
    place along it.
    """
    ends = sorted(drive.time_at(y) for y in (scene.zone.near_m, scene.zone.far_m))
    times = np.arange(ends[0], ends[1], _EVERY_S)
    near = [other for other in others if other is not drive]
    hidden = [_hidden(scene, drive, near, float(time_s)) for time_s in times]
    return float(np.mean(hidden))


def _hidden(scene: Scene, drive: Drive, others: Sequence[RoadUser], time_s: float) -> bool:
    pose, half = drive.pose(time_s), drive.body.width_m / 2
    end = np.array([[pose.x_m + x, pose.y_m, _LOW_M] for x in (-half, 0.0, half)])
    seen = pose.headed(end)
    return any(
        blocks(other.body, other.pose(time_s), scene.camera.position_m, seen)
        for other in others
        if -other.body.length_m < other.contact_m(time_s) < pose.y_m
    )


def blocks(body: Body, pose: Pose, lens_m: Floats, points_m: Floats) -> bool:
    """Whether a body stands between the lens and any of some points.

    Args:
        body: What may be in the way.
        pose: Where it is.
        lens_m: ``(3,)``.
        points_m: ``(n, 3)``, lower than the body.
    """
    # Only the part of a ray below the roof can meet the body.
    falls = lens_m[2] - points_m[:, 2]
    first = np.clip((lens_m[2] - body.height_m) / falls, 0, 1)[:, None]
    share = (first + (1 - first) * _STEPS)[..., None]
    at = lens_m + (points_m[:, None] - lens_m) * share
    aside, beyond = _in_axes(pose, at)
    behind_front = beyond if pose.direction is Direction.APPROACHING else body.length_m - beyond
    inside = (np.abs(aside) < body.width_m / 2) & (beyond > 0) & (beyond < body.length_m)
    y, high = np.array(body.skyline).T
    return bool(np.any(inside & (at[..., 2] < np.interp(behind_front, y, high))))


def _in_axes(pose: Pose, at_m: Floats) -> tuple[Floats, Floats]:
    """How far points are beside the middle of the contact end, and beyond it along the body."""
    away = at_m[..., :2] - [pose.x_m, pose.y_m]
    cos, sin = np.cos(pose.heading_rad), np.sin(pose.heading_rad)
    sin = -sin if pose.direction is Direction.APPROACHING else sin
    return away[..., 0] * cos - away[..., 1] * sin, away[..., 0] * sin + away[..., 1] * cos


def back_to_front(users: Sequence[RoadUser], time_s: float) -> list[int]:
    """The numbers of road users in an order in which each hides only those before it."""
    waiting = sorted(range(len(users)), key=lambda i: -users[i].contact_m(time_s))
    ordered: list[int] = []
    while waiting:
        free = (
            i for i in waiting if not any(_in_front(users[i], users[j], time_s) for j in waiting)
        )
        chosen = next(free, waiting[0])
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _in_front(one: RoadUser, other: RoadUser, time_s: float) -> bool:
    """Whether ``one`` may hide ``other``.

    A line along or across the road parts two bodies, and the lens is above the road's origin:
    what is on its side of the line is in front.
    """
    near, other_near = one.contact_m(time_s), other.contact_m(time_s)
    if near + one.body.length_m <= other_near:
        return True
    if one is other or other_near + other.body.length_m <= near:
        return False
    x_m, other_x_m = one.pose(time_s).x_m, other.pose(time_s).x_m
    right, edge_x_m = (one, x_m) if x_m > other_x_m else (other, other_x_m)
    lens_is_left = edge_x_m - right.body.width_m / 2 > 0
    return (one is right) != lens_is_left
