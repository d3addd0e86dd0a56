"""Footage files to passage files, each whole or not there at all.

A clip's passages appear under their name only when every one is on disk, so a run that was
killed leaves nothing half done: run it again and it ends as if it had never been disturbed. A clip
that is already done with the same footage, site and software is not done again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speedcam import record
from speedcam.adapters.video import Footage
from speedcam.disk import make_folder, write_durably
from speedcam.errors import FootageError, SpeedcamError
from speedcam.model import Frame, Passage
from speedcam.pipeline import Camera, passages
from speedcam.software import software

PASSAGES = "passages.jsonl"
RUN = "run.json"
EXHIBITS = "exhibits"


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
    """Raises FootageError where two clips would write into one folder."""
    by_stem: dict[str, Path] = {}
    for clip in clips:
        other = by_stem.setdefault(clip.stem, clip)
        if other != clip:
            raise FootageError(
                f"{other} and {clip} have the same name, and their passages would go into one "
                "folder. Rename one, or process them with different --out folders."
            )


def process_clip(
    camera: Camera, footage: Footage, out: Path, watch: Callable[[Frame], None]
) -> ClipResult:
    """Measure one clip into ``out``, unless that is done already."""
    run = _run_record(camera, footage)
    finished = out / PASSAGES
    resumed = _read(out / RUN) == run and _is_whole(finished)
    if not resumed:
        _start_afresh(out)
        lines = [record.dumps(passage) for passage in passages(camera, footage, watch)]
        write_durably(out / RUN, run.encode())
        write_durably(finished, "".join(f"{line}\n" for line in lines).encode())
    return ClipResult(
        clip=footage.path,
        passages_path=finished,
        passages=tuple(record.read_passages(finished)),
        resumed=resumed,
    )


def _prepare_folder(folder: Path) -> None:
    """Make ``folder`` for its owner alone.

    Raises:
        SpeedcamError: It cannot be made or written to.
    """
    try:
        make_folder(folder)
    except OSError as error:
        raise SpeedcamError(
            f"cannot write to {folder} ({error.strerror}). Choose another --out folder."
        ) from None


def _run_record(camera: Camera, footage: Footage) -> str:
    return json.dumps(
        {
            "clip_sha256": footage.sha256,
            "site_sha256": camera.site.sha256,
            "starts_at": camera.site.clip_starts_at.isoformat(),
            "software": software(),
        }
    )


def _start_afresh(out: Path) -> None:
    _prepare_folder(out)
    for leftover in (out / PASSAGES, *out.glob(".*.part")):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(out / EXHIBITS, ignore_errors=True)


def _is_whole(finished: Path) -> bool:
    """Whether the passages can be read and every picture they name is there as it was."""
    if not finished.exists():
        return False
    try:
        exhibits = [e for passage in record.read_passages(finished) for e in passage.exhibits]
        pictures = [(finished.parent / exhibit.path).read_bytes() for exhibit in exhibits]
    except (SpeedcamError, OSError):
        return False
    hashes = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    return hashes == [exhibit.sha256 for exhibit in exhibits]


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
