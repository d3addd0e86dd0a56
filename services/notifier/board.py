"""What ``--watch`` shows: a board that changes in place, or plain lines where there is no terminal.

No name, address or plate stands in either: a letter is told by its key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from services.model import NoticeState
from services.notifier.outbox import Claim, Ending
from services.ports import Clock

LATEST = 12
"""Letters on the board."""


class Board(Protocol):
    """Shows a deliverer at work; used in a ``with`` statement."""

    def told(self, claim: Claim, ending: Ending) -> None:
        """What became of a letter."""
        ...

    def stands(self, stand: Mapping[NoticeState, int]) -> None:
        """How many letters stand in each state."""
        ...

    def says(self, words: str) -> None:
        """Something else that a person should know."""
        ...

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave what was shown."""
        ...


class Lines:
    """One line for each letter, and one whenever the numbers have changed."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._stand: Mapping[NoticeState, int] = {}

    def told(self, claim: Claim, ending: Ending) -> None:
        """One line for a letter."""
        self.says(_line(claim, ending))

    def stands(self, stand: Mapping[NoticeState, int]) -> None:
        """One line with the numbers, if they are others than last time."""
        if stand != self._stand:
            self._stand = dict(stand)
            self.says(", ".join(f"{state} {count}" for state, count in sorted(stand.items())))

    def says(self, words: str) -> None:
        """One line, with the instant."""
        at = f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}"
        self._console.print(f"{at} {words}", markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


class Panel:
    """The numbers and the latest letters, in place."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._clock = clock
        self._stand: Mapping[NoticeState, int] = {}
        self._latest: deque[str] = deque(maxlen=LATEST)
        self._live = Live(self._shown(), console=console, refresh_per_second=4)

    def told(self, claim: Claim, ending: Ending) -> None:
        """A letter becomes the last line."""
        self.says(_line(claim, ending))

    def stands(self, stand: Mapping[NoticeState, int]) -> None:
        """The numbers change."""
        self._stand = dict(stand)
        self._live.update(self._shown())

    def says(self, words: str) -> None:
        """Something becomes the last line."""
        self._latest.append(f"{self._clock.now():%H:%M:%S}  {words}")
        self._live.update(self._shown())

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _shown(self) -> Group:
        numbers = Table(title="Letters (Ctrl-C ends after the one in hand)", title_justify="left")
        for state in NoticeState:
            numbers.add_column(state, justify="right")
        numbers.add_row(*(str(self._stand.get(state, 0)) for state in NoticeState))
        return Group(numbers, *(Text(line, overflow="fold") for line in self._latest))


def _line(claim: Claim, ending: Ending) -> str:
    by = f" by {ending.channel}" if ending.channel else ""
    fault = f": {ending.fault}" if ending.fault else ""
    when = f" (again at {ending.not_before:%H:%M:%SZ})" if ending.not_before else ""
    return f"{claim.key} {ending.state}{by}{when}{fault}"
