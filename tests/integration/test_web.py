"""The owner's page over a store in memory: who sees what, for how long, and with which headers."""

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.routing import APIRoute

from services.errors import EvidenceError
from services.notifier.language import Language
from services.notifier.letter import render_letter
from services.web.app import create_app
from services.web.headers import CONTENT_POLICY, SECURITY_HEADERS
from services.web.owner.scanned import POLICY
from services.web.pages import page_environment
from services.web.patience import FREE_FAILURES
from tests.builders_notice import (
    NUMBER,
    PLATE,
    Shelf,
    StoppedClock,
    a_fine,
    a_photo,
    terms,
)
from tests.builders_office import a_picture
from tests.builders_pages import TestClient, visible_text
from tests.builders_words import a_fine_of, a_section_fine_of

SECRET = b"s" * 32
BANNERS = (
    "SHEMBULL – NUK ËSHTË NJOFTIM ZYRTAR. MOS PAGUANI.",
    "SAMPLE – NOT AN OFFICIAL NOTICE. DO NOT PAY.",
)


@dataclass
class Visitor:
    """A browser without eyes: keeps cookies, fills in forms."""

    client: TestClient
    clock: StoppedClock

    def token(self, path: str = "/") -> str:
        return re.search(r'name="token" value="([^"]+)"', self.client.get(path).text)[1]

    def type(self, number: str = NUMBER, plate: str = PLATE, lang: str = "en"):
        fields = {"number": number, "plate": plate, "lang": lang, "token": self.token()}
        return self.client.post("/notice", data=fields)

    def notice(self, lang: str = "") -> str:
        return self.client.get("/notice", params={"lang": lang} if lang else {}).text


def a_visitor(store=None, *, scheme="http", clock=None, address="192.0.2.1", app=None) -> Visitor:
    clock = clock or StoppedClock()
    app = app or create_app(store or Shelf(), secret=SECRET, clock=clock)
    client = TestClient(
        app,
        base_url=f"{scheme}://localhost",
        client=(address, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    return Visitor(client, clock)


def test_number_and_plate_open_the_notice():
    visitor = a_visitor()
    answer = visitor.type()
    assert (answer.status_code, answer.headers["location"]) == (303, "/notice")
    assert "Please slow down" in visitor.notice()


@pytest.mark.parametrize(
    ("number", "plate"),
    [("al26 k7q2 m9xd", "aa 000 bb"), (" AL26k7q2m9xd ", "AA-000-BB")],
    ids=["spaces", "dashes"],
)
def test_the_notice_opens_however_it_is_typed(number, plate):
    assert a_visitor().type(number, plate).status_code == 303


def test_the_number_is_in_no_address():
    visitor = a_visitor()
    answer = visitor.type()
    page = visitor.notice()
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert all(NUMBER not in where for where in [answer.headers["location"], *addresses])


def test_the_page_and_the_letter_state_the_same_facts():
    visitor = a_visitor()
    visitor.type()
    letter = visible_text(render_letter(a_fine(), a_photo()).html)
    for language in ("sq", "en"):
        page = visible_text(visitor.notice(language))
        missing = _numbers(page) - _numbers(letter) - _numbers("20")  # the day it is opened on
        assert not missing
    assert _numbers(letter) <= _numbers(visible_text(visitor.notice("sq"))) | _numbers(
        visible_text(visitor.notice("en"))
    )


@pytest.mark.parametrize("language", Language)
def test_the_page_of_an_average_speed_states_the_facts_of_its_letter_and_divides(language):
    fine = a_section_fine_of("AL")
    visitor = a_visitor(Shelf(fines=[fine]))
    visitor.type()
    page = visitor.notice(language)
    letter = visible_text(render_letter(fine, a_photo(), own=language).html)
    assert not _numbers(visible_text(page)) - _numbers(letter) - _numbers("20 3.6 3,6")
    told = visible_text(page).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"2.?000 m ÷ 75[.,]631 s × 3[.,]6 = 95[.,]1 km", told)
    assert "<svg" not in page


def test_the_page_of_an_average_speed_shows_the_photo_of_either_camera():
    fine, other = a_section_fine_of("AL"), a_picture("first")
    sha256 = hashlib.sha256(other).hexdigest()
    entry = fine.violation.entry
    entry = replace(entry, exhibits=(replace(entry.exhibits[0], sha256=sha256),))
    fine = replace(fine, violation=replace(fine.violation, entry=entry))
    shelf = Shelf(fines=[fine])
    shelf.pictures |= {sha256: other}
    visitor = a_visitor(shelf)
    assert visitor.client.get("/notice/photo/first").status_code == 404
    visitor.type()
    shown = re.findall(r'<img src="([^"]*)" alt="Photo from the (\w+) camera', visitor.notice("en"))
    assert shown == [("/notice/photo/first", "first"), ("/notice/photo", "second")]
    assert visitor.client.get("/notice/photo/first").content == other
    assert visitor.client.get("/notice/photo").content == a_photo()


def test_a_speed_that_one_camera_measured_has_one_photo():
    visitor = a_visitor()
    visitor.type()
    assert visitor.notice().count("<img") == 1
    assert visitor.client.get("/notice/photo/first").status_code == 404


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,:]\d+)*", text))


@pytest.mark.parametrize(
    ("day", "owed", "words"),
    [
        (date(2026, 10, 28), "2,500 ALL", "It holds until 28 October 2026"),
        (date(2026, 10, 29), "5,000 ALL", "It holds until 12 November 2026"),
        (date(2026, 11, 12), "5,000 ALL", "without interest"),
        (date(2026, 11, 13), "5,100 ALL", "interest for 1 day."),
        (date(2026, 12, 11), "7,900 ALL", "interest for 29 days"),
        (date(2026, 12, 12), "8,000 ALL", "It grows no more"),
        (date(2028, 1, 1), "8,000 ALL", "interest for 30 days"),
    ],
    ids=str,
)
def test_the_page_says_what_is_owed_today(day, owed, words):
    visitor = a_visitor(clock=StoppedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)))
    visitor.type()
    box = re.search(r'<div class="today">(.*?)</div>', visitor.notice("en"), re.DOTALL)[1]
    assert f'<p class="owed">{owed}</p>' in box.replace("\N{NO-BREAK SPACE}", " ")
    assert words in visible_text(box)


def test_today_is_the_day_of_the_place():
    # 23:30 in London, but 00:30 of the next day in Tirana: the reduced amount is over.
    visitor = a_visitor(clock=StoppedClock(datetime(2026, 10, 28, 23, 30, tzinfo=UTC)))
    visitor.type()
    assert '<p class="owed">5,000\N{NO-BREAK SPACE}ALL</p>' in visitor.notice("en")


def test_where_interest_follows_at_once_the_page_says_so():
    at_once = terms(full_until=date(2026, 10, 28))
    visitor = a_visitor(Shelf(fines=[a_fine(terms=at_once)]))
    visitor.type()
    assert "after that day the amount is 5,000 ALL and interest" in visible_text(visitor.notice())


def test_the_photo_is_for_the_visit_only():
    visitor = a_visitor()
    assert visitor.client.get("/notice/photo").status_code == 404
    visitor.type()
    answer = visitor.client.get("/notice/photo")
    assert answer.content == a_photo()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("number", "plate"),
    [
        (NUMBER, "AA999ZZ"),
        ("AL26-0000-0000", PLATE),
        ("AL26-0000-0000", "AA999ZZ"),
        ("'; drop table fines", "<script>"),
    ],
    ids=["plate", "number", "both", "nonsense"],
)
def test_every_wrong_attempt_gets_the_same_answer(number, plate):
    visitor = a_visitor()
    known = visitor.type("AL26-ZZZZ-ZZZZ", "ZZ111ZZ")
    other = visitor.type(number, plate)
    assert other.status_code == known.status_code == 404
    assert other.content == known.content
    assert dict(other.headers) == dict(known.headers)


def test_a_wrong_attempt_does_not_end_an_open_visit():
    visitor = a_visitor()
    visitor.type()
    visitor.type(plate="AA999ZZ")
    assert NUMBER in visitor.notice()


@pytest.mark.parametrize("blank", ["number", "plate"])
def test_a_blank_field_is_asked_for_and_is_no_failed_attempt(blank):
    visitor = a_visitor()
    for _ in range(FREE_FAILURES + 1):
        answer = visitor.type(**{blank: "  "})
        assert answer.status_code == 422
    assert "Both are needed" in answer.text
    assert visitor.type().status_code == 303


def test_guessing_is_slowed_for_the_guesser_alone():
    clock = StoppedClock()
    app = create_app(Shelf(), secret=SECRET, clock=clock)
    guesser = a_visitor(app=app, clock=clock)
    owner = a_visitor(app=app, clock=clock, address="198.51.100.7")
    answers = [guesser.type(plate=f"AA{tried}CC").status_code for tried in range(100, 110)]
    assert answers == [404] * FREE_FAILURES + [429] * 5
    refused = guesser.type()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert owner.type().status_code == 303
    clock.advance(seconds=30)
    assert guesser.type().status_code == 303


def test_a_visit_ends_after_fifteen_idle_minutes():
    visitor = a_visitor()
    visitor.type()
    for _ in range(3):
        visitor.clock.advance(minutes=14, seconds=59)
        assert NUMBER in visitor.notice()
    visitor.clock.advance(minutes=15)
    assert visitor.client.get("/notice").status_code == 403
    assert "Your visit has ended" in visitor.notice("en")
    assert visitor.client.get("/notice/photo").status_code == 404


def test_a_visit_ends_after_an_hour_however_busy():
    visitor = a_visitor()
    visitor.type()
    for _ in range(5):
        visitor.clock.advance(minutes=11)
        assert NUMBER in visitor.notice()
    visitor.clock.advance(minutes=5)
    assert visitor.client.get("/notice").status_code == 403


def test_an_entry_form_may_stay_open_for_hours():
    visitor = a_visitor()
    token = visitor.token()
    visitor.clock.advance(hours=5)
    fields = {"number": NUMBER, "plate": PLATE, "token": token}
    assert visitor.client.post("/notice", data=fields).status_code == 303


def test_leaving_closes_the_notice():
    visitor = a_visitor()
    visitor.type()
    answer = visitor.client.post("/leave", data={"token": visitor.token("/notice"), "lang": "en"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=en")
    assert visitor.client.get("/notice").status_code == 403


def test_opening_a_notice_changes_the_visit():
    visitor = a_visitor()
    before = visitor.token()
    visitor.type()
    assert visitor.token("/notice") != before


def test_another_secret_opens_no_visit():
    visitor = a_visitor()
    visitor.type()
    cookie = visitor.client.cookies["visit"]
    stranger = TestClient(create_app(Shelf(), secret=b"t" * 32, clock=StoppedClock()))
    stranger.cookies["visit"] = cookie
    assert stranger.get("/notice").status_code == 403


# not the very last: two of its bits are padding, which no signature holds
@pytest.mark.parametrize("at", [0, 10, -2])
def test_a_changed_cookie_opens_nothing(at):
    visitor = a_visitor()
    visitor.type()
    cookie = list(visitor.client.cookies["visit"])
    cookie[at] = "A" if cookie[at] != "A" else "B"
    visitor.client.cookies.clear()
    visitor.client.cookies["visit"] = "".join(cookie)
    assert visitor.client.get("/notice").status_code == 403


def test_a_notice_that_is_gone_shows_no_more():
    shelf = Shelf()
    visitor = a_visitor(shelf)
    visitor.type()
    shelf.fines.clear()
    assert visitor.client.get("/notice").status_code == 403
    assert visitor.client.get("/notice/photo").status_code == 404


@pytest.mark.parametrize(
    ("scheme", "name", "marks"),
    [("http", "visit", set()), ("https", "__Host-visit", {"secure"})],
    ids=["http", "https"],
)
def test_the_cookie_is_kept_from_scripts_and_other_sites(scheme, name, marks):
    answer = a_visitor(scheme=scheme).type()
    cookie = answer.headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(f"{name}=")
    assert parts == {"httponly", "path=/", "samesite=strict"} | marks


@pytest.mark.parametrize("path", ["/notice", "/leave"])
@pytest.mark.parametrize("kind", ["missing", "forged", "of-another-visit"])
def test_a_form_of_another_origin_does_nothing(path, kind):
    visitor = a_visitor()
    visitor.type()
    given = {"missing": "", "forged": "forged", "of-another-visit": a_visitor().token()}[kind]
    answer = visitor.client.post(path, data={"number": NUMBER, "plate": PLATE, "token": given})
    assert answer.status_code == 403
    assert NUMBER in visitor.notice()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_sent_by_another_site_does_nothing(site):
    visitor = a_visitor()
    fields = {"number": NUMBER, "plate": PLATE, "token": visitor.token()}
    answer = visitor.client.post("/notice", data=fields, headers={"sec-fetch-site": site})
    assert answer.status_code == 403


FAULTS = {
    403: lambda visitor: visitor.client.post("/notice", data={"number": NUMBER}),
    404: lambda visitor: visitor.client.get("/nowhere"),
    405: lambda visitor: visitor.client.request("DELETE", "/notice"),
    413: lambda visitor: visitor.client.post("/notice", data={"number": "A" * 5000}),
    415: lambda visitor: visitor.client.post("/notice", json={"number": NUMBER}),
    422: lambda visitor: visitor.client.post(
        "/notice",
        content=b"&".join(b"x%d=1" % field for field in range(20)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    ),
}


@pytest.mark.parametrize(("status", "send"), FAULTS.items(), ids=map(str, FAULTS))
def test_a_fault_is_a_page_in_both_languages(status, send):
    answer = send(a_visitor())
    assert answer.status_code == status
    text = visible_text(answer.text)
    assert all(text.count(banner) == 2 for banner in BANNERS)
    assert "Te faqja e parë" in text
    assert "To the first page" in text
    _require_headers(answer)


def test_bytes_that_are_no_text_are_a_fault_of_the_form():
    answer = a_visitor().client.post(
        "/notice",
        content=b"number=\xff",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422


class Broken(Shelf):
    """A store whose rows cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def fine(self, number):
        assert number
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [(EvidenceError(f"exhibit of {NUMBER}"), 503), (RuntimeError(NUMBER), 500)],
    ids=["known", "unforeseen"],
)
def test_a_store_that_fails_tells_nothing_of_itself(error, status):
    answer = a_visitor(Broken(error)).type()
    assert answer.status_code == status
    assert NUMBER not in answer.text
    assert all(banner in answer.text for banner in BANNERS)
    _require_headers(answer)


def test_no_log_names_a_case(caplog):
    a_visitor(Broken(EvidenceError(f"exhibit of {NUMBER}"))).type()
    assert "EvidenceError" in caplog.text
    assert NUMBER not in caplog.text


def test_every_route_answers_with_the_headers_and_pages_with_the_banner():
    visitor = a_visitor()
    visitor.type()
    token = visitor.token("/notice")
    seen = 0
    for route in _routes(visitor.client.app):
        for method in sorted(route.methods):
            fields = {"token": token} if method == "POST" else None
            answer = visitor.client.request(method, route.path, data=fields)
            _require_headers(answer)
            if answer.headers.get("content-type", "").startswith("text/html"):
                text = visible_text(answer.text)
                assert all(text.count(banner) == 2 for banner in BANNERS), route.path
            seen += 1
    assert seen == 12


def _routes(app) -> list[APIRoute]:
    """Those of the application, the one that ends the visit last."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert {route.path for route in routes} == {
        "/",
        "/notice",
        "/notice/photo",
        "/notice/photo/first",
        "/notice/still/first",
        "/notice/still/last",
        "/notice/film",
        "/notice/data",
        "/notice/evidence",
        "/leave",
        "/static/notice.css",
    }
    return sorted(routes, key=lambda route: route.path == "/leave")


def _require_headers(answer) -> None:
    wanted = dict(SECURITY_HEADERS)
    if 'name="plate"' in answer.text:  # the entry page may run its one script
        wanted[CONTENT_POLICY] = POLICY
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert answer.headers["cache-control"] == "no-store" or "text/html" not in answer.headers.get(
        "content-type", ""
    )


def test_over_https_the_browser_is_told_to_stay_there():
    answer = a_visitor(scheme="https").client.get("/")
    assert "max-age=63072000" in answer.headers["strict-transport-security"]
    assert "strict-transport-security" not in a_visitor().client.get("/").headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/static/", "/.git/config"])
def test_nothing_about_the_inside_is_served(path):
    assert a_visitor().client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["notice.css", "page.css", "icon.svg"])
def test_the_page_brings_all_it_needs(name):
    answer = a_visitor().client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert "url(" not in answer.text


def test_pages_load_nothing_from_elsewhere_and_run_nothing_but_the_entry_s_own():
    visitor = a_visitor()
    visitor.type()
    for page in (visitor.client.get("/").text, visitor.notice("sq"), visitor.notice("en")):
        sources = re.findall(r'(?:href|src|action)="([^"]*)"', page)
        assert sources
        assert all(source.startswith(("/", "#")) for source in sources)
        assert ("<script" in page) == ('name="plate"' in page)
        assert " style=" not in page


def test_the_entry_page_runs_one_script_which_its_policy_names_by_hash():
    answer = a_visitor().client.get("/")
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy == f"{SECURITY_HEADERS[CONTENT_POLICY]}; script-src 'sha256-{digest}'"


def test_the_language_is_the_visitors_choice():
    visitor = a_visitor()
    assert '<html lang="sq">' in visitor.client.get("/").text
    assert '<html lang="en">' in visitor.client.get("/?lang=en").text
    assert '<html lang="sq">' in visitor.client.get("/?lang=xx").text
    visitor.type(lang="en")
    assert '<html lang="en">' in visitor.notice()
    assert '<html lang="sq">' in visitor.notice("sq")


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="32 or more"):
        create_app(Shelf(), secret=b"short", clock=StoppedClock())


ENDS = {
    "FR": ("90.00 EUR", "135.00 EUR", "375.00 EUR", "after that day the amount is 375.00 EUR"),
    "ES": ("50.00 EUR", "120.00 EUR", "120.00 EUR", "This is the increased amount"),
    "DE": ("50.00 EUR", "50.00 EUR", "50.00 EUR", "the case may go on to enforcement or a court"),
    "CH": (
        "250.00 CHF",
        "250.00 CHF",
        "250.00 CHF",
        "the case may go on to the ordinary procedure",
    ),
    "GB": ("£100.00", "£100.00", "£100.00", "the case may go on to a court"),
}


@pytest.mark.parametrize("country", ENDS)
def test_the_page_follows_the_law_of_its_country(country):
    fine = a_fine_of(country)
    *amounts, told = ENDS[country]
    days = (fine.terms.issued_on, fine.terms.reduced_until, fine.terms.full_until)
    said = ""
    for day, amount in zip(
        (days[0], days[1] + timedelta(days=1), days[2] + timedelta(days=40)), amounts, strict=True
    ):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        visitor = a_visitor(Shelf(fines=[fine]), clock=StoppedClock(at))
        visitor.type(fine.number)
        box = re.search(r'<div class="today">(.*?)</div>', visitor.notice("en"), re.DOTALL)[1]
        said += visible_text(box)
        assert amount in visible_text(box)
    assert told in said
    assert "interest" not in said


@pytest.mark.parametrize(
    ("country", "names"),
    [("CH", "Deutsch Français Italiano English"), ("AL", "Shqip English"), ("GB", "English")],
)
def test_a_notice_is_offered_in_the_languages_of_its_country(country, names):
    fine = a_fine_of(country)
    visitor = a_visitor(Shelf(fines=[fine]))
    visitor.type(fine.number)
    assert " ".join(_offered(visitor.notice())) == names
    assert " ".join(_offered(visitor.notice("es"))) == f"{names} Español"
    assert len(_offered(visitor.client.get("/").text)) == len(Language)


def _offered(page: str) -> list[str]:
    nav = re.search(r"<nav.*?</nav>", page, re.DOTALL)[0]
    return visible_text(nav).split()


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_label(language):
    def labels(each):
        template = page_environment().get_template(f"labels_{each}.jinja")
        return {name for name in vars(template.module) if name[0] != "_"} - {"the", "to"}

    assert labels(language) == labels(Language.EN)
