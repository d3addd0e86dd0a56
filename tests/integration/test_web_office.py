"""The page and the letter over a real office: from a passage on disk to the owner's browser."""

import json
import re

import pytest

from services.bank import Credit
from services.fines import act_on, standing
from services.intake import receive
from services.ledger.log import checkpoint
from services.ledger.proof import proof_of
from services.ledger.prove import anchored
from services.life import Act
from services.notifier.delivery import deliver
from services.notifier.senders.folder import FolderSender
from services.notifier.wiring import write_letter
from services.office import issue, review
from services.payments import assign
from services.policy import demo_auto_1
from services.store import open_store
from services.store.money import keep_credit
from services.web.app import create_app
from services.web.office import OfficeCounts, OfficeLedger
from tests.builders_fines import a_step
from tests.builders_ledger import fines_of
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
        deliver(store, [FolderSender(store.sent)], write_letter, clock)
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


def opened(app, fine):
    """A browser that has opened this notice in English."""
    client = TestClient(app)
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    plate = fine.violation.passage.plate.text
    client.post(
        "/notice", data={"number": fine.number, "plate": plate, "lang": "en", "token": token}
    )
    return client


@pytest.fixture
def signing(office):
    """The pages of an office that tells what it signed."""
    store, _, clock = office
    ledger, counts = OfficeLedger(store=store), OfficeCounts(store=store)
    return create_app(store, secret=b"s" * 32, clock=clock, ledger=ledger, counts=counts)


def test_the_page_offers_the_proof_once_a_checkpoint_covers_the_notice(office, signing):
    store, fine, clock = office
    client = opened(signing, fine)
    assert "/notice/proof" not in client.get("/notice?lang=en").text
    assert client.get("/notice/proof").status_code == 404
    signed = checkpoint(store, clock)
    assert "/notice/proof" in client.get("/notice?lang=en").text
    answer = client.get("/notice/proof")
    assert proof_of(answer.content).note.text == signed.text
    assert fine.number not in answer.headers["content-disposition"]
    assert TestClient(signing).get("/notice/proof").status_code == 404


def test_the_page_and_the_data_name_what_was_signed_before(office, signing, tmp_path):
    store, fine, clock = office
    signed = checkpoint(store, clock)
    fines_of(store, tmp_path / "later", clock, "b")
    later = next(each for each in store.fines() if each.number != fine.number)
    client = opened(signing, later)
    assert signed.root_text in client.get("/notice?lang=en").text
    assert json.loads(client.get("/notice/data").text)["ledger"] == {
        "position": anchored(store, later.number).position,
        "size_before": signed.size,
        "root_before": signed.root_text,
    }


def test_the_board_shows_the_latest_checkpoint_and_its_key(office, signing):
    store, _, clock = office
    client = TestClient(signing)
    assert "Check value" not in client.get("/board?lang=en").text
    signed = checkpoint(store, clock)
    told = visible_text(client.get("/board?lang=en").text)
    assert signed.root_text in told
    assert OfficeLedger(store=store).public_key() in told


def owed_today(store, fine, clock):
    """What the box of the page says, in English, and the whole page."""
    accounts = lambda number: standing(store, number, clock)  # noqa: E731 - as the server does
    app = create_app(store, secret=b"s" * 32, clock=clock, accounts=accounts)
    client = TestClient(app)
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    typed = {"number": fine.number, "plate": "AA000BB", "lang": "en", "token": token}
    page = client.post("/notice", data=typed).text
    box = re.search(r'<div class="today">(.*?)</div>', page, re.DOTALL)[1]
    return visible_text(box).replace("\N{NO-BREAK SPACE}", " "), page


@pytest.mark.parametrize(
    ("acts", "amount", "words"),
    [
        pytest.param((20,), "1,000 ALL", "The terms stand still", id="not served yet"),
        pytest.param((40,), "0 ALL", "no service of it is on record", id="not served in time"),
        pytest.param(("serve", 40), "3,040 ALL", "interest for 26 days", id="served and late"),
        pytest.param(("contest", 40), "1,000 ALL", "The terms stand still", id="contested"),
        pytest.param(("contest", 40, "uphold"), "1,000 ALL", "for 40 days", id="upheld"),
        pytest.param((40, "cancel"), "0 ALL", "asks for nothing any more", id="cancelled"),
    ],
)
def test_the_page_says_what_is_owed_after_all_that_was_done(acts, amount, words, office):
    store, fine, clock = office
    for act in acts:
        if isinstance(act, int):
            clock.advance(days=act)
        else:
            act_on(store, fine.number, Act(act), a_step(clock.now()))
    box, page = owed_today(store, fine, clock)
    assert amount in box
    assert words in box
    assert ("How to pay" in page) == (amount != "0 ALL")


def test_the_page_of_a_paid_notice_asks_for_nothing(office):
    store, fine, clock = office
    credit = Credit(
        bank_id="B1", paid_on=clock.now().date(), amount=fine.terms.reduced, remittance=""
    )
    with store.writing() as connection:
        keep_credit(store, connection, credit, None, clock.now())
    assign(store, "B1", fine.number, a_step(clock.now()))
    box, page = owed_today(store, fine, clock)
    assert "it is paid" in box
    assert "How to pay" not in page
