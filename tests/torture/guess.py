"""Guess at notices at full speed: ``python -m tests.torture.guess``.

A real server with several workers is asked for notices that are not there, as fast as it answers:
from one address, and then from a thousand in as many networks. No network may try more often than
``services/web/patience.py`` says, all workers together, and an owner with the letter in hand gets
in meanwhile. Addresses are those of 127.0.0.0/8, each /24 a network of its own.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlencode, urlsplit

from services.numbers import new_number
from services.store import open_store
from services.web.patience import wait_after
from tests.builders_fines import an_issued_fine, without_waiting

WORKERS, GUESSERS, SECONDS, SEED = 4, 8, 150, 20261127
PLATE, OWNER = "AA123BB", "127.200.0.1"
SERVE = (
    "import sys; from pathlib import Path; from services.web.cli import serve; "
    "serve(Path(sys.argv[1]), port=0, workers=int(sys.argv[2]))"
)


def declared(seconds: float) -> int:
    """How often one network may try within so many seconds."""
    tries, at = 0, timedelta()
    while at <= timedelta(seconds=seconds):
        tries += 1
        at += wait_after(tries)
    return tries


def network(ordinal: int) -> str:
    """An address of a network of its own."""
    return f"127.{1 + ordinal // 256}.{ordinal % 256}.1"


@contextmanager
def serving(folder: Path, workers: int) -> Iterator[str]:
    """A server of an office; its host and port."""
    command = [sys.executable, "-c", SERVE, str(folder), str(workers)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            yield urlsplit(process.stderr.readline().split(" are at ")[1].strip()).netloc
        finally:
            process.terminate()
            process.stderr.read()


class Browser:
    """One address with the cookie and form that it was given; both serve for every try."""

    def __init__(self, netloc: str, address: str) -> None:
        self._netloc, self._address = netloc, address
        status, page, self._cookie = self._ask("GET", "/", {})
        assert status == HTTPStatus.OK, status
        token = re.search(rb'name="token" value="([^"]+)"', page)
        assert token
        self._token = token[1].decode()

    def types(self, number: str, plate: str, address: str = "") -> int:
        """The status that answers this number and plate; ``address``: from another one."""
        form = {"number": number, "plate": plate, "lang": "en", "token": self._token}
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", "/notice", headers, urlencode(form), address)[0]

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: str = "", address: str = ""
    ) -> tuple[int, bytes, str]:
        source = (address or self._address, 0)
        connection = HTTPConnection(self._netloc, timeout=60, source_address=source)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
            return answer.status, answer.read(), cookie
        finally:
            connection.close()


def guessed(netloc: str, addresses: int, seconds: float, seed: int) -> tuple[Counter[int], float]:
    """How often each status answered, and how long it all took."""
    began = time.monotonic()

    def guess(ordinal: int) -> Counter[int]:
        dice, browser = Random(seed + ordinal), Browser(netloc, network(ordinal))  # noqa: S311
        told: Counter[int] = Counter()
        turn = ordinal
        while time.monotonic() - began < seconds:
            plate = f"ZZ{dice.randrange(1000):03}ZZ"
            told[browser.types(new_number("AL", 2026), plate, network(turn % addresses))] += 1
            turn += GUESSERS
        return told

    with ThreadPoolExecutor(GUESSERS) as pool:
        told = sum(pool.map(guess, range(GUESSERS)), Counter())
    return told, time.monotonic() - began


def attacked(netloc: str, number: str, addresses: int, seconds: float, seed: int) -> bool:
    """Guess from so many addresses while an owner comes in again and again; whether all holds."""
    owner = Browser(netloc, OWNER)  # served: now the server has started
    waited = []
    with ThreadPoolExecutor(1) as beside:
        guesses = beside.submit(guessed, netloc, addresses, seconds, seed)
        while not guesses.done():
            began = time.monotonic()
            waited.append((owner.types(number, PLATE), time.monotonic() - began))
            time.sleep(1)
        told, took_s = guesses.result()
    tried, most = told[HTTPStatus.NOT_FOUND], addresses * declared(took_s)
    opened = [took for status, took in waited if status == HTTPStatus.SEE_OTHER]
    sys.stderr.write(
        f"guess: {addresses} addresses, {took_s:.0f} s: {told.total()} tries, {tried} looked up of "
        f"{most} that may be, {told[HTTPStatus.TOO_MANY_REQUESTS]} told to wait; the owner came "
        f"in {len(opened)} of {len(waited)} times, within {max(opened, default=0):.1f} s; seed "
        f"{seed}\n"
    )
    known = told.keys() <= {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}
    return known and tried <= most and len(opened) == len(waited)


def main(arguments: Sequence[str] = ()) -> int:
    """Guess from one address and from a thousand; 0 where nobody tries more than is declared."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.guess", description=__doc__)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each of the two")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        office = Path(folder) / "office"
        with open_store(office, create=True) as store:
            number = an_issued_fine(without_waiting(store), plate=PLATE)
        with serving(office, options.workers) as netloc:
            held = [
                attacked(netloc, number, addresses, options.seconds, options.seed)
                for addresses in (1, 1000)
            ]
    return int(not all(held))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
