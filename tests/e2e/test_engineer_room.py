"""A site calibrated in a real browser, from a blank file, by clicking; and its pages for all."""

import json
import re
import tomllib

import numpy as np
import pytest

from services.staff.account import Role
from services.store import open_store
from services.web.staff import create_staff_app
from speedcam.crew import News
from speedcam.ground import fit_ground
from speedcam.news import told_in
from speedcam.site import load_site
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage
from tests.builders_sites import SAMPLES, SURVEYOR, a_picture, a_site, some_sites
from tests.builders_staff import an_account, an_officer
from tests.e2e.conftest import _servers
from tests.e2e.test_desk_pages import faults_of

pytestmark = pytest.mark.browser

TRUE_SITE = SAMPLES / "overcast_main_road.site.toml"
CLICKED = (0, 3, 8, 11, 12, 15)
"""Outer points, near, midway and far; the others say how well these were clicked."""
SIZE_PX = (1920, 1080)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """The staff's pages with a folder that holds one site; address, folder and the engineer."""
    tmp_path, clock = tmp_path_factory.mktemp("room"), StoppedClock()
    folder = tmp_path / "sites"
    folder.mkdir()
    a_site(folder)
    run = folder / "bridge" / "runs" / "1"
    run.mkdir(parents=True)
    asked = {"by": "E-57", "at": "2026-10-20T10:00:00+00:00", "clip": "gate.mp4", "starts_at": ""}
    (run / "asked.json").write_text(json.dumps(asked))
    with told_in(run / "news.jsonl") as tell:
        tell(News(to_do=100, frames=50, found=a_passage("p-1", kmh=58.0)))
    with _servers() as served, open_store(tmp_path / "office", create=True) as store:
        an_account(store, clock, Role.ENGINEER)
        sites = some_sites(folder, store, clock, SURVEYOR)
        app = create_staff_app(store, secret=b"s" * 32, clock=clock, sites=sites)
        an_officer(app, store, clock, "E-57").come_in()
        yield served(app), folder


def signed_in(browser, address, **how):
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, **how)
    cookies = {"staff": "secret-of-E-57", "staff-lang": "en"}
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    return context


def screen_of(page, u, v):
    """Where a pixel of the picture is on the screen."""
    return page.evaluate(
        """([u, v]) => {
            const at = new DOMPoint(u, v).matrixTransform(stage.getScreenCTM());
            return [at.x, at.y];
        }""",
        [u, v],
    )


def click_point(page, px, m):
    """Zoom in on a pixel, click it, type its metres, and show everything again."""
    page.locator("#stage").evaluate("stage => stage.scrollIntoView()")
    page.mouse.move(*screen_of(page, *px))
    page.mouse.wheel(0, -1700)
    page.wait_for_selector("#stage.near")
    page.mouse.click(*screen_of(page, *px))
    for metres in m:
        page.keyboard.type(str(metres))
        page.keyboard.press("Tab")
    page.locator("#whole").click()


def fill_the_rest(page):
    known = tomllib.loads(TRUE_SITE.read_text())
    for name, table in (("zone", known["zone"]), ("place", known["place"])):
        for key, value in table.items():
            if isinstance(value, str | float) and key != "road_kind":
                page.locator(f'[name="{name}.{key}"]').fill(str(value))
    page.locator('[name="place.road_kind"]').select_option("main")
    page.locator('[name="camera.id"]').fill("AL-DEMO-02")
    page.locator('[name="camera.name"]').fill("Clicked")
    page.locator('[name="clip.starts_at"]').fill(known["clip"]["starts_at"].isoformat())
    page.locator('[name="lanes.0.name"]').fill("1")
    page.locator('[name="lanes.0.direction"]').select_option("receding")
    for key, value in {"left_m": -4.875, "right_m": -1.625, "limit_kmh": 80}.items():
        page.locator(f'[name="lanes.0.{key}"]').fill(str(value))


def test_a_site_is_calibrated_from_a_blank_file_by_clicking(browser, room):
    address, folder = room
    context = signed_in(browser, address)
    page, told = context.new_page(), []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(f"{address}/sites")
    page.locator("#name").fill("clicked")
    picture = {"name": "gate.png", "mimeType": "image/png", "buffer": a_picture(SIZE_PX)}
    page.locator("#file").set_input_files(picture)
    page.get_by_role("button", name="Begin the site").click()
    page.wait_for_url(f"{address}/sites/clicked")
    true = load_site(TRUE_SITE)
    for number in CLICKED:
        click_point(page, true.survey.points[number].px, true.survey.points[number].m)
    page.wait_for_selector("#drawn .grid", state="attached")
    assert "Not complete yet" in page.locator("#said").inner_text()

    field = page.locator('[name="survey.points.0.px.0"]')
    before = float(field.input_value())
    field.press("ArrowUp")
    assert float(field.input_value()) == pytest.approx(before + 0.1)
    field.press("ArrowDown")

    fill_the_rest(page)
    page.wait_for_selector("#said:not(:has-text('Not complete'))")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"{address}/sites/clicked?saved=1")
    assert told == []
    context.close()

    saved, points = load_site(folder / "clicked.site.toml"), true.survey.points
    held_out = [p for n, p in enumerate(points) if n not in CLICKED]
    m = fit_ground(saved.survey, SIZE_PX).road(np.array([p.px for p in held_out]))
    along = np.ptp(m[:, 1]) / np.ptp([p.m[1] for p in held_out])
    across = np.ptp(m[:, 0]) / np.ptp([p.m[0] for p in held_out])
    assert along == pytest.approx(1, abs=0.003)
    assert across == pytest.approx(1, abs=0.003)


def test_the_rooms_pages_are_for_everybody(browser, room):
    address, _ = room
    # The policy of the pages forbids scripts of others, and axe is one.
    context = signed_in(browser, address, bypass_csp=True)
    page = context.new_page()
    for path in ("/sites", "/sites/bridge", "/sites/bridge/runs", "/sites/bridge/runs/1"):
        page.goto(f"{address}{path}")
        assert faults_of(page) == [], path
    context.close()


def test_a_site_is_checked_and_saved_without_scripts(browser, room):
    address, folder = room
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sites/bridge")
    page.locator('[name="survey.points.0.m.1"]').fill("19")
    page.get_by_role("button", name="Check").press("Enter")
    page.wait_for_url(f"{address}/sites/bridge/appraise")
    assert page.locator("p.verdict").inner_text() == "This site cannot measure"
    page.locator('[name="survey.points.0.m.1"]').fill("13.2")
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_url(f"{address}/sites/bridge?saved=1")
    assert re.match(r"# Saved in the browser by E-57", (folder / "bridge.site.toml").read_text())
    context.close()
