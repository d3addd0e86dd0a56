"""What commands say on stderr, and how they end. Data goes to stdout."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from speedcam.errors import SpeedcamError

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

EPILOG = """Exit codes: 0 all done; 1 some items failed and the others are done; 2 the command or
an input is wrong; 130 interrupted. Data goes to stdout, everything else to stderr."""

talk = Console(stderr=True)


def complain(error: SpeedcamError) -> None:
    """Tell the user of a fault."""
    talk.print(f"[red]speedcam:[/] {escape(str(error))}", highlight=False, soft_wrap=True)


def warn(words: str) -> None:
    """Tell the user of something to look at."""
    talk.print(f"[yellow]speedcam:[/] {escape(words)}", highlight=False, soft_wrap=True)
