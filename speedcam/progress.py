"""A progress bar for long work on footage: frames, frames per second, time left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from speedcam.crew import News
from speedcam.stages import STAGES


class _FramesPerSecond(ProgressColumn):
    """How fast frames go by."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f} frames/s" if speed else "– frames/s", style="cyan")


class Ticker:
    """Where news of several clips comes together."""

    def __init__(self, progress: Progress, warn: Callable[[str], None]) -> None:
        """Show how far each clip is on ``progress``, and pass each alarm to ``warn`` once."""
        self._progress = progress
        self._warn = warn
        self._bars: dict[Path, TaskID] = {}
        self._warned: set[str] = set()
        self._spent_s = dict.fromkeys(STAGES, 0.0)

    def hear(self, clip: Path, news: News) -> None:
        """Take in news of ``clip``."""
        if clip not in self._bars:
            self._bars[clip] = self._progress.add_task(clip.name, total=news.to_do or None)
        self._progress.advance(self._bars[clip], news.frames)
        for stage, spent_s in news.spent_s.items():
            self._spent_s[stage] += spent_s
        if news.alarm and news.alarm not in self._warned:
            self._warned.add(news.alarm)
            self._warn(news.alarm)

    def profile(self) -> str:
        """Where the time went, summed over all workers, one line for each stage."""
        whole_s = sum(self._spent_s.values()) or 1.0
        return "\n".join(
            f"{stage:10}{self._spent_s[stage]:9.1f} s {self._spent_s[stage] / whole_s:6.1%}"
            for stage in STAGES
        )


def frame_progress(console: Console) -> Progress:
    """A bar that counts frames; it writes nothing where the console is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _FramesPerSecond(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
