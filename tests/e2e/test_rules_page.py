"""The page for proof-reading a pack, in a real browser."""

import pytest

from services.rules.catalogue import load_editions
from services.rules.table import as_html

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("edition", load_editions(), ids=lambda e: e.pack.id)
def test_nothing_of_a_pack_runs_out_of_the_page(edition, width, browser, tmp_path):
    path = tmp_path / "pack.html"
    path.write_text(as_html(edition))
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # A cell whose words are wider than it would lie over its neighbour.
    wide = "[...document.querySelectorAll('td, th')].filter(c => c.scrollWidth > c.clientWidth + 1)"
    assert page.evaluate(f"{wide}.map(c => c.innerText)") == []
    assert page.locator("tbody tr").count() > len(edition.pack.bands)
    assert asked == [path.as_uri()]
    page.close()
