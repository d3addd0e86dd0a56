"""A decoder in a process of its own: footage in by one descriptor, pictures out by shared memory.

Nothing here trusts the footage and nobody trusts what comes from here: whoever owns this process
checks every packet (:mod:`speedcam.adapters.sandbox`). It knows neither the clip's name nor its
site, and gives up everything else before it reads the first byte.
"""

from __future__ import annotations

import importlib
import json
import mmap
import pkgutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

import av
import numpy as np

from speedcam.adapters import wire
from speedcam.adapters.bounds import Bounds
from speedcam.adapters.gate import ClipFile, of_descriptor
from speedcam.adapters.piped import of_pipe
from speedcam.adapters.video import Footage, footage_of
from speedcam.confine import confine
from speedcam.errors import FootageError
from speedcam.model import Frame, Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a decoder is told at its start.

    Attributes:
        control: Descriptor of the socket to its owner.
        clip: Descriptor of the footage, read only.
        pool: Descriptor of the shared memory.
        slots: Into which that is cut.
        slot_bytes: Of each slot.
        memory_bytes: Address space that it may use.
        cpu_s: Seconds of work that it may use.
        bounds: What footage may ask of it, by name.
        live: The footage comes through a pipe.
    """

    control: int
    clip: int
    pool: int
    slots: int
    slot_bytes: int
    memory_bytes: int
    cpu_s: int
    bounds: dict[str, float]
    live: bool = False


def main() -> None:
    """Run the errand that stands, as JSON, in the last argument."""
    load_all()
    errand = Errand(**json.loads(sys.argv[-1]))
    with socket.socket(fileno=errand.control) as control:
        run(control, errand)


def run(control: socket.socket, errand: Errand) -> None:
    """Confine this process and answer the owner until it hangs up."""
    pool = mmap.mmap(errand.pool, errand.slots * errand.slot_bytes)
    admit = of_pipe if errand.live else of_descriptor
    clip = admit(errand.clip, Path(wire.CLIP_NAME), Bounds(**errand.bounds))
    filtered = confine(memory_bytes=errand.memory_bytes, cpu_s=errand.cpu_s)
    with suppress(BrokenPipeError, ConnectionResetError):
        control.send(wire.HELLO + (b"\1" if filtered else b"\0"))
        _Decoder(control, pool, errand.slot_bytes).serve(clip)


def load_all() -> None:
    """Load what PyAV loads when it first meets a kind of stream: later nothing can be opened."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith(("__main__", "datasets")):
            importlib.import_module(module.name)


class _Decoder:
    """Answers one owner, one request after the other."""

    def __init__(self, control: socket.socket, pool: mmap.mmap, slot_bytes: int) -> None:
        self._control = control
        self._pool = np.frombuffer(pool, dtype=np.uint8)
        self._slot_bytes = slot_bytes
        self._free: list[int] = []
        self._held: dict[int, Frame] = {}
        self._stopped = False

    def serve(self, clip: ClipFile) -> None:
        try:
            footage = footage_of(clip, sha256="")
        except (FootageError, MemoryError) as error:
            self._complain(error)
            return
        width, height = footage.size
        facts = (width, height, footage.frame_count, footage.duration_s)
        self._control.send(wire.FACTS_FORM.pack(wire.FACTS, *facts))
        while request := self._next_request():
            self._answer(footage, request)

    def _next_request(self) -> bytes:
        """What is wanted next; empty when the owner has hung up."""
        while packet := self._control.recv(wire.MOST_BYTES):
            if not self._heeds(packet):
                return packet
        return b""

    def _answer(self, footage: Footage, request: bytes) -> None:
        self._stopped = False
        try:
            if request == wire.STAMPS:
                self._tell_stamps(footage)
                return
            for frame in _asked(footage, request):
                self._show(frame)
                if self._stopped:
                    break
        except (FootageError, MemoryError) as error:
            self._complain(error)
        else:
            self._control.send(wire.END)

    def _tell_stamps(self, footage: Footage) -> None:
        times_s, key_s = footage.stamps_s()
        keys = frozenset(key_s.tolist())  # numpy's own way loads more of it, and nothing can be
        for first in range(0, len(times_s), wire.STAMPS_AT_ONCE):
            some = slice(first, first + wire.STAMPS_AT_ONCE)
            told = ((time_s, time_s in keys) for time_s in times_s[some].tolist())
            self._control.send(wire.STAMPED + b"".join(wire.STAMP.pack(*each) for each in told))
        self._control.send(wire.END)

    def _show(self, frame: Frame) -> None:
        """Put the picture in a slot of ours, as soon as there is one, and say so."""
        while self._hears(wait=not self._free) and not self._stopped:
            pass
        if self._stopped:
            return
        slot = self._free.pop()
        self._put(slot, 0, frame.luma)
        self._held[slot] = frame
        packet = (slot, frame.index, frame.time_s, frame.corrupt)
        self._control.send(wire.PICTURE_FORM.pack(wire.PICTURE, *packet))

    def _hears(self, *, wait: bool) -> bool:
        """Heed one packet of the owner's, if there is one."""
        try:
            packet = self._control.recv(wire.MOST_BYTES, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        if not packet:
            raise BrokenPipeError
        return self._heeds(packet)

    def _heeds(self, packet: bytes) -> bool:
        """Do what the packet says at once; False where it asks for pictures."""
        kind = packet[:1]
        if kind == wire.STOP:
            self._stopped = True
        elif kind in {wire.FREE, wire.COLOUR}:
            _, slot = wire.NUMBER.unpack(packet)
            self._take(slot) if kind == wire.FREE else self._colour(slot)
        else:
            return False
        return True

    def _take(self, slot: int) -> None:
        self._held.pop(slot, None)
        self._free.append(slot)

    def _colour(self, slot: int) -> None:
        frame = self._held[slot]
        self._put(slot, frame.luma.size, frame.colour())
        self._control.send(wire.NUMBER.pack(wire.COLOURED, slot))

    def _put(self, slot: int, offset: int, picture: Image) -> None:
        start = slot * self._slot_bytes + offset
        self._pool[start : start + picture.size].reshape(picture.shape)[...] = picture

    def _complain(self, error: FootageError | MemoryError) -> None:
        if isinstance(error, MemoryError):
            error = FootageError(
                f"{wire.CLIP_NAME} needs more memory than a decoder may have. Export it again.",
                "memory",
            )
        self._control.send(wire.ERROR + str(error).encode()[: wire.MOST_BYTES // 2])


def _asked(footage: Footage, request: bytes) -> Iterator[Frame]:
    """The frames that a request asks for."""
    kind = request[:1]
    if kind == wire.FRAMES:
        return footage.decoded(wire.segment_of(request[1:]))
    if kind == wire.GLIMPSES:
        _, count = wire.NUMBER.unpack_from(request)
        segment = wire.segment_of(request[wire.NUMBER.size :])
        return starmap(_glimpse, enumerate(footage.glimpses(count, segment)))
    return footage.recall(dict(wire.WANTED.iter_unpack(request[1:])))


def _glimpse(index: int, luma: Image) -> Frame:
    return Frame(index=index, time_s=index, luma=luma, corrupt=False, colour=lambda: luma)
