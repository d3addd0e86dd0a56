"""What else moved: every outline of the latest frames, with what the detector took it for.

The tracker keeps outlines of vehicles that it follows; hiding needs those of everybody.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from speedcam.model import Box, Detection, Frame, Sighting, Track, VehicleClass

KEPT = 6000
"""Frames: four minutes at 25 a second, more than anybody takes to pass."""
INSIDE = 0.9
"""Share of an outline within a vehicle's box that makes it a part of that vehicle."""
FEWEST_NAMED = 3
"""Frames in which a detector must have named a vehicle."""
AGREED = 0.7
"""Share of them that must say the same."""


class Outlines:
    """The outlines of the latest frames."""

    def __init__(self) -> None:
        self._kept: deque[int] = deque()
        self._at: dict[int, tuple[tuple[Box, str], ...]] = {}

    def note(self, frame: Frame, detections: Sequence[Detection]) -> None:
        """Remember what moved in ``frame``."""
        self._at[frame.index] = tuple((found.box, found.kind) for found in detections)
        self._kept.append(frame.index)
        if len(self._kept) > KEPT:
            del self._at[self._kept.popleft()]

    def hold(self, track: Track) -> bool:
        """Whether nothing is forgotten of the frames in which a vehicle was seen."""
        return all(sighting.frame_index in self._at for sighting in track.sightings)

    def beside(self, sighting: Sighting) -> tuple[Box, ...]:
        """The outlines in the same frame that are not the vehicle's own.

        Of several within its box only the largest is surely its own: the others may be somebody
        who stands before a corner of it.

        Raises:
            KeyError: The frame is forgotten. Nobody could be hidden in it, so none may be shown.
        """
        boxes = [box for box, _ in self._at[sighting.frame_index]]
        own = max(
            (box for box in boxes if _share(box, sighting.box) > INSIDE),
            key=lambda box: box.area,
            default=None,
        )
        return tuple(box for box in boxes if box is not own)

    def named(self, track: Track) -> VehicleClass | None:
        """What the detector took a vehicle for in most frames, or None where it did not say."""
        names = Counter(
            kind
            for sighting in track.sightings
            if not sighting.merged
            for box, kind in self._at.get(sighting.frame_index, ())
            if _share(box, sighting.box) > INSIDE and kind in set(VehicleClass)
        )
        names.pop(VehicleClass.UNKNOWN, None)
        if names.total() < FEWEST_NAMED:
            return None
        name, count = names.most_common(1)[0]
        return VehicleClass(name) if count >= AGREED * names.total() else None


def _share(box: Box, other: Box) -> float:
    """Share of ``box`` that lies within ``other``."""
    return box.overlap(other) / box.area if box.area else 0.0
