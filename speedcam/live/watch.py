"""One stream watched for good: connected again when it ends, later each time it does so at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, RLock

from speedcam import process
from speedcam.assembly import camera_at
from speedcam.clips import MakeCamera, in_words
from speedcam.detectors import MOTION, detector_of
from speedcam.disk import write_durably
from speedcam.errors import SpeedcamError
from speedcam.live.footage import OPENING_S
from speedcam.live.left import put_right
from speedcam.live.reception import Reception, receiving
from speedcam.live.source import Source
from speedcam.live.stamps import Trust
from speedcam.live.status import State, Status
from speedcam.live.stretch import STRETCH_S, Watching, measure_stretch
from speedcam.seal.keys import load_signing_key
from speedcam.site import load_site

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STEADY_S = 60.0
"""A connection that held so long was good: the next wait is the first again."""
RING = ".ring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One camera to be watched: can be sent to another process.

    Attributes:
        source: Its stream.
        site: Its site file.
        out: Where to; the stream gets a folder in it.
        detector: As the user chose it.
        key: File of the key that signs every passage, or None.
        trust: When the stream's time stamps are believed.
        opening_s: Of the stream, for a first look.
        stretch_s: Longest live clip.
        first_wait_s: Before it is connected again for the first time.
    """

    source: Source
    site: Path
    out: Path
    detector: str = MOTION
    key: Path | None = None
    trust: Trust = field(default_factory=Trust)
    opening_s: float = OPENING_S
    stretch_s: float = STRETCH_S
    first_wait_s: float = FIRST_WAIT_S


class Watch:
    """Watches one post until it is told to stop."""

    def __init__(
        self,
        post: Post,
        alarm: Callable[[str], None] = lambda _: None,
        make_camera: MakeCamera | None = None,
    ) -> None:
        """Watch a post.

        Args:
            post: Which.
            alarm: Told, in a sentence, what the log should say.
            make_camera: Makes the camera; by default the one that the post names.
        """
        self.status = Status(name=post.source.name)
        self._post, self._alarm = post, alarm
        self._make_camera = make_camera or partial(camera_at, post.detector, post.key)
        self._stopped, self._lock = Event(), RLock()
        self._reception: Reception | None = None

    def stop(self) -> None:
        """Disconnect, and finish with what came; from any thread."""
        self._stopped.set()
        with self._lock:
            if self._reception:
                self._reception.stop()

    def run(self) -> None:
        """Connect, measure, and connect again, until :meth:`stop`.

        Raises:
            SpeedcamError: The folder is somebody else's, or is watched already.
        """
        out = self._post.out / self._post.source.name
        with process.alone_in(out):
            if not (out / process.RUN).exists():
                write_durably(out / process.RUN, b"{}")
            wait_s = self._post.first_wait_s
            while not self._stopped.is_set():
                began_s = time.monotonic()
                if self._connect(out):
                    continue
                if time.monotonic() - began_s > STEADY_S:
                    wait_s = self._post.first_wait_s
                # Cameras behind one switch come back together, and are not asked all at once.
                self._stopped.wait(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        self.status.state = State.STOPPED

    def _connect(self, out: Path) -> bool:
        """One connection; whether it ended only since a live clip has its length."""
        self.status.state = State.CONNECTING
        try:
            with (
                in_words(out, out),
                receiving(self._post.source, out / RING, self._post.trust) as r,
            ):
                put_right(out)
                with self._lock:
                    self._reception = r
                if not self._stopped.is_set():
                    measure_stretch(self._watching(), r, out)
        except SpeedcamError as error:
            self._say_why(error)
            return False
        finally:
            with self._lock:
                self._reception = None
        return True

    def _say_why(self, error: SpeedcamError) -> None:
        self.status.state = State.WAITING
        if not self._stopped.is_set():
            self._tell(str(error))

    def _tell(self, words: str) -> None:
        self.status.why = words
        self._alarm(words)

    def _watching(self) -> Watching:
        """The site file is read again at each connection: somebody may have mended it."""
        post = self._post
        self.status.why = ""
        return Watching(
            name=post.source.name,
            site=load_site(post.site),
            make_camera=self._make_camera,
            detector=detector_of(post.detector).name,
            key_id=load_signing_key(post.key).public.id if post.key else "",
            status=self.status,
            alarm=self._tell,
            opening_s=post.opening_s,
            stretch_s=post.stretch_s,
        )
