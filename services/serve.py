"""``speedcam serve``: parse and call; the server itself is in :mod:`services.web.cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve_command(
    office: Annotated[Path, typer.Option("--office", metavar="DIR", help="The office's folder.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on; by default only this machine reaches it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8080,
    *,
    forms: Annotated[
        bool,
        typer.Option("--forms", help="Let owners object, name the driver, and pay a demo bank."),
    ] = False,
) -> None:
    """Show the owner's page of every notice, behind its number and plate, until Ctrl-C.

    The page tells what happened, shows the redacted photo, and says what is owed today, how to
    pay and how to object. /board shows figures for the public. It only reads, unless --forms is
    given. It is a demo, and every page says so.
    """
    # A web server is slow to load, and no other command needs one.
    from services.web.cli import serve  # noqa: PLC0415 - see above

    serve(office, host=host, port=port, forms=forms)
