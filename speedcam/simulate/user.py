"""What is common to all who use the road."""

from __future__ import annotations

from typing import Protocol

from speedcam.simulate.body import Body
from speedcam.simulate.pose import Pose


class RoadUser(Protocol):
    """Somebody who is at a known place at every instant."""

    @property
    def body(self) -> Body:
        """Its shape."""

    @property
    def colour(self) -> str:
        """Of its paint, ``#rrggbb``."""

    @property
    def plate(self) -> str:
        """What its plates say; empty where it has none."""

    def contact_m(self, time_s: float) -> float:
        """The end that is nearest to the camera, along the road."""

    def pose(self, time_s: float, row_s: float = 0.0) -> Pose:
        """Where it is, and how it goes on from one row of the picture to the next."""
