"""Builders for the API: an office with something to tell, keys, programs that ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from services import office
from services.notifier.delivery import deliver
from services.notifier.senders.folder import FolderSender
from services.policy import demo_auto_1
from services.staff.api_key import ApiKey, Scope, new_key
from services.store import Store
from services.store.api_keys import add_key
from services.web.api.app import create_api
from services.web.tally import Tally
from tests.builders_office import a_letter, a_passage, a_place, on_disk
from tests.builders_pages import TestClient

PLATES = ("AA111BB", "AA222CC", "AA333DD")


def a_key(store: Store, clock, scopes: Iterable[Scope] = Scope, **changes) -> str:
    """A key that works, as its owner holds it."""
    key_id, secret = new_key()
    known = {"id": key_id, "name": "City portal", "scopes": frozenset(scopes)}
    last_day = changes.pop("last_day", date(2027, 1, 1))
    add_key(store, ApiKey(**(known | changes), last_day=last_day), secret, clock.now())
    return secret


def some_history(store: Store, folder: Path, clock) -> None:
    """Two notices, one of them sent, a case that waits and a lawful passage, at two sites."""
    here = {"place": a_place(site_id="AL-DEMO-02")}
    passages = on_disk(
        folder,
        a_passage("p-1", plate=PLATES[0]),
        a_passage("p-2", plate=PLATES[1], **here),
        a_passage("p-3", kmh=130.0, plate=PLATES[2]),
        a_passage("p-4", kmh=39.0, plate=None),
    )
    office.receive(store, passages, clock)
    office.review(store, demo_auto_1, clock)
    office.issue(store, clock)
    deliver(store, [FolderSender(store.sent)], a_letter, clock)


def an_asker(store: Store, clock, secret: str = "", tally: Tally | None = None) -> TestClient:
    """A program with this key, or with none."""
    app = create_api(store, clock=clock, tally=Tally() if tally is None else tally)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return TestClient(app, headers=headers, raise_server_exceptions=False)
