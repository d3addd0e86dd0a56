"""Crowd the owners' pages, and see who is answered: ``python -m tests.torture.crowd``.

``speedcam serve`` of an office of a few notices, two workers. Attackers open connections and keep
them: they send a header byte by byte, a form byte by byte, or never read what they asked for; they
send headers, bodies and cookies without end; whoever is put out comes back. Meanwhile somebody asks
for the entry page and a notice by turns. A failure: fewer than 99 % of these are answered within a
second, a process grew by more than 200 MB, or one ended.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.bench.web import Server, an_office, served, visits_of

SLOW, LARGE, SECONDS = 1000, 20, 30
"""So many at a time dawdle, or send without end: more of these need more cores than two."""
MOST_GROWN_BYTES = 200_000_000
WITHIN_S, ANSWERED = 1.0, 0.99
_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
_FORM = b"POST /notice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_COOKIES = b"Cookie: " + b"; ".join(b"visit=%d" % n for n in range(10_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What one attacker sends: ``first``, and then ``more`` again and again."""

    first: bytes
    more: bytes = b""
    every_s: float = 1.0
    reads: bool = True
    number: int = SLOW


def _large(first: bytes, more: bytes) -> Attack:
    return Attack(first=first, more=more, every_s=0.1, number=LARGE)


ATTACKS = {
    "nothing at all": Attack(first=b""),
    "header byte by byte": Attack(first=_HEAD + b"X-Slow: ", more=b"a"),
    "form byte by byte": Attack(first=_FORM + b"Content-Length: 4000\r\n\r\n", more=b"a"),
    "never reads": Attack(first=_HEAD + b"\r\n", reads=False),
    "header without end": _large(_HEAD + b"X-Long: ", b"a" * 65536),
    "headers without end": _large(_HEAD, b"X-Many: 1\r\n" * 5000),
    "body of a gigabyte": _large(_FORM + b"Content-Length: 1000000000\r\n\r\n", b"a" * 65536),
    "chunks without end": _large(
        _FORM + b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    ),
    "ten thousand cookies": _large(_HEAD + _COOKIES + b"\r\n\r\n", b""),
}


async def _attacker(server: Server, attack: Attack) -> None:
    """One who attacks for ever."""
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            try:
                await _once(reader, writer, attack)
            finally:
                writer.transport.abort()
        await asyncio.sleep(0.5)  # whoever was put out


async def _once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, attack: Attack) -> None:
    writer.write(attack.first)
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(attack.every_s):
                if not attack.reads:
                    await asyncio.sleep(60)
                elif not await reader.read(65536):
                    return
        if attack.more:
            writer.write(attack.more)
            async with asyncio.timeout(30):
                await writer.drain()


@contextmanager
def attacked(server: Server, attack: Attack) -> Iterator[None]:
    """So many attackers at the same time, while this lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> list[asyncio.Task[None]]:
        return [loop.create_task(_attacker(server, attack)) for _ in range(attack.number)]

    async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    tasks = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(tasks), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def asked(server: Server, cookie: str, seconds: float) -> list[float]:
    """How long each of somebody's questions took; endless where it was not answered."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for path, own in (("/", ""), ("/notice", cookie)):
            began = time.monotonic()
            times.append(time.monotonic() - began if _answers(server, path, own) else float("inf"))
            time.sleep(0.05)
    return times


def _answers(server: Server, path: str, cookie: str) -> bool:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status == 200 and len(answer.read()) > 1000
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def resident(server: Server) -> dict[int, int]:
    """Bytes of memory of each of the server's processes."""
    held = {}
    for pid in server.pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            held[pid] = 1024 * sum(int(each.split()[1]) for each in lines if "VmRSS" in each)
    return held


def faults_under(server: Server, cookie: str, name: str, seconds: float) -> Iterator[str]:
    """What went wrong under one attack, in words; its figures go to stderr."""
    before = resident(server)
    with attacked(server, ATTACKS[name]):
        times = sorted(asked(server, cookie, seconds))
        grown = {pid: held - before[pid] for pid, held in resident(server).items()}
    share = sum(each <= WITHIN_S for each in times) / len(times)
    sys.stderr.write(
        f"{name}: {len(times)} asked, {share:.1%} answered within {WITHIN_S:.0f} s, median "
        f"{1000 * _quantile(times, 0.5):.0f} ms, p99 {1000 * _quantile(times, 0.99):.0f} ms, "
        f"grown by {max(grown.values()) / 1e6:.0f} MB\n"
    )
    if share < ANSWERED:
        yield f"{name}: only {share:.1%} were answered"
    if max(grown.values()) > MOST_GROWN_BYTES:
        yield f"{name}: a process grew by {max(grown.values()) / 1e6:.0f} MB"
    if len(grown) < len(before):
        yield f"{name}: a process ended"


def _quantile(in_order: Sequence[float], share: float) -> float:
    return in_order[int(share * len(in_order))]


def main(arguments: Sequence[str] = ()) -> int:
    """Print every failure; 0 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.crowd", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each attack")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="by default all")
    options = parser.parse_args(arguments)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        fines = an_office(Path(folder), 20, visited=20)
        with served(Path(folder)) as server:
            cookie = visits_of(server, fines)[0]
            for name in options.attack or ATTACKS:
                for each in faults_under(server, cookie, name, options.seconds):
                    failures += 1
                    print(each)  # noqa: T201 - its data
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
