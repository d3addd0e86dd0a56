"""Footage files to passage files, each whole or not there at all.

A clip's passages appear under their name only when every one is on disk, so a run that was
killed leaves nothing half done: run it again and it ends as if it had never been disturbed. A clip
that is already done with the same footage, site and software is not done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from speedcam import record
from speedcam.disk import make_folder, write_durably
from speedcam.errors import FootageError, SpeedcamError
from speedcam.model import Frame, Passage
from speedcam.pipeline import Camera, passages
from speedcam.ports import FrameSource
from speedcam.software import software
from speedcam.steady import Alarm

PASSAGES = "passages.jsonl"
RUN = "run.json"
LOCK = ".lock"
EXHIBITS = "exhibits"
RAW = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """What came of one clip.

    Attributes:
        clip: The footage file.
        passages_path: Its passages, one JSON line each.
        passages: The same, read back.
        resumed: It was already done and nothing was measured again.
    """

    clip: Path
    passages_path: Path
    passages: tuple[Passage, ...]
    resumed: bool


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


def process_clip(
    camera: Camera,
    footage: FrameSource,
    out: Path,
    watch: Callable[[Frame], None],
    alarm: Alarm = lambda _: None,
) -> ClipResult:
    """Measure one clip into ``out``, unless that is done already; ``alarm`` goes to the log.

    Raises:
        SpeedcamError: ``out`` cannot be written to, is somebody else's, or is being written.
    """
    run = _run_record(camera, footage)
    finished = out / PASSAGES
    _require_ours(out)
    with _alone_in(out):
        resumed = _read(out / RUN) == run and _is_whole(finished)
        if not resumed:
            _start_afresh(out, run)
            found = passages(camera, footage, watch, alarm)
            lines = [record.dumps(passage) for passage in found]
            write_durably(finished, "".join(f"{line}\n" for line in lines).encode())
        return ClipResult(
            clip=footage.path,
            passages_path=finished,
            passages=tuple(record.read_passages(finished)),
            resumed=resumed,
        )


def _require_ours(folder: Path) -> None:
    """Make ``folder`` for its owner alone, or see that it is one of ours: it will be cleared.

    Raises:
        SpeedcamError: It holds something else, or cannot be made.
    """
    try:
        make_folder(folder)
        strange = [path for path in folder.iterdir() if path.name != LOCK]
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
def _alone_in(folder: Path) -> Iterator[None]:
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


def _run_record(camera: Camera, footage: FrameSource) -> bytes:
    described = {
        "clip_sha256": footage.sha256,
        "site_sha256": camera.site.sha256,
        "starts_at": camera.site.clip_starts_at.isoformat(),
        "software": software(),
        "detector": camera.detector,
        "decoder": footage.decoder,
    }
    return json.dumps(described).encode()


def _start_afresh(out: Path, run: bytes) -> None:
    """Clear what an earlier run left; the run's record comes first, so that ``out`` is ours."""
    for leftover in (out / PASSAGES, *out.glob(".*.part")):
        leftover.unlink(missing_ok=True)
    write_durably(out / RUN, run)
    for folder in (EXHIBITS, RAW):
        shutil.rmtree(out / folder, ignore_errors=True)


def _is_whole(finished: Path) -> bool:
    """Whether the passages can be read and every exhibit they name is there as it was."""
    if not finished.exists():
        return False
    try:
        exhibits = [e for passage in record.read_passages(finished) for e in passage.exhibits]
        contents = [(finished.parent / exhibit.path).read_bytes() for exhibit in exhibits]
    except (SpeedcamError, OSError, ValueError):
        return False
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    return hashes == [exhibit.sha256 for exhibit in exhibits]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
