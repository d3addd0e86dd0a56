"""Footage from a file: frames with exact container time, luma without conversion.

PyAV decodes, not OpenCV: OpenCV hides size changes and damage, and invents frame times.
The file is hostile until proven otherwise: :mod:`speedcam.adapters.gate` lets it in, and all of
this runs inside :mod:`speedcam.adapters.decoder` unless somebody asks for something else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import av
import numpy as np

from speedcam.adapters.bounds import Bounds, in_order, require_modest
from speedcam.adapters.gate import ClipFile, admit
from speedcam.errors import FootageError
from speedcam.model import Floats, Frame, Image
from speedcam.segments import WHOLE, Segment

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

CODECS = frozenset({"h264", "hevc"})
"""What roadside recorders write; each further decoder is one more that can be attacked."""

_LUMA_FORMATS = frozenset(
    f"yuv{range_}{sampling}p" for range_ in ("", "j") for sampling in (420, 422, 444)
) | {"gray", "nv12"}

_RESEEK_S = 4.0
"""Wanted frames closer than this are reached by decoding on, farther ones by a new seek."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One video file of one fixed camera; made by :func:`open_footage`.

    Attributes:
        file: The clip, as the gate let it in.
        size: Width and height in pixels.
        first_pts: Container time stamp of the first frame, in units of ``time_base``.
        time_base: Seconds per unit of the container's time stamps.
        frame_count: Frames the container promises, or 0 when it does not say.
        duration_s: Length the container promises, or 0 when it does not say.
        sha256: Of the file's bytes.
    """

    file: ClipFile
    size: tuple[int, int]
    first_pts: int
    time_base: Fraction
    frame_count: int
    duration_s: float
    sha256: str

    @property
    def path(self) -> Path:
        """The file, whose name passages bear."""
        return self.file.path

    @property
    def decoder(self) -> str:
        """Where the footage is decoded, in words, for the record of a run."""
        return "this process"

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """Every frame of the segment, its warm-up and its run-out, in order of time.

        Raises:
            FootageError: The file ends early, changes size, or its time does not rise.
        """
        yield from in_order(self.path, self.file.bounds, self.decoded(segment))
        self.file.require_unchanged()

    def decoded(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """The same as the decoder gives them: nobody has seen whether their time rises."""
        with _decoder(self.file) as (container, stream):
            shown = self._shown(container, stream, segment)
            for index, decoded in enumerate(shown, start=segment.first_index):
                frame = self._frame(index, decoded)
                if frame.time_s >= segment.until_s:
                    return
                yield frame

    def _shown(
        self, container: InputContainer, stream: VideoStream, segment: Segment
    ) -> Iterator[VideoFrame]:
        if segment.warm_s <= 0:
            yield from _decode(container, stream, self)
            return
        # That all frames are there was seen when their time stamps were read.
        decode = partial(_decode, footage=replace(self, frame_count=0))
        for decoded in self._decode_from(container, stream, segment.warm_s, decode):
            # Pictures that lean on what comes before the key frame are shown before it.
            if self._time_s(decoded) >= segment.warm_s:
                yield decoded

    def stamps_s(self) -> tuple[Floats, Floats]:
        """When frames are shown, and when key frames are, in order of time, without decoding.

        Nothing where a frame has no time stamp of its own: such footage cannot be cut.

        Raises:
            FootageError: The file ends early, or is damaged.
        """
        with _decoder(self.file) as (container, stream):
            stamps = list(_through(container, stream, self, _stamp))
        if any(pts is None for pts, _ in stamps):
            return np.empty(0), np.empty(0)
        shown = [(self._at_s(pts), is_key) for pts, is_key in stamps if pts is not None]
        times_s, is_key = np.array(sorted(shown), dtype=np.float64).reshape(-1, 2).T
        return times_s, times_s[is_key > 0]

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        """The frames with exactly these times, decoded again from the key frame before each.

        They come in order of time.

        Args:
            index_at: The ordinal of each wanted frame by its ``time_s``, as first seen.

        Raises:
            FootageError: One of them does not come back.
        """
        wanted = sorted(index_at)
        missing = set(wanted)
        with _decoder(self.file) as (container, stream):
            while wanted:
                batch = [t for t in wanted if t - wanted[0] <= _RESEEK_S]
                for decoded in self._decode_from(container, stream, batch[0]):
                    time_s = self._time_s(decoded)
                    if time_s in missing:
                        missing.remove(time_s)
                        yield self._frame(index_at[time_s], decoded)
                    if time_s >= batch[-1]:
                        break
                wanted = wanted[len(batch) :]
        if missing:
            raise FootageError(
                f"{self.path}: the frame at {min(missing):.3f} s cannot be decoded a second time, "
                "so nothing can be proven with it. Convert the footage to MP4 without re-encoding.",
                "not_again",
            )

    def _decode_from(
        self,
        container: InputContainer,
        stream: VideoStream,
        time_s: float,
        decode: Callable[[InputContainer, VideoStream], Iterator[VideoFrame]] | None = None,
    ) -> Iterator[VideoFrame]:
        """Frames from a key frame at or before ``time_s`` on; ``decode`` may raise at damage."""
        decode = decode or _decode_gently
        # A transport stream has no index, so that a seek may land late: go back farther then.
        for back_s in (0.0, 2.0, 10.0):
            container.seek(self._pts(max(0.0, time_s - back_s)), stream=stream)
            frames = decode(container, stream)
            first = next(frames, None)
            if first is not None and self._time_s(first) <= time_s:
                yield first
                yield from frames
                return
        with _decoder(self.file) as (afresh, from_start):
            yield from decode(afresh, from_start)

    def glimpses(self, count: int, segment: Segment = WHOLE) -> list[Image]:
        """Luma of up to ``count`` frames spread over the segment: what mostly stands still."""
        first_s, last_s = segment.in_view_s or (0.0, self.duration_s)
        if last_s <= first_s:
            return [frame.luma for frame, _ in zip(self.frames(), range(count), strict=False)]
        wanted_s = [first_s + (last_s - first_s) * (n + 0.5) / count for n in range(count)]
        glimpsed = self._sought(wanted_s)
        # A transport stream has no index, so that a seek may land late, or nowhere.
        if len(glimpsed) < count // 2:
            glimpsed = max(glimpsed, self._met(wanted_s), key=len)
        return list(glimpsed.values())

    def _sought(self, wanted_s: Sequence[float]) -> dict[float, Image]:
        """A frame near each of these times: a key frame, or the wanted one if that was taken."""
        glimpsed: dict[float, Image] = {}
        with _decoder(self.file) as (container, stream):
            for each_s in wanted_s:
                container.seek(self._pts(each_s), stream=stream)
                for decoded in _decode_gently(container, stream):
                    time_s = self._time_s(decoded)
                    if time_s not in glimpsed or time_s >= each_s:
                        glimpsed[time_s] = _luma(decoded, self)
                        break
        return glimpsed

    def _met(self, wanted_s: Sequence[float]) -> dict[float, Image]:
        """The first frame, and that at or after each of these times, met by decoding them all."""
        glimpsed: dict[float, Image] = {}
        ahead_s = deque(wanted_s)
        with _decoder(self.file) as (container, stream):
            for decoded in _decode_gently(container, stream):
                time_s = self._time_s(decoded)
                if not glimpsed or time_s >= ahead_s[0]:
                    glimpsed[time_s] = _luma(decoded, self)
                while ahead_s and time_s >= ahead_s[0]:
                    ahead_s.popleft()
                if not ahead_s:
                    break
        return glimpsed

    def _frame(self, index: int, decoded: VideoFrame) -> Frame:
        return Frame(
            index=index,
            time_s=self._time_s(decoded),
            luma=_luma(decoded, self),
            corrupt=bool(decoded.is_corrupt),
            colour=partial(_bgr, decoded),
        )

    def _time_s(self, decoded: VideoFrame) -> float:
        if decoded.pts is None:
            raise FootageError(
                f"{self.path}: a frame has no time stamp, so no speed can be measured. "
                "Export the footage again into MP4 or Matroska.",
                "time",
            )
        return self._at_s(decoded.pts)

    def _at_s(self, pts: int) -> float:
        return float((pts - self.first_pts) * self.time_base)

    def _pts(self, time_s: float) -> int:
        return self.first_pts + round(time_s / self.time_base)


def open_footage(path: Path, bounds: Bounds | None = None) -> Footage:
    """Check that ``path`` is footage that can be measured on; it is decoded in this process.

    Raises:
        FootageError: It is missing, empty, not a plain file, not video, audio only, in a container,
            codec or pixel format that is not accepted, or beyond the bounds.
    """
    file = admit(path, bounds)
    return footage_of(file, file.sha256())


def footage_of(file: ClipFile, sha256: str) -> Footage:
    """The footage in a file that the gate let in and whose digest is known.

    Raises:
        FootageError: As for :func:`open_footage`.
    """
    with _decoder(file) as (container, stream):
        first = next(_decode_gently(container, stream), None)
        if first is None or first.pts is None or stream.time_base is None:
            raise FootageError(
                f"{file.path}: no frame can be decoded; the file may be cut off before its first "
                "picture. Copy it again from the recorder.",
                "no_frame",
            )
        return Footage(
            file=file,
            size=(first.width, first.height),
            first_pts=first.pts,
            time_base=stream.time_base,
            frame_count=stream.frames,
            duration_s=_duration_s(container, stream),
            sha256=sha256,
        )


def _duration_s(container: InputContainer, stream: VideoStream) -> float:
    """Length that the stream or, as in Matroska, only the container promises; 0 if neither."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


@contextmanager
def _decoder(file: ClipFile) -> Iterator[tuple[InputContainer, VideoStream]]:
    # Reading the file ourselves keeps odd names ("-x", "http:…", non-UTF-8) away from FFmpeg, and
    # naming the demuxer keeps playlists and scripts, which can open other files, from being tried.
    options = {"format_whitelist": file.demuxer, "codec_whitelist": ",".join(CODECS)}
    try:
        container = av.open(file.reader(), mode="r", format=file.demuxer, options=options)
    except (av.error.FFmpegError, ValueError) as error:
        raise FootageError(
            f"{file.path} cannot be read as video ({_words(error)}): it is not a video, or it is "
            "cut off before its index. Accepted are MP4/MOV, Matroska and MPEG-TS.",
            "container",
        ) from None
    with container:
        yield container, _video_stream(file, container)


def _video_stream(file: ClipFile, container: InputContainer) -> VideoStream:
    path = file.path
    if not container.streams.video:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "no stream"
        raise FootageError(
            f"{path} holds no pictures ({kinds} only). Give the video file.", "no_pictures"
        )
    if len(container.streams.video) > 1:
        raise FootageError(
            f"{path} holds {len(container.streams.video)} videos, and nobody says which is the "
            "camera's. Export the one alone.",
            "two_pictures",
        )
    stream = container.streams.video[0]
    # PyAV has no context, whatever its types say, for a codec that FFmpeg does not know.
    codec = getattr(stream.codec_context, "name", "something unknown")
    if codec not in CODECS:
        raise FootageError(
            f"{path} is coded as {codec}, which is not accepted. Export it as H.264 or H.265.",
            "codec",
        )
    require_modest(
        path,
        file.bounds,
        size=(stream.codec_context.width, stream.codec_context.height),
        fps=float(stream.average_rate or 0),
        seconds=_duration_s(container, stream),
        frames=stream.frames,
    )
    # The container's size is a promise; this holds for what the pictures themselves say.
    stream.codec_context.options = {"max_pixels": f"{file.bounds.pixels:.0f}"}
    # One thread: the work is spread over processes, and frames come without delay.
    stream.thread_type = "NONE"
    return stream


def _decode_gently(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frames from here on, up to where the stream is damaged or ends."""
    try:
        yield from container.decode(stream)
    except av.error.FFmpegError:
        return


def _decode(
    container: InputContainer, stream: VideoStream, footage: Footage
) -> Iterator[VideoFrame]:
    return _through(container, stream, footage, lambda packet: packet.decode())


def _through(
    container: InputContainer,
    stream: VideoStream,
    footage: Footage,
    made_of: Callable[[Packet[VideoStream]], Iterable[Made]],
) -> Iterator[Made]:
    """What is made of each packet, all of which must be there."""
    packets = 0
    try:
        for packet in container.demux(stream):
            packets += packet.size > 0
            yield from made_of(packet)
    except av.error.FFmpegError as error:
        raise FootageError(
            f"{footage.path} is damaged after {packets} frames ({_words(error)}). "
            "Copy it again from the recorder.",
            "damaged",
        ) from None
    if packets < footage.frame_count:
        raise FootageError(
            f"{footage.path} is cut off: {packets} of {footage.frame_count} frames are there. "
            "Copy it again from the recorder.",
            "cut_off",
        )


def _stamp(packet: Packet[VideoStream]) -> list[tuple[int | None, bool]]:
    """The time stamp and whether decoding can begin there; nothing for the mark of the end."""
    return [(packet.pts, packet.is_keyframe)] if packet.size else []


def _luma(decoded: VideoFrame, footage: Footage) -> Image:
    width, height = footage.size
    if (decoded.width, decoded.height) != footage.size:
        raise FootageError(
            f"{footage.path} changes its size from {width}x{height} to "
            f"{decoded.width}x{decoded.height}; the calibration does not hold for both. "
            "Split the footage where the size changes.",
            "size_change",
        )
    if decoded.format.name not in _LUMA_FORMATS:
        raise FootageError(
            f"{footage.path} has the pixel format {decoded.format.name}, without a plain 8-bit "
            "luma plane. Export it as 8-bit H.264 (yuv420p).",
            "pixel_format",
        )
    plane = decoded.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    rows.flags.writeable = False
    return rows[:height, :width]


def _bgr(decoded: VideoFrame) -> Image:
    return np.asarray(decoded.to_ndarray(format="bgr24"), dtype=np.uint8)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
