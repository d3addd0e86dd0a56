"""The API: who may ask what, how lists go on, how faults are told, and that nothing personal is."""

import json
import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI

from services.errors import AccountError
from services.staff.api_key import Scope, new_key
from services.store import open_store
from services.store.api_keys import USED, keys_of, revoke_key
from services.store.history import history_of
from services.store.staff_schema import api_keys
from services.store.store import READ_ONLY
from services.web.api import told
from services.web.api.app import AT_ONCE, PER_SECOND, description_of
from services.web.api.cursor import cursor_of
from services.web.api.gate import Gate
from services.web.api.problems import KIND
from services.web.guard import DECLARED, Guard
from services.web.headers import SECURITY_HEADERS
from services.web.pace import Pace
from services.web.tally import Tally
from tests.builders_api import PLATES, a_key, an_asker, some_history
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_pages import TestClient

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
API = "/api/v1"
LISTS = ("passages", "cases", "notices", "sites")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An office with something to tell, that no test changes."""
    folder, clock = tmp_path_factory.mktemp("api"), StoppedClock()
    with open_store(folder / "office", create=True) as store:
        without_waiting(store)
        some_history(store, folder / "camera", clock)
        yield store, clock, a_key(store, clock)


@pytest.fixture(scope="module")
def asking(kept):
    return an_asker(*kept)


@pytest.fixture
def client(kept, asking):
    """A program with every scope, that has asked nothing for a while."""
    kept[1].advance(seconds=20)
    return asking


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


@pytest.fixture
def clock():
    return StoppedClock()


def routes(app):
    return {route.path: route for route in app.routes if hasattr(route, "openapi_extra")}


def real(path, client):
    """The path with things that are there."""
    if "{key}" in path:
        return path.replace("{key}", client.get(f"{API}/cases").json()["items"][0]["key"])
    return path.replace("{number}", "AL26-0000-0000")


def test_every_route_declares_what_it_wants_and_the_docs_say_the_same(client):
    says = dict(re.findall(r"^\| `GET (\S+)` \| `?([\w:–]+)`? \|", DOCS, re.MULTILINE))
    declared = {path: route.openapi_extra[DECLARED] for path, route in routes(client.app).items()}
    assert all(isinstance(each, Scope) or each is Guard.OPEN for each in declared.values())
    assert {p: "–" if d is Guard.OPEN else d.value for p, d in declared.items()} == says


def test_each_key_opens_what_its_scope_says_and_nothing_else(kept, client):
    store, clock, _ = kept
    for held in Scope:
        asker = an_asker(store, clock, a_key(store, clock, [held]))
        for path, route in routes(client.app).items():
            answer = asker.get(real(path, client))
            opens = route.openapi_extra[DECLARED] in {held, Guard.OPEN}
            assert (answer.status_code == 403) is not opens, (held, path)


def test_without_a_key_nothing_but_the_description_is_told(kept):
    store, clock, _ = kept
    nobody = an_asker(store, clock)
    for path, route in routes(nobody.app).items():
        answer = nobody.get(re.sub(r"\{\w+\}", "0" * 24, path))
        assert answer.status_code == (200 if route.openapi_extra[DECLARED] is Guard.OPEN else 401)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == KIND


def test_a_route_that_declares_nothing_lets_nobody_in(kept):
    store, clock, secret = kept
    gate = Gate(store, clock, Pace(Tally(), clock, per_second=1, at_once=9))
    app = FastAPI(dependencies=[Depends(gate.admit)])
    app.add_api_route("/forgotten", lambda: "secret")
    headers = {"Authorization": f"Bearer {secret}"}
    assert TestClient(app, headers=headers).get("/forgotten").status_code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda _: new_key()[1],
        lambda secret: secret[:-1],
        lambda secret: f"{secret} x",
        lambda _: "",
    ],
    ids=["one letter", "unknown", "cut", "more", "nothing"],
)
def test_a_wrong_key_gets_one_and_the_same_answer(kept, spoil):
    store, clock, secret = kept
    answer = an_asker(store, clock, spoil(secret)).get(f"{API}/health")
    reference = an_asker(store, clock).get(f"{API}/health")
    assert (answer.status_code, answer.content) == (401, reference.content)


def test_a_key_works_until_its_last_day_or_until_it_is_revoked(store, clock):
    asker = an_asker(store, clock, a_key(store, clock, last_day=date(2026, 10, 20)))
    assert asker.get(f"{API}/health").status_code == 200
    clock.instant = datetime(2026, 10, 21, tzinfo=UTC)
    assert asker.get(f"{API}/health").status_code == 401
    other = an_asker(store, clock, a_key(store, clock))
    assert other.get(f"{API}/health").status_code == 200
    revoke_key(store, keys_of(store)[-1].key.id, clock.now())
    assert other.get(f"{API}/health").status_code == 401


def test_the_office_keeps_no_key_and_no_name_of_one(store, clock):
    secret = a_key(store, clock)
    with store.reading() as connection:
        (row,) = connection.execute(api_keys.select()).all()
    assert secret not in str(row)
    assert "portal" not in str(row)
    assert keys_of(store)[0].key.name == "City portal"


@pytest.mark.parametrize(
    "changes",
    [{"last_day": date(2028, 1, 1)}, {"last_day": date(2026, 1, 1)}, {"name": " "}, {"name": "\0"}],
    ids=["too long", "over", "no name", "no text"],
)
def test_a_key_that_cannot_be_is_not_made(store, clock, changes):
    with pytest.raises(AccountError):
        a_key(store, clock, **changes)
    with pytest.raises(AccountError):
        a_key(store, clock, [])
    assert keys_of(store) == ()


def test_its_use_is_told_once_a_day_and_the_last_one_is_known(store, clock):
    asker = an_asker(store, clock, a_key(store, clock))
    subject = keys_of(store)[0].key.acts_as
    for hours in (0, 1, 23):
        clock.advance(hours=hours)
        asker.get(f"{API}/health")
        asker.get(f"{API}/sites")
    assert [each.what for each in history_of(store, subject)] == ["key_made", USED, USED]
    assert keys_of(store)[0].used_at == clock.now()


def test_a_use_that_cannot_be_written_down_is_not_answered(store, clock):
    asker = an_asker(store, clock, a_key(store, clock))
    (store.folder / READ_ONLY).write_text("from a backup")
    answer = asker.get(f"{API}/health")
    assert (answer.status_code, answer.headers["content-type"]) == (503, KIND)


def test_who_asks_too_fast_waits_and_others_do_not(store, clock):
    tally = Tally()
    asker = an_asker(store, clock, a_key(store, clock), tally)
    said = [asker.get(f"{API}/health").status_code for _ in range(AT_ONCE + 1)]
    assert said == [200] * AT_ONCE + [429]
    assert asker.get(f"{API}/health").headers["retry-after"] == "1"
    other = an_asker(store, clock, a_key(store, clock), tally)
    assert other.get(f"{API}/health").status_code == 200
    clock.advance(seconds=1)
    said = [asker.get(f"{API}/health").status_code for _ in range(PER_SECOND + 1)]
    assert said == [200] * PER_SECOND + [429]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_goes_on_where_it_ended(client, name):
    whole = client.get(f"{API}/{name}").json()
    assert whole["next"] is None
    assert len(whole["items"]) >= 2
    found, after = [], {}
    while after is not None:
        page = client.get(f"{API}/{name}", params={"limit": 1, **after}).json()
        assert len(page["items"]) == 1
        found += page["items"]
        after = {"after": page["next"]} if page["next"] else None
    assert found == whole["items"]


def test_lists_go_on_in_either_database(tmp_path, office_in, clock):
    with open_store(office_in(tmp_path / "office"), create=True) as store:
        some_history(without_waiting(store), tmp_path / "camera", clock)
        client = an_asker(store, clock, a_key(store, clock))
        for name in LISTS:
            first = client.get(f"{API}/{name}?limit=1").json()
            rest = client.get(f"{API}/{name}", params={"after": first["next"]}).json()
            assert first["items"] + rest["items"] == client.get(f"{API}/{name}").json()["items"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "%00",
        cursor_of(("a",) * 4),
        cursor_of((1.5, "a")),
        cursor_of(("\0", "a")),
        "A" * 999,
    ],
)
def test_what_is_no_cursor_is_told(client, name, after):
    answer = client.get(f"{API}/{name}", params={"after": after})
    assert (answer.status_code, answer.headers["content-type"]) == (422, KIND)
    assert answer.json()["faults"][0]["where"] == "query.after"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("cases?limit=201", "query.limit"),
        ("cases?limit=0", "query.limit"),
        ("cases?state=unheard", "query.state"),
        ("cases?from=yesterday", "query.from"),
        ("cases?from=0.0", "query.from"),
        ("cases?until=2026-02-30", "query.until"),
        ("passages?site=%00", "query.site"),
        ("cases/%00", "path.key"),
        ("cases?form=2026-10-01", "query.form"),
        ("cases?state=issued&state=served", "query.state"),
        ("health?=", "query."),
    ],
)
def test_what_cannot_be_asked_is_named(client, asked, where):
    answer = client.get(f"{API}/{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, KIND)
    assert [each["where"] for each in answer.json()["faults"]] == [where]


def test_lists_tell_what_was_asked_for_alone(client):
    def found(asked):
        return {each["site"] for each in client.get(f"{API}/{asked}").json()["items"]}

    assert found("cases?site=AL-DEMO-02") == {"AL-DEMO-02"}
    assert found("passages?site=AL-DEMO-01&from=2026-10-14&until=2026-10-14") == {"AL-DEMO-01"}
    assert found("passages?until=2026-10-13") == set()
    states = {each["state"] for each in client.get(f"{API}/cases?state=issued").json()["items"]}
    assert states == {"issued"}


def test_a_notice_tells_where_it_and_its_letters_stand(client):
    first = client.get(f"{API}/notices").json()["items"][0]
    typed = first["number"].lower().replace("-", " ")
    assert client.get(f"{API}/notices/{typed}").json() == first
    (letter,) = first["letters"]
    assert (letter["kind"], letter["state"], letter["attempts"]) == ("notice", "sent", 1)


@pytest.mark.parametrize("path", ["cases/" + "0" * 24, "notices/AL26-0000-0000", "nothing", ""])
def test_what_is_not_there_is_told_as_a_problem(client, path):
    answer = client.get(f"{API}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, KIND)
    assert answer.json()["status"] == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_only_reads(client, method):
    answer = getattr(client, method)(f"{API}/cases")
    assert (answer.status_code, answer.headers["content-type"]) == (405, KIND)


def test_an_answer_that_did_not_change_is_not_sent_again(client):
    first = client.get(f"{API}/cases")
    again = client.get(f"{API}/cases", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"{API}/cases?limit=1", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def leaves_of(told):
    """Every field of an answer with its value, however deep."""
    for name, value in told.items():
        if isinstance(value, list):
            for each in value:
                yield from leaves_of(each)
        elif isinstance(value, dict):
            yield name, tuple(value)
        else:
            yield name, value


def test_no_answer_holds_a_plate_a_speed_or_an_instant_of_a_passage(client):
    answers = [client.get(f"{API}/{name}") for name in (*LISTS, "health")]
    fields = [each for answer in answers for each in leaves_of(answer.json())]
    assert {name for name, _ in fields} == {
        "next", "site", "day", "measured", "refused", "outcomes", "key", "state", "number",
        "issued_at", "served_on", "kind", "attempts", "sent_at", "first_day", "last_day", "status",
        "received_at", "letters",
    }  # fmt: skip
    assert not any(isinstance(value, float) for _, value in fields)
    text = "".join(answer.text for answer in answers)
    assert not any(words in text for words in (*PLATES, "06:30:12", "Rruga", "photo"))


def test_every_answer_carries_the_security_headers(client):
    for path in ("cases", "nothing", "cases?limit=x", "openapi.json"):
        answer = client.get(f"{API}/{path}")
        assert {n: answer.headers.get(n) for n in SECURITY_HEADERS} == dict(SECURITY_HEADERS)


def test_every_example_fits_its_own_description(client):
    described = description_of(client.app)
    assert described["openapi"].startswith("3.1")
    models = {
        name: each for name, each in described["components"]["schemas"].items() if "example" in each
    }
    assert {"Passages", "Case", "Notice", "Site", "Health", "Letter"} <= set(models)
    for name, each in models.items():
        getattr(told, name).model_validate_json(json.dumps(each["example"]))


def test_the_docs_asks_are_answered(client):
    number = client.get(f"{API}/notices").json()["items"][0]["number"]
    asks = re.search(r"```sh\n(.*?)```", DOCS, re.DOTALL)[1]
    known = {"$API": API, "$NUMBER": number, "Bearer $KEY": client.headers["authorization"]}
    for line in asks.splitlines():
        for name, value in known.items():
            line = line.replace(name, value)  # noqa: PLW2901 - as a shell would
        words = shlex.split(line)
        headers = dict(each.split(": ") for each in words if each.startswith("Authorization"))
        assert words[0] == "curl"
        assert client.get(words[-1], headers=headers).status_code == 200, line
