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
        typer.Option(
            help="Port to listen on; 0 takes any free one. By default 8080, staff 8081, API 8082."
        ),
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
    workers: Annotated[
        int,
        typer.Option(min=1, max=64, help="Processes that answer; one for each core is enough."),
    ] = 1,
    api: Annotated[
        bool, typer.Option("--api", help="The API for other programs, and no page.")
    ] = False,
    sites: Annotated[
        Path | None,
        typer.Option(
            "--sites",
            metavar="DIR",
            help="With --staff: the folder of the site files that engineers look after.",
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--tls-cert", metavar="PEM", help="Speak HTTPS with this certificate."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="PEM", help="The certificate's key.")
    ] = None,
    proxy: Annotated[
        str,
        typer.Option(
            "--trust-proxy",
            metavar="ADDRESS",
            help="Believe this proxy who asks it, and whether by HTTPS.",
        ),
    ] = "",
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
    accounts of `speedcam office account`, and --api answers programs with keys of `speedcam office
    api-key`: run each in its own process.
    """
    # A web server is slow to load, and no other command needs one.
    from services.web.cli import serve, serve_api, serve_staff  # noqa: PLC0415 - see above
    from services.web.front import front_of  # noqa: PLC0415 - see above

    if staff + api + forms > 1:
        raise typer.BadParameter(
            "give one of --staff, --api and --forms: each is a server of its own"
        )
    if sites and not staff:
        raise typer.BadParameter("--sites is for the staff's pages: give --staff too")
    if clips and not sites:
        raise typer.BadParameter("--clips are measured at sites: give --sites too")
    if workers > 1 and (staff or api):
        raise typer.BadParameter("--workers is for the owners' pages; the others have few visitors")
    front = front_of(certificate, key, proxy)
    if staff:
        there = 8081 if port is None else port
        serve_staff(office, host=host, port=there, sites=sites, clips=clips, front=front)
    elif api:
        serve_api(office, host=host, port=8082 if port is None else port, front=front)
    else:
        there = 8080 if port is None else port
        serve(office, host=host, port=there, forms=forms, workers=workers, front=front)
