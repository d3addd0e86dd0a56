"""The owner's way in a real browser, and the mail as a reader opens it."""

import pytest

from services.notifier.letter import data_uri, render_letter
from services.web.app import create_app
from tests.builders_notice import NUMBER, Shelf, StoppedClock, a_fine, a_photo

pytestmark = pytest.mark.browser

# Text darker or lighter than what is behind it, by the formula of WCAG 2.2.
WEAK_TEXT = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.data.trim()) continue;
    const element = texts.currentNode.parentElement;
    const [a, b] = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push([texts.currentNode.data.trim(), ratio]);
  }
  return weak;
}"""
FOCUSED = "() => document.activeElement.id || document.activeElement.innerText"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _complaint(message):
    """What a browser says, but for what it did as it was told."""
    return [message.text] if message.type in {"warning", "error"} else []


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.troubles = []
    opened.on("console", lambda message: opened.troubles.extend(_complaint(message)))
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.on("requestfailed", lambda request: opened.troubles.extend(_failure(request)))
    yield opened
    context.close()


def _failure(request) -> list[str]:
    """What failed; a browser that leaves a page gives up what it still asked for (its icon)."""
    left = request.failure == "net::ERR_ABORTED"
    return [] if left else [f"{request.url}: {request.failure}"]


@pytest.fixture
def address(served):
    return served(create_app(Shelf(), secret=b"s" * 32, clock=StoppedClock()))


def open_notice(page, address, language="en"):
    page.goto(f"{address}/?lang={language}")
    page.get_by_label("Notice number" if language == "en" else "Numri i njoftimit").fill(NUMBER)
    plate = page.get_by_label("Plate of the vehicle" if language == "en" else "Targa e mjetit")
    plate.fill("aa 000 bb")
    plate.press("Enter")
    page.wait_for_url(f"{address}/notice")


def test_the_code_on_a_letter_types_the_number_and_leaves_no_trace_of_it(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/?lang=de#{NUMBER}")
    assert page.url == f"{address}/?lang=de"
    assert page.evaluate(FOCUSED) == "plate"
    page.get_by_role("link", name="English").click()
    page.wait_for_url(f"{address}/?lang=en")
    assert page.get_by_label("Notice number").input_value() == NUMBER
    assert page.get_by_text("The number is typed already").is_visible()
    plate = page.get_by_label("Plate of the vehicle")
    assert "scanned" in plate.get_attribute("aria-describedby").split()
    plate.fill("AA000BB")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/notice")
    assert not [url for url in asked if NUMBER in url.partition("#")[0]]
    assert page.troubles == []


def test_another_fragment_types_nothing(page, address):
    for fragment in ("main", "AL26-K7Q2-M9XD'", "%3Cscript%3E", "A" * 5000):
        page.goto(f"{address}/?lang=en#{fragment}")
        assert page.get_by_label("Notice number").input_value() == ""
        assert page.get_by_text("The number is typed already").is_hidden()
        assert page.troubles == []


def test_an_owner_opens_the_notice_sees_the_photo_and_leaves(page, address):
    open_notice(page, address)
    assert page.get_by_role("heading", level=1).inner_text() == "Please slow down"
    assert page.get_by_text("Today, 20 October 2026, the amount is").is_visible()
    photo = page.get_by_role("img", name="Photo from the camera")
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 96
    page.get_by_role("link", name="Shqip").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ju lutemi, ulni shpejtësinë"
    page.get_by_role("button", name="Mbyll njoftimin").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Shihni njoftimin tuaj"
    assert page.troubles == []
    page.goto(f"{address}/notice")
    assert page.get_by_role("img").count() == 0
    assert "Vizita juaj ka mbaruar" in page.get_by_role("alert").inner_text()


def test_a_wrong_plate_is_told_kindly_and_can_be_mended(page, address):
    page.goto(f"{address}/?lang=en")
    page.get_by_label("Notice number").fill(NUMBER)
    page.get_by_label("Plate of the vehicle").fill("AA 111 BB")
    page.get_by_role("button", name="Open the notice").click()
    assert "We found no notice" in page.get_by_role("alert").inner_text()
    page.get_by_label("Notice number").fill(NUMBER)
    page.get_by_label("Plate of the vehicle").fill("AA 000 BB")
    page.get_by_role("button", name="Open the notice").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Please slow down"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["sq", "en"])
def test_pages_fit_the_screen_and_every_text_stands_out(page, address, width, language):
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{address}/?lang={language}")
    assert (page.evaluate(OVERFLOW), page.evaluate(WEAK_TEXT)) == (0, [])
    open_notice(page, address, language)
    assert (page.evaluate(OVERFLOW), page.evaluate(WEAK_TEXT)) == (0, [])
    page.goto(f"{address}/notice/none")
    assert (page.evaluate(OVERFLOW), page.evaluate(WEAK_TEXT)) == (0, [])


def test_a_page_is_usable_with_the_keyboard_alone(page, address):
    page.goto(f"{address}/?lang=en")
    names = []
    for _ in range(9):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUSED))
    languages = ["Shqip", "Deutsch", "Français", "Italiano", "Español"]
    assert names == ["Skip to the content", *languages, "number", "plate", "Open the notice"]


@pytest.mark.parametrize("width", [360, 800])
def test_the_mail_shows_its_photo_fits_and_loads_nothing(page, width):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 740})
    photo = a_photo()
    page.set_content(render_letter(a_fine(), photo, photo_src=data_uri(photo)).html)
    widths = page.evaluate("() => [...document.images].map(image => image.naturalWidth)")
    assert widths == [96, 96]
    assert (page.evaluate(OVERFLOW), page.evaluate(WEAK_TEXT)) == (0, [])
    assert [url for url in asked if not url.startswith("data:")] == []
    assert page.troubles == []
