"""The tools' own environment: made once, beside the project and never a part of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench.command import ROOT

HERE = Path(__file__).parent
PLACE = ROOT / "build" / "bench" / "peers-venv"
PYTHON = PLACE / "bin" / "python"
PIP = (str(PYTHON), "-m", "pip", "install", "--quiet", "--no-cache-dir")


def prepared() -> dict[str, str]:
    """Install what is missing.

    Returns:
        What could not be installed, and why: the beginning of a tool's name, and a sentence.
    """
    if not PYTHON.exists():
        sys.stderr.write(f"Making {PLACE} for the other tools, once: some minutes.\n")
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
    failed: dict[str, str] = {}
    if said := _installed("requirements.txt", "--require-hashes"):
        failed |= dict.fromkeys(("decoder", "supervision", "norfair", "ultralytics"), said)
    elif said := _installed("ultralytics.txt"):
        failed["ultralytics"] = said
    return failed


def _installed(file: str, *options: str) -> str:
    """Empty where all that the file names is there now, or what the installer said last."""
    command = [*PIP, *options, "-r", str(HERE / file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ended.returncode:
        return ""
    return (ended.stderr.strip().splitlines() or ["the installer said nothing"])[-1]
