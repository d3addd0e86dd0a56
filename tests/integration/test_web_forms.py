"""What owners hand in on the page, over a real office: shown first, done once, by whom it may."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from services.fines import act_on, standing
from services.intake import receive
from services.life import Act, State
from services.model import Fine
from services.office import issue, review
from services.policy import demo_auto_1
from services.store import Store, open_store
from services.store.history import history_of
from services.web.app import create_app
from services.web.guard import DECLARED, Guard
from services.web.office import OWNER, OfficeCounts, OfficeDesk
from services.web.owner.export import export_of
from speedcam.model import ExhibitKind
from tests.builders_fines import a_step
from tests.builders_notice import Shelf, StoppedClock, a_fine
from tests.builders_office import a_passage, an_exhibit, on_disk
from tests.builders_pages import TestClient, an_owners_app, visible_text
from tests.unit.test_owner_proof import samples

WISHES = ("object", "person", "driver")
NAME = "Demo Driver, Rruga e Shembullit 1"


@dataclass
class Room:
    """An office with a notice that its owner has opened."""

    store: Store
    fine: Fine
    clock: StoppedClock
    client: TestClient

    def state(self) -> State:
        return standing(self.store, self.fine.number, self.clock).state

    def token(self) -> str:
        return re.search(r'name="token" value="([^"]+)"', self.client.get("/notice").text)[1]

    def send(self, path: str, **fields):
        known = {"token": self.token(), "lang": "en"}
        return self.client.post(path, data=known | fields)

    def open(self, client: TestClient) -> None:
        token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
        typed = {"number": self.fine.number, "plate": "AA000BB", "lang": "en", "token": token}
        assert client.post("/notice", data=typed).status_code == 303


def an_app(store, clock, *, forms=True):
    closed = {} if forms else {"desk": None}
    return an_owners_app(store, clock, counts=OfficeCounts(store=store), **closed)


@pytest.fixture
def room(tmp_path):
    passages = on_disk(tmp_path / "out", a_passage("p-1", kmh=58.0, plate="AA000BB"))
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as store:
        receive(store, passages, clock)
        review(store, demo_auto_1, clock)
        (issued,) = issue(store, clock)
        client = TestClient(an_app(store, clock), follow_redirects=False)
        opened = Room(store=store, fine=issued.fine, clock=clock, client=client)
        opened.open(client)
        yield opened


@pytest.mark.parametrize("wish", WISHES)
def test_what_is_written_is_checked_before_it_is_sent_and_stops_the_terms(room, wish):
    path = f"/notice/write/{wish}"
    assert room.client.get(path).status_code == 200
    check = room.send(path, words=NAME)
    assert "the terms stand still" in visible_text(check.text)
    assert NAME in check.text
    assert room.state() is State.ISSUED
    assert room.send(path, words=NAME, step="send").headers["location"] == "/notice"
    assert room.state() is State.CONTESTED
    page = visible_text(room.client.get("/notice").text)
    assert "an objection is here" in page
    assert "An objection arrived" in page
    assert NAME not in page


@pytest.mark.parametrize("wish", WISHES)
def test_the_officer_reads_who_wrote_what(room, wish):
    room.send(f"/notice/write/{wish}", words=NAME, step="send")
    (told,) = [e for e in history_of(room.store, room.fine.number) if e.what == Act.CONTEST]
    assert told.who == OWNER
    assert told.reason.endswith(f": {NAME}")


def test_a_name_fines_nobody(room):
    room.send("/notice/write/driver", words=NAME, step="send")
    assert [fine.number for fine in room.store.fines()] == [room.fine.number]


def test_sent_twice_it_is_handed_in_once(room):
    fields = {"words": "once", "step": "send", "token": room.token()}
    for _ in range(2):
        assert room.client.post("/notice/write/object", data=fields).status_code == 303
    told = [e.what for e in history_of(room.store, room.fine.number)]
    assert told.count(Act.CONTEST) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [("  \n ", "Write something"), ("e" * 1001, "no more than 1000"), ("a\0b", "Write something")],
    ids=["blank", "long", "no text"],
)
def test_what_cannot_be_handed_in_is_asked_for_again(room, words, told):
    answer = room.send("/notice/write/object", words=words, step="send")
    assert answer.status_code == 422
    assert told in visible_text(answer.text)
    assert room.state() is State.ISSUED


def test_a_thousand_letters_of_any_script_arrive(room):
    room.send("/notice/write/object", words="\N{GRINNING FACE}" * 1000, step="send")
    assert room.state() is State.CONTESTED


def test_lines_become_one_line_that_the_history_can_hold(room):
    room.send("/notice/write/object", words="one\r\ntwo\tthree", step="send")
    (told,) = [e for e in history_of(room.store, room.fine.number) if e.what == Act.CONTEST]
    assert told.reason == "objects: one two three"


def test_changing_what_was_written_sends_nothing(room):
    answer = room.send("/notice/write/object", words="<b>wrong</b>", step="change")
    assert "&lt;b&gt;wrong&lt;/b&gt;</textarea>" in answer.text
    assert room.state() is State.ISSUED


def test_after_its_term_nothing_can_be_handed_in_but_pauses_extend_it(room):
    act_on(room.store, room.fine.number, Act.SERVE, a_step(room.clock.now()))
    room.clock.advance(days=10)
    act_on(room.store, room.fine.number, Act.HOLD, a_step(room.clock.now()))
    room.clock.advance(days=100)
    act_on(room.store, room.fine.number, Act.RELEASE, a_step(room.clock.now()))
    room.open(room.client)
    assert "Object to this notice" in room.client.get("/notice").text
    room.clock.advance(days=60)
    room.open(room.client)
    assert "Object to this notice" not in room.client.get("/notice").text
    assert room.send("/notice/write/object", words="late", step="send").status_code == 303
    assert room.state() is State.SERVED


LAST_DAYS = {
    "en": "or to tell us who was driving was 18 November 2026.",
    "sq": "kush e drejtonte mjetin ishte 18 nëntor 2026.",
    "de": "oder uns zu sagen, wer gefahren ist, war der 18. November 2026.",
    "fr": "ou nous dire qui conduisait était le 18 novembre 2026.",
    "it": "o dirci chi guidava era il 18 novembre 2026.",
    "es": "o decirnos quién conducía fue el 18 de noviembre de 2026.",
}
"""How the page says that a term of an undisturbed notice is over."""


@pytest.mark.parametrize(("language", "words"), LAST_DAYS.items())
def test_after_its_term_the_page_says_that_it_is_over_and_a_form_leads_there(room, language, words):
    act_on(room.store, room.fine.number, Act.SERVE, a_step(room.clock.now()))
    assert words not in visible_text(room.client.get(f"/notice?lang={language}").text)
    room.clock.advance(days=60)
    room.open(room.client)
    page = room.client.get(f"/notice?lang={language}").text
    assert words in visible_text(page)
    back = room.client.get(f"/notice/write/object?lang={language}").headers["location"]
    assert back == f"/notice?lang={language}#object"
    assert 'id="object"' in page


def test_the_last_day_that_is_told_is_later_by_every_pause(room):
    act_on(room.store, room.fine.number, Act.SERVE, a_step(room.clock.now()))
    act_on(room.store, room.fine.number, Act.HOLD, a_step(room.clock.now()))
    room.clock.advance(days=10)
    act_on(room.store, room.fine.number, Act.RELEASE, a_step(room.clock.now()))
    room.clock.advance(days=60)
    room.open(room.client)
    page = visible_text(room.client.get("/notice?lang=en").text)
    assert "who was driving was 28 November 2026" in page
    assert "you can object" not in page


def owed_minor(room) -> str:
    return re.search(r'name="minor" value="(\d+)"', room.client.get("/notice/pay").text)[1]


def test_the_demo_bank_pays_the_notice_once(room):
    fields = {"token": room.token(), "minor": owed_minor(room)}
    for _ in range(3):
        assert room.client.post("/notice/pay", data=fields).headers["location"] == "/notice"
    now = standing(room.store, room.fine.number, room.clock)
    assert (now.state, now.account.paid, now.account.surplus) == (State.PAID, 1000, 0)
    page = visible_text(room.client.get("/notice").text)
    assert "A payment arrived" in page
    assert "Pay at the demo bank" not in page


def test_two_windows_that_pay_at_the_same_moment_pay_once(room):
    desk = OfficeDesk(store=room.store, clock=room.clock)
    with ThreadPoolExecutor(2) as windows:
        list(windows.map(lambda _: desk.pay(room.fine, 1000, paid_before=0), range(8)))
    assert standing(room.store, room.fine.number, room.clock).account.paid == 1000


def test_an_amount_that_changed_meanwhile_is_shown_and_not_paid(room):
    answer = room.send("/notice/pay", minor="999")
    assert answer.status_code == 409
    assert "The amount has changed" in answer.text
    assert standing(room.store, room.fine.number, room.clock).account.paid == 0


def test_while_an_objection_is_open_nothing_can_be_paid(room):
    minor = owed_minor(room)
    room.send("/notice/write/object", words="no", step="send")
    assert room.client.get("/notice/pay").headers["location"] == "/notice"
    room.send("/notice/pay", minor=minor)
    assert standing(room.store, room.fine.number, room.clock).account.paid == 0


def test_the_bank_says_that_it_is_invented(room):
    page = visible_text(room.client.get("/notice/pay?lang=en").text)
    assert "This bank is invented, and no money moves" in page
    assert "DO NOT PAY" in page


def test_the_export_has_what_is_stored_and_nothing_on_others(room):
    act_on(room.store, room.fine.number, Act.HOLD, a_step(room.clock.now()))
    act_on(room.store, room.fine.number, Act.RELEASE, a_step(room.clock.now()))
    room.send("/notice/write/driver", words=NAME, step="send")
    answer = room.client.get("/notice/data")
    told = json.loads(answer.text)
    assert told["fine"]["number"] == room.fine.number
    assert told["fine"]["violation"]["passage"]["plate"]["text"] == "AA000BB"
    assert told["standing"]["state"] == "contested"
    assert {"opened", "validate", "issued", "hold", "contest"} <= {
        e["what"] for e in told["history"]
    }
    step = a_step(room.clock.now())
    for others in (NAME, step.by, step.why):
        assert others not in answer.text
    assert "attachment" in answer.headers["content-disposition"]
    assert room.fine.number not in answer.headers["content-disposition"]


def test_the_export_has_the_owners_own_words(room):
    room.send("/notice/write/object", words="My own words", step="send")
    assert "My own words" in room.client.get("/notice/data").text


def test_the_export_has_the_raw_data(room):
    assert json.loads(room.client.get("/notice/data").text)["raw"] == "p-1-raw"


@pytest.mark.parametrize(("text", "raw"), [('{"schema": 3}', {"schema": 3}), ("", None)])
def test_raw_data_are_exported_as_the_document_that_they_are(text, raw):
    assert json.loads(export_of(a_fine(), None, (), (), [text]))["raw"] == raw


def test_no_page_names_an_exhibit_but_the_redacted_photo(room):
    page = room.client.get("/notice").text
    sources = re.findall(r'src="([^"]*)"', page)
    assert sources == ["/notice/photo", "/notice/film"]
    for exhibit in room.fine.violation.passage.exhibits:
        assert (exhibit.sha256 in page) == (exhibit.kind == "photo")


def test_without_forms_the_page_only_reads(room):
    client = TestClient(an_app(room.store, room.clock, forms=False), follow_redirects=False)
    room.open(client)
    page = client.get("/notice").text
    assert "/notice/write" not in page
    assert "/notice/pay" not in page
    for path in ("/notice/pay", *(f"/notice/write/{wish}" for wish in WISHES)):
        assert client.get(path).status_code == 404
        assert client.post(path, data={}).status_code == 404


def routes(room):
    return [route for route in room.client.app.routes if hasattr(route, "openapi_extra")]


def test_every_route_declares_its_guard(room):
    declared = {route.path: route.openapi_extra[DECLARED] for route in routes(room)}
    assert len(declared) >= 8
    assert {path for path, guard in declared.items() if guard is Guard.OPEN} == {
        "/",
        "/board",
        "/static/notice.css",
    }


def test_every_guard_holds(room):
    stranger = TestClient(room.client.app, follow_redirects=False)
    for route in routes(room):
        (method,) = route.methods
        path = route.path.replace("{wish}", "object")
        guard = route.openapi_extra[DECLARED]
        assert (method == "POST") == (guard is Guard.OWN_FORM)
        answer = stranger.request(method, path, data={"words": "x"} if method == "POST" else None)
        refused = {Guard.OPEN: {200}, Guard.VISIT: {403, 404}, Guard.OWN_FORM: {403}}[guard]
        assert answer.status_code in refused, path
        assert room.fine.number not in answer.text


@pytest.mark.parametrize("path", ["/notice/pay", "/notice/write/object"])
@pytest.mark.parametrize("token", ["", "forged"])
def test_a_form_of_another_origin_hands_in_nothing(room, path, token):
    fields = {"words": "x", "step": "send", "minor": owed_minor(room), "token": token}
    assert room.client.post(path, data=fields).status_code == 403
    assert room.state() is State.ISSUED


@pytest.mark.parametrize("path", ["/notice/pay", "/notice/write/object"])
def test_a_visit_that_is_over_hands_in_nothing(room, path):
    token = room.token()
    room.clock.advance(minutes=16)
    fields = {"words": "x", "step": "send", "minor": "1000", "token": token}
    assert room.client.post(path, data=fields).status_code == 403
    assert room.state() is State.ISSUED


def test_a_desk_needs_accounts():
    with pytest.raises(ValueError, match="accounts"):
        create_app(Shelf(), secret=b"s" * 32, clock=StoppedClock(), desk=OfficeDesk)


BESIDE_PHOTO = {
    "/notice/still/first": (ExhibitKind.SHOWN_FIRST, "image/jpeg"),
    "/notice/still/last": (ExhibitKind.SHOWN_LAST, "image/jpeg"),
    "/notice/film": (ExhibitKind.FILM, "video/mp4"),
}


def with_exhibits(room, keep):
    """A visit to the same notice, whose passage has those exhibits only."""
    passage = room.fine.violation.passage
    samples_of = replace(passage.speed, samples=samples(58.0, direction=-1))
    kept = tuple(each for each in passage.exhibits if keep(each.kind))
    passage = replace(passage, speed=samples_of, exhibits=kept)
    fine = replace(room.fine, violation=replace(room.fine.violation, passage=passage))
    pictures = {each.sha256: room.store.exhibit_bytes(each.sha256) for each in passage.exhibits}
    shelf = Shelf(fines=[fine], pictures=pictures)
    app = create_app(shelf, secret=b"s" * 32, clock=room.clock)
    client = TestClient(app, follow_redirects=False)
    room.open(client)
    return client


@pytest.mark.parametrize("path", BESIDE_PHOTO)
def test_what_is_beside_the_photo_is_for_the_visit_only(room, path):
    kind, media_type = BESIDE_PHOTO[path]
    stranger = TestClient(room.client.app, follow_redirects=False)
    assert stranger.get(path).status_code == 404
    answer = room.client.get(path)
    assert answer.content == an_exhibit(f"p-1-{kind}")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_says_what_to_do_with_the_stills_and_what_they_prove(room):
    client = with_exhibits(room, lambda _: True)
    page = client.get("/notice").text
    assert re.findall(r'<(?:img|video)[^>]* src="([^"]*)"', page) == [
        "/notice/photo", "/notice/still/first", "/notice/still/last", "/notice/film"
    ]  # fmt: skip
    assert page.count("where the measured stretch begins, with a mark at each metre") == 1
    text = visible_text(page)
    assert "metres between both rings, divided by the seconds between both pictures" in text
    assert "so they stay sealed" not in text


def test_an_older_notice_without_them_says_that_its_pictures_stay_sealed(room):
    client = with_exhibits(room, lambda kind: kind not in {k for k, _ in BESIDE_PHOTO.values()})
    page = client.get("/notice").text
    assert "so they stay sealed" in visible_text(page)
    assert "/notice/still" not in page
    assert "/notice/film" not in page
    assert [client.get(path).status_code for path in BESIDE_PHOTO] == [404, 404, 404]


@pytest.mark.parametrize(
    ("asked", "status", "told", "part"),
    [
        ("bytes=0-3", 206, "bytes 0-3/{size}", slice(0, 4)),
        ("bytes=5-", 206, "bytes 5-{last}/{size}", slice(5, None)),
        ("bytes=-4", 206, "bytes {tail}-{last}/{size}", slice(-4, None)),
        ("bytes=2-99999", 206, "bytes 2-{last}/{size}", slice(2, None)),
        ("bytes=-99999", 206, "bytes 0-{last}/{size}", slice(None)),
        ("bytes=99999-", 416, "bytes */{size}", slice(0)),
        ("bytes=3-2", 416, "bytes */{size}", slice(0)),
        ("bytes=-0", 416, "bytes */{size}", slice(0)),
        ("bytes=0-1,4-5", 200, None, slice(None)),
        ("bytes=-", 200, None, slice(None)),
        ("lines=1-2", 200, None, slice(None)),
    ],
)
def test_a_player_gets_the_part_of_the_film_that_it_asks_for(room, asked, status, told, part):
    whole = an_exhibit("p-1-film")
    size = len(whole)
    answer = room.client.get("/notice/film", headers={"Range": asked})
    assert answer.status_code == status
    assert answer.headers["accept-ranges"] == "bytes"
    wanted = told and told.format(size=size, last=size - 1, tail=size - 4)
    assert answer.headers.get("content-range") == wanted
    assert answer.content == whole[part]
