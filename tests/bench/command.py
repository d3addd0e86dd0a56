"""Commands that the benchmarks run in processes of their own."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class CommandError(Exception):
    """A command failed; the text is what it said."""


def run(module: str, *arguments: object) -> str:
    """What ``python -m module`` prints.

    Raises:
        CommandError: It ended with anything but 0.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if ended.returncode:
        said = " ".join(ended.stderr.split())
        raise CommandError(f"{module} {arguments[0]} ended with {ended.returncode}: {said}")
    return ended.stdout


def children_cpu_s() -> float:
    """Processor seconds of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
