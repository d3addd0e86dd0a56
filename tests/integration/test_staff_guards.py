"""Who may open what: every route with every role, against the table in docs/desk.md."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI

from services.staff.account import Role
from services.store import open_store
from services.store.accounts import disable_account
from services.web.guard import DECLARED, Guard
from services.web.porter import Porter, lead_elsewhere
from services.web.staff import create_staff_app
from tests.builders_fines import without_waiting
from tests.builders_notice import StoppedClock
from tests.builders_pages import TestClient
from tests.builders_sites import some_sites
from tests.builders_staff import an_account, an_officer

DOCS = Path(__file__).parents[2] / "docs" / "desk.md"
SENT = {"/sign-out"}
"""What would end the session that asks; who is let in is asked of the guard alone."""


def table() -> dict[tuple[str, str], dict[str, str]]:
    """By method and path, what the docs say to each column."""
    lines = DOCS.read_text().split("| route |")[1].splitlines()
    names = [name.strip() for name in lines[0].strip("| ").split("|")]
    told = {}
    for line in lines[2:]:
        if not line.startswith("| `"):
            break
        route, *says = (cell.strip() for cell in line.strip("|").split("|"))
        method, path = route.strip("`").split()
        told[method, path] = dict(zip(names, says, strict=True))
    return told


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """An application, and by column of the table whoever stands for it."""
    folder = tmp_path_factory.mktemp("staff")
    clock = StoppedClock(datetime(2026, 10, 20, 23, 59, tzinfo=UTC))
    with open_store(folder / "office", create=True) as store:
        without_waiting(store)
        sites = some_sites(folder / "sites", store, clock)
        app = create_staff_app(store, secret=b"s" * 32, clock=clock, sites=sites)
        found = {"anonymous": an_officer(app, store, clock)}
        for ordinal, role in enumerate(Role):
            account = an_account(store, clock, role)
            found[role] = an_officer(app, store, clock, account, address=f"198.51.{ordinal}.1")
            found[role].come_in()
        for name, account in (("disabled", "X-31"), ("expired", "X-65")):
            last = clock.now().date() if name == "expired" else None
            an_account(store, clock, Role.SENIOR, id=account, last_day=last)
            found[name] = an_officer(app, store, clock, account, address=f"203.{last is None}.0.1")
            found[name].come_in()
        disable_account(store, "X-31", clock.now())
        yield app, found, clock


def routes(app):
    return {
        (method, route.path): route
        for route in app.routes
        if hasattr(route, "openapi_extra")
        for method in route.methods
    }


def is_let_in(person, method, path) -> bool:
    real = re.sub(r"\{[^}]*\}", "0" * 24, path)
    if method == "POST":
        answer = person.client.post(real, data={"token": person.token()})
    else:
        answer = person.client.get(real)
    turned = answer.headers.get("location", "").startswith("/sign-in") and path not in SENT
    return answer.status_code != 403 and not turned


def test_the_docs_name_every_route_and_no_other(people):
    app, _, _ = people
    assert set(table()) == set(routes(app))


def test_every_route_declares_its_guard(people):
    app, _, _ = people
    for key, route in routes(app).items():
        assert isinstance(route.openapi_extra[DECLARED], Guard), key


def test_every_role_is_let_in_where_the_docs_say_so_and_nowhere_else(people):
    app, found, _ = people
    told = table()
    for method, path in routes(app):
        if path in SENT:
            continue
        for column, says in told[method, path].items():
            let = is_let_in(found[column], method, path)
            assert let == (says == "yes"), (method, path, column)


def test_who_expired_or_is_disabled_is_anonymous(people):
    app, found, clock = people
    clock.advance(minutes=2)  # the day after
    assert is_let_in(found[Role.SENIOR], "GET", "/")
    for method, path in routes(app):
        says = table()[method, path]["anonymous"]
        for column in ("expired", "disabled"):
            if path not in SENT:
                assert is_let_in(found[column], method, path) == (says == "yes"), (path, column)


def test_a_form_without_its_token_is_let_in_nowhere(people):
    app, found, _ = people
    for method, path in routes(app):
        if method == "POST":
            for person in found.values():
                answer = person.client.post(re.sub(r"\{[^}]*\}", "0" * 24, path), data={"x": "y"})
                assert answer.status_code == 403, path


def test_a_route_without_a_guard_lets_nobody_in(people):
    _, found, clock = people
    store = found["anonymous"].store
    app = FastAPI(dependencies=[Depends(Porter(store, clock).admit)])
    lead_elsewhere(app)
    app.add_api_route("/forgotten", lambda: "secret")
    assert TestClient(app).get("/forgotten").status_code == 403
