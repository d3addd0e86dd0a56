"""``/board``: the public board, kept for a minute so that readers cost the office nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Lock

from babel.dates import format_skeleton
from fastapi import FastAPI, Response

from services.notifier.language import Language, number_in
from services.ports import Clock
from services.web.board.figures import FEWEST, Board, board_of
from services.web.guard import Guard, open_route
from services.web.owner.visitor import language_of
from services.web.pages import Pages
from services.web.plots import bars_svg
from services.web.ports import Counts, Ledger

KEPT_FOR = timedelta(minutes=1)
MOST_MONTHS = 24
LATEST_ZONE = timedelta(hours=12)
"""A month is over where it ends last: twelve hours after it ends in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What was read last, and when."""

    at: datetime
    months: Sequence[str]
    boards: dict[str, Sequence[Board]]


class BoardRoom:
    """The room that is open to everybody."""

    def __init__(
        self, counts: Counts, pages: Pages, clock: Clock, ledger: Ledger | None = None
    ) -> None:
        self._counts = counts
        self._ledger = ledger
        self._pages = pages
        self._clock = clock
        self._kept: _Kept | None = None
        self._lock = Lock()

    def add_to(self, app: FastAPI) -> None:
        """Open its route."""
        open_route(app, "GET", "/board", self.board, Guard.OPEN)

    def board(self, lang: str = "", month: str = "") -> Response:
        """The figures of one month, the latest that is over by default."""
        language = language_of(lang)
        months, wanted, boards = self._read(month)
        response = self._pages.show(
            "board.html",
            language,
            months=[(each, _in_words(each, language)) for each in months],
            month=wanted,
            month_words=_in_words(wanted, language) if wanted else "",
            boards=boards,
            few=FEWEST,
            signed=self._ledger.latest() if self._ledger else None,
            log_key=self._ledger.public_key() if self._ledger else "",
            number=lambda value: number_in(language, value),
            decimal=lambda value: number_in(language, Decimal(str(value))),
            bars=lambda parts, label: bars_svg(
                [(part.name, part.count, number_in(language, part.count)) for part in parts], label
            ),
        )
        response.headers["Cache-Control"] = f"public, max-age={KEPT_FOR.seconds}"
        return response

    def _read(self, month: str) -> tuple[Sequence[str], str, Sequence[Board]]:
        """Months, the one that is shown, and its boards; one reader at a time asks the office."""
        with self._lock:
            now = self._clock.now()
            kept = self._kept
            if kept is None or now - kept.at >= KEPT_FOR:
                over = f"{now - LATEST_ZONE:%Y-%m}"
                months = [each for each in self._counts.months() if each < over][:MOST_MONTHS]
                kept = self._kept = _Kept(at=now, months=months, boards={})
            wanted = month if month in kept.months else next(iter(kept.months), "")
            if wanted and wanted not in kept.boards:
                report = self._counts.report(wanted)
                kept.boards[wanted] = [board_of(each) for each in report.sites]
            return kept.months, wanted, kept.boards.get(wanted, ())


def _in_words(month: str, language: Language) -> str:
    return str(format_skeleton("yMMMM", date.fromisoformat(f"{month}-01"), locale=language.value))
