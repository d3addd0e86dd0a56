"""Footage that is decoded elsewhere: the same frames, from a process that can do no harm.

The decoder (:mod:`speedcam.adapters.decoder`) may be taken over by the footage it reads. All that
reaches this process are pixels in memory whose size cannot change, and packets of fixed form, each
checked here: a frame's time must rise, its slot must have been the decoder's, its size is that of
the first. A decoder that crashes, hangs or breaks these rules ends as an error of that clip.
"""

from __future__ import annotations

import fcntl
import json
import math
import mmap
import os
import re
import signal
import socket
import subprocess
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from speedcam.adapters import wire
from speedcam.adapters.bounds import Bounds, in_order, require_modest
from speedcam.adapters.gate import ClipFile, admit
from speedcam.adapters.piped import PipedClip
from speedcam.errors import FootageError
from speedcam.jail import has_bubblewrap, launch, start_of
from speedcam.model import Floats, Frame, Image
from speedcam.segments import WHOLE, Segment

START = start_of("speedcam.adapters.decoder")

SLOTS = 24
AHEAD = 4
"""Slots that the decoder may fill while nobody looks."""
SPARE = AHEAD + 2
"""With fewer slots left a picture is copied out, so that whoever keeps many stops nobody."""

WAIT_S = 30.0
"""For one picture. The slowest one allowed takes a fraction of a second."""
MEMORY_BYTES = 1_500_000_000
CPU_S = 3600

_CODE = re.compile(r"^(.*) \[([a-z_]{1,20})\]$", re.DOTALL)
_MOST_WORDS = 600


class Facts(NamedTuple):
    """What the decoder found in the container."""

    width: int
    height: int
    frame_count: int
    duration_s: float


class Launched(NamedTuple):
    """A decoder process and how it is confined, in words."""

    process: subprocess.Popen[bytes]
    how: str


Launch = Callable[[str, tuple[int, ...]], Launched]
"""Starts a decoder on an errand (JSON) with these descriptors."""


def launch_confined(errand: str, descriptors: tuple[int, ...]) -> Launched:
    """Under bubblewrap where that is, and without it elsewhere."""
    outer = "bubblewrap, " if has_bubblewrap() else ""
    return Launched(launch(START, errand, descriptors), outer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxedFootage:
    """A :class:`speedcam.ports.FrameSource` whose pictures are decoded in a confined process.

    Attributes:
        file: The clip, as the gate let it in.
        size: Width and height in pixels.
        frame_count: Frames the container promises, or 0 when it does not say.
        duration_s: Length the container promises, or 0 when it does not say.
        sha256: Of the file's bytes.
        decoder: How the decoder is confined, in words.
        start: Starts another decoder: frames may be recalled while others are awaited.
        idle: Decoders that wait for something to do.
    """

    file: ClipFile
    size: tuple[int, int]
    frame_count: int
    duration_s: float
    sha256: str
    decoder: str
    start: Callable[[], Decoder] = field(repr=False)
    idle: list[Decoder] = field(repr=False)

    @property
    def path(self) -> Path:
        """The file, whose name passages bear."""
        return self.file.path

    def frames(self, segment: Segment = WHOLE) -> Iterator[Frame]:
        """Every frame of the segment, its warm-up and its run-out, in order of time.

        Raises:
            FootageError: As :meth:`speedcam.adapters.video.Footage.frames`, or the decoder died.
        """
        request = wire.FRAMES + wire.of_segment(segment)
        yield from in_order(self.path, self.file.bounds, self._ask(request))
        self.file.require_unchanged()

    def stamps_s(self) -> tuple[Floats, Floats]:
        """As :meth:`speedcam.adapters.video.Footage.stamps_s`.

        Raises:
            FootageError: The file ends early or is damaged, or the decoder died.
        """
        with self._decoder() as decoder:
            return decoder.stamps_s()

    def recall(self, index_at: Mapping[float, int]) -> Iterator[Frame]:
        """The frames with exactly these times, decoded again from the key frame before each.

        They come in order of time.

        Args:
            index_at: The ordinal of each wanted frame by its ``time_s``, as first seen.

        Raises:
            FootageError: One of them does not come back.
        """
        wanted = sorted(index_at.items())
        for start in range(0, len(wanted), wire.MOST_WANTED):
            batch = wanted[start : start + wire.MOST_WANTED]
            request = wire.RECALL + b"".join(wire.WANTED.pack(*each) for each in batch)
            awaited = deque(batch)
            for frame in self._ask(request):
                if not awaited or awaited.popleft() != (frame.time_s, frame.index):
                    raise _broken(self.path, "it sent other frames than were asked for")
                yield frame
            if awaited:
                raise _broken(self.path, "it sent fewer frames than were asked for")

    def glimpses(self, count: int, segment: Segment = WHOLE) -> list[Image]:
        """Luma of up to ``count`` frames spread over the segment: what mostly stands still."""
        request = wire.NUMBER.pack(wire.GLIMPSES, count) + wire.of_segment(segment)
        asked = zip(self._ask(request), range(count), strict=False)
        return [_copy(frame.luma) for frame, _ in asked]

    def _ask(self, request: bytes) -> Iterator[Frame]:
        with self._decoder() as decoder:
            yield from decoder.pictures(request, self._colour_again)

    @contextmanager
    def _decoder(self) -> Iterator[Decoder]:
        decoder = self.idle.pop() if self.idle else self.start()
        try:
            yield decoder
        finally:
            if decoder.alive:
                self.idle.append(decoder)

    def _colour_again(self, index: int, time_s: float) -> Image:
        (frame,) = self.recall({time_s: index})
        return frame.colour()


def open_sandboxed(
    path: Path, bounds: Bounds | None = None, launcher: Launch = launch_confined
) -> SandboxedFootage:
    """Check that ``path`` is footage that can be measured on; it is decoded in another process.

    Args:
        path: The file.
        bounds: What it may ask.
        launcher: Starts a decoder.

    Raises:
        FootageError: As :func:`speedcam.adapters.video.open_footage`, or the decoder died.
    """
    file = admit(path, bounds)
    first = Decoder(file, launcher)
    sha256 = file.sha256()  # while the decoder starts
    facts = first.facts()
    return SandboxedFootage(
        file=file,
        size=(facts.width, facts.height),
        frame_count=facts.frame_count,
        duration_s=facts.duration_s,
        sha256=sha256,
        decoder=f"a sandbox ({first.how})",
        start=partial(_another, file, launcher, facts),
        idle=[first],
    )


def _another(file: ClipFile, launcher: Launch, facts: Facts) -> Decoder:
    decoder = Decoder(file, launcher)
    if decoder.facts() != facts:
        raise _broken(file.path, "it says something else of the clip than before")
    return decoder


class Decoder:
    """One confined process and the memory it shares with this one."""

    def __init__(self, file: ClipFile, launcher: Launch) -> None:
        """Start the process; it says what it found in :meth:`facts`."""
        self._path, self._bounds = file.path, file.bounds
        pool = wire.pool_for(int(file.bounds.pixels), SLOTS)
        memory = _sealed_memory(pool.size_bytes)
        self._slot_bytes = pool.slot_bytes
        self._pool = mmap.mmap(memory, pool.size_bytes, prot=mmap.PROT_READ)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(WAIT_S)
        errand = {
            "control": theirs.fileno(),
            "clip": file.descriptor,
            "pool": memory,
            "slots": pool.slots,
            "slot_bytes": pool.slot_bytes,
            "memory_bytes": MEMORY_BYTES + pool.size_bytes,
            "cpu_s": CPU_S,
            "bounds": asdict(file.bounds),
            "live": isinstance(file, PipedClip),
        }
        with theirs:
            launched = launcher(json.dumps(errand), (theirs.fileno(), file.descriptor, memory))
        os.close(memory)
        self._process, self.how = launched
        self._end = weakref.finalize(self, _end, self._process, self._control)
        self._size, self._duration_s = (0, 0), 0.0
        self._theirs: set[int] = set()
        self._ours = list(range(SLOTS))
        self._returned: deque[int] = deque()
        self._waiting: deque[bytes] = deque()

    @property
    def alive(self) -> bool:
        """Whether it can be asked for something."""
        return self._end.alive

    def end(self) -> None:
        """Kill it; it can be asked for nothing more."""
        self._end()

    def facts(self) -> Facts:
        """What the decoder found in the container; the first thing to ask."""
        hello = self._receive()
        self.how += "seccomp, limits" if hello == wire.HELLO + b"\1" else "limits"
        packet = self._receive()
        if len(packet) != wire.FACTS_FORM.size or packet[:1] != wire.FACTS:
            self._fail(packet)
        facts = Facts(*wire.FACTS_FORM.unpack(packet)[1:])
        if not 0 <= facts.duration_s < math.inf:
            raise self._broke("it promises no length that can be")
        self._size, self._duration_s = (facts.width, facts.height), facts.duration_s
        require_modest(
            self._path,
            self._bounds,
            size=self._size,
            fps=0.0,
            seconds=facts.duration_s,
            frames=facts.frame_count,
        )
        return facts

    def pictures(
        self, request: bytes, colour_again: Callable[[int, float], Image]
    ) -> Iterator[Frame]:
        """The frames that a request brings.

        Args:
            request: In the form of :mod:`speedcam.adapters.wire`.
            colour_again: Makes the colour of a frame whose slot was needed for another picture;
                those that were recalled have theirs made at once.

        Raises:
            FootageError: The footage is at fault, or the decoder died or broke a rule.
        """
        # Whoever asks for a few frames of a long clip may have to wait until they are found.
        searching = request[:1] != wire.FRAMES
        self._control.settimeout(max(WAIT_S, self._duration_s) if searching else WAIT_S)
        self._send(request)
        running = True
        try:
            while (packet := self._next()) != wire.END:
                if packet[:1] == wire.ERROR:
                    running = False
                yield self._frame(packet, None if searching else colour_again)
            running = False
        finally:
            if running:
                self._halt()

    def stamps_s(self) -> tuple[Floats, Floats]:
        """When frames are shown, and when key frames are, in order of time.

        Raises:
            FootageError: The footage is at fault, or the decoder died or broke a rule.
        """
        self._control.settimeout(max(WAIT_S, self._duration_s))
        self._send(wire.STAMPS)
        told: list[tuple[float, bool]] = []
        while (packet := self._receive()) != wire.END:
            stamps = packet[len(wire.STAMPED) :]
            if packet[:1] != wire.STAMPED or not stamps or len(stamps) % wire.STAMP.size:
                self._fail(packet)
            told += wire.STAMP.iter_unpack(stamps)
            if len(told) > self._bounds.frames:
                raise self._broke("it tells of more frames than are allowed")
        times_s, is_key = np.array(told, dtype=np.float64).reshape(-1, 2).T
        if not (np.isfinite(times_s).all() and (np.diff(times_s) >= 0).all()):
            raise self._broke("it tells of frames in no order of time")
        return times_s, times_s[is_key > 0]

    def _next(self) -> bytes:
        self._give_slots()
        return self._waiting.popleft() if self._waiting else self._receive()

    def _frame(self, packet: bytes, colour_again: Callable[[int, float], Image] | None) -> Frame:
        slot, index, time_s, corrupt = self._picture(packet)
        scarce = len(self._theirs) + len(self._ours) + len(self._returned) < SPARE
        place = np.frombuffer(self._pool, np.uint8, self._slot_bytes, slot * self._slot_bytes)
        # Every view of the slot holds this array, and with the last of them the slot is ours again.
        weakref.finalize(place, self._returned.append, slot).atexit = False
        width, height = self._size
        luma = place[: width * height].reshape(height, width)
        colour: Callable[[], Image] = partial(self._colour, slot, place)
        if scarce:
            luma = _copy(luma)
            colour = partial(colour_again, index, time_s) if colour_again else colour().copy
        return Frame(index=index, time_s=time_s, luma=luma, corrupt=corrupt, colour=colour)

    def _picture(self, packet: bytes) -> tuple[int, int, float, bool]:
        """Slot, ordinal, time and damage, as far as they can be."""
        if len(packet) != wire.PICTURE_FORM.size or packet[:1] != wire.PICTURE:
            self._fail(packet)
        _, slot, index, time_s, corrupt = wire.PICTURE_FORM.unpack(packet)
        if slot not in self._theirs:
            raise self._broke("it names a picture that is not its own")
        if not math.isfinite(time_s) or index > self._bounds.frames:
            raise self._broke("it sent a frame out of all bounds")
        self._theirs.remove(slot)
        return slot, index, time_s, corrupt

    def _colour(self, slot: int, place: Image) -> Image:
        """The blue-green-red picture of a frame whose slot is still held."""
        self._send(wire.NUMBER.pack(wire.COLOUR, slot))
        done = wire.NUMBER.pack(wire.COLOURED, slot)
        while (packet := self._receive()) != done:
            self._waiting.append(packet)
            if len(self._waiting) > SLOTS + 1:
                raise self._broke("it does not stop talking")
        width, height = self._size
        colour = place[width * height : 4 * width * height]
        return np.array(colour.reshape(height, width, 3))

    def _give_slots(self) -> None:
        while self._returned:
            self._ours.append(self._returned.popleft())
        while self._ours and len(self._theirs) < AHEAD:
            slot = self._ours.pop()
            self._theirs.add(slot)
            self._send(wire.NUMBER.pack(wire.FREE, slot))

    def _halt(self) -> None:
        """Tell the decoder that nobody wants the rest, and hear it out."""
        try:
            self._send(wire.STOP)
            while (packet := self._next()) != wire.END:
                if packet[:1] == wire.ERROR:
                    return
                slot, *_ = self._picture(packet)
                self._ours.append(slot)
        except FootageError:
            return  # nobody wanted the rest, and a dead decoder says so when it is asked again

    def _send(self, packet: bytes) -> None:
        try:
            self._control.send(packet)
        except TimeoutError:
            raise self._too_slow() from None
        except OSError:
            raise self._died() from None

    def _receive(self) -> bytes:
        try:
            packet = self._control.recv(wire.MOST_BYTES)
        except TimeoutError:
            raise self._too_slow() from None
        except OSError:
            raise self._died() from None
        if not packet:
            raise self._died()
        return packet

    def _fail(self, packet: bytes) -> NoReturn:
        """Raises what the decoder complains of, or that it talks nonsense."""
        if packet[:1] != wire.ERROR:
            raise self._broke("it sent a packet of no known form")
        words = "".join(c for c in packet[1:].decode(errors="replace") if c.isprintable())
        words = words[:_MOST_WORDS].replace(wire.CLIP_NAME, str(self._path))
        parted = _CODE.match(words)
        if parted is None:
            raise self._broke("it complains without a reason")
        raise FootageError(parted[1], parted[2])

    def _broke(self, how: str) -> FootageError:
        self._end()
        return _broken(self._path, how)

    def _too_slow(self) -> FootageError:
        self._end()
        return FootageError(
            f"{self._path}: its decoder was stopped: no picture came within {WAIT_S:g} s. The file "
            "is damaged or made to do this; export it again from the recorder.",
            "too_slow",
        )

    def _died(self) -> FootageError:
        how = _last_words(self._process)
        self._end()
        return FootageError(
            f"{self._path}: its decoder died ({how}). The file is damaged or made to do this; "
            "nothing else was touched. Keep it apart, and export it again from the recorder.",
            "decoder_died",
        )


def _broken(path: Path, how: str) -> FootageError:
    return FootageError(
        f"{path}: its decoder cannot be trusted: {how}. The file was made to do this, or the "
        "installation is damaged. Keep it apart and look into it.",
        "decoder_broke_rules",
    )


def _sealed_memory(size_bytes: int) -> int:
    """A descriptor of memory whose size nobody can change: a shrunk one would kill its readers."""
    memory = os.memfd_create("pictures", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, size_bytes)
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
    return memory


def _copy(luma: Image) -> Image:
    copied = luma.copy()
    copied.flags.writeable = False
    return copied


def _last_words(process: subprocess.Popen[bytes]) -> str:
    """How the process ended: by which signal, or with which last line."""
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "it hung up"
    number = -code if code < 0 else code - 128  # bubblewrap tells a signal as shells do
    if number in signal.valid_signals():
        return signal.Signals(number).name
    said = b""
    if process.stderr and not process.stderr.closed:
        said = os.read(process.stderr.fileno(), 4096)
    lines = said.decode(errors="replace").splitlines()
    last = "".join(c for c in lines[-1] if c.isprintable())[:200] if lines else "without a word"
    return f"exit code {code}: {last}"


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stderr):
        if pipe:
            with suppress(OSError):  # what was not written yet has nobody to read it
                pipe.close()
