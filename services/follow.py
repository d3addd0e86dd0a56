"""Passages taken in as they come: a folder that live cameras write into, looked at again and again.

A file is received again, whole, when it has grown: what is known of it already is known by its
key, so nothing is made twice, and whoever is killed between two looks goes on at the next. Where
something of it was set aside it is received again too, less and less often: the disk may have been
full, or a picture not there yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.errors import LedgerError, StoreUnavailable
from services.intake import Outcome, Received, ReceiveReport
from speedcam.errors import PassageError, SpeedcamError

PASSAGES = "passages.jsonl"
LOOK_S = 1.0
"""Between two looks."""
LONGEST_LOOKS = 30
"""What was set aside is tried again after so many looks at the latest."""


@dataclass(slots=True)
class _File:
    """What was seen of one file of passages.

    Attributes:
        size_bytes: When it was received last.
        doubtful_bytes: When it was none of passages.
        told: What became of its passages.
        looks: Until what was set aside is tried again; 0: nothing was.
        waited: How many of them have passed.
    """

    size_bytes: int = 0
    doubtful_bytes: int = 0
    told: tuple[Received, ...] = ()
    looks: int = 0
    waited: int = 0

    def is_due(self, size_bytes: int) -> bool:
        """Whether it is to be received at this look."""
        self.waited += 1
        return size_bytes != self.size_bytes or 0 < self.looks <= self.waited

    def is_none(self, size_bytes: int) -> bool:
        """Whether it is none of passages for good: a line that is being written is whole later."""
        again = self.doubtful_bytes == size_bytes
        self.doubtful_bytes = size_bytes
        if again:
            self.size_bytes, self.looks = size_bytes, 0
        return again

    def received(self, size_bytes: int, report: ReceiveReport) -> ReceiveReport:
        """Note what became of it; what of that is new."""
        known = {each.passage_id: each for each in self.told}
        new = tuple(each for each in report.passages if _is_new(each, known.get(each.passage_id)))
        waiting = 0 if new else self.looks
        self.looks = 0 if report.whole else min(2 * waiting + 1, LONGEST_LOOKS)
        self.size_bytes, self.told, self.waited = size_bytes, report.passages, 0
        return ReceiveReport(passages=new)


def _is_new(now: Received, before: Received | None) -> bool:
    return before is None or (before.outcome is Outcome.FAULT and now.outcome is not Outcome.FAULT)


def follow(
    folder: Path,
    receive: Callable[[Path], ReceiveReport],
    pause: Callable[[], bool],
    complain: Callable[[SpeedcamError], None],
) -> Iterator[ReceiveReport]:
    """What became of the passages that came since the last look, file by file.

    Args:
        folder: Where `speedcam watch` or `speedcam process` write, however deep.
        receive: Takes in one file.
        pause: Waits until the next look; whether there is to be one.
        complain: Told of a file that is none of passages, and, once, of an office that can take
            nothing in now: it is tried again at every look.
    """
    files: defaultdict[Path, _File] = defaultdict(_File)
    hindered = ""
    while True:
        for path in sorted(folder.rglob(PASSAGES)):
            size_bytes, file = _size_bytes(path), files[path]
            if not file.is_due(size_bytes):
                continue
            try:
                report = file.received(size_bytes, receive(path))
            except PassageError as error:
                if file.is_none(size_bytes):
                    complain(error)
            except (StoreUnavailable, LedgerError) as error:
                if str(error) != hindered:
                    complain(error)
                hindered = str(error)
            else:
                hindered = ""
                yield report
        if not pause():
            return


def _size_bytes(path: Path) -> int:
    """0 where somebody removed it meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
