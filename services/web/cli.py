"""``speedcam serve``: the office's pages on this machine."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI

from services.clock import SystemClock
from services.errors import StoreError
from services.ledger.recorded import keep_recording
from services.ports import Clock
from services.sites.runs import Runs
from services.sites.shelf import Shelf
from services.sites.sites import Sites
from services.store import Store, open_store
from services.web.api.app import create_api
from services.web.front import PLAIN, Front
from services.web.keeper.attend import attend_porch, seen_by_porch
from services.web.keeper.keeper import Keeper
from services.web.log import warn
from services.web.secret import web_secret
from services.web.server import address_of, listener, server_of
from services.web.staff import create_staff_app
from services.web.tally import Tally
from services.web.workers import interrupt, run_workers
from speedcam.disk import make_folder
from speedcam.jail import has_bubblewrap

_UNCONFINED = (
    "bubblewrap is not here or may not work, so whoever takes over the process that owners reach "
    "can read what this user may read: install it (`apt-get install bubblewrap`).\n"
)


def serve(
    office: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    forms: bool = False,
    workers: int = 1,
    front: Front = PLAIN,
) -> None:
    """Show the notices of ``office`` and its public board until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.
        forms: Owners may object, ask for a person, name the driver and pay at the demo bank;
            without it nothing is written.
        workers: Processes that answer; one for each core is enough.
        front: How it is reached.

    Raises:
        StoreError: The office cannot be opened, or the address cannot be listened on.
    """
    with open_store(office) as store, listener(host, port) as listening:
        sys.stderr.write(
            f"The notices of {office} are at {address_of(host, listening, front)}\n"
            "Type a notice number and its plate there. Stop with Ctrl-C.\n"
        )
        if not has_bubblewrap(seen_by_porch(front)):
            sys.stderr.write(_UNCONFINED)
        with (
            keep_recording(store, SystemClock(), sys.stderr.write) if forms else nullcontext(),
            TemporaryDirectory() as shared,
        ):
            tally = Path(shared) / "tally"
            if workers == 1:
                _keep(store, listening, tally, front, forms=forms)
            else:
                run_workers(workers, work, (office, listening, forms, tally, front))
    sys.stderr.write("Stopped.\n")


def work(office: Path, listening: socket.socket, forms: bool, tally: Path, front: Front) -> None:
    """Keep the office for one of several processes that owners reach; see :func:`serve`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this passes it on, once
    try:
        with open_store(office) as store:
            _keep(store, listening, tally, front, forms=forms)
    except StoreError as error:
        sys.stderr.write(f"{error}\n")


def _keep(
    store: Store, listening: socket.socket, tally: Path, front: Front, *, forms: bool
) -> None:
    """Answer a public process out of the office until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, interrupt)
    secret = web_secret(store.folder)
    keeper = Keeper(store, SystemClock(), secret, forms=forms, tally=Tally(tally), warn=warn)
    attend_porch(keeper, listening, front)


def serve_staff(
    office: Path,
    host: str = "127.0.0.1",
    port: int = 8081,
    sites: Path | None = None,
    clips: Path | None = None,
    *,
    front: Front = PLAIN,
) -> None:
    """Show the staff's pages of ``office``, and no others, until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.
        sites: Folder of the sites that engineers look after; without it they have no room.
        clips: Folder of footage that they may measure there; without it only what they send.
        front: How it is reached.

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
            f"The staff's pages of {office} are at {address_of(host, listening, front)}\n"
            "`speedcam office account add` makes an account. Stop with Ctrl-C.\n"
        )
        with keep_recording(store, clock, sys.stderr.write):
            _run(app, listening, words, front)


def serve_api(
    office: Path, host: str = "127.0.0.1", port: int = 8082, *, front: Front = PLAIN
) -> None:
    """Answer other programs about ``office``, and show no page, until Ctrl-C.

    Args:
        office: The office's folder.
        host: Address to listen on; the default is reachable from this machine only.
        port: 0 takes any free one.
        front: How it is reached.

    Raises:
        StoreError: The office cannot be opened, or the address cannot be listened on.
    """
    with open_store(office) as store, listener(host, port) as listening:
        clock = SystemClock()
        app = create_api(store, clock=clock, tally=Tally())
        words = (
            f"The API of {office} is at {address_of(host, listening, front)}api/v1/\n"
            "`speedcam office api-key add` makes a key. Stop with Ctrl-C.\n"
        )
        with keep_recording(store, clock, sys.stderr.write):
            _run(app, listening, words, front)


def _sites(folder: Path, store: Store, clock: Clock) -> Sites:
    # The camera's calibration is slow to load, and only engineers need it.
    from services.surveyor import CameraSurveyor  # noqa: PLC0415 - see above

    make_folder(folder)
    return Sites(shelf=Shelf(folder=folder), surveyor=CameraSurveyor(), store=store, clock=clock)


def _run(app: FastAPI, listening: socket.socket, told: str, front: Front) -> None:
    sys.stderr.write(told)
    with suppress(KeyboardInterrupt):  # the server shuts down cleanly and passes the signal on
        server_of(app, front).run(sockets=[listening])
    sys.stderr.write("Stopped.\n")
