"""How many owners the pages bear: ``python -m tests.bench.web``. Needs ``wrk`` (Debian's package).

An office of ``--notices`` notices is served by ``speedcam serve --workers 2`` in processes of its
own. Some owners open their notices; then all of them look at them once, in a language in which no
page was made before, and after that again and again, as fast as wrk can ask. Every figure is of
this machine, as busy as it is: so how long the server's processors worked for a page is told too,
and how many pages a second two cores make of that.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from services import office
from services.ledger.log import checkpoint
from services.model import Fine
from services.policy import demo_auto_1
from services.store import open_store
from speedcam.model import Passage, Sample, SpeedMeasurement
from speedcam.record import dumps, loads
from tests.bench.office import fill, passages_of
from tests.builders_office import SetClock

VISITED = 200
"""Notices that are looked at, so that no page is the only one."""
WORKERS, AT_ONCE = 2, 32
SAMPLES = 40
"""Positions of a measurement, as a car at 60 km/h leaves them on 25 m."""
BARS = {"per_s": 1500, "p99_ms": 100.0, "kilobytes": 60.0}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One line of the result.

    Attributes:
        what: What was asked.
        count: How often.
        per_s: Answers a second.
        cpu_ms: For how long the server's processes worked for one.
        p50_ms: Median time of an answer; None where it was not taken.
        p99_ms: 99th percentile, likewise.
        failed: Answers that were none.
    """

    what: str
    count: int
    per_s: float
    cpu_ms: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The pages as they are served: where, and by which processes."""

    host: str
    port: int
    pids: tuple[int, ...]

    def cpu_s(self) -> float:
        """Processor seconds of its processes until now."""
        return sum(_ticks(pid) for pid in self.pids) / _TICKS_PER_S


def an_office(folder: Path, notices: int, visited: int = VISITED) -> list[Fine]:
    """An office of so many notices; those that are looked at are real to the last byte."""
    written = passages_of(folder / "camera", visited, own_pictures=False)
    lines = written.read_text().splitlines()
    passages = [_with_positions(loads(line, "bench")) for line in lines]
    written.write_text("".join(f"{dumps(each)}\n" for each in passages))
    clock = SetClock()
    with open_store(folder / "office", create=True) as store:
        office.receive(store, written, clock)
        office.review(store, demo_auto_1, clock)
        issued = [each.fine for each in office.issue(store, clock) if each.fine]
        checkpoint(store, clock)
        fill(store, notices - len(issued))
    return issued


def _with_positions(passage: Passage) -> Passage:
    """The passage with the positions that its page plots."""
    speed = passage.speed
    if not isinstance(speed, SpeedMeasurement):
        raise TypeError("a fined passage has a speed")
    step_s = speed.over_s / (SAMPLES - 1)
    m_s = speed.speed_kmh / 3.6
    samples = tuple(
        Sample(
            frame_index=n,
            time_s=10 + n * step_s,
            u_px=900.0,
            v_px=400.0 + n,
            x_m=-2.9,
            y_m=40 - n * step_s * m_s + 0.02 * (n % 3 - 1),
        )
        for n in range(SAMPLES)
    )
    return replace(passage, speed=replace(speed, samples=samples))


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The pages of an office, by two workers on a free port."""
    command = [sys.executable, "-m", "speedcam", "serve", "--office", str(folder / "office")]
    command += ["--port", "0", "--workers", str(WORKERS)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = urlsplit(process.stderr.readline().split(" are at ")[1].strip())
        host, port = str(told.hostname), int(told.port or 0)
        _page(HTTPConnection(host, port, timeout=60), "/")
        try:
            yield Server(host=host, port=port, pids=tuple(_family(process.pid)))
        finally:
            process.send_signal(signal.SIGINT)
            process.stderr.read()


def visits_of(server: Server, fines: Sequence[Fine]) -> list[str]:
    """The cookie of each owner who opened their notice."""
    connection, cookies = HTTPConnection(server.host, server.port, timeout=60), []
    for fine in fines:
        page, cookie = _page(connection, "/")
        token = re.search(r'name="token" value="([^"]+)"', page.decode())
        plate = fine.violation.passage.plate
        typed = {
            "number": fine.number,
            "plate": getattr(plate, "text", ""),
            "lang": "en",
            "token": token[1] if token else "",
        }
        connection.request(
            "POST",
            "/notice",
            urlencode(typed),
            {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = connection.getresponse()
        answer.read()
        cookies.append(_cookie(answer.getheader("set-cookie", "")))
    return cookies


def looked_at_once(server: Server, cookies: Sequence[str]) -> Measured:
    """Every notice once, in a language in which it was not made before."""
    connection = HTTPConnection(server.host, server.port, timeout=60)
    times_ms, worked, began = [], server.cpu_s(), time.monotonic()
    for cookie in cookies:
        asked = time.perf_counter()
        _page(connection, "/notice?lang=sq", cookie)
        times_ms.append(1000 * (time.perf_counter() - asked))
    took_s, cpu_s = time.monotonic() - began, server.cpu_s() - worked
    times_ms.sort()
    return Measured(
        what="a notice that is made anew, one after the other", count=len(times_ms),
        per_s=len(times_ms) / took_s, cpu_ms=1000 * cpu_s / len(times_ms),
        p50_ms=times_ms[len(times_ms) // 2], p99_ms=times_ms[int(0.99 * len(times_ms))],
    )  # fmt: skip


def asked_again(server: Server, cookies: Sequence[str], folder: Path, seconds: int) -> Measured:
    """All these notices in turn, as fast as wrk asks."""
    script = folder / "visits.lua"
    script.write_text(_SCRIPT % ", ".join(map(json.dumps, cookies)))
    address = f"http://{server.host}:{server.port}/notice"
    command = ["wrk", "-t1", f"-c{AT_ONCE}", f"-d{seconds}s", "--timeout", "20s", "--latency"]
    worked = server.cpu_s()
    said = subprocess.run(
        [*command, "-s", str(script), address], capture_output=True, text=True, check=True
    ).stdout
    cpu_s = server.cpu_s() - worked
    count = int(_said(r"(\d+) requests in", said) or 0)
    return Measured(
        what=f"{len(cookies)} notices again and again, {AT_ONCE} at once", count=count,
        per_s=float(_said(r"Requests/sec:\s+([\d.]+)", said) or 0), cpu_ms=1000 * cpu_s / count,
        p50_ms=_ms(_said(r"\n\s+50%\s+(\S+)", said)), p99_ms=_ms(_said(r"\n\s+99%\s+(\S+)", said)),
        failed=int(_said(r"Non-2xx or 3xx responses: (\d+)", said) or 0),
    )  # fmt: skip


def kilobytes(server: Server, cookie: str) -> float:
    """Of a notice and all that its page loads, but the photos."""
    connection = HTTPConnection(server.host, server.port, timeout=60)
    page, _ = _page(connection, "/notice", cookie)
    loaded = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', page.decode())
    return (len(page) + sum(len(_page(connection, each, cookie)[0]) for each in loaded)) / 1000


_SCRIPT = """local visits = {%s}
local turn = 0
function request()
  turn = turn %% #visits + 1
  return wrk.format("GET", nil, {["Cookie"] = visits[turn]})
end
"""


def _page(connection: HTTPConnection, path: str, cookie: str = "") -> tuple[bytes, str]:
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered by {answer.status}")
    return content, _cookie(answer.getheader("set-cookie", ""))


def _cookie(header: str | None) -> str:
    return (header or "").partition(";")[0]


def _said(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]


def _family(pid: int) -> Iterator[int]:
    """The process and all that it began, and those began: who keeps the office, who shows it."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def measured(notices: int, seconds: int) -> tuple[list[Measured], float]:
    """Every line of the result, and the kilobytes of a page."""
    with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as name:
        folder = Path(name)
        fines = an_office(folder, notices)
        with served(folder) as server:
            cookies = visits_of(server, fines)
            once = looked_at_once(server, cookies)
            asked_again(server, cookies, folder, seconds)  # until each worker has made each page
            again = asked_again(server, cookies, folder, seconds)
            return [once, again], kilobytes(server, cookies[0])


def show(rows: Sequence[Measured], size_kb: float, console: Console) -> None:
    """A table of every line, with what was wanted."""
    table = Table(title="The owners' page")
    for heading in ("what", "count", "a second", "CPU ms", "p50 ms", "p99 ms", "failed"):
        table.add_column(heading)
    for row in rows:
        cells = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in asdict(row).values())
        table.add_row(*cells)
    console.print(table)
    console.print(f"two cores for the server alone: {2000 / rows[-1].cpu_ms:.0f} a second")
    console.print(f"a page and its styles: {size_kb:.1f} kB; load {os.getloadavg()[0]:.1f}")
    console.print(f"wanted: {BARS['per_s']}/s, p99 {BARS['p99_ms']} ms, {BARS['kilobytes']} kB")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every figure with its bar."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__)
    parser.add_argument("--notices", type=int, default=100_000, help="how large the office is")
    parser.add_argument("--seconds", type=int, default=20, help="for how long wrk asks")
    options = parser.parse_args(arguments)
    if not shutil.which("wrk"):
        sys.stderr.write("wrk is not here: install Debian's package of that name.\n")
        return 2
    show(*measured(options.notices, options.seconds), Console(width=140))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
