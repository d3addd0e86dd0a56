"""``python -m speedcam.seal``: verify and replay alone, which need a part of the program only."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from speedcam.errors import SpeedcamError
from speedcam.seal.bundle_cli import replay_command, verify_command

BAD_INPUT = 2


def main(arguments: Sequence[str]) -> int:
    """Run one command and turn its end into an exit code."""
    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
    app.command(name="verify")(verify_command)
    app.command(name="replay")(replay_command)
    try:
        app(list(arguments))
    except SpeedcamError as error:
        typer.echo(f"speedcam: {error}", err=True)
        return BAD_INPUT
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
