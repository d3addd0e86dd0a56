"""A cluster (Dask distributed) that measures: another crew for the same work.

The ledger, the camera's key and the folder of results stay on this machine; workers get a segment
and give back what they made of it. How often a segment is tried is said by :mod:`speedcam.crew`
alone: Dask, which repeats what a lost worker was at, finds that try begun and ends it.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from math import inf
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from speedcam import process, record
from speedcam.adapters.decoding import Opener
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.adapters.fetched import is_url, require_plain
from speedcam.clips import Measuring, in_words
from speedcam.crew import LEAVING_S, SILENCE_S, Hand, News, cores, spawned
from speedcam.errors import ClusterError, FootageError, SpeedcamError
from speedcam.model import ExhibitKind, Floats, Passage
from speedcam.ports import Sealer
from speedcam.raw import unpack
from speedcam.site import Site

if TYPE_CHECKING:
    from distributed import Client, Future, Security

    from speedcam.adapters.cluster_worker import Looked, Measured, Order

WAIT_S = 30.0
"""For the scheduler, and for its first worker."""
OUT_OF_REACH = (
    "the scheduler is out of reach. What was measured is kept: run the same command again once it "
    "is back."
)
IN_FLIGHT = 64
"""Segments at least, at work or waiting: for workers that come later."""
LOOKS_AHEAD = 4
"""Clips that are looked at before their turn comes."""


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
    with connected(cluster.address, trust_network=cluster.trust_network) as client:
        from speedcam.adapters.cluster_worker import Order, tools  # noqa: PLC0415 - needs Dask

        threads = client.nthreads().values()
        far = Cluster(
            client=client,
            order=Order(source="", opener=opener, most_bytes=cluster.most_bytes, tools=tools()),
            sources=cluster.sources,
            sealer_in=sealer_in,
            workers=len(threads),
        )
        # Whoever hangs is stopped by the worker, and a worker that does so by Dask.
        yield Crew(
            opener=cast("Opener", far.open),  # which nobody asks for pictures
            hire=far.hire,
            workers=workers or max(IN_FLIGHT, 2 * sum(threads)),
            silence_s=inf,
        )


@contextmanager
def connected(address: str, *, trust_network: bool) -> Iterator[Client]:
    """A client of the scheduler at ``address``, once a worker is there.

    Args:
        address: As ``tls://10.0.0.5:8786``.
        trust_network: Whether it may be unencrypted and elsewhere.

    Raises:
        ClusterError: What is needed is not installed, the address is not safe, nobody answers
            there, or there is no worker.
    """
    _require_safe(address, trust_network=trust_network)
    try:
        from distributed import Client, Security  # noqa: PLC0415 - an extra that most do not need
    except ImportError:
        raise ClusterError(
            "--cluster needs Dask, which is not installed: pip install 'speedcam[cluster]'."
        ) from None
    # What it says of a lost connection is said by us, once.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    security = Security(require_encryption=True) if address.startswith("tls:") else None
    _require_certificate(security)
    try:
        client = Client(address, security=security, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {address} ({error}). Check the address, and that it is up."
        ) from None
    try:
        _await_worker(client, address)
        yield client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=LEAVING_S)


def _require_safe(address: str, *, trust_network: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in {"tcp", "tls"} or not parts.hostname:
        raise ClusterError(f"--cluster {address}: give tls://HOST:PORT, or tcp://HOST:PORT.")
    if parts.scheme == "tcp" and not (trust_network or _is_this_machine(parts.hostname)):
        raise ClusterError(
            f"--cluster {address} is not encrypted: whoever reaches it can run programs on every "
            "worker, and read plates on the way. Set up tls:// (see docs/scale.md), or give "
            "--trust-network where nobody else is on that network."
        )


def _require_certificate(security: Security | None) -> None:
    try:
        lacking = security and security.get_connection_args("client").get("ssl_context") is None
    except OSError as error:
        raise ClusterError(
            f"the certificates that Dask's configuration names cannot be used ({error})."
        ) from None
    if lacking:
        raise ClusterError(
            "tls:// needs certificates, and Dask's configuration names none: set "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, and CERT and KEY of its CLIENT (see "
            "docs/scale.md)."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _await_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError:
        raise ClusterError(
            f"the scheduler at {address} has no worker. Start some (see docs/scale.md)."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Who looks at clips and measures them elsewhere.

    Attributes:
        client: Of its scheduler.
        order: What is asked of workers, but for the clip.
        sources: Path or URL of each clip, as workers find it, in the order of the run.
        sealer_in: Signs the passages of a site in a folder: keys stay here.
        workers: That it had in the beginning.
    """

    client: Client
    order: Order
    sources: Mapping[Path, str]
    sealer_in: Callable[[Site, Path], Sealer]
    workers: int
    _looks: dict[Path, Future] = field(default_factory=dict, init=False)
    _looked: dict[Path, Looked] = field(default_factory=dict, init=False)

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
        for each in clips[first : first + 1 + LOOKS_AHEAD]:
            if each not in self._looks:
                self._looks[each] = self.client.submit(look, self._order(each), pure=False)
        looked = _result(self._looks.pop(clip))
        if looked is None:
            raise FootageError(
                f"{self.sources[clip]}: whoever looked at it was killed, or could not read or keep "
                "it. Look at the memory and the disk that workers have, and at the footage."
            )
        self._looked[clip] = looked
        return FarClip(path=clip, looked=looked)

    def hire(self, work: Measuring) -> Hand:
        """A worker of the cluster that is at ``work``."""
        from speedcam.adapters.cluster_worker import measure  # noqa: PLC0415 - needs Dask

        self._require_reach()
        name = f"speedcam-{secrets.token_hex(16)}"
        order, looked = self._order(work.clip), self._looked[work.clip]
        # The opener of this side and the folder here are nobody else's.
        far = replace(work, opener=order.opener, out=Path())
        future = self.client.submit(
            measure,
            *(order, far, looked.decoder, name),
            key=name,
            pure=False,
            workers=[looked.worker] if self._are_enough() else None,
            allow_other_workers=self._are_enough(),
        )
        sealer = self.sealer_in(work.site, work.out)
        ours, theirs = Pipe(duplex=False)
        hand = _Elsewhere(pipe=ours, future=future, name=name)
        future.add_done_callback(lambda _: hand.hear(theirs, work, sealer))
        return hand

    def _require_reach(self) -> None:
        if self.client.status != "running":
            raise ClusterError(OUT_OF_REACH)

    def _are_enough(self) -> bool:
        """Whether each clip may stay where it was looked at, and yet nobody is idle."""
        return len(self.sources) >= self.workers

    def _order(self, clip: Path) -> Order:
        return replace(self.order, source=self.sources[clip])


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elsewhere:
    """A :class:`speedcam.crew.Hand` that is a try on the cluster."""

    pipe: Connection
    future: Future
    name: str
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _well: threading.Event = field(default_factory=threading.Event, init=False)

    def kill(self) -> None:
        with suppress(Exception):  # whatever it is, nobody waits for it any more
            self.future.cancel()

    def let_go(self) -> bool:
        self._ended.wait(LEAVING_S)
        return self._well.is_set()

    def hear(self, pipe: Connection, work: Measuring, sealer: Sealer) -> None:
        """Keep what came, and tell of it."""
        try:
            with pipe, suppress(OSError):  # nobody listens any more
                for news in self._kept(work, sealer):
                    pipe.send(news)
        finally:
            self._forget()
            self._ended.set()

    def _forget(self) -> None:
        """The scheduler would keep the mark of each try that was begun."""
        from distributed import Event  # noqa: PLC0415 - needs Dask

        client = self.future.client
        self.future.release()
        if client.status == "running":  # else it has forgotten, and nobody would answer
            with suppress(OSError, TimeoutError):
                Event(self.name, client=client).clear()

    def _kept(self, work: Measuring, sealer: Sealer) -> Iterator[News | SpeedcamError]:
        try:
            measured = _result(self.future)
            if measured is None:
                return
            passages = enter(work, measured, sealer)
        except SpeedcamError as error:
            yield error
            return
        self._well.set()
        yield from (News(found=passage) for passage in passages)
        yield from measured.news


def enter(work: Measuring, measured: Measured, sealer: Sealer) -> list[Passage]:
    """Keep what was measured elsewhere as if it had been here, and enter it as finished."""
    with in_words(work.clip, work.out):
        for name, content in measured.files.items():
            folder, _, file = name.partition("/")
            if folder not in process.FOLDERS:
                raise ClusterError(f"a worker wrote {name!r}, which no segment has.")
            FolderExhibits(folder=work.out / folder).keep(file, content)
        passages = [
            _sealed(record.loads(line), measured, sealer) for line in measured.entry.splitlines()
        ]
        process.keep(work.out, work.segment, passages)
    return passages


def _sealed(passage: Passage, measured: Measured, sealer: Sealer) -> Passage:
    raw = next(e.path for e in passage.exhibits if e.kind is ExhibitKind.RAW)
    seal = sealer(passage, unpack(measured.files[raw], raw))
    return replace(passage, exhibits=(*passage.exhibits, *seal))


def _result(future: Future) -> Any:  # noqa: ANN401 - whatever was asked for
    """What came of it; None where those who were at it were killed.

    Raises:
        SpeedcamError: It cannot be done, or the scheduler is out of reach.
    """
    try:
        return future.result()
    except SpeedcamError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a worker failed with
        if future.status != "error":
            raise ClusterError(OUT_OF_REACH) from None
        if isinstance(error, OSError) or type(error).__name__ == "KilledWorker":
            return None
        raise ClusterError(
            f"a worker cannot measure ({type(error).__name__}: {error}). Is the same speedcam "
            "installed there, with speedcam[cluster]?"
        ) from None
