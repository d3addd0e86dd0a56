"""People on foot, who walk along a straight line at a steady pace."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from speedcam.model import Direction
from speedcam.simulate.body import Body
from speedcam.simulate.pose import Pose
from speedcam.simulate.slim import PEDESTRIAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One person's way: waits where it begins, walks, and stays where it ends.

    Attributes:
        from_m: Where it begins, ``(x, y)`` on the road.
        to_m: Where it ends.
        starts_s: Footage time of the first step.
        m_s: Pace; people cross a road at 1.2 to 1.6 m/s.
    """

    from_m: tuple[float, float]
    to_m: tuple[float, float]
    starts_s: float
    m_s: float = 1.4

    @property
    def body(self) -> Body:
        """A person's."""
        return PEDESTRIAN

    @property
    def colour(self) -> str:
        """Nothing about a person is painted; clothes are drawn by chance."""
        return "#000000"

    @property
    def plate(self) -> str:
        """None."""
        return ""

    @property
    def long_m(self) -> float:
        """From end to end."""
        return math.dist(self.from_m, self.to_m)

    @property
    def ends_s(self) -> float:
        """Footage time of the last step."""
        return self.starts_s + self.long_m / self.m_s

    def contact_m(self, time_s: float) -> float:
        """The side that is nearest to the camera, along the road."""
        pose = self.pose(time_s)
        back, front = pose.y_m, pose.y_m + math.cos(pose.heading_rad) * self.body.length_m
        side = abs(math.sin(pose.heading_rad)) * self.body.width_m / 2
        return min(back, front) - side

    def pose(self, time_s: float, row_s: float = 0.0) -> Pose:
        """Where the person is at an instant, and how the walk goes on; as for a ``Drive``."""
        start, end = np.array(self.from_m), np.array(self.to_m)
        right, away = ((end - start) / self.long_m).tolist()
        walked_m = min(max(self.m_s * (time_s - self.starts_s), 0.0), self.long_m)
        step_m = self.m_s * row_s if self.starts_s < time_s < self.ends_s else 0.0
        back_m = walked_m - self.body.length_m / 2
        return Pose(
            direction=Direction.RECEDING,
            x_m=self.from_m[0] + right * back_m,
            y_m=self.from_m[1] + away * back_m,
            rolled_m=walked_m,
            heading_rad=math.atan2(right, away),
            m_per_row=away * step_m,
            aside_per_row=right * step_m,
        )
