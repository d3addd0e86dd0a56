"""What happens while footage is measured, for other programs: one line of JSON each, as it comes.

A line is ``{"to_do": 250}`` (frames there are; from here on they are counted anew),
``{"frames": 25}`` (so many more are done), ``{"alarm": "…"}`` or ``{"passage": {…}}``, a vehicle in
the form of :mod:`speedcam.record` without plate and exhibits, and with a few of its samples. What
is told twice, since a worker was killed and another began again, has the same id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from speedcam import record
from speedcam.crew import News
from speedcam.model import Passage, SpeedMeasurement

Write = Callable[[News], None]
MOST_SAMPLES = 24
"""Of a vehicle, and its last one: its path can be drawn by so many."""


@contextmanager
def told_in(path: Path | None) -> Iterator[Write]:
    """A function that appends news to ``path`` at once; one that does nothing for None."""
    if path is None:
        yield lambda _: None
        return
    with path.open("a", encoding="utf-8", buffering=1) as file:
        yield lambda news: file.writelines(f"{json.dumps(each)}\n" for each in _lines(news))


def _lines(news: News) -> Iterator[dict[str, Any]]:
    if news.to_do:
        yield {"to_do": news.to_do}
    if news.frames:
        yield {"frames": news.frames}
    if news.alarm:
        yield {"alarm": news.alarm}
    if news.found:
        yield {"passage": json.loads(record.dumps(_brief(news.found)))}


def _brief(passage: Passage) -> Passage:
    """Enough to show where a vehicle drove how fast, and not who drove."""
    speed = passage.speed
    if isinstance(speed, SpeedMeasurement):
        every = max(1, -(-len(speed.samples) // MOST_SAMPLES))
        speed = replace(speed, samples=(*speed.samples[:-1:every], *speed.samples[-1:]))
    return replace(passage, speed=speed, plate=None, exhibits=())
