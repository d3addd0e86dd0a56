"""Pages and mails as their readers have them."""

from __future__ import annotations

from html.parser import HTMLParser

from fastapi.testclient import TestClient

from services.fines import standing
from services.web.app import create_app
from services.web.office import OfficeDesk, OfficeRecords

__all__ = ["TestClient", "an_owners_app", "visible_text"]


class _Visible(HTMLParser):
    """Collects text and alternative texts, without styles and titles."""

    hidden = frozenset({"style", "title", "script"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside_hidden = 0

    def handle_starttag(self, tag, attrs) -> None:
        self._inside_hidden += tag in self.hidden
        self.words.append(dict(attrs).get("alt") or "")
        if tag not in {"strong", "span"} or ("class", "note") in attrs:
            self.words.append(" ")

    def handle_endtag(self, tag) -> None:
        self._inside_hidden -= tag in self.hidden

    def handle_data(self, data) -> None:
        if not self._inside_hidden:
            self.words.append(data)


def visible_text(html: str) -> str:
    """What a reader sees or hears of ``html``; a blank that does not break looks like any other."""
    reader = _Visible()
    reader.feed(html)
    return "".join(reader.words).replace("\N{NO-BREAK SPACE}", " ")


def an_owners_app(store, clock, *, reader=None, **rooms):
    """The owners' pages over an office, which take what owners hand in; ``rooms`` add and change.

    ``reader`` reads the notices in place of ``store``.
    """
    known = {
        "accounts": lambda number: standing(store, number, clock),
        "records": OfficeRecords(store=store),
        "desk": OfficeDesk(store=store, clock=clock),
    }
    return create_app(reader or store, secret=b"s" * 32, clock=clock, **(known | rooms))
