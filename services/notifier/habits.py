"""How an office delivers: in which order, at which hours, and who hears of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.errors import LetterError
from services.model import Fine, Letter
from services.notifier.outbox import Claim, Ending
from services.notifier.quiet import QuietHours
from services.ports import LetterPrinter, OwnerRegister


def _no_printer(letter: Letter, fine: Fine, *, recipient: Sequence[str]) -> bytes:  # noqa: ARG001 - the port
    raise LetterError(f"letter of fine {fine.number}: this office prints nothing.")


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads pauses, and keeps no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How an office delivers.

    Attributes:
        order: Channels, the first choice first; empty for the senders' own order.
        quiet: None: every hour will do.
        register: None: nobody is looked up.
        print_letter: For letters on paper.
        jitter: Spreads pauses, from 0 to 1, so that not everybody comes back at once.
        stopped: Whether to end after the letter in hand.
        told: Hears of every letter that was tried.
    """

    order: Sequence[str] = ()
    quiet: QuietHours | None = None
    register: OwnerRegister | None = None
    print_letter: LetterPrinter = _no_printer
    jitter: Callable[[], float] = _chance
    stopped: Callable[[], bool] = lambda: False
    told: Callable[[Claim, Ending], None] = lambda _claim, _ending: None
