"""One server of several processes: they listen on one socket, and end together."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType

from services.errors import StoreError

ENDS_WITHIN_S = 10
"""Longer than answers under way may take; whoever has not ended then is ended."""


def run_workers(number: int, work: Callable[..., None], arguments: Sequence[object]) -> None:
    """Run ``work`` in so many processes until Ctrl-C or SIGTERM.

    Args:
        number: Of processes. Each begins anew: nothing of this one but the arguments is theirs.
        work: Serves until it is told to end; a function of a module.
        arguments: For each of them the same.

    Raises:
        StoreError: One of them ended by itself; the others were ended.
    """
    spawn = get_context("spawn")
    running = [spawn.Process(target=work, args=arguments, daemon=True) for _ in range(number)]
    signal.signal(signal.SIGTERM, interrupt)
    try:
        for process in running:
            process.start()
        with suppress(KeyboardInterrupt):
            wait([process.sentinel for process in running])
            raise StoreError(
                "a worker of the server ended by itself, so all were ended. Look above for why, "
                "and start it again."
            )
    finally:
        _end(running)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C."""
    raise KeyboardInterrupt


def _end(running: Sequence[SpawnProcess]) -> None:
    begun = [process for process in running if process.pid is not None]
    for process in begun:
        process.terminate()
    for process in begun:
        process.join(ENDS_WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()
