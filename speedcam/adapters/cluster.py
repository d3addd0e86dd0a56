"""A cluster (Dask distributed) that measures: another crew for the same work.

The ledger, the camera's key and the folder of results stay on this machine; workers get a segment
and give back what they made of it. How often a segment is tried is said by :mod:`speedcam.crew`
alone: Dask, which repeats what a lost worker was at, finds that try begun and ends it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, cast

from speedcam.adapters.cluster_address import connected
from speedcam.adapters.cluster_hand import OUT_OF_REACH, Elsewhere, result_of
from speedcam.adapters.decoding import Opener
from speedcam.adapters.fetched import is_url, require_plain
from speedcam.clips import Measuring
from speedcam.crew import SILENCE_S, Hand, cores, spawned
from speedcam.errors import ClusterError, FootageError
from speedcam.model import Floats
from speedcam.ports import Sealer
from speedcam.site import Site

if TYPE_CHECKING:
    from distributed import Client, Future

    from speedcam.adapters.cluster_worker import Looked, Order

IN_FLIGHT = 64
"""Segments at least, at work or waiting: for workers that come later."""
KEEPERS = 8
"""Threads that keep what comes."""
LOOKS_AHEAD = 4
"""Clips at least that are looked at before their turn comes; with more workers one for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a cluster is reached, and how it reaches the footage.

    Attributes:
        address: Of its scheduler, as ``tls://10.0.0.5:8786``.
        trust_network: Whether it may be unencrypted and elsewhere.
        sources: Path or URL of each clip, as workers find it, in the order of the run.
        most_bytes: A clip may have.
    """

    address: str
    trust_network: bool
    sources: Mapping[Path, str]
    most_bytes: float

    @classmethod
    def of(
        cls,
        address: str,
        clips: Sequence[str],
        most_bytes: float,
        *,
        trust_network: bool,
    ) -> Reach:
        """For ``clips`` as the user names them."""
        return cls(
            address=address,
            trust_network=trust_network,
            sources={
                Path(clip): clip if is_url(clip) else str(Path(clip).absolute()) for clip in clips
            },
            most_bytes=most_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who measures.

    Attributes:
        opener: Opens footage, on this side.
        hire: Starts somebody on a segment.
        workers: At once.
        silence_s: Somebody who tells nothing for so long is stopped.
    """

    opener: Opener
    hire: Callable[[Measuring], Hand]
    workers: int
    silence_s: float


def require_within_reach(clips: Sequence[str], address: str | None) -> None:
    """Raises FootageError for a URL that is none of ours, or that nobody would fetch."""
    for clip in filter(is_url, clips):
        require_plain(clip)
        if address is None:
            raise FootageError(
                f"{clip}: only the workers of a --cluster fetch footage. Copy it to this machine."
            )


@contextmanager
def crew_at(
    cluster: Reach | None,
    opener: Opener,
    sealer_in: Callable[[Site, Path], Sealer],
    workers: int,
) -> Iterator[Crew]:
    """Who measures on a cluster, or on this machine for None.

    Args:
        cluster: Where.
        opener: Opens footage, where it is measured.
        sealer_in: Signs the passages of a site in a folder.
        workers: At once; 0 means as many as there is room for.

    Raises:
        ClusterError: As for :func:`connected`.
    """
    if cluster is None:
        yield Crew(opener=opener, hire=spawned, workers=workers or cores(), silence_s=SILENCE_S)
        return
    with (
        connected(cluster.address, trust_network=cluster.trust_network) as client,
        ThreadPoolExecutor(KEEPERS) as keepers,
    ):
        from speedcam.adapters.cluster_worker import Order, tools  # noqa: PLC0415 - needs Dask

        threads = client.nthreads().values()
        at_once = workers or max(IN_FLIGHT, 2 * sum(threads))
        far = Cluster(
            client=client,
            order=Order(source="", opener=opener, most_bytes=cluster.most_bytes, tools=tools()),
            sources=cluster.sources,
            sealer_in=sealer_in,
            workers=len(threads),
            open_clips=at_once,
            keepers=keepers,
        )
        # Whoever hangs is stopped by the worker, and a worker that does so by Dask.
        yield Crew(
            opener=cast("Opener", far.open),  # which nobody asks for pictures
            hire=far.hire,
            workers=at_once,
            silence_s=inf,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Who looks at clips and measures them elsewhere.

    Attributes:
        client: Of its scheduler.
        order: What is asked of workers, but for the clip.
        sources: Path or URL of each clip, as workers find it, in the order of the run.
        sealer_in: Signs the passages of a site in a folder: keys stay here.
        workers: That it had in the beginning; with at least as many clips, each is measured where
            it was looked at, and so is fetched once.
        open_clips: There are so many on their way at most.
        keepers: Threads that keep what comes: they mostly wait for the disk.
    """

    client: Client
    order: Order
    sources: Mapping[Path, str]
    sealer_in: Callable[[Site, Path], Sealer]
    workers: int
    open_clips: int
    keepers: Executor
    _looks: dict[Path, Future] = field(default_factory=dict, init=False)
    _decoders: dict[Path, str] = field(default_factory=dict, init=False)

    def open(self, clip: Path) -> FarClip:
        """What a worker sees of a clip: the :data:`speedcam.adapters.decoding.Opener` of this side.

        Raises:
            FootageError: It cannot be measured on.
            ClusterError: The cluster is out of reach, or measures otherwise.
        """
        from speedcam.adapters.cluster_worker import look  # noqa: PLC0415 - needs Dask

        self._require_reach()
        clips = list(self.sources)
        first = clips.index(clip)
        for each in clips[first : first + 1 + max(LOOKS_AHEAD, self.workers)]:
            if each not in self._looks:
                # Before segments that wait, or those after them would wait for it.
                order = self._order(each)
                self._looks[each] = self.client.submit(look, order, pure=False, priority=1)
        looked = result_of(self._looks[clip])
        self._forget_before(first)
        if looked is None:
            raise FootageError(
                f"{self.sources[clip]}: whoever looked at it was killed, or could not read or keep "
                "it. Look at the memory and the disk that workers have, and at the footage."
            )
        self._decoders[clip] = looked.decoder
        return FarClip(path=clip, looked=looked)

    def hire(self, work: Measuring) -> Hand:
        """A worker of the cluster that is at ``work``."""
        from speedcam.adapters.cluster_worker import measure  # noqa: PLC0415 - needs Dask

        self._require_reach()
        name = f"speedcam-{secrets.token_hex(16)}"
        order, decoder = self._order(work.clip, work.site), self._decoders[work.clip]
        # The opener of this side and the folder here are nobody else's.
        far = replace(work, opener=order.opener, out=Path())
        # Dask brings work to where that on which it depends is: there the footage is as well.
        beside = self._looks.get(work.clip) if len(self.sources) >= self.workers else None
        future = self.client.submit(
            measure, order, far, decoder, name, beside=beside, key=name, pure=False
        )
        sealer = self.sealer_in(work.site, work.out)
        ours, theirs = Pipe(duplex=False)
        hand = Elsewhere(pipe=ours, future=future, name=name)
        future.add_done_callback(lambda _: self.keepers.submit(hand.hear, theirs, work, sealer))
        return hand

    def _require_reach(self) -> None:
        if self.client.status != "running":
            raise ClusterError(OUT_OF_REACH)

    def _forget_before(self, place: int) -> None:
        """Let go of looks at clips that are long done: workers need not keep them."""
        for clip in list(self.sources)[: max(0, place - self.open_clips)]:
            self._looks.pop(clip, None)

    def _order(self, clip: Path, site: Site | None = None) -> Order:
        surveyed = site.reference_frame if site else None
        picture = surveyed.read_bytes() if surveyed else b""
        return replace(self.order, source=self.sources[clip], picture=picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class FarClip:
    """A :class:`speedcam.adapters.decoding.Clip` of which no picture is here.

    Attributes:
        path: What it is called here.
        looked: What a worker saw of it.
    """

    path: Path
    looked: Looked

    @property
    def sha256(self) -> str:
        """Of the footage's bytes."""
        return self.looked.sha256

    @property
    def decoder(self) -> str:
        """Where and how confined workers decode it, in words."""
        return self.looked.decoder

    @property
    def frame_count(self) -> int:
        """Frames the container promises, or 0 when it does not say."""
        return self.looked.frame_count

    @property
    def duration_s(self) -> float:
        """Length the container promises, or 0 when it does not say."""
        return self.looked.duration_s

    def stamps_s(self) -> tuple[Floats, Floats]:
        """When frames are shown, and when key frames are, in order of time.

        Raises:
            FootageError: The file ends early or is damaged.
        """
        if isinstance(self.looked.stamps, FootageError):
            raise self.looked.stamps
        return self.looked.stamps
