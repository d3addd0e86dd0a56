"""``serve``: the secret it keeps, the socket it takes, and how it stops."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
import typer
from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from services.errors import StoreError
from services.serve import serve_command
from services.store import open_store
from services.web import dawdlers
from services.web.app import create_app
from services.web.cli import serve
from services.web.form import form_fields
from services.web.secret import web_secret
from services.web.server import listener, server_of
from services.web.workers import run_workers
from tests.builders_notice import Shelf, StoppedClock


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path):
    secret = web_secret(tmp_path)
    path = tmp_path / "keys" / "web.key"
    assert len(secret) == 32
    assert web_secret(tmp_path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["web.key"]


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    web_secret(tmp_path)
    (tmp_path / "keys" / "web.key").chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        web_secret(tmp_path)


def test_a_damaged_secret_is_refused(tmp_path):
    web_secret(tmp_path)
    (tmp_path / "keys" / "web.key").write_bytes(b"half")
    with pytest.raises(StoreError, match="4 bytes"):
        web_secret(tmp_path)


def test_a_secret_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "keys").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match=r"web\.key"):
        web_secret(tmp_path)


def test_a_port_that_is_taken_is_told():
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"port {port}.*--port"):
            listener("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_does_not_exist_is_told(port):
    with pytest.raises(StoreError, match="--port"):
        listener("127.0.0.1", port)


def test_a_folder_that_is_no_office_is_told(tmp_path):
    with pytest.raises(StoreError, match="not an office"):
        serve(tmp_path / "nothing", port=0)


def test_two_workers_answer_and_end_without_a_trace_with_the_one_that_began_them(tmp_path):
    open_store(tmp_path, create=True).close()
    program = (
        "import sys; from pathlib import Path; from services.web.cli import serve; "
        "serve(Path(sys.argv[1]), port=0, workers=2)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as process:
        address = process.stderr.readline().split(" are at ")[1].strip()
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - our own server
            assert "Shihni njoftimin tuaj" in answer.read().decode()
            assert answer.headers.get("server") is None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert "Traceback" not in rest
    assert rest.endswith("Stopped.\n")
    assert len(children) >= 2
    end = monotonic() + 20  # Python's own helper sees a moment later that it is alone
    while any(Path(f"/proc/{each}").exists() for each in children):
        assert monotonic() < end
        sleep(0.05)


def test_a_worker_that_ends_by_itself_ends_the_server_and_is_told():
    with pytest.raises(StoreError, match="a worker of the server ended"):
        run_workers(2, os._exit, (3,))


@pytest.fixture
def hasty(monkeypatch):
    """Where a server listens that looks at its connections every twentieth of a second."""
    monkeypatch.setattr(dawdlers, "LOOKS_EVERY_S", 0.05)
    server = server_of(create_app(Shelf(), secret=b"s" * 32, clock=StoppedClock()))
    with listener("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nX-Slow: ", b"POST /leave HTTP/1.1\r\nContent-Length: 9\r\n\r\nto"],
)
def test_who_never_comes_to_an_end_is_hung_up_on_and_others_are_answered(hasty, sent):
    with socket.create_connection(hasty, timeout=60) as dawdler:
        dawdler.sendall(sent)
        with suppress(ConnectionResetError):
            while dawdler.recv(1000):  # a word may come before the end
                pass
    with urllib.request.urlopen(f"http://127.0.0.1:{hasty[1]}/", timeout=60) as answer:
        assert answer.status == 200


def test_a_large_form_over_a_slow_line_is_not_hung_up_on(hasty, monkeypatch):
    monkeypatch.setattr(dawdlers, "LEAST_BYTES", 1)
    with socket.create_connection(hasty, timeout=60) as slow:
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
        slow.sendall(b"POST /leave HTTP/1.1\r\nHost: x\r\n%bContent-Length: 60\r\n\r\n" % kind)
        for _ in range(60):  # many looks, and something has come before most of them
            slow.sendall(b"a")
            sleep(0.01)
        assert b" 403 " in slow.recv(1000)


def test_what_is_no_request_fills_no_log(capfd, hasty):
    for _ in range(3):
        with socket.create_connection(hasty, timeout=60) as stranger:
            stranger.sendall(b"\0 NO REQUEST\r\n\r\n")
            assert b" 400 " in stranger.recv(1000)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("host", ["", " ", "\udcff", "\N{CYRILLIC SMALL LETTER A}.example"])
def test_what_is_no_address_is_told_and_never_means_every_address(host):
    with pytest.raises(StoreError, match="is no address"):
        listener(host, 0)


def test_a_visitor_who_leaves_in_the_middle_of_a_form_fills_no_log():
    async def receive():
        raise ClientDisconnect

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "headers": headers}, receive)
    # In a thread of its own: a browser that other tests opened keeps this one's event loop busy.
    with ThreadPoolExecutor(1) as thread, pytest.raises(HTTPException):
        thread.submit(asyncio.run, form_fields(request)).result()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sites": Path("sites")}, "--staff"),
        ({"clips": Path("clips"), "staff": True}, "--sites"),
    ],
)
def test_sites_are_for_the_staff_and_clips_for_sites(tmp_path, options, told):
    with pytest.raises(typer.BadParameter, match=told):
        serve_command(tmp_path, **options)
