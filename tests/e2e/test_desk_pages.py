"""The staff's pages in a real browser: for everybody, without scripts, and by single keys."""

import json
from dataclasses import replace

import pytest

from services import office
from services.fines import act_on
from services.life import Act
from services.model import Verdict
from services.staff.account import Role
from services.store import open_store
from services.store.decisions import decision_of
from services.store.history import history_of
from services.store.looks import READ
from services.store.proposals import open_proposals
from services.web.staff import create_staff_app
from speedcam.model import FILM_STEP_S, Doubt
from tests.builders_fines import a_step, without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, a_plate, on_disk
from tests.builders_staff import PASSWORD, an_account, an_officer
from tests.e2e.conftest import _servers
from tests.e2e.test_letters_for_all import OVERFLOW, WCAG_22_AA

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An office with a case that waits for anybody, one for two, and an objection; its address."""
    tmp_path, clock = tmp_path_factory.mktemp("desk"), StoppedClock()
    plates = {58.0: "AA000BB", 59.0: "AA111BB", 90.0: "AA222BB"}
    passages = [
        a_passage(f"p-{kmh:.0f}", kmh=kmh, plate=a_plate(text, confidence=0.9))
        for kmh, text in plates.items()
    ]
    passages = [
        replace(each, speed=replace(each.speed, budget=(Doubt(name="fit", standard_kmh=0.1),)))
        for each in passages
    ]
    with _servers() as served, open_store(tmp_path / "office", create=True) as store:
        without_waiting(store)
        told = office.receive(store, on_disk(tmp_path / "camera", *passages), clock)
        keys = dict(zip(plates, [each.case_key for each in told.passages], strict=True))
        office.decide(
            store, keys[58.0], officer="P-99", verdict=Verdict.CONFIRM, why="seen", clock=clock
        )
        (issued,) = office.issue(store, clock)
        act_on(store, issued.fine.number, Act.CONTEST, a_step(clock.now()))
        an_account(store, clock, Role.SENIOR)
        an_account(store, clock, Role.ADMINISTRATOR)
        app = create_staff_app(store, secret=b"s" * 32, clock=clock)
        officer = an_officer(app, store, clock, "S-23")
        yield served(app), store, officer, keys


def sign_in(page, address, officer):
    officer.clock.advance(seconds=30)  # a code counts once
    page.goto(f"{address}/sign-in?lang=en")
    page.locator("#account").fill(officer.id)
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(officer.code())
    page.locator("#code").press("Enter")
    page.wait_for_url(f"{address}/")


def faults_of(page):
    """Where the page is too wide, and what axe finds against WCAG 2.2 AA."""
    from axe_playwright_python.sync_playwright import Axe

    told = []
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        told += [f"too wide at {width}"] if page.evaluate(OVERFLOW) else []
    seen = Axe().run(page, options=WCAG_22_AA).response
    assert len(seen["passes"]) > 5
    return told + [(each["id"], each["nodes"][0]["html"]) for each in seen["violations"]]


def test_every_page_is_for_everybody(browser, desk):
    address, _, officer, keys = desk
    # The policy of the pages forbids scripts of others, and axe is one.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    assert faults_of(page) == []
    sign_in(page, address, officer)
    for path in (
        "/", "/password", "/desk", f"/desk/case/{keys[90.0]}", f"/desk/case/{keys[58.0]}",
        "/desk/objections", f"/desk/objections/{keys[58.0]}", "/desk/second", "/desk/find",
        "/nowhere",
    ):  # fmt: skip
        page.goto(f"{address}{path}")
        for summary in page.locator("summary").all():
            summary.press("Enter")
        assert faults_of(page) == [], path
    context.close()


def test_the_administrators_pages_are_for_everybody(browser, desk):
    address, _, officer, _ = desk
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    sign_in(page, address, replace(officer, id="M-83"))
    for path in ("/", "/accounts", "/accounts/M-83", "/accounts/S-23"):
        page.goto(f"{address}{path}")
        assert faults_of(page) == [], path
    page.goto(f"{address}/accounts")
    page.locator("#id").fill("P-31")
    page.locator("#name").fill("New Officer")
    page.locator("#role-reviewer").press("Space")
    page.get_by_role("button", name="Make the account").press("Enter")
    page.get_by_role("heading", name="Keys, shown this once").wait_for()
    assert page.locator("main img").evaluate("image => image.naturalWidth") > 100
    assert faults_of(page) == []
    context.close()


def test_an_officer_decides_by_keyboard_without_scripts(browser, desk):
    address, store, officer, keys = desk
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address, officer)
    page.goto(f"{address}/desk/case/{keys[59.0]}")
    page.locator("#reason-limit").press("Space")
    page.get_by_role("button", name="Reject").press("Enter")
    page.wait_for_url(f"{address}/desk/case/{keys[90.0]}")
    assert decision_of(store, keys[59.0]).verdict is Verdict.REJECT
    page.get_by_role("button", name="Undo").press("Enter")
    page.wait_for_url(f"{address}/desk/case/{keys[59.0]}")
    assert decision_of(store, keys[59.0]) is None
    context.close()


def test_single_keys_lead_decide_and_undo(browser, desk):
    address, store, officer, keys = desk
    context = browser.new_context()
    page = context.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    sign_in(page, address, officer)
    page.goto(f"{address}/desk")
    page.keyboard.press("j")
    page.wait_for_url(f"{address}/desk/case/*")
    page.goto(f"{address}/desk/case/{keys[59.0]}")
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "reason-plate"
    page.locator("#confirm-why").type("c r u")
    assert decision_of(store, keys[59.0]) is None
    page.locator("#confirm-why").blur()
    page.keyboard.press("c")
    page.wait_for_url(f"{address}/desk/case/{keys[90.0]}")
    assert decision_of(store, keys[59.0]).why.endswith("c r u")
    page.keyboard.press("u")
    page.wait_for_url(f"{address}/desk/case/{keys[59.0]}")
    page.keyboard.press("k")
    page.wait_for_url(f"{address}/desk")
    assert told == [], json.dumps(told)
    context.close()


def test_the_next_cases_pictures_are_there_before_its_page(browser, desk):
    address, store, officer, keys = desk
    context = browser.new_context()
    page = context.new_page()
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    sign_in(page, address, officer)
    page.goto(f"{address}/desk/case/{keys[59.0]}", wait_until="networkidle")
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("j")
    page.wait_for_url(f"{address}/desk/case/{keys[90.0]}")
    photo = page.locator("main img").first
    assert photo.evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.evaluate("document.activeElement.id") == "main"
    page.wait_for_load_state("networkidle")
    shown = [url for url in asked if f"{keys[90.0]}/picture" in url]
    assert [url.rpartition("/")[2] for url in shown] in ([], ["photo"])  # the film's poster
    looks = [e.reason for e in history_of(store, keys[90.0]) if (e.what, e.who) == (READ, "S-23")]
    assert looks[-1] == "review"
    page.go_back()
    page.wait_for_url(f"{address}/desk/case/{keys[59.0]}")
    page.get_by_role("button", name="Reject").wait_for()
    assert told == [], json.dumps(told)
    context.close()


@pytest.mark.parametrize(
    "fail",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=200, body="<h1>A proxy's own words</h1>"),
        lambda route: route.fulfill(status=503, body='<main id="main">Not now</main>'),
    ],
    ids=["no line", "no page of the desk", "a fault"],
)
def test_a_decision_is_sent_the_plain_way_where_a_script_cannot(browser, desk, fail):
    def _unless_by_script(route):
        if route.request.resource_type == "fetch":
            fail(route)
        else:
            route.continue_()

    address, store, officer, keys = desk
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, officer)
    page.goto(f"{address}/desk/case/{keys[59.0]}")
    page.route("**/decide", _unless_by_script)
    page.locator("#reason-limit").press("Space")
    page.get_by_role("button", name="Reject").press("Enter")
    page.wait_for_url(f"{address}/desk/case/{keys[90.0]}")
    assert decision_of(store, keys[59.0]).verdict is Verdict.REJECT
    page.get_by_role("button", name="Undo").press("Enter")
    page.wait_for_url(f"{address}/desk/case/{keys[59.0]}")
    context.close()


def test_an_officer_goes_through_the_film_frame_by_frame(browser, desk):
    address, _, officer, keys = desk
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, officer)
    page.goto(f"{address}/desk/case/{keys[90.0]}")
    film = page.locator("video")
    at_s = []
    for key in (".", ".", ".", ",", ","):
        page.keyboard.press(key)
        film.evaluate("film => film.readyState > 1 && !film.seeking || new Promise("
                      "done => film.addEventListener('seeked', done, {once: true}))")  # fmt: skip
        at_s.append(film.evaluate("film => film.currentTime"))
    assert at_s == pytest.approx([(n + 0.5) * FILM_STEP_S for n in (1, 2, 3, 2, 1)], abs=1e-3)
    assert film.evaluate("film => film.videoWidth") == 64
    page.get_by_role("button", name="One frame on").click()
    assert film.evaluate("film => film.currentTime") == pytest.approx(2.5 * FILM_STEP_S, abs=1e-3)
    context.close()


def test_a_double_stroke_decides_one_case_and_no_link_within_a_page_loads_it_again(browser, desk):
    address, store, officer, keys = desk
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=0)
    sign_in(page, address, officer)
    page.goto(f"{address}/desk/case/{keys[59.0]}", wait_until="networkidle")
    looks = len(history_of(store, keys[59.0]))
    page.locator(".skip").press("Enter")
    page.wait_for_load_state("networkidle")
    assert page.url.endswith("#main")
    assert len(history_of(store, keys[59.0])) == looks
    page.clock.pause_at(3_600_000)
    page.keyboard.press("c")
    page.wait_for_url(f"{address}/desk/case/{keys[90.0]}")
    page.wait_for_function("document.activeElement.ariaLabel == document.title")
    page.keyboard.press("c")
    page.keyboard.press("u")  # were the other sent, this would be left out
    page.wait_for_url(f"{address}/desk/case/{keys[59.0]}")
    assert open_proposals(store) == {}
    context.close()
