"""What the camera's calibration says of a site, for a page: lines, words, and the road from above.

The office knows no survey itself. :class:`Surveyor` is handed in by whoever knows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

Verdict = Literal["may fine", "statistics only", "cannot measure"]
Spot = tuple[float, float]
"""Pixels of the picture, right and down; the middle of the top left pixel is (0, 0)."""
Line = Sequence[Spot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A few words at a place of the picture."""

    text: str
    at: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSketch:
    """One surveyed point.

    Attributes:
        px: Where it was found.
        m: Where it was measured, to the right and along.
        tip: Where the arrow ends that shows by what the fit misses it, or None where it hits.
        cells: The same as a row of the table of points.
    """

    px: Spot
    m: tuple[float, float]
    tip: Spot | None
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """The road from straight above.

    Attributes:
        left_m: Of the picture, as the other three edges.
        right_m: See above.
        near_m: See above.
        far_m: See above.
        jpeg: The camera's picture, rectified.
        edges_m: Of all lanes, across.
        zone_m: Where measuring begins and ends.
        doubt_x_m: Columns of the map of doubt.
        doubt_y_m: Its rows.
        doubt_kmh: By row and column, what the survey alone leaves in doubt of a speed at the limit
            (k = 2).
        limit_kmh: That limit.
    """

    left_m: float
    right_m: float
    near_m: float
    far_m: float
    jpeg: bytes
    edges_m: Sequence[float]
    zone_m: tuple[float, float]
    doubt_x_m: Sequence[float]
    doubt_y_m: Sequence[float]
    doubt_kmh: Sequence[Sequence[float]]
    limit_kmh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How uncertain a speed will be: over the shortest stretch along the zone, and through it all.

    Attributes:
        speed_kmh: Of the vehicle.
        along: Middle of the stretch in metres, and the expanded uncertainty (k = 2) in km/h.
        whole_kmh: Through the whole zone.
    """

    speed_kmh: float
    along: Sequence[tuple[float, float]]
    whole_kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What else must be in order, as the site file says it.

    Attributes:
        camera_id: Of the passages that this site gives.
        camera_name: In words.
        verdict: What speeds from here may be used for.
        valid_until: Last day of the certificate, or None without one.
        clock_checked_on: Last day on which the clock was checked, or None.
    """

    camera_id: str
    camera_name: str
    verdict: Verdict
    valid_until: date | None
    clock_checked_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Everything that a page shows of one appraisal.

    Attributes:
        papers: Which camera it is, and the verdict.
        below_kmh: The verdict holds below this speed; None: for every one.
        reasons: Kind (``refused``, ``no fines``, ``better``) and sentence, the worst first.
        facts: Name and value.
        columns: Heads of the table of points.
        points: In their order.
        times: How many times too long the arrows are; 0: there are none.
        size_px: Of the picture.
        grid: Lines on the road, a metre apart across, five along.
        edges: Of the lanes.
        ends: Of the zone.
        lanes: Each lane's name and limit.
        marks: Metres along the road.
        above: The road from above.
        expected: At the limit, and half as fast again.
    """

    papers: Papers
    below_kmh: int | None
    reasons: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    columns: Sequence[str]
    points: Sequence[PointSketch]
    times: int
    size_px: tuple[int, int]
    grid: Sequence[Line]
    edges: Sequence[Line]
    ends: Sequence[Line]
    lanes: Sequence[Label]
    marks: Sequence[Label]
    above: Above
    expected: Sequence[Expected]


class Surveyor(Protocol):
    """Says what surveys are worth."""

    def sketch(self, site: bytes, name: str, picture_png: bytes) -> Sketch:
        """What the survey in a site file is worth, on the picture that it was found in.

        Args:
            site: The file.
            name: Named in errors.
            picture_png: As :meth:`picture` gave it.

        Raises:
            SpeedcamError: The file has faults, or no camera follows from its points.
        """
        ...

    def papers(self, site: bytes, name: str, picture_png: bytes) -> Papers:
        """What a list says of a site. Raises as :meth:`sketch`."""
        ...

    def picture(self, content: bytes) -> bytes:
        """A picture that somebody sent, as a clean PNG. Raises a SpeedcamError for anything else.

        It is decoded where it can do no harm.
        """
        ...
