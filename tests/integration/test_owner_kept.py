"""A notice that is kept in memory tells what is so now, to whoever opened it and to nobody else."""

import re
from datetime import UTC, datetime

import pytest

from services.errors import StoreUnavailable
from services.fines import act_on
from services.ledger.log import checkpoint
from services.life import Act
from services.store import open_store
from services.store.stamp import stamp_of
from tests.builders_api import some_history
from tests.builders_fines import a_step, without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_pages import TestClient, a_wicket, an_owners_app, visible_text


class Counting:
    """A wicket that counts how often a notice is read."""

    def __init__(self, wicket):
        self.wicket, self.read = wicket, 0

    def __getattr__(self, name):
        return getattr(self.wicket, name)

    def fine(self, key):
        self.read += 1
        return self.wicket.fine(key)


@pytest.fixture
def office(tmp_path):
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as store:
        some_history(without_waiting(store), tmp_path / "camera", clock)
        counting = Counting(a_wicket(store, clock))
        app = an_owners_app(store, clock, wicket=counting, ledger=counting, stamp=counting.stamp)
        yield store, clock, app, counting


def opened(app, fine):
    client = TestClient(app)
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    plate = fine.violation.passage.plate.text
    client.post("/notice", data={"number": fine.number, "plate": plate, "token": token})
    return client


def told(client):
    return visible_text(client.get("/notice?lang=en").text)


def test_a_second_look_reads_nothing_anew_and_says_the_same(office):
    store, _, app, counting = office
    client = opened(app, next(store.fines()))
    first, read = told(client), counting.read
    assert told(client) == first
    assert counting.read == read


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda store, number, clock: act_on(store, number, Act.CONTEST, a_step(clock.now())),
            "an objection is here",
        ),
        (lambda store, _number, clock: checkpoint(store, clock), "Download the proof"),
    ],
    ids=["objection", "checkpoint"],
)
def test_whatever_happens_is_told_at_once(office, change, words):
    store, clock, app, _ = office
    fine = next(store.fines())
    client = opened(app, fine)
    assert words not in told(client)
    change(store, fine.number, clock)
    assert words in told(client)


def test_a_payment_on_the_page_shows_on_the_next_one(office):
    store, _, app, _ = office
    client = opened(app, next(store.fines()))
    assert "Nothing is owed: it is paid" not in told(client)
    form = client.get("/notice/pay").text
    fields = dict(re.findall(r'name="(token|minor|lang)" value="([^"]*)"', form))
    client.post("/notice/pay", data=fields)
    assert "Nothing is owed: it is paid" in told(client)


def test_a_new_day_shows_what_is_owed_on_it(office):
    store, clock, app, _ = office
    client = opened(app, next(store.fines()))
    clock.instant = datetime(2026, 10, 20, 21, 59, 50, tzinfo=UTC)  # ten seconds to midnight there
    client = opened(app, next(store.fines()))
    assert "Today, 20 October" in told(client)
    clock.advance(seconds=15)
    assert "Today, 21 October" in told(client)


def test_each_visit_has_a_form_of_its_own_and_sees_its_own_notice(office):
    store, _, app, _ = office
    one, other = store.fines()
    mine, same, theirs = opened(app, one), opened(app, one), opened(app, other)
    pages = [client.get("/notice?lang=en").text for client in (mine, same, theirs)]
    tokens = [re.search(r'name="token" value="([^"]+)"', page)[1] for page in pages]
    assert len(set(tokens)) == 3
    assert mine.post("/leave", data={"token": tokens[1]}).status_code == 403
    assert one.number in pages[1]
    assert one.number not in pages[2]
    assert mine.post("/leave", data={"token": tokens[0]}).status_code == 200
    assert mine.get("/notice").status_code == 403
    assert same.get("/notice").status_code == 200


def test_who_leaves_is_out_with_every_copy_of_the_cookie(office):
    store, _, app, _ = office
    client = opened(app, next(store.fines()))
    copied = dict(client.cookies)
    page = client.get("/notice").text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    assert client.post("/leave", data={"token": token}).status_code == 200
    client.cookies.update(copied)
    for path in ("/notice", "/notice/photo", "/notice/data"):
        assert client.get(path).status_code in {403, 404}, path


def test_a_database_that_does_not_answer_is_told_as_such(tmp_path):
    with open_store(tmp_path / "office", create=True) as store:
        assert stamp_of(store) == (0, 0)
        with store.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE events RENAME TO lost")
        with pytest.raises(StoreUnavailable, match="cannot be read"):
            stamp_of(store)


def test_the_stamp_tells_news_in_either_database(tmp_path, office_in):
    clock = StoppedClock()
    with open_store(office_in(tmp_path / "office"), create=True) as store:
        stamps = [stamp_of(store)]
        some_history(without_waiting(store), tmp_path / "camera", clock)
        stamps.append(stamp_of(store))
        checkpoint(store, clock)
        stamps.append(stamp_of(store))
        assert len(set(stamps)) == 3
        assert stamp_of(store) == stamps[-1]
