"""Pages and mails as their readers have them."""

from __future__ import annotations

import socket
from html.parser import HTMLParser
from multiprocessing.connection import Connection
from threading import Thread

from fastapi.testclient import TestClient

from services.web.app import create_app
from services.web.keeper.keeper import Keeper
from services.web.keeper.line import Lines, attend
from services.web.keeper.wicket import Wicket
from services.web.tally import Tally

__all__ = ["TestClient", "a_wicket", "an_owners_app", "visible_text"]


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


def a_wicket(store, clock, *, forms=True, warn=lambda _: None):
    """The office as the public process sees it, over a line to a keeper in this process."""
    secret = b"s" * 32
    keeper = Keeper(store, clock, secret, forms=forms, tally=Tally(), warn=warn)
    ours, theirs = socket.socketpair()
    Thread(target=attend, args=(Connection(ours.detach()), keeper), daemon=True).start()
    return Wicket(Lines([theirs.detach()]))


def an_owners_app(store, clock, *, wicket=None, **rooms):
    """The owners' pages over an office, which take what owners hand in; ``rooms`` add and change.

    ``wicket`` stands in place of one of its own.
    """
    wicket = wicket or a_wicket(store, clock)
    known = {"accounts": wicket.standing, "records": wicket, "desk": wicket, "leavers": wicket}
    return create_app(wicket, secret=b"s" * 32, clock=clock, **(known | rooms))
