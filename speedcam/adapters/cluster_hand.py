"""A segment that a cluster is at, and what comes of it: kept as if it had been measured here."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from speedcam import process, record
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.clips import Measuring, in_words
from speedcam.crew import LEAVING_S, News
from speedcam.errors import ClusterError, SpeedcamError
from speedcam.model import ExhibitKind, Passage
from speedcam.ports import Sealer
from speedcam.raw import unpack

if TYPE_CHECKING:
    from distributed import Future

    from speedcam.adapters.cluster_worker import Measured

OUT_OF_REACH = (
    "the scheduler is out of reach. What was measured is kept: run the same command again once it "
    "is back."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A :class:`speedcam.crew.Hand` that is a try on the cluster.

    Attributes:
        pipe: Brings what :meth:`hear` tells.
        future: What will come of it.
        name: Of the try.
    """

    pipe: Connection
    future: Future
    name: str
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _well: threading.Event = field(default_factory=threading.Event, init=False)

    def kill(self) -> None:
        """Have Dask forget it; who is at it already may finish, for nobody."""
        with suppress(Exception):  # whatever it is, nobody waits for it any more
            self.future.cancel()

    def let_go(self) -> bool:
        """Wait until what came is kept; whether it did and is."""
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
            measured = result_of(self.future)
            if measured is None or (passages := enter(work, measured, sealer)) is None:
                return
        except SpeedcamError as error:
            yield error
            return
        self._well.set()
        yield from (News(found=passage) for passage in passages)
        yield from measured.news


def enter(work: Measuring, measured: Measured, sealer: Sealer) -> list[Passage] | None:
    """Keep what was measured elsewhere as if it had been here, and enter it as finished.

    Returns:
        The passages, or None where something is missing or damaged: then nothing was entered.
    """
    told = [record.loads(line) for line in measured.entry.splitlines()]
    if not all(_is_whole(passage, measured) for passage in told):
        return None
    with in_words(work.clip, work.out):
        for name, content in measured.files.items():
            folder, _, file = name.partition("/")
            if folder not in process.FOLDERS:
                raise ClusterError(f"a worker wrote {name!r}, which no segment has.")
            FolderExhibits(folder=work.out / folder).keep(file, content)
        passages = [_sealed(passage, measured, sealer) for passage in told]
        process.keep(work.out, work.segment, passages)
    return passages


def _is_whole(passage: Passage, measured: Measured) -> bool:
    """Whether every exhibit that it names came, as it was."""
    return all(
        hashlib.sha256(measured.files.get(exhibit.path, b"")).hexdigest() == exhibit.sha256
        for exhibit in passage.exhibits
    )


def _sealed(passage: Passage, measured: Measured, sealer: Sealer) -> Passage:
    raw = next(e.path for e in passage.exhibits if e.kind is ExhibitKind.RAW)
    seal = sealer(passage, unpack(measured.files[raw], raw))
    return replace(passage, exhibits=(*passage.exhibits, *seal))


def result_of(future: Future) -> Any:  # noqa: ANN401 - whatever was asked for
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
