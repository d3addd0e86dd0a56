"""One vehicle's whole way through every room, in a real browser: footage, case, fine, owner."""

import re

import av
import pytest

from services import office
from services.fines import standing
from services.life import State
from services.policy import demo_auto_1
from services.sites.runs import OUT, PASSAGES, Runs
from services.sites.shelf import Shelf
from services.staff.account import Role
from services.store import open_store
from services.web.staff import create_staff_app
from tests.builders_notice import StoppedClock
from tests.builders_pages import an_owners_app
from tests.builders_sites import SAMPLES, SURVEYOR, a_site, some_sites
from tests.builders_staff import IDS, an_account, an_officer

pytestmark = pytest.mark.browser

FAST_S = 8.0
"""So much of the sample clip shows one vehicle that is too fast, and others that are not."""
MEASURED_WITHIN_MS = 240_000


def the_beginning(path):
    """The first seconds of the sample clip, as somebody would cut them out: no picture is new."""
    sample = SAMPLES / "overcast_main_road.mp4"
    with av.open(str(sample)) as whole, av.open(str(path), "w") as part:
        stream = part.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.pts is not None and packet.pts * packet.time_base < FAST_S:
                packet.stream = stream
                part.mux(packet)
    return path


@pytest.fixture
def rooms(tmp_path, served):
    """Both servers of one office: the store, its clock, the sites' folder and the addresses."""
    folder, clock = tmp_path / "sites", StoppedClock()
    folder.mkdir()
    a_site(folder, "gate")
    with open_store(tmp_path / "office", create=True) as store:
        runs = Runs(shelf=Shelf(folder=folder), clock=clock)
        sites = some_sites(folder, store, clock, SURVEYOR)
        staff = create_staff_app(store, secret=b"s" * 32, clock=clock, sites=sites, runs=runs)
        for role in (Role.ENGINEER, Role.REVIEWER, Role.SENIOR):
            an_account(store, clock, role)
            an_officer(staff, store, clock, IDS[role]).come_in()
        yield store, clock, folder, served(staff), served(an_owners_app(store, clock))


def come_in(browser, address, role):
    context = browser.new_context()
    cookies = {"staff": f"secret-of-{IDS[role]}", "staff-lang": "en"}
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    return context.new_page()


def test_footage_becomes_a_fine_that_is_objected_to_upheld_and_paid(browser, rooms, tmp_path):
    store, clock, folder, staff, owners = rooms

    engineer = come_in(browser, staff, Role.ENGINEER)
    engineer.goto(f"{staff}/sites/gate/runs")
    engineer.locator("#clip").set_input_files(the_beginning(tmp_path / "gate-3.mp4"))
    engineer.get_by_role("button", name="Measure").click()
    engineer.wait_for_url(f"{staff}/sites/gate/runs/1")
    engineer.wait_for_selector(".passages tbody tr", timeout=MEASURED_WITHIN_MS)
    engineer.get_by_role("status").get_by_text("done").wait_for(timeout=MEASURED_WITHIN_MS)
    assert re.search(r"102\.\d ± ", engineer.locator(".passages").inner_text())

    office.receive(store, folder / "gate" / "runs" / "1" / OUT / "clip" / PASSAGES, clock)
    office.review(store, demo_auto_1, clock)

    officer = come_in(browser, staff, Role.REVIEWER)
    officer.goto(f"{staff}/desk")
    officer.locator('a[href^="/desk/case/"]').first.click()
    officer.locator("#country").fill("AL")
    officer.get_by_role("button", name="Confirm").click()
    officer.get_by_role("button", name="Undo").wait_for()
    clock.advance(minutes=2)
    (issued,) = office.issue(store, clock)
    fine = issued.fine

    owner = browser.new_context().new_page()
    owner.goto(f"{owners}/?lang=en")
    owner.locator("#number").fill(fine.number)
    owner.locator("#plate").fill(fine.violation.passage.plate.text)
    owner.locator("#plate").press("Enter")
    owner.wait_for_url(f"{owners}/notice")
    photo = owner.locator('img[src="/notice/photo"]')
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    owner.locator('a[href^="/notice/write/object"]').click()
    owner.locator("#words").fill("It was another car.")
    owner.locator("main button").click()
    owner.get_by_role("button", name="Send").click()
    owner.get_by_text("An objection arrived").wait_for()

    senior = come_in(browser, staff, Role.SENIOR)
    senior.goto(f"{staff}/desk/objections")
    senior.locator('a[href^="/desk/objections/"]').first.click()
    assert senior.get_by_text("It was another car.").is_visible()
    senior.locator("#why").fill("The photo shows this car and its plate.")
    senior.locator('button[value="uphold"]').click()
    senior.wait_for_load_state()
    assert standing(store, fine.number, clock).state is State.UPHELD

    owner.goto(f"{owners}/notice?lang=en")
    owner.get_by_role("link", name="Pay at the demo bank").click()
    owner.get_by_role("button", name="Pay").click()
    owner.get_by_text("Nothing is owed: it is paid.").wait_for()
    assert standing(store, fine.number, clock).state is State.PAID
    for page in (engineer, officer, owner, senior):
        page.context.close()
