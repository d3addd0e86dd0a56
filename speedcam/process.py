"""Footage files to passage files, each whole or not there at all.

A clip's passages appear under their name only when every one is on disk, so a run that was
killed leaves nothing half done: run it again and it ends as if it had never been disturbed. A clip
that is already done with the same footage, site and software is not done again, and neither is a
segment of one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from speedcam import record
from speedcam.borders import Left, Outline, Told, joined
from speedcam.disk import make_folder, write_durably
from speedcam.errors import FootageError, SpeedcamError
from speedcam.model import ExhibitKind, Passage
from speedcam.ports import FrameSource
from speedcam.raw import unpack
from speedcam.segments import Segment
from speedcam.site import Site
from speedcam.software import software

PASSAGES = "passages.jsonl"
RUN = "run.json"
LOCK = ".lock"
EXHIBITS = "exhibits"
RAW = "raw"
SEALS = "seals"
FOLDERS = (EXHIBITS, RAW, SEALS)
_BEFORE_RUN = re.compile(rf"{re.escape(LOCK)}|\.{re.escape(RUN)}\..*\.part")
"""Whoever is killed before the run's record is written leaves nothing else."""
SEGMENTS = "segments"
SET_ASIDE = "set_aside"

Run = Mapping[str, object]
"""What a clip's results are made of: with another run's nothing is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """What came of one clip.

    Attributes:
        clip: The footage file.
        passages_path: Its passages, one JSON line each.
        resumed: It was already done and nothing was measured again.
        decoder: Where and how confined it was decoded, in words.
        set_aside: Segments that nobody could measure: there is no passage of theirs.
    """

    clip: Path
    passages_path: Path
    resumed: bool
    decoder: str = ""
    set_aside: tuple[Segment, ...] = ()

    @property
    def passages(self) -> Iterator[Passage]:
        """Read back one by one."""
        return record.read_passages(self.passages_path)


def require_distinct_names(clips: Sequence[Path]) -> None:
    """Raises FootageError where two clips would write into one folder, or one beside it."""
    by_stem: dict[str, Path] = {}
    for clip in clips:
        if clip.stem in {"", ".", ".."}:
            raise FootageError(f"{clip}: rename it: its name is no name for a folder of results.")
        other = by_stem.setdefault(clip.stem, clip)
        if other != clip:
            raise FootageError(
                f"{other} and {clip} have the same name, and their passages would go into one "
                "folder. Rename one, or process them with different --out folders."
            )


def run_of(site: Site, footage: FrameSource, detector: str, key_id: str) -> Run:
    """What the results of this footage are made of; ``key_id`` is empty where nobody signs."""
    return {
        "clip_sha256": footage.sha256,
        "site_sha256": site.sha256,
        "starts_at": site.clip_starts_at.isoformat(),
        "software": software(),
        "detector": detector,
        "decoder": footage.decoder,
        "key": key_id,
    }


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Have a clip's folder to oneself, until the end or this process dies.

    Raises:
        SpeedcamError: ``out`` cannot be written to, is somebody else's, or is being written.
    """
    _require_ours(out)
    with _locked(out):
        yield


def is_done(out: Path, run: Run) -> bool:
    """Whether the clip's results are there, whole, and of this ``run``."""
    done = _recorded(out) == run and _is_whole(out / PASSAGES, out)
    if done and (out / SEGMENTS).exists():
        _tidy(out)
    return done


def begin(out: Path, run: Run) -> None:
    """Clear what another run left, and keep what this one has finished before.

    Nothing else is written before the run's record, so that ``out`` is known for ours.
    """
    before = dict(_recorded(out) or {})
    _remove_half_written(out)
    had_gaps = before.pop(SET_ASIDE, None) is not None
    if before != run or not (had_gaps and _is_whole(out / PASSAGES, out)):
        (out / PASSAGES).unlink(missing_ok=True)
    if before != run:
        # What another run has finished must be gone before this one may be taken to have done it.
        _remove(out / SEGMENTS)
        write_durably(out / RUN, json.dumps(run).encode())
        for folder in FOLDERS:
            _remove(out / folder)


def unfinished(out: Path, segments: Sequence[Segment]) -> list[Segment]:
    """Those that are still to be measured."""
    return [each for each in segments if not _is_whole(_ledger(out, each), out)]


def keep(out: Path, segment: Segment, passages: Iterable[Passage]) -> None:
    """Enter a segment as finished, once all its passages have come."""
    make_folder(out / SEGMENTS)
    write_durably(_ledger(out, segment), (f"{record.dumps(each)}\n".encode() for each in passages))


def finish(out: Path, run: Run, segments: Sequence[Segment], set_aside: Sequence[Segment]) -> None:
    """Join the segments to the clip's passages; those that were set aside are named in the run."""
    left = (
        Told(segment=each, left=None if each in set_aside else list(_left(out, each)))
        for each in segments
    )
    lines = (each.line for each in joined(left, _outlines(out)))
    if set_aside:
        # A crash must not leave passages with a gap under a record that knows of none.
        gaps = [{"from_s": each.from_s, "to_s": each.to_s} for each in set_aside]
        write_durably(out / RUN, json.dumps({**run, SET_ASIDE: gaps}).encode())
        write_durably(out / PASSAGES, lines)
        return
    write_durably(out / PASSAGES, lines)
    write_durably(out / RUN, json.dumps(run).encode())
    _tidy(out)


def _ledger(out: Path, segment: Segment) -> Path:
    return out / SEGMENTS / f"{segment.number:05}.jsonl"


def _left(out: Path, segment: Segment) -> Iterator[Left]:
    with _ledger(out, segment).open("rb") as lines:
        for line in lines:
            yield Left(passage=record.loads(line), line=line)


def _outlines(out: Path) -> Callable[[Passage], Outline]:
    """Outlines out of the raw data; those of one border are asked for several times."""

    def outline(passage: Passage) -> Outline:
        return of_file(next(e.path for e in passage.exhibits if e.kind is ExhibitKind.RAW))

    @cache
    def of_file(path: str) -> Outline:
        track = unpack((out / path).read_bytes(), path).track
        return {sighting.time_s: sighting.box for sighting in track.sightings}

    return outline


def _tidy(out: Path) -> None:
    """Remove the ledger, and exhibits that no passage names: who is counted elsewhere has none."""
    named = {
        out / exhibit.path
        for passage in record.read_passages(out / PASSAGES)
        for exhibit in passage.exhibits
    }
    for path in (path for folder in FOLDERS for path in (out / folder).glob("*")):
        if path not in named:
            path.unlink()
    _remove_half_written(out)
    _remove(out / SEGMENTS)


def _remove_half_written(out: Path) -> None:
    for leftover in out.glob(".*.part"):
        leftover.unlink()


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _require_ours(folder: Path) -> None:
    """Make ``folder`` for its owner alone, or see that it is one of ours: it will be cleared.

    Raises:
        SpeedcamError: It holds something else, or cannot be made.
    """
    try:
        make_folder(folder)
        strange = [path for path in folder.iterdir() if not _BEFORE_RUN.fullmatch(path.name)]
    except OSError as error:
        raise SpeedcamError(
            f"cannot write to {folder} ({error.strerror}). Choose another --out folder."
        ) from None
    if strange and not (folder / RUN).exists():
        raise SpeedcamError(
            f"{folder} holds something else ({strange[0].name}), which would be lost. Choose "
            "another --out folder, or rename the clip."
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of ``folder``; the kernel lets go when a process dies."""
    with (folder / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SpeedcamError(
                f"{folder} is being written by another process. Let it finish, or choose another "
                "--out folder."
            ) from None
        yield


def _is_whole(finished: Path, out: Path) -> bool:
    """Whether the passages can be read and every exhibit they name is there as it was."""
    if not finished.exists():
        return False
    try:
        return all(
            hashlib.sha256((out / exhibit.path).read_bytes()).hexdigest() == exhibit.sha256
            for passage in record.read_passages(finished)
            for exhibit in passage.exhibits
        )
    except (SpeedcamError, OSError, ValueError):
        return False


def _recorded(out: Path) -> Run | None:
    """What the results in ``out`` are made of, as far as that can be read."""
    try:
        told = json.loads((out / RUN).read_bytes())
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
