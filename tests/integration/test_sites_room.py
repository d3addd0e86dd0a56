"""The engineers' room: sites are listed, begun, appraised and saved, and nothing is overwritten."""

import re
import tomllib

import pytest

from services import office
from services.sites.shelf import digest
from services.staff.account import Role
from services.store import open_store
from services.store.history import history_of
from services.web.staff import create_staff_app
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_office import a_passage, on_disk
from tests.builders_sites import SURVEYOR, a_picture, a_site, some_sites, the_form
from tests.builders_staff import an_account, an_officer


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "sites"
    made.mkdir()
    return made


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def engineer(store, clock, folder):
    return somebody(store, clock, some_sites(folder, store, clock))


@pytest.fixture
def surveyor(store, clock, folder):
    """The same, with the real camera's calibration."""
    return somebody(store, clock, some_sites(folder, store, clock, SURVEYOR))


def somebody(store, clock, sites):
    an_account(store, clock, Role.ENGINEER)
    app = create_staff_app(store, secret=b"s" * 32, clock=clock, sites=sites)
    known = an_officer(app, store, clock, "E-57")
    known.come_in()
    known.client.cookies.set("staff-lang", "en")
    return known


def begin(engineer, name, picture, token=None):
    token = token or engineer.token("/sites")
    return engineer.client.post(
        f"/sites?token={token}", data={"name": name}, files={"picture": ("x.png", picture)}
    )


def saved(folder, name="bridge"):
    return tomllib.loads((folder / f"{name}.site.toml").read_text())


def test_a_saved_site_is_the_one_in_force_and_every_version_stays(engineer, store, folder):
    before = a_site(folder)
    answer = engineer.send("/sites/bridge", **the_form(before, zone__near_m="14,5"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/bridge?saved=1")
    now = (folder / "bridge.site.toml").read_bytes()
    assert saved(folder)["zone"] == {"near_m": 14.5, "far_m": 36.0}
    assert (folder / "bridge/versions/1.site.toml").read_bytes() == before
    assert (folder / "bridge/versions/2.site.toml").read_bytes() == now
    assert now.startswith(b"# Saved in the browser by E-57 at 2026-")
    (told,) = history_of(store, "site bridge")
    assert (told.who, told.what) == ("E-57", "saved_site")
    assert told.reason == f"site bridge, version 2, SHA-256 {digest(now)}"


def test_what_has_no_field_stays_as_it_was(engineer, folder):
    before = tomllib.loads(a_site(folder).decode())
    engineer.send("/sites/bridge", **the_form(a_site(folder)))
    after = saved(folder)
    assert after["camera"].pop("size_px") == [1920, 1080]
    assert after["camera"].pop("reference_frame") == "bridge.frame.png"
    assert after == before


def test_nobody_saves_over_what_they_have_not_seen(engineer, folder):
    before = a_site(folder)
    assert engineer.send("/sites/bridge", **the_form(before, zone__near_m="14")).status_code == 303
    answer = engineer.send("/sites/bridge", **the_form(before, zone__near_m="15"))
    assert answer.status_code == 409
    assert "Somebody else saved this site meanwhile" in answer.text
    assert 'name="zone.near_m" value="15"' in answer.text
    assert saved(folder)["zone"]["near_m"] == 14
    assert sorted(p.name[0] for p in (folder / "bridge/versions").iterdir()) == ["1", "2"]
    stale = engineer.send("/sites/bridge/appraise", "/sites", **the_form(before))
    assert stale.status_code == 409


def test_an_old_version_is_shown_and_can_be_saved_again(engineer, folder):
    before = a_site(folder)
    engineer.send("/sites/bridge", **the_form(before, zone__near_m="14"))
    page = engineer.client.get("/sites/bridge?version=1").text
    assert 'name="zone.near_m" value="13.5"' in page
    base = re.search(r'name="base" value="(\w+)"', page)[1]
    form = the_form(before, source="1") | {"base": base}
    assert engineer.send("/sites/bridge", **form).status_code == 303
    assert saved(folder)["zone"]["near_m"] == 13.5
    assert len(list((folder / "bridge/versions").iterdir())) == 3
    assert engineer.client.get("/sites/bridge?version=9").status_code == 404


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"zone.near_m": "a bridge"}, "zone.near_m is &#34;a bridge&#34;"),
        ({"camera.id": ""}, "camera.id is missing"),
        ({"lanes.0.limit_kmh": "80.5"}, "lanes[0].limit_kmh is 80.5"),
        ({"clip.starts_at": "yesterday"}, "clip.starts_at is &#34;yesterday&#34;"),
        ({"survey.checks.0.points.0": "0", "survey.checks.0.points.1": "99",
          "survey.checks.0.m": "20"}, "99, no such point"),
    ],
)  # fmt: skip
def test_a_site_with_faults_is_not_saved_and_each_is_told(engineer, folder, changes, told):
    before = a_site(folder)
    answer = engineer.send("/sites/bridge", **the_form(before) | changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert (folder / "bridge.site.toml").read_bytes() == before
    assert not (folder / "bridge/versions").exists()


def test_a_form_of_more_rows_than_any_site_has_is_not_read(engineer, folder):
    many = {f"survey.points.{n}.px.0": "1" for n in range(999)}
    assert engineer.send("/sites/bridge", "/sites", **many, base="").status_code == 422
    long = the_form(a_site(folder), place__name="x" * 300_000)
    assert engineer.send("/sites/bridge", **long).status_code == 413


def test_a_tape_follows_its_points_when_others_are_removed(engineer, folder):
    tape = {"survey.checks.0.points.0": "1", "survey.checks.0.points.1": "13"}
    blank = {f"survey.points.0.{name}": "" for name in ("px.0", "px.1", "m.0", "m.1")}
    form = the_form(a_site(folder)) | tape | blank | {"survey.checks.0.m": "24.8"}
    assert engineer.send("/sites/bridge", **form).status_code == 303
    assert saved(folder)["survey"]["checks"] == [{"points": [0, 12], "m": 24.8}]
    assert len(saved(folder)["survey"]["points"]) == 15


def test_an_appraisal_tells_all_and_changes_nothing(surveyor, folder):
    before = a_site(folder)
    page = surveyor.send("/sites/bridge/appraise", **the_form(before))
    assert page.status_code == 200
    for told in ("This site may fine", "Nothing checks the scale", "6.00 m ± 0.04 m", "1 px slip"):
        assert told in page.text
    assert page.text.count('class="end"') >= 4  # on the picture, from above and in the map
    assert (folder / "bridge.site.toml").read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["bridge.frame.png", "bridge.site.toml"]
    wrong = the_form(before) | {"survey.points.0.m.1": "19"}
    page = surveyor.send("/sites/bridge/appraise", **wrong)
    assert "This site cannot measure" in page.text
    assert 'class="arrow"' in page.text


def test_points_are_drawn_before_anything_else_is_known(surveyor, folder):
    (folder / "new.frame.png").write_bytes(a_picture())
    points = {n: t for n, t in the_form(a_site(folder)).items() if n.startswith("survey.points")}
    started = {"survey.points.16.px.0": "900", "survey.points.16.px.1": "500"}
    page = surveyor.send("/sites/new/appraise", **points, **started)
    assert "camera.id is missing" not in page.text
    assert "camera is missing" in page.text
    assert 'class="grid"' in page.text
    assert "This site may fine" not in page.text
    few = {
        name: text for name, text in points.items() if re.match(r"survey\.points\.[0-2]\.", name)
    }
    page = surveyor.send("/sites/new/appraise", **few)
    assert page.status_code == 200
    assert 'class="grid"' not in page.text


def test_a_new_site_begins_with_its_picture(engineer, folder):
    answer = begin(engineer, "Gate-3", a_picture((640, 360), ".jpg"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sites/gate-3")
    page = engineer.client.get("/sites/gate-3").text
    assert "Nothing is saved yet" in page
    assert 'viewBox="-0.5 -0.5 640 360"' in page
    picture = engineer.client.get("/sites/gate-3/picture")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content == (folder / "gate-3.frame.png").read_bytes()
    assert "not saved yet" in engineer.client.get("/sites").text


def test_a_site_file_without_a_picture_is_given_one(engineer, folder):
    a_site(folder)
    (folder / "bridge.frame.png").unlink()
    page = engineer.client.get("/sites/bridge")
    assert (page.status_code, "site bridge has no picture" in page.text) == (422, True)
    assert engineer.client.get("/sites/bridge/picture").status_code == 404
    assert begin(engineer, "bridge", a_picture()).status_code == 303
    assert engineer.client.get("/sites/bridge").status_code == 200


@pytest.mark.parametrize(
    ("name", "picture", "told"),
    [
        ("../x", b"", "names no site"),
        ("bridge", a_picture((64, 64)), "there is a site bridge already"),
        ("other", b"GIF89a", "PNG or JPEG"),
        ("other", a_picture((64, 64))[:60], "PNG or JPEG"),
    ],
    ids=["no name", "taken", "another kind", "half a picture"],
)
def test_what_is_no_name_or_no_picture_begins_no_site(engineer, folder, name, picture, told):
    a_site(folder)
    answer = begin(engineer, name, picture)
    assert answer.status_code == 422
    assert told in answer.text
    assert not list(folder.glob("other*.png"))


def test_a_picture_without_the_token_or_too_large_is_not_read(engineer, monkeypatch):
    assert begin(engineer, "other", b"", "guess").status_code == 403
    monkeypatch.setattr("services.web.sites.room.MOST_PICTURE_BYTES", 2000)
    assert begin(engineer, "other", b"x" * 3000).status_code == 413
    token = engineer.token("/sites")
    broken = engineer.client.post(
        f"/sites?token={token}", content=b"--x", headers={"Content-Type": "multipart/form-data"}
    )
    assert broken.status_code == 422


def test_the_list_says_how_each_site_fares(engineer, store, folder, clock, tmp_path):
    a_site(folder)
    (folder / "broken.site.toml").write_text("[camera")
    (folder / "broken.frame.png").write_bytes(a_picture((64, 64)))
    seen = [a_passage(f"p-{n}", kmh=30 + n) for n in range(3)]
    office.receive(store, on_disk(tmp_path / "camera", *seen), clock)
    page = engineer.client.get("/sites").text
    for told in ("AL-DEMO-02", ">fines<", "this is not TOML", "written by hand"):
        assert told in page
    assert engineer.client.get("/sites/broken").status_code == 422


def test_no_plate_and_no_case_is_seen(engineer):
    assert engineer.client.get("/desk").status_code == 403
    assert "/desk" not in engineer.client.get("/sites").text
