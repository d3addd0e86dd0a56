"""One vehicle's drive through a clip: where it is at every instant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from speedcam.model import Direction, Floats
from speedcam.simulate.body import Body
from speedcam.simulate.course import Course
from speedcam.simulate.plan import LanePlan
from speedcam.simulate.pose import Pose


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One vehicle's way through the clip.

    Attributes:
        ordinal: In order of passing the middle of the zone.
        body: Its kind.
        colour: ``#rrggbb``.
        plate: What its plates say.
        lane: Where it comes from.
        x_m: Middle of the vehicle across the road, before it changes lane.
        course: How it drives, counted from its pass.
        pass_s: Footage time at which its contact end is in the middle of the zone.
        middle_m: The middle of the zone.
    """

    ordinal: int
    body: Body
    colour: str
    plate: str
    lane: LanePlan
    x_m: float
    course: Course
    pass_s: float
    middle_m: float

    @property
    def direction(self) -> Direction:
        """Which way it drives."""
        return self.lane.direction

    @property
    def speed_m_s(self) -> float:
        """Before it brakes or speeds up; positive."""
        return self.course.speed_m_s

    @property
    def onwards(self) -> int:
        """-1 where it drives towards the camera, else 1."""
        return -1 if self.direction is Direction.APPROACHING else 1

    @overload
    def contact_m(self, time_s: float) -> float: ...
    @overload
    def contact_m(self, time_s: Floats) -> Floats: ...
    def contact_m(self, time_s: float | Floats) -> float | Floats:
        """Where its contact end is along the road: front when approaching, rear when receding."""
        return self.middle_m + self.onwards * self.course.gone_m(time_s - self.pass_s)

    @overload
    def time_at(self, y_m: float) -> float: ...
    @overload
    def time_at(self, y_m: Floats) -> Floats: ...
    def time_at(self, y_m: float | Floats) -> float | Floats:
        """When its contact end gets to ``y_m``; infinite where it never does."""
        return self.pass_s + self.course.after_s(self._gone_m(y_m))

    def across_m(self, y_m: float) -> float:
        """The middle of its contact end across the road when that is at ``y_m``."""
        return self.x_m + self.course.aside_m(self._gone_m(y_m))

    def pass_lane(self, lanes: Sequence[LanePlan]) -> LanePlan:
        """The lane in which it is at its pass, or comes from where that is none."""
        x_m = self.across_m(self.middle_m)
        inside = (lane for lane in lanes if lane.left_m <= x_m < lane.right_m)
        return next(inside, self.lane)

    @overload
    def _gone_m(self, y_m: float) -> float: ...
    @overload
    def _gone_m(self, y_m: Floats) -> Floats: ...
    def _gone_m(self, y_m: float | Floats) -> float | Floats:
        return self.onwards * (y_m - self.middle_m)

    def now_m_s(self, time_s: float) -> float:
        """Its speed along the road at an instant."""
        return self.course.now_m_s(time_s - self.pass_s)

    def pose(self, time_s: float, row_s: float = 0.0) -> Pose:
        """Where it is at an instant, and how it goes on.

        Args:
            time_s: Footage time, of the picture's first row where rows are read in turn.
            row_s: From one row to the next.
        """
        y_m, speed = self.contact_m(time_s), self.now_m_s(time_s)
        slope = self.course.slope(self._gone_m(y_m))
        return Pose(
            direction=self.direction,
            x_m=self.across_m(y_m),
            y_m=y_m,
            rolled_m=self.speed_m_s * time_s + float(self.course.gained_m(time_s - self.pass_s)),
            heading_rad=math.atan(slope),
            m_per_row=self.onwards * speed * row_s,
            aside_per_row=slope * speed * row_s,
        )
