"""Each tool on each clip, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from speedcam.site import load_site
from tests.bench.command import ROOT, CommandError, children_cpu_s, run
from tests.bench.peers.boxes import true_boxes
from tests.bench.peers.clips import Clip
from tests.bench.peers.environment import PYTHON
from tests.bench.peers.score import Score, compared, write_passages

Boxes = Literal["own", "motion", "perfect"]

OURS = "speedcam"
DECODER = "decoder"
TOOLS = (
    "supervision", "supervision, mended", "ultralytics", "ultralytics, half a second",
    "norfair", "norfair, line",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tool on all clips.

    Attributes:
        tool: Its name.
        boxes: What it was given: its own, a motion detector's, or perfect ones.
        score: What it made of them, or None where it did not run.
        failed: Why it did not, or empty.
    """

    tool: str
    boxes: Boxes
    score: Score | None
    failed: str = ""


def rows(clips: Sequence[Clip], missing: dict[str, str], work: Path) -> Iterator[Row]:
    """Speedcam, and every tool on a motion detector's boxes and, where they are told, perfect ones.

    Args:
        clips: The clips.
        missing: Tools that could not be installed, by the beginning of their name, and why.
        work: Where files may be left.
    """
    ours = [_ours(clip, work) for clip in clips]
    yield Row(tool=OURS, boxes="own", score=pooled(ours))
    for tool in (*TOOLS, DECODER):
        yield _row(tool, "motion", clips, missing, work)
    drawn = [clip for clip in clips if clip.drawn_by_us]
    for tool in TOOLS:
        yield _row(tool, "perfect", drawn, missing, work)


def _row(
    tool: str, boxes: Boxes, clips: Sequence[Clip], missing: dict[str, str], work: Path
) -> Row:
    why = next((why for name, why in missing.items() if tool.startswith(name)), "")
    if why:
        return Row(tool=tool, boxes=boxes, score=None, failed=f"not installed: {why}")
    sys.stderr.write(f"{tool}, {boxes} boxes\n")
    try:
        scores = [_measured(tool, clip, boxes, work) for clip in clips]
    except CommandError as error:
        return Row(tool=tool, boxes=boxes, score=None, failed=str(error))
    return Row(tool=tool, boxes=boxes, score=pooled(scores))


def pooled(scores: Sequence[Score]) -> Score:
    """All clips together."""
    first, *others = scores
    return sum(others, first)


def _ours(clip: Clip, work: Path) -> Score:
    """Speedcam itself: pictures, plates and evidence with it."""
    before_s = children_cpu_s()
    run("speedcam", "process", clip.video, "--site", clip.site, "--out", work)
    cpu_s = children_cpu_s() - before_s
    return compared(work / clip.video.stem, clip.truth, frames=clip.frames, cpu_s=cpu_s)


def _measured(tool: str, clip: Clip, boxes: Boxes, work: Path) -> Score:
    job, passages = work / "job.json", work / "passages.jsonl"
    given = true_boxes(clip.truth, clip.frames) if boxes == "perfect" else None
    told = {"tool": tool, "video": str(clip.video), "size_px": clip.size_px, "boxes": given}
    job.write_text(json.dumps(told | {"ground": asdict(clip.ground)}), encoding="utf-8")
    before_s = children_cpu_s()
    tracks = _seat(job)
    cpu_s = children_cpu_s() - before_s
    write_passages(tracks, load_site(clip.site), passages)
    return compared(passages, clip.truth, frames=clip.frames, cpu_s=cpu_s)


def _seat(job: Path) -> list[dict[str, Any]]:
    """What the tool tells of the job; lines that are not JSON are its own talk."""
    command = [str(PYTHON), "-m", "tests.bench.peers.seat", str(job)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if ended.returncode:
        raise CommandError(" ".join(ended.stderr.split())[-300:])
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
