"""The picture of a driver leaves the store on one page only, and only where the law has it seen."""

import io
import re
import zipfile
from dataclasses import dataclass, replace

import pytest

from services.desk import WAITING
from services.intake import receive
from services.model import Fine, Verdict
from services.notifier.delivery import deliver
from services.notifier.photo import driver_exhibit
from services.notifier.senders.folder import FolderSender
from services.notifier.senders.portal import PortalSender
from services.notifier.wiring import write_letter
from services.office import decide, issue
from services.rules.catalogue import load_editions
from services.store import Store, open_store
from services.store.cases import cases_in, keep_editions
from services.web.guard import DECLARED, Guard
from services.web.office import OfficePrinter
from speedcam.model import ExhibitKind
from speedcam.seal.bundle import EXHIBITS, FOR_OWNERS
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, a_place, an_exhibit, on_disk
from tests.builders_pages import TestClient, an_owners_app, visible_text

DRIVER = an_exhibit("p-1-driver")
ZONES = {"AL": "Europe/Tirane", "IT": "Europe/Rome", "DE": "Europe/Berlin"}


@dataclass
class Office:
    """An office with one notice under a country's law, its owner's visit, and a stranger."""

    store: Store
    fine: Fine
    clock: StoppedClock
    owner: TestClient
    stranger: TestClient


@pytest.fixture
def office(request, tmp_path):
    passage = a_passage("p-1", plate="AA000BB", place=a_place(timezone=ZONES[request.param]))
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as store:
        receive(store, on_disk(tmp_path / "out", passage), clock)
        (case,) = cases_in(store, *WAITING)
        decided = {"officer": "P-17", "verdict": Verdict.CONFIRM, "why": "seen", "country": "AL"}
        decide(store, case.key, clock=clock, **decided)
        (issued,) = issue(store, clock)
        app = an_owners_app(store, clock, desk=None, printer=OfficePrinter(store=store))
        owner, stranger = (TestClient(app, follow_redirects=False) for _ in range(2))
        token = re.search(r'name="token" value="([^"]+)"', owner.get("/").text)[1]
        typed = {"number": issued.fine.number, "plate": "AA000BB", "lang": "en", "token": token}
        assert owner.post("/notice", data=typed).status_code == 303
        yield Office(store, issued.fine, clock, owner, stranger)


def pages_of(client, guards=frozenset({Guard.OPEN, Guard.VISIT})):
    """What every page answers, by its path; files in ZIP files by their own names."""
    for route in client.app.routes:
        declared = (getattr(route, "openapi_extra", None) or {}).get(DECLARED)
        if declared in guards and "GET" in route.methods:
            content = client.get(route.path).content
            yield route.path, content
            if content.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    yield from ((f"{route.path} {n}", archive.read(n)) for n in archive.namelist())


@pytest.mark.parametrize("office", ["AL", "IT"], indirect=True)
def test_where_the_law_hides_the_driver_no_page_shows_one(office):
    answers = dict(pages_of(office.owner))
    assert {"/notice", "/notice/photo", "/notice/file", "/notice/driver"} <= answers.keys()
    assert [path for path, content in answers.items() if DRIVER in content] == []
    assert b"/notice/driver" not in answers["/notice"]
    assert office.owner.get("/notice/driver").status_code == 404


@pytest.mark.parametrize("office", ["DE"], indirect=True)
def test_where_the_law_has_the_driver_seen_one_page_shows_it(office):
    answers = dict(pages_of(office.owner))
    assert [path for path, content in answers.items() if DRIVER in content] == ["/notice/driver"]
    answer = office.owner.get("/notice/driver")
    assert (answer.content, answer.headers["cache-control"]) == (DRIVER, "no-store")
    assert 'src="/notice/driver"' in answers["/notice"].decode()
    for language, words in (("en", "Nobody else is in it"), ("de", "Sonst ist niemand darauf")):
        assert words in visible_text(office.owner.get(f"/notice?lang={language}").text)
    assert office.stranger.get("/notice/driver").status_code == 404


@pytest.mark.parametrize("office", ["AL", "DE"], indirect=True)
def test_no_letter_and_no_file_shows_a_driver(office):
    senders = [FolderSender(office.store.sent), PortalSender(office.store.folder / "inbox")]
    for sender in senders:
        deliver(office.store, [sender], write_letter, office.clock)
    sent = [path for path in office.store.sent.rglob("*") if path.is_file()]
    photo = an_exhibit("p-1-photo")
    assert any(photo in path.read_bytes() for path in sent)
    assert not [path for path in sent if DRIVER in path.read_bytes()]


def test_no_bundle_can_hold_a_driver():
    assert ExhibitKind.DRIVER not in FOR_OWNERS
    assert ExhibitKind.DRIVER not in EXHIBITS


def by_policy(fine):
    return replace(fine, decision=replace(fine.decision, is_policy=True))


@pytest.mark.parametrize("office", ["DE"], indirect=True)
@pytest.mark.parametrize("edition", load_editions(), ids=lambda edition: edition.pack.id)
def test_the_very_law_that_judged_the_case_says_whether_the_driver_is_shown(office, edition):
    with office.store.writing() as connection:
        keep_editions(connection, [edition])
    fine = office.fine
    judged = replace(fine, violation=replace(fine.violation, source=edition.source))
    shown = driver_exhibit(office.store, judged) is not None
    assert shown is (edition.pack.photo_policy.kind == "driver_visible")
    assert driver_exhibit(office.store, by_policy(judged)) is None
    in_france = replace(judged, number=fine.number.replace("DE", "FR", 1))
    assert driver_exhibit(office.store, in_france) is None
