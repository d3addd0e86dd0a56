"""Every kind of letter and every page in a real browser: fit for a phone, and for everybody."""

import re

import pytest

from services.model import LetterKind
from services.notifier.language import Language
from services.notifier.letter import data_uri, render_letter
from services.web.app import create_app
from tests.builders_notice import PLATE, Shelf, StoppedClock
from tests.builders_words import a_fine_of, a_photo, an_occasion

pytestmark = pytest.mark.browser

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = (1200, 390)
WCAG_22_AA = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}
ALL_LANGUAGES = ("AL", "CH", "ES")
"""Between them their letters speak all six."""


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def faults(page) -> list[tuple[str, str]]:
    """The widths at which the page does not fit, and what axe finds against WCAG 2.2 AA."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found += [(str(width), "too wide")] if page.evaluate(OVERFLOW) else []
    told = Axe().run(page, options=WCAG_22_AA).response
    assert len(told["passes"]) > 5
    return found + [(each["id"], each["nodes"][0]["html"]) for each in told["violations"]]


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("country", ALL_LANGUAGES)
def test_a_letter_is_for_everybody(page, country, kind):
    fine, photo = a_fine_of(country), a_photo()
    occasion = an_occasion(kind, fine)
    made = render_letter(fine, photo, kind, occasion=occasion, photo_src=data_uri(photo))
    page.set_content(made.html)
    assert faults(page) == []


def test_what_is_not_for_everybody_is_seen(page):
    made = render_letter(a_fine_of("AL"), a_photo()).html
    mute = re.sub(' alt="[^"]*"', "", made)
    page.set_content(mute.replace("max-width: 640px", "width: 640px"))
    assert {name for name, _ in faults(page)} >= {"390", "image-alt"}


@pytest.mark.parametrize("language", Language)
def test_the_pages_are_for_everybody(page, served, language):
    fine = a_fine_of("CH")
    shelf = Shelf(fines=[fine])
    address = served(create_app(shelf, secret=b"s" * 32, clock=StoppedClock()))
    page.goto(f"{address}/?lang={language}")
    assert faults(page) == []
    page.locator("#number").fill(fine.number)
    page.locator("#plate").fill(PLATE)
    page.locator("#plate").press("Enter")
    page.wait_for_url(f"{address}/notice")
    assert page.locator("html").get_attribute("lang") == language
    assert faults(page) == []
