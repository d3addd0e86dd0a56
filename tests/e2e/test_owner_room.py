"""The owner's room and the public board in a real browser without scripts, fit for everybody."""

from dataclasses import replace
from urllib.parse import urljoin

import pytest

from services.fines import standing
from services.intake import receive
from services.ledger.log import checkpoint
from services.life import State
from services.notifier.language import Language
from services.office import issue, review
from services.policy import demo_auto_1
from services.store import open_store
from services.web.office import OfficeLedger
from services.web.owner.case import Wish
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, on_disk
from tests.builders_pages import an_owners_app
from tests.e2e.test_letters_for_all import OVERFLOW, WCAG_22_AA
from tests.integration.test_web_board import Books
from tests.unit.test_owner_proof import samples

pytestmark = pytest.mark.browser

WIDTHS = (1440, 390)
NARROW = (390,)


@pytest.fixture
def office(tmp_path):
    """An office with one notice, whose passage keeps its positions."""
    passages = on_disk(
        tmp_path / "out", with_positions(a_passage("p-1", kmh=58.0, plate="AA000BB"))
    )
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as store:
        receive(store, passages, clock)
        review(store, demo_auto_1, clock)
        (issued,) = issue(store, clock)
        yield store, issued.fine, clock


@pytest.fixture
def address(office, served):
    store, _, clock = office
    checkpoint(store, clock)
    return served(an_owners_app(store, clock, counts=Books(), ledger=OfficeLedger(store=store)))


@pytest.fixture
def page(browser):
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def with_positions(passage):
    return replace(passage, speed=replace(passage.speed, samples=samples(58.0, direction=-1)))


@pytest.fixture
def faults(page, browser):
    """A function: where a page does not fit, and what axe finds in it against WCAG 2.2 AA.

    The page itself runs without scripts; axe is a script, and looks at the same document in a
    window that has them.
    """
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context()
    looking = context.new_page()

    def found(widths=WIDTHS) -> list[tuple[str, str]]:
        context.add_cookies(page.context.cookies())
        # A page of the same server first, so that what the document links to is found.
        looking.goto(urljoin(page.url, "/board"))
        looking.set_content(page.content())
        told = []
        for width in widths:
            looking.set_viewport_size({"width": width, "height": 900})
            told += [(str(width), "too wide")] if looking.evaluate(OVERFLOW) else []
            seen = Axe().run(looking, options=WCAG_22_AA).response
            assert len(seen["passes"]) > 5
            told += [(each["id"], each["nodes"][0]["html"]) for each in seen["violations"]]
        return told

    yield found
    context.close()


def open_notice(page, address, fine, language="en"):
    page.goto(f"{address}/?lang={language}")
    page.locator("#number").fill(fine.number)
    page.locator("#plate").fill("AA000BB")
    page.locator("#plate").press("Enter")
    page.wait_for_url(f"{address}/notice")


@pytest.mark.parametrize("wish", Wish)
def test_an_owner_writes_checks_and_sends_by_keyboard(page, faults, office, address, wish):
    store, fine, clock = office
    open_notice(page, address, fine)
    page.locator(f'a[href^="/notice/write/{wish}"]').press("Enter")
    assert faults() == []
    page.locator("main button").press("Enter")
    assert page.locator("[role=alert]").is_visible()
    assert faults() == []
    page.locator("#words").fill("It was another car.")
    page.locator("main button").press("Enter")
    assert page.get_by_text("the terms stand still").is_visible()
    assert faults() == []
    page.get_by_role("button", name="Change").press("Enter")
    assert page.locator("#words").input_value() == "It was another car."
    page.locator("main button").press("Enter")
    page.get_by_role("button", name="Send").press("Enter")
    page.wait_for_url(f"{address}/notice")
    assert page.get_by_text("An objection arrived").is_visible()
    assert faults() == []
    assert standing(store, fine.number, clock).state is State.CONTESTED


def test_an_owner_pays_at_the_demo_bank(page, faults, office, address):
    _, fine, _ = office
    open_notice(page, address, fine)
    page.get_by_role("link", name="Pay at the demo bank").click()
    assert page.get_by_text("This bank is invented").is_visible()
    assert faults() == []
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"{address}/notice")
    assert page.get_by_text("Nothing is owed: it is paid.").is_visible()
    assert page.get_by_text("A payment arrived").is_visible()
    assert faults() == []


def test_the_proof_is_drawn_and_told(page, faults, office, address):
    _, fine, _ = office
    open_notice(page, address, fine)
    plot = page.locator("svg.plot")
    assert plot.get_attribute("aria-label").startswith("Plot of distance against time")
    assert plot.locator("circle").count() == 60
    page.locator("summary").press("Enter")
    assert page.locator("details tbody tr").count() == 10
    assert faults() == []


@pytest.mark.parametrize("language", Language)
def test_every_page_is_for_everybody_in_every_language(page, faults, office, address, language):
    _, fine, _ = office
    page.goto(f"{address}/board?lang={language}")
    assert page.locator("section[aria-labelledby=ledger] p code").inner_text()
    assert faults(NARROW) == []
    open_notice(page, address, fine, language)
    for path in ("/notice", "/notice/write/driver", "/notice/pay"):
        page.goto(f"{address}{path}?lang={language}")
        assert page.locator("html").get_attribute("lang") == language
        assert faults(NARROW) == []


def test_the_board_leads_from_month_to_month(page, faults, address):
    page.goto(f"{address}/?lang=en")
    page.get_by_role("link", name="What the cameras count").click()
    assert page.get_by_role("heading", name="AL-DEMO-01, September 2026").is_visible()
    page.get_by_role("link", name="August 2026").click()
    assert page.get_by_role("heading", name="AL-DEMO-01, August 2026").is_visible()
    assert page.locator("svg.plot").count() == 2
    assert faults() == []
