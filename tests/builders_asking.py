"""People and programs that ask the servers of an office again and again, and what they were told.

They are a process of their own, so that whoever disturbs the office may go on beginning others.
"""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import httpx2 as httpx

PAUSE_S = 0.15
"""After each answer: a key of the API may ask ten times a second."""
PATIENT_S = 60.0
"""Whoever gets no answer in this time hangs."""
WORDS = "My neighbour Ylli drove"
"""Of an objection: personal, and nowhere to be seen but by who handles it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        page: What was asked for.
        at_s: When, by the clock of :func:`time.monotonic`.
        took_s: Until all of it was there.
        status: 0: there was none.
        words: What stands in it, where it is no page that was asked for.
    """

    page: str
    at_s: float
    took_s: float
    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and with what.

    Attributes:
        address: Of the server.
        paths: Of its pages.
        headers: Who asks.
        typed: A form that is sent to the first of the paths instead.
    """

    address: str
    paths: tuple[str, ...]
    headers: Mapping[str, str]
    typed: Mapping[str, str] | None = None


def ask_on(asked: Mapping[str, Asked], told: Path) -> int:
    """Ask for all of these at once, again and again, until SIGTERM; a line for each answer."""
    over, lock = threading.Event(), threading.Lock()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    with told.open("a") as file:

        def write(answer: Answer) -> None:
            with lock:
                file.write(json.dumps(asdict(answer)) + "\n")
                file.flush()

        threads = [
            threading.Thread(target=_ask, args=(name, each, over, write))
            for name, each in asked.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return 0


def _ask(name: str, asked: Asked, over: threading.Event, write: Callable[[Answer], None]) -> None:
    with httpx.Client(
        base_url=asked.address, headers=dict(asked.headers), timeout=PATIENT_S
    ) as client:
        while not over.is_set():
            for path in (each for each in asked.paths if not over.is_set()):
                write(_answer(client, name, path, asked.typed))
                over.wait(PAUSE_S)


def _answer(client: httpx.Client, name: str, path: str, typed: Mapping[str, str] | None) -> Answer:
    began_s = time.monotonic()
    try:
        got = client.post(path, data=typed) if typed else client.get(path)
        status, words = got.status_code, got.text if got.status_code >= 400 else ""
    except httpx.HTTPError as error:
        status, words = 0, repr(error)
    client.cookies.clear()  # the headers say who asks
    took_s = time.monotonic() - began_s
    page = f"{name} {re.sub('[0-9a-f]{16,}', 'KEY', path)}"
    return Answer(page=page, at_s=began_s, took_s=took_s, status=status, words=words)


def answers(told: Path) -> Iterator[Answer]:
    """What was answered so far."""
    for line in told.read_text().splitlines():
        yield Answer(**json.loads(line))
