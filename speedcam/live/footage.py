"""A stream as footage: the pipeline sees frames with their stamps, decoded in the sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import Thread, get_native_id

from speedcam.adapters import wire
from speedcam.adapters.bounds import Bounds, in_order
from speedcam.adapters.decoding import Clip, open_clip
from speedcam.adapters.piped import of_pipe
from speedcam.adapters.sandbox import Decoder, launch_confined
from speedcam.live.backlog import Backlog
from speedcam.live.packets import TICKS_PER_S
from speedcam.live.reception import Reception
from speedcam.model import Frame, Image
from speedcam.segments import WHOLE, Segment

OPENING_S = 21.0
"""Of the stream, which is on the disk before its first frame is measured: the empty road shows in
it, and whether its stamps run as time does."""

OPENING = ".opening.ts"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of the stream that is being decoded again."""

    clip: Clip
    first_ticks: int
    to_s: float

    def within_s(self, time_s: float) -> float:
        """When in the part something is shown that the stream shows at ``time_s``."""
        ticks = round(time_s * TICKS_PER_S) - self.first_ticks
        return float(ticks * Fraction(1, TICKS_PER_S))

    def holds(self, from_s: float, to_s: float) -> bool:
        """Whether all that was shown then is in it."""
        return self.within_s(from_s) >= 0 and to_s <= self.to_s


class LiveFootage:
    """A :class:`speedcam.ports.FrameSource` of one connection.

    Without a segment it shows its opening only, and with one all that comes, once.
    """

    def __init__(
        self,
        reception: Reception,
        decoder: Decoder,
        opening: Clip,
        *,
        folder: Path,
        sha256: str,
        watch: Callable[[Frame], None] = lambda _: None,
    ) -> None:
        """Show what ``reception`` brings.

        Args:
            reception: The connection.
            decoder: Is fed with it, and has said what it found.
            opening: The stream's first seconds, as a clip.
            folder: Of the results, whose name passages bear; parts are put there for a moment.
            sha256: Of what says which stream this was, and when.
            watch: Told of each frame as it is decoded.
        """
        self._reception, self._decoder = reception, decoder
        self._opening: Clip | None = opening
        self._watch = watch
        self._part: _Part | None = None
        self.path, self.sha256, self.size = folder, sha256, opening.size

    @property
    def decoder(self) -> str:
        """How the decoder is confined, in words."""
        return f"a sandbox ({self._decoder.how}), live"

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """Every frame that comes, or those of the opening for whoever names no segment."""
        if segment == WHOLE:
            yield from self._at_first().frames()
            return
        self._opening = None
        request = wire.FRAMES + wire.of_segment(segment)
        shown = self._decoder.pictures(request, self._colour_again)
        for frame in in_order(self.path, Bounds(), shown):
            self._watch(frame)
            yield frame

    def glimpses(self, count: int, _: Segment = WHOLE) -> list[Image]:
        """Luma of up to ``count`` frames of the opening."""
        return self._at_first().glimpses(count)

    def _at_first(self) -> Clip:
        if self._opening is None:
            raise RuntimeError("a stream's opening is looked at before its frames are shown")
        return self._opening

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        """The frames with exactly these times, decoded again from what is on the disk.

        Raises:
            FootageError: One of them does not come back.
        """
        part = self._part_with(min(index_at), max(index_at))
        stamped_s = {part.within_s(time_s): time_s for time_s in index_at}
        for frame in part.clip.recall({t: index_at[time_s] for t, time_s in stamped_s.items()}):
            yield replace(frame, time_s=stamped_s[frame.time_s])

    def forget(self) -> None:
        """Nobody will ask again for what was recalled last."""
        self._part = None

    def _part_with(self, from_s: float, to_s: float) -> _Part:
        """What is at hand already, or else a new part of the stream: each is a process to start."""
        part = self._part
        if part is None or not part.holds(from_s, to_s):
            excerpt = self._reception.ring.excerpt(from_s, to_s)
            name = f".again-{get_native_id()}.ts"  # pictures are made while others are measured
            clip = at_hand(self.path / name, excerpt.content)
            part = _Part(clip=clip, first_ticks=excerpt.first_ticks, to_s=excerpt.to_s)
            self._part = part
        return part

    def _colour_again(self, index: int, time_s: float) -> Image:
        (frame,) = self.recall({time_s: index})
        return frame.colour()


def at_hand(path: Path, content: bytes) -> Clip:
    """A part of a stream as a clip; it holds its file open, which has no name any more."""
    with suppress(FileNotFoundError):
        path.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
        return open_clip(path)
    finally:
        path.unlink()


@contextmanager
def fed_decoder(name: Path, backlog: Backlog) -> Iterator[Decoder]:
    """A confined decoder that is shown what is in the backlog; ended at the end."""
    ours, theirs = os.pipe()
    decoder = Decoder(of_pipe(ours, name, Bounds()), launch_confined)
    os.close(ours)
    feeder = Thread(target=_feed, args=(theirs, backlog), name="feed", daemon=True)
    feeder.start()
    try:
        yield decoder
    finally:
        decoder.end()
        backlog.end()
        feeder.join()


def _feed(pipe: int, backlog: Backlog) -> None:
    with suppress(BrokenPipeError), os.fdopen(pipe, "wb", buffering=0) as decoder:
        while packet := backlog.take():
            view = memoryview(packet.content)
            while view:
                view = view[decoder.write(view) :]
