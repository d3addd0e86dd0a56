"""What a worker of a cluster does: looks at a clip, and measures segments, each in a process.

It writes to a folder of its own and gives back what is in it: whoever asked keeps it. The folder
and the footage lie where Dask removes what a worker leaves, even one that was killed.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from multiprocessing import current_process
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from distributed import Event, get_worker

from speedcam.adapters.decoding import Clip, Opener
from speedcam.adapters.fetched import FetchedClips, is_url
from speedcam.adapters.seals import reader_models
from speedcam.clips import Measuring
from speedcam.crew import News, share_out
from speedcam.errors import ClusterError, FootageError, SpeedcamError
from speedcam.model import Floats
from speedcam.process import SEGMENTS
from speedcam.software import software

_LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python", "scipy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of a worker.

    Attributes:
        source: Path or URL of the clip.
        opener: Opens it.
        most_bytes: It may have, where it is fetched.
        tools: What the worker must measure with.
        picture: That was surveyed, where the site keeps one: its file need not be here.
    """

    source: str
    opener: Opener
    most_bytes: float
    tools: Mapping[str, str]
    picture: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a worker saw of a clip: all that is asked of it where it is not measured.

    Attributes:
        sha256: Of its bytes.
        decoder: Where and how confined it is decoded, in words.
        frame_count: Frames the container promises, or 0 when it does not say.
        duration_s: Length the container promises, or 0 when it does not say.
        stamps: When frames are shown, and when key frames are; or why nobody can say.
    """

    sha256: str
    decoder: str
    frame_count: int
    duration_s: float
    stamps: tuple[Floats, Floats] | FootageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of a segment.

    Attributes:
        files: Each file that was written, by its path in the clip's folder.
        entry: The segment's entry in the ledger.
        news: What was told meanwhile.
    """

    files: Mapping[str, bytes]
    entry: bytes
    news: tuple[News, ...]


def tools() -> dict[str, str]:
    """What this machine measures with: results of other tools could differ in a digit."""
    return {
        "speedcam": software(),
        "processor": platform.machine(),
        **{name: version(name) for name in _LIBRARIES},
        **reader_models(),
    }


def look(order: Order) -> Looked:
    """See what a clip is.

    Raises:
        FootageError: It cannot be measured on.
        ClusterError: This worker measures with other tools.
    """
    _require_alike(order.tools)
    with _clip(order) as path, _in_its_words(order, path):
        footage = order.opener(path)
        return Looked(
            sha256=footage.sha256,
            decoder=footage.decoder,
            frame_count=footage.frame_count,
            duration_s=footage.duration_s,
            stamps=_stamps(footage),
        )


def measure(
    order: Order,
    work: Measuring,
    decoder: str,
    name: str,
    beside: Looked | None = None,  # noqa: ARG001 - it lies where the footage does
) -> Measured | None:
    """Measure a segment in a process of its own.

    Args:
        order: What is asked.
        work: The segment.
        decoder: How its footage must be decoded, in words.
        name: Of this try: it is begun once, whoever was killed meanwhile.
        beside: What was seen of the clip, where it should be measured by whoever saw it.

    Returns:
        None where that process was killed or hung, or the try had been begun before.

    Raises:
        SpeedcamError: It cannot be measured, however often it is tried.
    """
    _require_alike(order.tools)
    begun = Event(name)
    if begun.is_set():
        return None
    begun.set()
    news: list[News] = []
    with _clip(order, work.sha256) as path, _folder() as folder, _in_its_words(order, path):
        opener = partial(_opened, order.opener, decoder)
        here = settled(replace(work, clip=path, opener=opener), order.picture, folder)
        current_process().daemon = False  # Dask's own are, and may start no process
        (ended,) = share_out(iter([here]), lambda _, each: news.append(each), workers=1, tries=1)
        if ended.fault:
            raise ended.fault
        return None if ended.lost else _measured(here.out, news)


def settled(work: Measuring, picture: bytes, folder: Path) -> Measuring:
    """The same work, with all of its files in ``folder``."""
    site, out = work.site, folder / "out"
    out.mkdir()
    if site.reference_frame:
        surveyed = folder / site.reference_frame.name
        surveyed.write_bytes(picture)
        site = replace(site, reference_frame=surveyed)
    return replace(work, site=site, out=out)


def _stamps(footage: Clip) -> tuple[Floats, Floats] | FootageError:
    try:
        return footage.stamps_s()
    except FootageError as error:
        return error


def _measured(out: Path, news: list[News]) -> Measured:
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    (entry,) = (files.pop(name) for name in list(files) if name.startswith(f"{SEGMENTS}/"))
    return Measured(files=files, entry=entry, news=_in_short(news))


def _in_short(news: list[News]) -> tuple[News, ...]:
    """The same in fewer; whom it found the entry tells as well."""
    spent_s = next((each.spent_s for each in news if each.spent_s), {})
    alarms = dict.fromkeys(each.alarm for each in news if each.alarm)
    frames = sum(each.frames for each in news)
    return (
        *(News(alarm=alarm) for alarm in alarms),
        News(frames=frames, spent_s=spent_s),
    )


def _require_alike(wanted: Mapping[str, str]) -> None:
    here = tools()
    for name in {**wanted, **here}:
        if wanted.get(name) != here.get(name):
            raise ClusterError(
                f"the worker {get_worker().address} has {name} {here.get(name, 'not at all')}, and "
                f"this machine {wanted.get(name, 'not at all')}: its results could differ. Install "
                "the same there, from the same lock."
            )


def _opened(opener: Opener, decoder: str, path: Path) -> Clip:
    footage = opener(path)
    if footage.decoder != decoder:
        raise ClusterError(
            f"a worker decodes in {footage.decoder}, and another one in {decoder}: the record of "
            "the run could not say which. Set all of them up alike."
        )
    return footage


@contextmanager
def _in_its_words(order: Order, path: Path) -> Iterator[None]:
    """Faults that name the clip as the user does."""
    try:
        yield
    except FootageError as error:
        raise FootageError(str(error).replace(str(path), order.source)) from None
    except SpeedcamError as error:
        raise type(error)(str(error).replace(str(path), order.source)) from None


@contextmanager
def _clip(order: Order, sha256: str = "") -> Iterator[Path]:
    if is_url(order.source):
        with _fetched_clips().at(order.source, order.most_bytes, sha256) as path:
            yield path
    else:
        yield Path(order.source)


@cache
def _fetched_clips() -> FetchedClips:
    return FetchedClips(Path(mkdtemp(prefix="clips-", dir=get_worker().local_directory)))


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="segment-", dir=get_worker().local_directory) as folder:
        yield Path(folder)
