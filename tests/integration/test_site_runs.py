"""Footage is measured at a site by a process of its own, and an engineer looks on."""

import json
import sys
from dataclasses import replace
from time import monotonic, sleep

import pytest

from services.sites.runs import Runs
from services.sites.shelf import Shelf
from services.staff.account import Role
from services.store import open_store
from services.web.staff import create_staff_app
from speedcam import record
from speedcam.crew import News
from speedcam.news import told_in
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, a_plate
from tests.builders_sites import a_picture, a_site, some_sites
from tests.builders_staff import an_account, an_officer

MEASURES = """
import pathlib, shutil, sys, time
clip, out, news = (pathlib.Path(sys.argv[n]) for n in (1, 5, 7))
with news.open("a") as told:
    told.write(clip.with_name("told.jsonl").read_text())
while not clip.with_name("go").exists():
    time.sleep(0.01)
done = out / clip.stem
done.mkdir(parents=True)
shutil.copy(clip.with_name("passages.jsonl"), done)
"""
"""Stands for ``speedcam process``: tells some news, and ends when it is let go."""


@pytest.fixture
def folder(tmp_path):
    """Sites, and beside them footage with what comes of it."""
    clips = tmp_path / "clips"
    for made in (clips, tmp_path / "sites"):
        made.mkdir()
    seen = [a_passage(f"p-{kmh}", kmh=kmh, plate=a_plate("AA000BB")) for kmh in (58.0, 62.0)]
    (clips / "gate.mp4").write_bytes(b"footage")
    (clips / "passages.jsonl").write_text("".join(f"{record.dumps(each)}\n" for each in seen))
    with told_in(clips / "told.jsonl") as tell:
        tell(News(to_do=100))
        tell(News(frames=50, alarm="the camera moved", found=seen[0]))
    a_site(tmp_path / "sites")
    return tmp_path


def runs_in(folder, clock):
    shelf = Shelf(folder=folder / "sites")
    measures = (sys.executable, "-c", MEASURES)
    return Runs(shelf=shelf, clock=clock, clips=folder / "clips", command=measures)


@pytest.fixture
def engineer(folder):
    clock = StoppedClock()
    with open_store(folder / "office", create=True) as store:
        without_waiting(store)
        an_account(store, clock, Role.ENGINEER)
        sites = some_sites(folder / "sites", store, clock)
        runs = runs_in(folder, clock)
        app = create_staff_app(store, secret=b"s" * 32, clock=clock, sites=sites, runs=runs)
        known = an_officer(app, store, clock, "E-57")
        known.come_in()
        known.client.cookies.set("staff-lang", "en")
        yield known
        let_go(folder)
        wait_for(lambda: not any(runs.run("bridge", n).is_running for n in runs.numbers("bridge")))


def let_go(folder):
    (folder / "clips" / "go").touch()


def wait_for(what, within_s=20.0):
    end = monotonic() + within_s
    while not what():
        assert monotonic() < end
        sleep(0.02)


def begin(engineer, site="bridge", file=None, **fields):
    token = engineer.token("/sites")
    files = {"clip": file or ("", b"")}
    return engineer.client.post(f"/sites/{site}/runs?token={token}", data=fields, files=files)


def page(engineer, number=1):
    return engineer.client.get(f"/sites/bridge/runs/{number}").text


def test_vehicles_appear_while_footage_is_measured_and_stay(engineer, folder):
    answer = begin(engineer, named="gate.mp4")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/bridge/runs/1")
    wait_for(lambda: "50 / 100" in page(engineer))
    told = page(engineer)
    assert "58.0 ±" in told
    assert "62.0 ±" not in told
    assert "AA000BB" not in told + (folder / "sites/bridge/runs/1/news.jsonl").read_text()
    assert begin(engineer, named="gate.mp4").status_code == 409
    let_go(folder)
    with engineer.client.stream("GET", "/sites/bridge/runs/1/news") as news:
        assert news.headers["content-type"].startswith("text/event-stream")
        assert "".join(news.iter_text()).rstrip().split("\n")[-2] == "event: end"
    told = page(engineer)
    assert "62.0 ±" in told
    assert "AA000BB" not in told
    assert "done" in engineer.client.get("/sites/bridge/runs").text


def test_a_run_outlives_the_server_and_can_be_stopped_and_go_on(engineer, folder):
    begin(engineer, named="gate.mp4")
    wait_for(lambda: "50 / 100" in page(engineer))
    restarted = runs_in(folder, StoppedClock())
    assert restarted.run("bridge", 1).state == "running"
    engineer.send("/sites/bridge/runs/1", act="stop")
    wait_for(lambda: restarted.run("bridge", 1).state == "stopped")
    assert "Go on" in page(engineer)
    engineer.send("/sites/bridge/runs/1", act="on")
    assert restarted.run("bridge", 1).is_running
    let_go(folder)
    wait_for(lambda: restarted.run("bridge", 1).is_done)
    assert len(restarted.run("bridge", 1).passages) == 2


def test_footage_that_is_sent_is_kept_and_measured(engineer, folder):
    let_go(folder)
    begin(engineer, file=("../x.MP4", b"sent footage"), starts_at="2026-10-16T16:05:00+02:00")
    run = folder / "sites/bridge/runs/1"
    assert (run / "clip.mp4").read_bytes() == b"sent footage"
    asked = json.loads((run / "asked.json").read_text())
    assert (asked["by"], asked["starts_at"]) == ("E-57", "2026-10-16T16:05:00+02:00")
    wait_for(lambda: "Go on" in page(engineer))  # the stand-in finds nothing beside it
    assert "told.jsonl" in page(engineer)


@pytest.mark.parametrize(
    ("site", "fields", "told"),
    [
        ("bridge", {"named": "../gate.mp4"}, "there is no clip"),
        ("bridge", {"named": "told.jsonl"}, "there is no clip"),
        ("bridge", {"file": ("x.exe", b"MZ")}, "no footage by its name"),
        ("new", {"named": "gate.mp4"}, "was not saved yet"),
    ],
    ids=["elsewhere", "no footage", "another kind", "no site file"],
)
def test_what_is_no_footage_of_a_site_begins_no_run(engineer, folder, site, fields, told):
    (folder / "sites/new.frame.png").write_bytes(a_picture((64, 64)))
    answer = begin(engineer, site, **fields)
    assert answer.status_code == 409
    assert told in answer.text
    assert not (folder / "sites" / site / "runs").exists()


def test_a_run_that_is_not_there_is_not_found(engineer):
    for path in ("/sites/bridge/runs/7", "/sites/bridge/runs/7/news", "/sites/none/runs"):
        assert engineer.client.get(path).status_code == 404


def test_news_say_what_happens_and_no_plate(tmp_path):
    with told_in(tmp_path / "news") as tell:
        tell(News(to_do=9))
        tell(News(frames=5, alarm="moved", found=a_passage("p-1", plate=a_plate("AA000BB"))))
        tell(News(spent_s={"decode": 1.0}))
        told = (tmp_path / "news").read_text()  # while it goes on
    lines = [json.loads(line) for line in told.splitlines()]
    assert lines[:3] == [{"to_do": 9}, {"frames": 5}, {"alarm": "moved"}]
    bare = replace(a_passage("p-1"), plate=None, exhibits=())
    assert record.loads(json.dumps(lines[3]["passage"])) == bare
    assert len(lines) == 4
    with told_in(None) as tell:
        tell(News(frames=1))
