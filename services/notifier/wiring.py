"""What delivery is made of: the words of letters, the printer, the office's ways, the board."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.console import Console

from services.clock import SystemClock
from services.model import Fine, Letter
from services.notifier.board import Board, Lines, Panel
from services.notifier.habits import Habits
from services.notifier.language import Language
from services.notifier.letter import render_letter
from services.notifier.settings import Ways, ways_of
from services.notifier.watch import until_stopped, watch
from services.ports import LetterRenderer
from services.recipient import Telling
from services.store.store import Store

__all__ = ["habits_of", "keep_delivering", "print_letter", "ways_of", "write_letter", "writer_of"]


def write_letter(fine: Fine, photo: bytes, telling: Telling, page: str = "") -> Letter:
    """The letter about ``fine``, which may name the page where notices are opened.

    See :class:`services.ports.LetterRenderer`.
    """
    own = Language(telling.language) if telling.language in set(Language) else None
    return render_letter(
        fine,
        photo,
        telling.kind,
        occasion=telling.occasion,
        own=own,
        signed=telling.signed,
        page=page,
    )


def writer_of(ways: Ways) -> LetterRenderer:
    """What writes the letters of an office with these ways."""
    return partial(write_letter, page=ways.page)


def print_letter(letter: Letter, fine: Fine, *, recipient: Sequence[str]) -> bytes:
    """The letter on paper; see :class:`services.ports.LetterPrinter`."""
    # The typesetter is loaded where something is printed, and nowhere else.
    from services.notifier.pdf import letter_pdf  # noqa: PLC0415 - see above

    return letter_pdf(letter, fine, recipient=recipient)


def habits_of(ways: Ways) -> Habits:
    """How an office with these ways delivers."""
    return Habits(
        order=ways.order,
        quiet=ways.quiet,
        register=ways.register,
        print_letter=print_letter,
    )


def keep_delivering(store: Store, ways: Ways) -> None:
    """Deliver until Ctrl-C or SIGTERM, and show it: in place on a terminal, else in lines."""
    console, clock = Console(), SystemClock()
    board: Board = Panel(console, clock) if console.is_terminal else Lines(console, clock)
    with until_stopped() as stop, board:
        watch(store, ways, writer_of(ways), habits_of(ways), clock=clock, board=board, stop=stop)
        board.says("stopped; what waits is taken up by the next one")
