"""What delivery is made of: the letters' words, the printer, and the office's own ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from services.errors import LetterError
from services.model import Fine, Letter, LetterKind
from services.notifier.delivery import Habits
from services.notifier.letter import render_letter
from services.notifier.settings import Ways, ways_of
from services.ports import LetterPrinter
from services.recipient import Telling

__all__ = ["habits_of", "print_letter", "ways_of", "write_letter"]


def write_letter(fine: Fine, photo: bytes, telling: Telling) -> Letter:
    """The letter about ``fine``; see :class:`services.ports.LetterRenderer`."""
    if telling.kind is not LetterKind.NOTICE:
        raise LetterError(f"there are no words yet for a {telling.kind} about {fine.number}.")
    return render_letter(fine, photo)


def print_letter(letter: Letter, fine: Fine, *, recipient: Sequence[str]) -> bytes:
    """The letter on paper; see :class:`services.ports.LetterPrinter`."""
    # The typesetter is loaded where something is printed, and nowhere else.
    try:
        printer = import_module("services.notifier.pdf").letter_pdf
    except ModuleNotFoundError:
        raise LetterError(f"letter of fine {fine.number}: this office prints nothing.") from None
    return cast("LetterPrinter", printer)(letter, fine, recipient=recipient)


def habits_of(ways: Ways, stopped: Callable[[], bool] = lambda: False) -> Habits:
    """How an office with these ways delivers, until ``stopped`` says so."""
    return Habits(
        order=ways.order,
        quiet=ways.quiet,
        register=ways.register,
        print_letter=print_letter,
        stopped=stopped,
    )
