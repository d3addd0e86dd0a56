"""A real browser and a real server for the tests marked ``browser``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""The browser talks to the test's own server and to nobody else."""


def chromium() -> str | None:
    """Path of the browser, or None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def pytest_collection_modifyitems(items):
    """Leave the browser's tests out, and say how many, where there is no browser."""
    if chromium():
        return
    wanting = [item for item in items if item.get_closest_marker("browser")]
    reason = (
        f"{len(wanting)} browser tests left out: no Chromium here. "
        "tests/setup-browser installs Debian's package 'chromium'"
    )
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    # Chromium's own sandbox refuses to start as root, which is how containers run.
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, *sandbox])
        yield running
        running.close()


@pytest.fixture
def served():
    """A function that serves an application on a free port and returns its address."""
    with _servers() as serve:
        yield serve


@contextmanager
def _servers() -> Iterator:
    from services.web.cli import listener, server_of

    running = []

    def serve(app) -> str:
        listening = listener("127.0.0.1", 0)
        server = server_of(app)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        _wait_until(lambda: server.started)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    for server, thread, listening in running:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


def _wait_until(ready, within_s: float = 10.0) -> None:
    end = monotonic() + within_s
    while not ready():
        assert monotonic() < end, "the server did not start"
        sleep(0.01)
