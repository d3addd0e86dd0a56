"""What an owner takes home: the letter as PDF, and one file that a stranger can check."""

import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from services import office
from services.ledger.keys import read_verifier
from services.ledger.log import PUBLIC, checkpoint, ledger_of
from services.ledger.proof import checks_of, proof_of, says
from services.notifier.language import Language
from services.policy import demo_auto_1
from services.store import open_store
from services.store.trust import trust_registry
from services.web.app import create_app
from services.web.office import OfficeLedger, OfficePrinter
from services.web.owner.papers import EVIDENCE, HOW_TO, LETTER, MOST_AT_ONCE, PROOF, packed
from speedcam.seal.bundle import EXHIBITS, FOR_OWNERS, unpack_bundle
from speedcam.seal.verify import holds, verify
from tests.builders_fines import without_waiting
from tests.builders_notice import Shelf, StoppedClock, a_fine, a_photo
from tests.builders_pages import TestClient
from tests.builders_pdf import Pdf
from tests.builders_seals import a_sealed_passage, some_trust, written

SECRET = b"s" * 32
PDF = b"%PDF-1.7 of nobody"


def a_browser(app):
    return TestClient(app, raise_server_exceptions=False)


def opened(app, fine, lang="en"):
    """A browser that has opened this notice."""
    browser = a_browser(app)
    token = re.search(r'name="token" value="([^"]+)"', browser.get("/").text)[1]
    plate = fine.violation.passage.plate.text
    typed = {"number": fine.number, "plate": plate, "lang": lang, "token": token}
    browser.post("/notice", data=typed)
    return browser


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    return some_trust(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def signed(tmp_path, trust):
    """A fine whose camera signed, in an office that signed too, and its pages."""
    clock, camera = StoppedClock(), tmp_path / "camera"
    camera.mkdir()
    path = written(camera, a_sealed_passage(camera, trust.camera))
    with open_store(tmp_path / "office", create=True) as store:
        without_waiting(store)
        trust_registry(store, trust.content, trust.pub, clock)
        office.receive(store, path, clock)
        office.review(store, demo_auto_1, clock)
        (issued,) = office.issue(store, clock)
        checkpoint(store, clock)
        ports = {"ledger": OfficeLedger(store=store), "printer": OfficePrinter(store=store)}
        app = create_app(store, secret=SECRET, clock=clock, **ports)
        yield store, issued.fine, opened(app, issued.fine)


def members_of(answer):
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_one_file_holds_what_a_stranger_can_check(signed, trust):
    store, fine, browser = signed
    answer = browser.get("/notice/file")
    assert fine.number not in answer.headers["content-disposition"]
    members = members_of(answer)
    assert set(members) == {HOW_TO, LETTER, EVIDENCE, PROOF}
    assert holds(verify(unpack_bundle(members[EVIDENCE]), trust.content, trust.pub))
    proof = proof_of(members[PROOF])
    log = read_verifier(ledger_of(store) / PUBLIC)
    assert all(each.holds for each in checks_of(proof, log, []))
    assert says(proof)["fine"] == fine.number


def test_no_picture_of_others_is_in_it(signed):
    _, _, browser = signed
    bundle = unpack_bundle(members_of(browser.get("/notice/file"))[EVIDENCE])
    hidden = {name for kind, name in EXHIBITS.items() if kind not in FOR_OWNERS}
    assert not hidden & set(bundle)


def test_the_letter_is_the_one_that_was_issued(signed):
    _, fine, browser = signed
    assert "/notice/letter" in browser.get("/notice").text
    answer = browser.get("/notice/letter")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    told = Pdf(answer.content).tree.text()
    assert fine.number in told
    assert fine.reference in told.replace(" ", "")


@pytest.mark.parametrize("path", ["/notice/letter", "/notice/file"])
def test_papers_are_for_the_visit_only(signed, path):
    _, _, browser = signed
    stranger = a_browser(browser.app)
    assert stranger.get(path).status_code == 404


def test_what_nobody_signed_is_left_out():
    app = create_app(Shelf(), secret=SECRET, clock=StoppedClock(), printer=lambda *_: PDF)
    members = members_of(opened(app, a_fine()).get("/notice/file"))
    assert set(members) == {HOW_TO, LETTER}
    assert members[LETTER] == PDF


def test_the_reader_s_language_comes_first():
    asked = []
    app = create_app(
        Shelf(),
        secret=SECRET,
        clock=StoppedClock(),
        printer=lambda _fine, language: asked.append(language) or PDF,
    )
    opened(app, a_fine(), "it").get("/notice/letter")
    assert asked == [Language.IT]


def test_more_letters_at_once_are_asked_to_wait_and_nothing_else_is():
    printing, go_on = Event(), Event()

    def printer(_fine, _language):
        printing.set()
        assert go_on.wait(20)
        return PDF

    app = create_app(Shelf(), secret=SECRET, clock=StoppedClock(), printer=printer)
    browsers = [opened(app, a_fine()) for _ in range(MOST_AT_ONCE + 1)]
    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        asked = []
        for each in browsers[1:]:
            printing.clear()
            asked.append(threads.submit(each.get, "/notice/letter"))
            assert printing.wait(20)
        answer = browsers[0].get("/notice/letter")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert browsers[0].get("/notice/photo").content == a_photo()
        go_on.set()
        assert [each.result().content for each in asked] == [PDF] * MOST_AT_ONCE
    assert browsers[0].get("/notice/letter").content == PDF


def test_pages_without_a_printer_offer_no_papers():
    browser = opened(create_app(Shelf(), secret=SECRET, clock=StoppedClock()), a_fine())
    assert "/notice/letter" not in browser.get("/notice").text
    assert browser.get("/notice/letter").status_code == 404


def test_the_same_members_make_the_same_file():
    assert packed({"a": b"1", "b": b"2"}) == packed({"a": b"1", "b": b"2"})
