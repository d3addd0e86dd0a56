"""``speedcam serve``: the office's pages on this machine."""

from __future__ import annotations

import socket
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI

from services.clock import SystemClock
from services.errors import StoreError
from services.fines import standing
from services.ledger.recorded import keep_recording
from services.ports import Clock
from services.sites.runs import Runs
from services.sites.shelf import Shelf
from services.sites.sites import Sites
from services.store import Store, open_store
from services.store.stamp import stamp_of
from services.web.api.app import create_api
from services.web.app import create_app
from services.web.office import (
    OfficeCounts,
    OfficeDesk,
    OfficeLedger,
    OfficePrinter,
    OfficeRecords,
)
from services.web.secret import web_secret
from services.web.staff import create_staff_app
from services.web.tally import Tally
from services.web.workers import run_workers
from speedcam.disk import make_folder

GRACE_S = 5
"""How long answers under way may take after Ctrl-C."""


def serve(
    office: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    forms: bool = False,
    workers: int = 1,
) -> None:
    """Show the notices of ``office`` and its public board until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.
        forms: Owners may object, ask for a person, name the driver and pay at the demo bank;
            without it nothing is written.
        workers: Processes that answer; one for each core is enough.

    Raises:
        StoreError: The office cannot be opened, or the address cannot be listened on.
    """
    with open_store(office) as store, listener(host, port) as listening:
        words = (
            f"The notices of {office} are at {_address(host, listening)}\n"
            "Type a notice number and its plate there. Stop with Ctrl-C.\n"
        )
        with keep_recording(store, SystemClock(), sys.stderr.write) if forms else nullcontext():
            if workers == 1:
                _run(owners_app(store, forms=forms, tally=Tally()), listening, words)
                return
            sys.stderr.write(words)
            with TemporaryDirectory() as shared:
                run_workers(workers, work, (office, listening, forms, Path(shared) / "tally"))
    sys.stderr.write("Stopped.\n")


def work(office: Path, listening: socket.socket, forms: bool, tally: Path) -> None:
    """Answer as one of several processes; see :func:`serve`."""
    with suppress(KeyboardInterrupt), open_store(office) as store:
        server_of(owners_app(store, forms=forms, tally=Tally(tally))).run(sockets=[listening])


def owners_app(store: Store, *, forms: bool, tally: Tally) -> FastAPI:
    """The owners' pages of an office; without forms the database itself refuses every change."""
    if not forms:
        store.give_up_writing()
    clock = SystemClock()
    return create_app(
        store,
        secret=web_secret(store.folder),
        clock=clock,
        accounts=lambda number: standing(store, number, clock),
        records=OfficeRecords(store=store),
        desk=OfficeDesk(store=store, clock=clock) if forms else None,
        counts=OfficeCounts(store=store),
        ledger=OfficeLedger(store=store),
        printer=OfficePrinter(store=store),
        stamp=lambda: stamp_of(store),
        tally=tally,
    )


def serve_staff(
    office: Path,
    host: str = "127.0.0.1",
    port: int = 8081,
    sites: Path | None = None,
    clips: Path | None = None,
) -> None:
    """Show the staff's pages of ``office``, and no others, until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.
        sites: Folder of the sites that engineers look after; without it they have no room.
        clips: Folder of footage that they may measure there; without it only what they send.

    Raises:
        StoreError: The office cannot be opened, or the address cannot be listened on.
    """
    with open_store(office) as store, listener(host, port) as listening:
        clock = SystemClock()
        app = create_staff_app(
            store,
            secret=web_secret(office),
            clock=clock,
            sites=_sites(sites, store, clock) if sites else None,
            runs=Runs(shelf=Shelf(folder=sites), clock=clock, clips=clips) if sites else None,
        )
        words = (
            f"The staff's pages of {office} are at {_address(host, listening)}\n"
            "`speedcam office account add` makes an account. Stop with Ctrl-C.\n"
        )
        with keep_recording(store, clock, sys.stderr.write):
            _run(app, listening, words)


def serve_api(office: Path, host: str = "127.0.0.1", port: int = 8082) -> None:
    """Answer other programs about ``office``, and show no page, until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.

    Raises:
        StoreError: The office cannot be opened, or the address cannot be listened on.
    """
    with open_store(office) as store, listener(host, port) as listening:
        clock = SystemClock()
        app = create_api(store, clock=clock, tally=Tally())
        words = (
            f"The API of {office} is at {_address(host, listening)}api/v1/\n"
            "`speedcam office api-key add` makes a key. Stop with Ctrl-C.\n"
        )
        with keep_recording(store, clock, sys.stderr.write):
            _run(app, listening, words)


def _sites(folder: Path, store: Store, clock: Clock) -> Sites:
    # The camera's calibration is slow to load, and only engineers need it.
    from services.surveyor import CameraSurveyor  # noqa: PLC0415 - see above

    make_folder(folder)
    return Sites(shelf=Shelf(folder=folder), surveyor=CameraSurveyor(), store=store, clock=clock)


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port``.

    Raises:
        StoreError: The address is taken, not allowed, or not of this machine.
    """
    if not 0 <= port <= 65_535:
        raise StoreError(f"there is no port {port}. Choose one from 0 to 65535 with --port.")
    if not host.strip() or not host.isascii():
        # An empty name would mean every address of this machine, which nobody asked for.
        raise StoreError(f"{host!r} is no address. Give one as 127.0.0.1 or ::1 with --host.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise StoreError(
            f"cannot listen on {host} port {port}: {error}. Choose another with --port."
        ) from None


def server_of(app: FastAPI) -> uvicorn.Server:
    """A server for ``app`` that keeps no log of who asked for what."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            # The access log would hold addresses of people; forwarded headers can be forged.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def _run(app: FastAPI, listening: socket.socket, told: str) -> None:
    sys.stderr.write(told)
    with suppress(KeyboardInterrupt):  # the server shuts down cleanly and passes the signal on
        server_of(app).run(sockets=[listening])
    sys.stderr.write("Stopped.\n")


def _address(host: str, listening: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"
