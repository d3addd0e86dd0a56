"""What docs/asvs.md says of all three servers, where no other test holds it."""

import ast
import logging
import re
import socket
import tomllib
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import text
from starlette.requests import Request

from services.staff.account import Role
from services.store import open_store
from services.web.api.app import create_api
from services.web.app import create_app
from services.web.log import OneLine
from services.web.server import listener, server_of
from services.web.staff import create_staff_app
from services.web.tally import Tally
from tests.builders_api import a_key
from tests.builders_fines import without_waiting
from tests.builders_notice import NUMBER, PLATE, Shelf, StoppedClock
from tests.builders_pages import TestClient
from tests.builders_staff import an_account, an_officer

ROOT = Path(__file__).parents[2]
SECRET = b"s" * 32
NAMES = ("owners", "staff", "api")
EVIL = "evil.example"
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"
TURNED_AWAY = frozenset({303, 401, 403, 404, 405})

PROBES = """
/.git/HEAD /.git/config /.svn/entries /.hg/store /.env /.env.local /.aws/credentials
/.ssh/id_rsa /.htaccess /.htpasswd /.DS_Store /.well-known/security.txt /admin /administrator
/admin/login /login /wp-login.php /wp-admin/ /phpmyadmin/ /server-status /server-info /status
/health /healthz /metrics /actuator /actuator/env /debug /debug/pprof/ /console /trace /docs
/redoc /openapi.json /swagger.json /swagger-ui.html /graphql /graphiql /api /api/ /api/v2/ /ws
/static /static/ /static/../app.py /static/%2e%2e/app.py /static/..%2fapp.py /static/desk.js~
/templates/ /office.sqlite /keys/ /keys/web.key /keys/office.key /backup.zip /backup.sql
/dump.sql /config.yml /config.json /pyproject.toml /requirements.lock /Dockerfile
/docker-compose.yml /robots.txt.bak /..%2f..%2fetc%2fpasswd /%2e%2e/%2e%2e/etc/passwd
/etc/passwd /proc/self/environ /index.php /cgi-bin/
""".split()  # noqa: SIM905 - read at a glance


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    clock = StoppedClock()
    with open_store(tmp_path_factory.mktemp("asvs") / "office", create=True) as opened:
        store = without_waiting(opened)
        an_account(store, clock)
        an_account(store, clock, Role.ADMINISTRATOR, name=HOSTILE)
        yield store, clock


def an_app(name, store, clock):
    if name == "owners":
        return create_app(Shelf(), secret=SECRET, clock=clock)
    if name == "staff":
        return create_staff_app(store, secret=SECRET, clock=clock)
    return create_api(store, clock=clock, tally=Tally())


def a_client(app, scheme="http"):
    known = {"follow_redirects": False, "raise_server_exceptions": False}
    return TestClient(app, base_url=f"{scheme}://localhost", **known)


@pytest.fixture(params=NAMES)
def client(request, office):
    return a_client(an_app(request.param, *office))


def test_nothing_is_found_where_others_keep_secrets(client):
    assert len(PROBES) >= 60
    for path in PROBES:
        answer = client.get(path)
        assert answer.status_code in TURNED_AWAY, path
        assert "Index of" not in answer.text
        assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PUT", "PATCH", "DELETE"])
def test_no_method_is_taken_but_those_in_use(client, method):
    for path in ("/", "/sign-in", "/notice", "/api/v1/health", "/static/page.css"):
        answer = client.request(method, path, headers={"x-echo": "an echo of this"})
        assert answer.status_code in TURNED_AWAY
        assert "an echo of this" not in answer.text


def test_nobody_is_led_to_a_host_that_the_question_names(client):
    for path in ("/notice/", "/desk/", "/sign-in/", "/api/v1/health/", f"//{EVIL}/", "/board/?x=1"):
        answer = client.get(path, headers={"host": EVIL, "x-forwarded-host": EVIL})
        assert EVIL not in answer.headers.get("location", ""), path


def test_no_answer_is_for_pages_of_others(client):
    for method in ("GET", "OPTIONS"):
        for path in ("/", "/sign-in", "/api/v1/health", "/api/v1/openapi.json"):
            asked = {"origin": f"https://{EVIL}", "access-control-request-method": "POST"}
            answer = client.request(method, path, headers=asked)
            assert not [each for each in answer.headers if each.startswith("access-control")]


def test_every_answer_names_its_type_and_its_characters(client):
    paths = ["/", "/sign-in", "/nowhere", "/api/v1/openapi.json", "/static/notice.css"]
    paths += [f"/static/{each.name}" for each in (ROOT / "services/web/static").iterdir()]
    for path in paths:
        answer = client.get(path)
        kind = answer.headers.get("content-type", "")
        if answer.content:
            assert kind, path
        if kind.startswith(("text/", "image/svg")):
            assert kind.endswith("charset=utf-8"), path


def test_nothing_is_debugged_and_nothing_described_but_the_api(office):
    for name in NAMES:
        app = an_app(name, *office)
        assert (app.debug, app.docs_url, app.redoc_url, app.openapi_url) == (
            False,
            None,
            None,
            None,
        )


def test_what_somebody_wrote_is_shown_as_words(office):
    store, clock = office
    administrator = an_officer(an_app("staff", store, clock), store, clock, "M-83")
    administrator.come_in()
    for path in ("/", "/accounts", "/accounts/M-83"):
        page = administrator.client.get(path).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page, path
        assert HOSTILE not in page


def test_what_is_in_an_address_is_not_taken_for_a_form():
    client = a_client(create_app(Shelf(), secret=SECRET, clock=StoppedClock()))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    typed = {"number": NUMBER, "plate": PLATE}
    assert client.post("/notice", params={"token": token} | typed, data=typed).status_code == 403
    assert client.post("/notice", params=typed, data={"token": token}).status_code == 422
    assert client.post("/notice", data={"token": token} | typed).status_code == 303


def test_a_cookie_for_the_language_is_bound_to_host_and_tls(office):
    client = a_client(an_app("staff", *office), "https")
    told = client.get("/sign-in?lang=en").headers.get_list("set-cookie")
    assert len(told) == 2
    for cookie in told:
        assert cookie.startswith("__Host-")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))
    assert '<html lang="en">' in client.get("/sign-in").text


def test_every_page_of_somebody_who_is_in_leads_out(office):
    store, clock = office
    officer = an_officer(an_app("staff", store, clock), store, clock)
    officer.come_in()
    for path in ("/", "/desk", "/desk/objections", "/desk/second", "/desk/find", "/password"):
        assert 'action="/sign-out"' in officer.client.get(path).text, path
    owner = a_client(create_app(Shelf(), secret=SECRET, clock=StoppedClock()))
    token = re.search(r'name="token" value="([^"]+)"', owner.get("/").text)[1]
    owner.post("/notice", data={"token": token, "number": NUMBER, "plate": PLATE})
    assert 'action="/leave"' in owner.get("/notice").text


def test_what_a_form_bears_opens_no_visit():
    client = a_client(create_app(Shelf(), secret=SECRET, clock=StoppedClock()))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    client.cookies.set("visit", token)
    assert client.get("/notice").status_code == 403


class Failing(Shelf):
    """A store of which one thing fails from some time on, with words that nobody may read."""

    fails = ""

    def __getattribute__(self, name):
        if name != object.__getattribute__(self, "fails"):
            return object.__getattribute__(self, name)
        return object.__getattribute__(self, "fail")

    def fail(self, *_arguments):
        raise LookupError(f"{NUMBER}\nis in \x1b[31mthis error")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("fine_by_number_and_plate", []),
        ("key_of", []),
        ("fine", ["/notice", "/notice/photo", "/notice/data", "/notice/film"]),
        ("exhibit_bytes", ["/notice/photo"]),
    ],
)
def test_whatever_fails_the_owner_reads_nothing_of_it_and_the_log_no_words(name, paths, caplog):
    store = Failing()
    client = a_client(create_app(store, secret=SECRET, clock=StoppedClock()))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/").text)[1]
    typed = {"token": token, "number": NUMBER, "plate": PLATE}
    if paths:
        assert client.post("/notice", data=typed).status_code == 303
    store.fails = name
    failed = [client.get(path) for path in paths] or [client.post("/notice", data=typed)]
    for answer in failed:
        assert answer.status_code == 500
        assert "LookupError" not in answer.text
        assert answer.headers["content-security-policy"]
    assert NUMBER not in caplog.text
    assert "this error" not in caplog.text
    assert caplog.text.count("a fault of ours: LookupError at ") == len(failed)
    assert "test_asvs.py" in caplog.text


def test_without_its_tables_an_office_lets_nobody_in_and_tells_nobody_why(tmp_path, caplog):
    clock = StoppedClock()
    with open_store(tmp_path / "office", create=True) as opened:
        store = without_waiting(opened)
        an_account(store, clock)
        officer = an_officer(an_app("staff", store, clock), store, clock)
        officer.come_in()
        program = a_client(an_app("api", store, clock))
        program.headers["authorization"] = f"Bearer {a_key(store, clock)}"
        assert officer.client.get("/desk").status_code == 200
        assert program.get("/api/v1/health").status_code == 200
        with store.writing() as connection:
            for table in ("staff_sessions", "sign_in_tries", "api_keys"):
                connection.execute(text(f"DROP TABLE {table}"))
        failed = [officer.client.get("/desk"), officer.sign_in(), program.get("/api/v1/health")]
    for answer in failed:
        assert answer.status_code in {500, 503}
        assert "staff_sessions" not in answer.text
        assert "SELECT" not in answer.text
    assert "P-17" not in caplog.text
    assert "SELECT" not in caplog.text


def test_a_line_of_the_log_is_one_line_with_its_time_in_utc_and_steers_no_terminal():
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "a\r\nb\x1b[31m\x9b\u202ec", (), None)
    record.created = datetime(2026, 10, 20, 8, 30, tzinfo=UTC).timestamp()
    line = OneLine().format(record)
    assert line == "2026-10-20T08:30:00.000+00:00 ERROR a\\r\\nb\\x1b[31m\\x9b\\u202ec"


def test_a_server_writes_its_log_so(office):
    for name in NAMES:
        server_of(an_app(name, *office))
        (handler,) = logging.getLogger().handlers[-1:]
        assert isinstance(handler.formatter, OneLine)
        logging.getLogger().removeHandler(handler)


@contextmanager
def served(app):
    """A real server for ``app``; its address."""
    server = server_of(app)
    with listener("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        end = monotonic() + 60
        while not server.started:
            assert monotonic() < end
            sleep(0.01)
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


async def _echo(scope, receive, send):
    """Answers with the method and path that it was asked for, and with the body."""
    if scope["type"] != "http":
        return
    body = await Request(scope, receive).body()
    told = f"[{scope['method']} {scope['path']}]".encode() + body
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": told})


def test_where_a_question_ends_is_not_for_two_to_read_differently():
    hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    sizes = [
        b"Content-Length: 5\r\nContent-Length: %d\r\n" % (5 + len(hidden)),
        b"Content-Length: +5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n" % (5 + len(hidden)),
    ]
    with served(_echo) as address:
        for size in sizes:
            head = b"POST /shown HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + size + b"\r\n"
            with socket.create_connection(address, timeout=20) as asking:
                asking.sendall(head + b"0\r\n\r\n" + hidden)
                answer = b"".join(iter(lambda: asking.recv(65_536), b""))
            assert b"[GET /hidden]" not in answer, size
            assert answer.startswith(b"HTTP/1.1 400") or b"[POST /shown]" in answer, size


def test_what_a_question_says_of_its_own_way_is_not_believed():
    async def told(scope, _receive, send):
        if scope["type"] == "http":
            said = f"{scope['client'][0]} {scope['scheme']}".encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": said})

    claims = b"X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 192.0.2.9\r\n"
    with served(told) as address, socket.create_connection(address, timeout=20) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + claims + b"\r\n")
        answer = b"".join(iter(lambda: asking.recv(65_536), b""))
    assert b"127.0.0.1 http" in answer
    assert b"192.0.2.9" not in answer


WEB = sorted((ROOT / "services/web").rglob("*.py"))
NEVER = {"eval", "exec", "compile", "__import__"}
WEAK = re.compile(r"\bmd5\b|\bsha1\b|modes\.ECB|os\.system|shell=True|yaml\.load\(|pickle\.load")


def test_nothing_that_is_sent_is_run_and_no_weak_hash_is_used():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    assert not [each for each in rules["ignore"] if each.startswith("S")]
    for path in WEB:
        source = path.read_text()
        assert not WEAK.search(source), path
        called = {
            each.func.id
            for each in ast.walk(ast.parse(source))
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
        }
        assert not called & NEVER, path
        patterns = re.findall(r"\bre\.(?!ASCII|escape)\w+\((.)", source)
        assert set(patterns) <= {"r", '"'}, path  # each written by us


def test_no_page_keeps_a_password_from_being_pasted_or_seen_by_who_manages_it():
    inputs = []
    for path in (ROOT / "services/web").rglob("*"):
        if path.suffix in {".html", ".js"}:
            source = path.read_text()
            assert "paste" not in source, path
            inputs += [each for each in re.findall(r"<input[^>]*>", source) if "password" in each]
    assert len(inputs) == 4
    for each in inputs:
        assert 'type="password"' in each
        assert re.search(r'autocomplete="(current|new)-password"', each)
        assert "maxlength" not in each


def test_no_page_keeps_anything_in_a_browser_but_cookies():
    for path in (ROOT / "services/web").rglob("*.js"):
        source = path.read_text()
        for kept in ("localStorage", "sessionStorage", "indexedDB", "caches.", "document.cookie"):
            assert kept not in source, path
        for risky in ("innerHTML", "outerHTML", "document.write", "eval(", "postMessage"):
            assert risky not in source, (path, risky)
