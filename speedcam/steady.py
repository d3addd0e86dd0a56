"""A camera on a mast sways, and one day it is moved: footage that knows where it looks.

Every frame is brought back to the surveyed picture by whole pixels, for the detector's sake, and
says in :attr:`Frame.shake_px` what remains. An offset that lasts is no shake: the camera has moved,
its survey does not hold any more, and the frames say so. That an offset lasts shows only later, so
whoever drove past meanwhile is known by :meth:`SteadyFootage.settled`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from speedcam.errors import SiteError
from speedcam.model import Floats, Frame, Image, Sighting, Track
from speedcam.patches import Offset, Patches, choose
from speedcam.ports import FrameSource
from speedcam.segments import WHOLE, Segment

SETTLING_S = 2.0
"""The clip's first seconds, whose mean picture shows where the camera stands."""
SETTLING_FRAMES = 16

DRIFT_PX = 1.0
"""A lasting offset above this ends measuring: half a per cent of a speed and more."""
TURN_PX = 0.3
"""What a lasting roll or zoom may leave at the patches, root mean square, after the shift."""
LASTING_S = 2.0
"""A mast sways once in a second or two: what the median over this time shows is no sway."""
BLIND_S = 1.0
"""Without a look at the patches for this long, nobody knows where the camera stands."""
REACH_PX = 64
"""A shift beyond this is not brought back: that picture is measured by nobody."""
COARSE = 4
"""The first look for a moved camera is at a picture this many times smaller."""

ACQUIRING = 20
"""Steps to find the surveyed patches, a few pixels off, for the first time."""

_Mean = NDArray[np.floating]
Alarm = Callable[[str], None]


class SteadyFootage:
    """Footage whose frames know their shake and whether the camera still stands as surveyed."""

    def __init__(
        self,
        footage: FrameSource,
        reference_frame: Path | None = None,
        alarm: Alarm = lambda _: None,
    ) -> None:
        """Hold ``footage`` against the surveyed picture, or against its own first seconds.

        Args:
            footage: Of one camera.
            reference_frame: The picture that was surveyed, if the site keeps it.
            alarm: Told, in one sentence, what the log should say.
        """
        self._footage = footage
        self._reference_frame = reference_frame
        self._alarm = alarm
        self._stands: dict[int, _Stand] = {}
        self._now_s = 0.0
        self._ended = False

    @property
    def path(self) -> Path:
        """The file."""
        return self._footage.path

    @property
    def sha256(self) -> str:
        """Of the footage's bytes."""
        return self._footage.sha256

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._footage.size

    @property
    def decoder(self) -> str:
        """Where and how confined the footage is decoded, in words."""
        return self._footage.decoder

    def glimpses(self, count: int, segment: Segment = WHOLE) -> list[Image]:
        """Luma of up to ``count`` frames spread over the segment."""
        return self._footage.glimpses(count, segment)

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        """The frames with exactly these times, brought back as they were the first time."""
        for frame in self._footage.recall(index_at):
            yield _steadied(frame, self._stands[frame.index])

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """Every frame of the segment in order of time, held against the clip's first seconds."""
        watch, self._ended = self._start(), False
        for frame in self._footage.frames(segment):
            stood = watch.moved
            stand = watch.look(frame)
            self._stands[frame.index], self._now_s = stand, frame.time_s
            if watch.moved and not stood:
                self._set_adrift(since_s=frame.time_s - LASTING_S)
            yield _steadied(frame, stand)
        self._ended = True

    def _set_adrift(self, since_s: float) -> None:
        """It moved at some time since then; before, every frame stood as surveyed."""
        for index, stand in reversed(self._stands.items()):
            if stand.time_s < since_s:
                return
            self._stands[index] = replace(stand, adrift=True)

    def settled(self, track: Track) -> Track | None:
        """The track as the camera stood in its frames, or None while that is not known yet.

        Where the camera swayed further than it may have moved, only what follows tells the two
        apart. After the last frame nothing follows, and doubt is for the driver.
        """
        settled_s = self._now_s - LASTING_S
        doubted = [
            s.frame_index
            for s in track.sightings
            if s.time_s > settled_s and self._stands[s.frame_index].off
        ]
        if doubted and not self._ended:
            return None
        return replace(track, sightings=tuple(self._known(s, doubted) for s in track.sightings))

    def _known(self, sighting: Sighting, doubted: Sequence[int]) -> Sighting:
        index = sighting.frame_index
        return replace(sighting, adrift=self._stands[index].adrift or index in doubted)

    def _start(self) -> _Watch:
        early = takewhile(lambda f: f.time_s <= SETTLING_S, self._footage.frames())
        pictures = _thinned([frame.luma for frame in early])
        _, centres = choose(pictures)
        mean, centres = choose(_registered(pictures, centres))
        patches = Patches(mean, centres)
        name = self.path.name
        if self._reference_frame is None:
            self._alarm(
                f"{name}: the site keeps no camera.reference_frame, so that only a camera that "
                "moves during the clip is noticed, not one that was moved before it."
            )
            return _Watch(patches, (0.0, 0.0), None, partial(self._tell, name))
        since = _since_survey(_read(self._reference_frame), mean, centres)
        moved = _why_moved(since)
        if moved:
            self._alarm(
                f"{name}: the camera does not stand as surveyed ({moved}). Nothing is measured. "
                "Survey it again and keep a new camera.reference_frame."
            )
        start = since.px if since and not moved else (0.0, 0.0)
        return _Watch(patches, start, moved, partial(self._tell, name))

    def _tell(self, name: str, time_s: float, why: str) -> None:
        self._alarm(
            f"{name}: at {time_s:.1f} s the camera {why}. Nothing is measured until it stands as "
            "surveyed. Look after it, and survey it again if it was moved."
        )


def why_not_as_surveyed(luma: Image, reference_frame: Path) -> str | None:
    """How a picture differs from the surveyed one, in words; None where the camera stands as then.

    Raises:
        SiteError: The reference frame is no picture.
    """
    return _why_moved(_since_survey(_read(reference_frame), *choose([luma])))


@dataclass(frozen=True, slots=True)
class _Stand:
    """How the camera stands in one frame.

    Attributes:
        px: Where the picture lies against the surveyed one.
        adrift: It has moved, or does not show where it stands.
        off: It lies further off than a camera may have moved: swaying, or moved.
    """

    time_s: float
    px: tuple[float, float]
    adrift: bool
    off: bool


class _Watch:
    """Follows the camera's stand through a clip."""

    def __init__(
        self,
        patches: Patches,
        start_px: tuple[float, float],
        moved: str | None,
        tell: Callable[[float, str], None],
    ) -> None:
        self._patches = patches
        self._start_px = start_px
        self._moved = moved
        self._tell = tell
        self._last_px = (0.0, 0.0)
        self._recent: deque[tuple[float, Offset]] = deque()
        self._seen_s: float | None = None
        self._was_blind = False

    @property
    def moved(self) -> bool:
        """Whether the survey holds no more."""
        return self._moved is not None

    def look(self, frame: Frame) -> _Stand:
        offset = None if frame.corrupt else self._patches.find(frame.luma, self._last_px)
        if offset is not None:
            self._last_px = offset.px
            self._recent.append((frame.time_s, offset))
        if offset is not None or self._seen_s is None:
            self._seen_s = frame.time_s
        while self._recent and self._recent[0][0] < frame.time_s - LASTING_S:
            self._recent.popleft()
        if self._moved is None:
            self._moved = self._why()
            if self._moved:
                self._tell(frame.time_s, f"has moved ({self._moved})")
        blind = frame.time_s - self._seen_s > BLIND_S
        if blind and not self._was_blind:
            self._tell(frame.time_s, "sees nothing that shows where it stands")
        self._was_blind = blind
        # Where the camera stands in a picture that does not show it, nobody knows.
        return _Stand(
            time_s=frame.time_s,
            px=self._stand_px(),
            adrift=self.moved or (offset is None and not frame.corrupt),
            off=offset is not None and self._words([offset]) is not None,
        )

    def _stand_px(self) -> tuple[float, float]:
        return (self._start_px[0] + self._last_px[0], self._start_px[1] + self._last_px[1])

    def _why(self) -> str | None:
        """What is wrong with the camera's stand lately, in words, or None."""
        if not self._recent or self._recent[-1][0] - self._recent[0][0] < 0.9 * LASTING_S:
            return None
        return self._words([offset for _, offset in self._recent])

    def _words(self, offsets: Sequence[Offset]) -> str | None:
        """How far the median of the offsets is from how it was surveyed, if that is too far."""
        middle = np.median([offset.px for offset in offsets], axis=0)
        turn_px = float(np.median([offset.turn_px for offset in offsets]))
        return _words(float(np.hypot(*(middle + self._start_px))), turn_px)


def _words(drift_px: float, turn_px: float) -> str | None:
    if drift_px > DRIFT_PX:
        return f"by {drift_px:.1f} px; {DRIFT_PX:g} px are allowed"
    if turn_px > TURN_PX:
        return f"turned or zoomed by {turn_px:.1f} px; {TURN_PX:g} px are allowed"
    return None


def _why_moved(since: Offset | None) -> str | None:
    if since is None:
        return "the picture is not the surveyed one, or shows too little of it"
    return _words(float(np.hypot(*since.px)), since.turn_px)


def _since_survey(surveyed: Image, now: _Mean, centres: Floats) -> Offset | None:
    """Where the picture lies now against the surveyed one; None where they do not match."""
    if surveyed.shape != now.shape:
        return None
    patches = Patches(surveyed, centres)
    found = [patches.find(now, guess, ACQUIRING) for guess in ((0.0, 0.0), _coarse(surveyed, now))]
    return max((o for o in found if o), key=lambda o: o.patches, default=None)


def _coarse(before: Image, now: _Mean) -> tuple[float, float]:
    """The shift of the whole picture, to a few pixels, however far."""
    size = (now.shape[1] // COARSE, now.shape[0] // COARSE)
    small, small_now = (
        cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for picture in (before, now)
    )
    (du, dv), _ = cv2.phaseCorrelate(small, small_now, cv2.createHanningWindow(size, cv2.CV_32F))
    return COARSE * du, COARSE * dv


def _thinned(pictures: list[Image]) -> list[Image]:
    """Up to some of the pictures, evenly spread."""
    return pictures[:: max(1, len(pictures) // SETTLING_FRAMES)]


def _registered(pictures: list[Image], centres: Floats) -> list[Image]:
    """The pictures brought to their middle place, so that their mean is not blurred by sway."""
    first = Patches(pictures[0], centres)
    found = [(picture, first.find(picture)) for picture in pictures]
    places = [(picture, np.array(offset.px)) for picture, offset in found if offset]
    if len(places) < len(pictures) / 2:
        return pictures
    middle = np.median([place for _, place in places], axis=0)
    return [_resampled(picture, place - middle) for picture, place in places]


def _resampled(picture: Image, place: Floats) -> Image:
    back = np.array([[1.0, 0.0, -place[0]], [0.0, 1.0, -place[1]]])
    height, width = picture.shape
    return np.asarray(cv2.warpAffine(picture, back, (width, height)), dtype=np.uint8)


def _read(path: Path) -> Image:
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise SiteError(f"{path}: the site's reference frame is no picture. Use a PNG or a JPEG.")
    return np.asarray(picture, dtype=np.uint8)


def _steadied(frame: Frame, stand: _Stand) -> Frame:
    """The frame moved back by whole pixels, with what remains."""
    du, dv = (round(shift) if abs(shift) < REACH_PX else 0 for shift in stand.px)
    rest = (stand.px[0] - du, stand.px[1] - dv)
    known = replace(frame, shake_px=rest, adrift=stand.adrift)
    if (du, dv) == (0, 0):
        return known
    colour = frame.colour
    back = (du, dv)
    return replace(known, luma=_moved(frame.luma, back), colour=lambda: _moved(colour(), back))


def _moved(picture: Image, shift: tuple[int, int]) -> Image:
    """The picture moved; what comes in at the rim repeats the outermost pixels."""
    du, dv = shift
    height, width = picture.shape[:2]
    inner = picture[max(0, dv) : height + min(0, dv), max(0, du) : width + min(0, du)]
    return np.asarray(
        cv2.copyMakeBorder(
            inner, max(0, -dv), max(0, dv), max(0, -du), max(0, du), cv2.BORDER_REPLICATE
        ),
        dtype=np.uint8,
    )
