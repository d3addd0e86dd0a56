"""Each tool on each clip, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from speedcam.site import load_site
from tests.bench.command import ROOT, CommandError, children_cpu_s, run
from tests.bench.peers.boxes import true_boxes
from tests.bench.peers.clips import Clip
from tests.bench.peers.environment import PYTHON
from tests.bench.peers.score import Score, compared, write_passages

Group = Literal["usual", "perfect", "hard"]

OURS = "speedcam"
DECODER = "decoder"
TOOLS = (
    "supervision", "supervision, mended", "ultralytics", "ultralytics, half a second",
    "norfair", "norfair, line",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tool on a group of clips.

    Attributes:
        tool: Its name.
        group: ``usual`` clips or ``hard`` ones, with a motion detector's boxes, or the usual ones
            that are ours with ``perfect`` boxes. Speedcam always looks for itself.
        scores: By clip; empty where it did not run.
        failed: Why it did not, or empty.
    """

    tool: str
    group: Group
    scores: Mapping[str, Score]
    failed: str = ""

    @property
    def score(self) -> Score:
        """All clips together."""
        first, *others = self.scores.values()
        return sum(others, first)


def rows(
    groups: Mapping[Group, Sequence[Clip]], missing: Mapping[str, str], work: Path
) -> Iterator[Row]:
    """Every tool on every group of clips.

    Args:
        groups: The clips of each.
        missing: Tools that could not be installed, by the beginning of their name, and why.
        work: Where files may be left.
    """
    tools: dict[Group, tuple[str, ...]] = {
        "usual": (OURS, *TOOLS, DECODER),
        "perfect": TOOLS,
        "hard": (OURS, *TOOLS),
    }
    for group, clips in groups.items():
        for tool in tools[group]:
            sys.stderr.write(f"{group} clips, {tool}\n")
            why = next((why for name, why in missing.items() if tool.startswith(name)), "")
            failed = f"not installed: {why}" if why else ""
            yield _row(tool, group, () if why else clips, work, failed)


def _row(tool: str, group: Group, clips: Sequence[Clip], work: Path, failed: str) -> Row:
    try:
        scores = {clip.video.name: _score(tool, group, clip, work) for clip in clips}
    except CommandError as error:
        return Row(tool=tool, group=group, scores={}, failed=str(error))
    return Row(tool=tool, group=group, scores=scores, failed=failed)


def _score(tool: str, group: Group, clip: Clip, work: Path) -> Score:
    return _ours(clip, work) if tool == OURS else _theirs(tool, group, clip, work)


def _ours(clip: Clip, work: Path) -> Score:
    """Speedcam itself: pictures, plates and evidence with it."""
    before_s = children_cpu_s()
    run("speedcam", "process", clip.video, "--site", clip.site, "--out", work)
    cpu_s = children_cpu_s() - before_s
    return compared(work / clip.video.stem, clip.truth, frames=clip.frames, cpu_s=cpu_s)


def _theirs(tool: str, group: Group, clip: Clip, work: Path) -> Score:
    job, passages = work / "job.json", work / "passages.jsonl"
    given = true_boxes(clip.truth, clip.frames) if group == "perfect" else None
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
