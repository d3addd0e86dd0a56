"""``python -m tests.torture [NAME…]``: every attack, or those named; exit code 1: one succeeds."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path


def main() -> int:
    there = {each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])}
    names = sys.argv[1:] or sorted(there - {"__main__"})
    return int(sum(import_module(f"tests.torture.{name}").main() for name in names) > 0)


if __name__ == "__main__":
    sys.exit(main())
