"""Clips at a camera, their segments shared out among workers: the same results however many.

Each segment is measured by itself and entered as finished; when all of a clip's are, its passages
appear. Whoever is interrupted goes on with those that are not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from speedcam import process
from speedcam.adapters.decoding import Clip, Opener, open_clip
from speedcam.crew import SILENCE_S, Ended, Hand, News, share_out, spawned, uninterrupted
from speedcam.errors import ClusterError, FootageError, SpeedcamError
from speedcam.model import Floats, Frame, Passage
from speedcam.pipeline import Camera, passages
from speedcam.process import PASSAGES, ClipResult
from speedcam.segments import WHOLE, Cut, Segment
from speedcam.site import Site
from speedcam.stages import Stopwatch

Job = tuple[Path, Site]
"""A clip and the site it was taken at."""

MakeCamera = Callable[[Site, tuple[int, int], Path], Camera]
"""Makes a site's camera for pictures of so many pixels that writes to a folder; can be pickled."""

TELLING_FRAMES = 25
"""A worker tells of so many frames at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """One segment to be measured: a piece of work for :mod:`speedcam.crew`.

    Attributes:
        clip: The footage file.
        sha256: What it must be still.
        opener: Opens it, in the process that measures.
        site: Where it was taken.
        make_camera: Makes the camera, in the process that measures.
        out: The clip's folder.
        segment: Which.
    """

    clip: Path
    sha256: str
    opener: Opener
    site: Site
    make_camera: MakeCamera
    out: Path
    segment: Segment

    def __call__(self, tell: Callable[[News], None]) -> None:
        """Measure it, and enter it as finished."""
        clock, counter = Stopwatch(), _Counter(self.segment, tell)
        with in_words(self.clip, self.out):
            footage = self._opened()
            # A library that is interrupted while it is loaded says that it is broken.
            with uninterrupted():
                camera = clock.camera(self.make_camera(self.site, footage.size, self.out))
            found = passages(
                camera,
                clock.footage(footage),
                counter,
                lambda words: tell(News(alarm=words)),
                segment=self.segment,
                clock=clock,
            )
            process.keep(self.out, self.segment, _told(found, tell))
        counter.tell()
        clock.lap()
        tell(News(spent_s=dict(clock.spent_s)))

    def _opened(self) -> Clip:
        footage = self.opener(self.clip)
        if footage.sha256 != self.sha256:
            raise FootageError(
                f"{self.clip} was changed while it was measured. Let whoever writes it finish, and "
                "run the same command again.",
                "changed",
            )
        return footage


@contextmanager
def in_words(clip: Path, out: Path) -> Iterator[None]:
    """A full disk, or one that fails, as a fault that the user can mend."""
    try:
        yield
    except OSError as error:
        raise SpeedcamError(
            f"{clip}: reading it or writing its results failed ({error.strerror or error}: "
            f"{error.filename or out}). Nothing half done counts: mend that and run it again."
        ) from None


def _told(found: Iterator[Passage], tell: Callable[[News], None]) -> Iterator[Passage]:
    """The same; that each was found is a sign of life."""
    for passage in found:
        tell(News(found=passage))
        yield passage


class _Counter:
    """Counts the frames that are a segment's own."""

    def __init__(self, segment: Segment, tell: Callable[[News], None]) -> None:
        self._segment = segment
        self._hear = tell
        self._shown = 0
        self._own = 0

    def __call__(self, frame: Frame) -> None:
        self._shown += 1
        self._own += self._segment.start_s <= frame.time_s < self._segment.end_s
        if self._shown % TELLING_FRAMES == 0:
            self.tell()

    def tell(self) -> None:
        """Tell of those that were not told yet."""
        self._hear(News(frames=self._own))
        self._own = 0


@dataclass(slots=True, kw_only=True)
class _Clip:
    """One clip on its way: what is to do, who is at it, what came of it."""

    clip: Path
    site: Site
    out: Path
    make_camera: MakeCamera
    opener: Opener
    detector: str
    key_id: str
    cut: Cut
    run: process.Run = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    to_do: deque[Segment] = field(default_factory=deque)
    at_work: int = 0
    set_aside: list[Segment] = field(default_factory=list)
    fault: SpeedcamError | None = None
    result: ClipResult | SpeedcamError | None = None
    own: ExitStack = field(default_factory=ExitStack)

    def works(self, hear: Callable[[Path, News], None]) -> Iterator[Measuring]:
        """What is to be measured; what was finished before is not."""
        try:
            with in_words(self.clip, self.out):
                footage = self._open(hear)
        except ClusterError:
            raise
        except SpeedcamError as error:
            self.fault = error
        else:
            while self.to_do:
                self.at_work += 1
                yield Measuring(
                    clip=self.clip,
                    sha256=footage.sha256,
                    opener=self.opener,
                    site=self.site,
                    make_camera=self.make_camera,
                    out=self.out,
                    segment=self.to_do.popleft(),
                )
        self._settle()

    def _open(self, hear: Callable[[Path, News], None]) -> Clip:
        footage = self.opener(self.clip)
        self.run = process.run_of(self.site, footage, self.detector, self.key_id)
        self.own.enter_context(process.alone_in(self.out))
        if process.is_done(self.out, self.run):
            self.result = self._result(resumed=True)
            return footage
        process.begin(self.out, self.run)
        self.segments, times_s = _cut(footage, self.cut)
        self.to_do += process.unfinished(self.out, self.segments)
        own = [(times_s >= each.start_s) & (times_s < each.end_s) for each in self.to_do]
        frames = int(np.sum(own)) if len(times_s) else footage.frame_count
        hear(self.clip, News(to_do=frames))
        return footage

    def note(self, ended: Ended[Measuring]) -> None:
        """Take in that nobody is at a segment any more."""
        self.at_work -= 1
        if ended.lost:
            self.set_aside.append(ended.work.segment)
        if ended.fault:
            self.fault = self.fault or ended.fault
            self.to_do.clear()
        self._settle()

    def _settle(self) -> None:
        """Tell what came of the clip, once nothing is to do and nobody is at it."""
        if self.to_do or self.at_work:
            return
        if self.fault:
            self.result = self.fault
        elif self.result is None:
            try:
                with in_words(self.clip, self.out):
                    process.finish(self.out, self.run, self.segments, self.set_aside)
                self.result = self._result(resumed=False)
            except SpeedcamError as error:
                self.result = error
        self.own.close()

    def _result(self, *, resumed: bool) -> ClipResult:
        return ClipResult(
            clip=self.clip,
            passages_path=self.out / PASSAGES,
            resumed=resumed,
            decoder=str(self.run.get("decoder", "")),
            set_aside=tuple(sorted(self.set_aside, key=lambda each: each.number)),
        )


def process_clips(
    jobs: Sequence[Job],
    out: Path,
    make_camera: MakeCamera,
    detector: str,
    *,
    workers: int,
    key_id: str = "",
    opener: Opener = open_clip,
    hear: Callable[[Path, News], None] = lambda _, __: None,
    cut: Cut | None = None,
    silence_s: float = SILENCE_S,
    hire: Callable[[Measuring], Hand] = spawned,
) -> Iterator[ClipResult | SpeedcamError]:
    """Measure each clip into a folder of its own under ``out``; what came of each, in their order.

    Args:
        jobs: Each clip with its site.
        out: Where to.
        make_camera: Makes the camera.
        detector: What its detector is called.
        workers: Processes at once. A clip of one segment that has nobody beside it is measured in
            this one.
        key_id: Of the key that signs the passages; empty where nobody does.
        opener: Opens footage.
        hear: Told of a clip's progress.
        cut: Where clips are cut.
        silence_s: A worker that tells nothing for so long is killed.
        hire: Starts somebody on a segment.

    Raises:
        ClusterError: Nobody can be hired any more. What was measured is kept.
    """
    process.require_distinct_names([clip for clip, _ in jobs])
    clips = {
        out / clip.stem: _Clip(
            clip=clip,
            site=site,
            out=out / clip.stem,
            make_camera=make_camera,
            opener=opener,
            detector=detector,
            key_id=key_id,
            cut=cut or Cut(),
        )
        for clip, site in jobs
    }
    in_order = deque(clips.values())
    ended = share_out(
        (work for clip in clips.values() for work in clip.works(hear)),
        lambda work, news: hear(work.clip, news),
        workers=workers,
        here=lambda work: (
            hire is spawned and work.segment == WHOLE and (workers == 1 or len(jobs) == 1)
        ),
        silence_s=silence_s,
        hire=hire,
    )
    try:
        for each in ended:
            clips[each.work.out].note(each)
            yield from _ready(in_order)
        yield from _ready(in_order)
    finally:
        ended.close()
        for clip in clips.values():
            clip.own.close()


def _ready(in_order: deque[_Clip]) -> Iterator[ClipResult | SpeedcamError]:
    """What came of the first clips that are not told yet, up to one that is on its way."""
    while in_order and (result := in_order[0].result) is not None:
        in_order.popleft()
        yield result


def _cut(footage: Clip, cut: Cut) -> tuple[tuple[Segment, ...], Floats]:
    """The clip's segments, and when its frames are shown where it had to be known for that."""
    if 0 < footage.duration_s < 2 * cut.least_s:
        return (WHOLE,), np.empty(0)
    times_s, key_s = footage.stamps_s()
    return cut.segments(times_s, key_s), times_s
