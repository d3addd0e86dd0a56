"""The page and the letter over a real office: from a passage on disk to the owner's browser."""

import re

import pytest

from services.intake import receive
from services.notifier.letter import render_letter
from services.notifier.outbox import deliver
from services.notifier.senders.folder import FolderSender
from services.office import issue, review
from services.policy import demo_auto_1
from services.store import open_store
from services.web.app import create_app
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, a_picture, on_disk
from tests.builders_pages import TestClient, visible_text


@pytest.fixture
def office(tmp_path):
    """An office with one notice issued and delivered."""
    passages = on_disk(tmp_path / "out", a_passage("p-1", kmh=58.0, plate="AA000BB"))
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as store:
        receive(store, passages, clock)
        review(store, demo_auto_1, clock)
        (issued,) = issue(store, clock)
        assert issued.fine is not None
        deliver(store, [FolderSender(store.sent)], render_letter, clock)
        yield store, issued.fine, clock


def test_the_delivered_letter_and_the_page_belong_to_the_same_notice(office):
    store, fine, clock = office
    folder = store.sent / fine.number
    letter = (folder / "notice.html").read_text()
    assert 'src="photo.jpg"' in letter
    assert (folder / "photo.jpg").read_bytes() == a_picture("p-1-photo")
    client = TestClient(create_app(store, secret=b"s" * 32, clock=clock))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    typed = {"number": fine.number.lower(), "plate": "aa 000 bb", "lang": "en", "token": token}
    page = visible_text(client.post("/notice", data=typed).text)
    for fact in (fine.number, "demo-auto-1", "53 km/h", "2,000 ALL", "1,000 ALL"):
        assert fact in page.replace("\N{NO-BREAK SPACE}", " ")
        assert fact in visible_text(letter).replace("\N{NO-BREAK SPACE}", " ")
    assert client.get("/notice/photo").content == a_picture("p-1-photo")


def test_a_photo_that_was_changed_is_not_shown(office):
    store, fine, clock = office
    (photo,) = [e for e in fine.violation.passage.exhibits if e.kind == "photo"]
    (store.folder / "exhibits" / f"{photo.sha256}.jpg").write_bytes(b"another")
    client = TestClient(create_app(store, secret=b"s" * 32, clock=clock))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    client.post("/notice", data={"number": fine.number, "plate": "AA000BB", "token": token})
    answer = client.get("/notice/photo")
    assert answer.status_code == 503
    assert b"another" not in answer.content
