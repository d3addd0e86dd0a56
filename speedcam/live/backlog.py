"""What arrived and was not decoded yet: bounded, and whole pictures go where it is full.

Whoever falls behind leaves out pictures, up to a key frame, and counts them. The others keep their
time stamps, so nobody becomes faster by it; whoever drove by meanwhile was not seen.
"""

from __future__ import annotations

from collections import deque
from threading import Condition

from speedcam.live.packets import Packet

MOST_S = 45.0
"""The opening, which waits on purpose, and as much again."""
MOST_BYTES = 96 * 1024 * 1024


class Backlog:
    """Packets on their way from the receiver to the decoder."""

    def __init__(self, most_s: float = MOST_S, most_bytes: int = MOST_BYTES) -> None:
        self._most_s, self._most_bytes = most_s, most_bytes
        self._waiting: deque[Packet] = deque()
        self._bytes = 0
        self._blind = False
        self._ended = False
        self._changed = Condition()
        self.dropped = 0

    def put(self, packet: Packet) -> None:
        """Add one, and leave out what there is no room for."""
        with self._changed:
            if self._blind and not packet.is_key:
                self.dropped += 1
                return
            self._blind = False
            self._waiting.append(packet)
            self._bytes += len(packet.content)
            if self._is_full():
                self._leave_out()
            self._changed.notify()

    def end(self) -> None:
        """No more will come: what waits is still handed out."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def take(self) -> Packet | None:
        """The next one, when it is there; None at the end."""
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            if not self._waiting:
                return None
            return self._pop()

    def _pop(self) -> Packet:
        packet = self._waiting.popleft()
        self._bytes -= len(packet.content)
        return packet

    def _is_full(self) -> bool:
        behind_s = self._waiting[-1].time_s - self._waiting[0].time_s
        return behind_s > self._most_s or self._bytes > self._most_bytes

    def _leave_out(self) -> None:
        """All up to the last key frame, or up to the next one that comes: a part shows nothing."""
        keys = [place for place, packet in enumerate(self._waiting) if packet.is_key and place]
        kept = len(self._waiting) - keys[-1] if keys else 0
        self._blind = not keys
        while len(self._waiting) > kept:
            self._pop()
            self.dropped += 1
