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
    port: Annotated[
        int | None,
        typer.Option(help="Port to listen on; 0 takes any free one. By default 8080, staff 8081."),
    ] = None,
    *,
    forms: Annotated[
        bool,
        typer.Option("--forms", help="Let owners object, name the driver, and pay a demo bank."),
    ] = False,
    staff: Annotated[
        bool,
        typer.Option("--staff", help="The pages of those who work for the office, and no others."),
    ] = False,
    sites: Annotated[
        Path | None,
        typer.Option(
            "--sites",
            metavar="DIR",
            help="With --staff: the folder of the site files that engineers look after.",
        ),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(
            "--clips",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="With --sites: a folder of footage that engineers may measure there.",
        ),
    ] = None,
) -> None:
    """Show the owner's page of every notice, behind its number and plate, until Ctrl-C.

    The page tells what happened, shows the redacted photo, and says what is owed today, how to
    pay and how to object. /board shows figures for the public. It only reads, unless --forms is
    given. It is a demo, and every page says so. --staff shows the staff's pages instead, to
    accounts of `speedcam office account`: run both, each in its own process.
    """
    # A web server is slow to load, and no other command needs one.
    from services.web.cli import serve, serve_staff  # noqa: PLC0415 - see above

    if staff and forms:
        raise typer.BadParameter("--forms is for the owner's pages, and --staff shows none of them")
    if sites and not staff:
        raise typer.BadParameter("--sites is for the staff's pages: give --staff too")
    if clips and not sites:
        raise typer.BadParameter("--clips are measured at sites: give --sites too")
    if staff:
        there = 8081 if port is None else port
        serve_staff(office, host=host, port=there, sites=sites, clips=clips)
    else:
        serve(office, host=host, port=8080 if port is None else port, forms=forms)
