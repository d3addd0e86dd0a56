"""The command ``speedcam watch``. Parse, call, print."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import typer

from speedcam.detectors import MOTION, detector_of
from speedcam.errors import SpeedcamError
from speedcam.live.health import HOST, health_served
from speedcam.live.posts import Posts, stretches
from speedcam.live.source import source_of
from speedcam.live.streams_file import has_password, read_streams
from speedcam.live.watch import Post
from speedcam.seal.keys import load_signing_key
from speedcam.site import load_site
from speedcam.talk import talk, warn


def watch_command(
    *,
    url: Annotated[
        str | None,
        typer.Argument(metavar="URL", help="rtsp:, http:, tcp:, udp:, rtmp: or file:."),
    ] = None,
    site: Annotated[
        Path | None, typer.Option("--site", help="The camera's site file (see docs/site-file.md).")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    name: Annotated[
        str, typer.Option("--name", help="What the stream is called; its folder in OUT.")
    ] = "stream",
    streams: Annotated[
        Path | None,
        typer.Option("--streams", metavar="FILE", help="Many streams at once (see docs/live.md)."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="The camera's private key (`speedcam keys new`).")
    ] = None,
    detector: Annotated[
        str, typer.Option("--detector", metavar="NAME[=FILE]", help="As for `speedcam process`.")
    ] = MOTION,
    health: Annotated[
        int | None,
        typer.Option(
            "--health",
            metavar="PORT",
            help=f"Answer at {HOST}:PORT: /health in JSON, /metrics for Prometheus.",
        ),
    ] = None,
) -> None:
    """Measure every vehicle that a live stream shows, until Ctrl-C, which ends it with 0.

    Each connection gets a folder OUT/NAME/NAME-INSTANT as `speedcam process` makes them, in which
    `passages.jsonl` grows by one line for each vehicle, on the disk before the next one is looked
    for. Its path goes to stdout when it begins. `speedcam office receive --follow OUT` takes them
    in as they come.
    """
    if url and site and not streams:
        source = source_of(name, url)
        posts = [Post(source=source, site=site, out=out, detector=detector, key=key)]
        _require_no_password(posts[0])
    elif streams and not (url or site or key):
        posts = read_streams(streams, out)
    else:
        raise SpeedcamError(
            "give a URL with its --site, or a --streams file, which names its own sites and keys."
        )
    for post in posts:
        _check(post)
    with ExitStack() as stack:
        watched = Posts(posts, lambda stream, words: warn(_named(stream, words)))
        if health is not None:
            port = stack.enter_context(health_served(health, lambda: dict(watched.statuses)))
            talk.print(f"health: {HOST}:{port}", highlight=False)
        stopped = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        teller = Thread(target=_tell_stretches, args=(watched, stopped), daemon=True)
        teller.start()
        try:
            watched.run(stopped)
        finally:
            stopped.set()
            teller.join()


def _require_no_password(post: Post) -> None:
    if has_password(post.source):
        raise SpeedcamError(
            "everybody at this machine can read a command's arguments: put an address that holds "
            "a password into a --streams file that only you may read."
        )


def _check(post: Post) -> None:
    """Complain of what is wrong with the files now, and not in a watcher's log."""
    load_site(post.site)
    detector_of(post.detector)
    if post.key:
        load_signing_key(post.key)


def _named(stream: str, words: str) -> str:
    return words if words.startswith(stream) else f"{stream}: {words}"


def _tell_stretches(watched: Posts, stopped: Event) -> None:
    """Print the folder of each live clip as it begins."""
    told: set[str] = set()
    while True:
        for each in stretches(watched.statuses):
            if each not in told:
                told.add(each)
                typer.echo(f"{each}/passages.jsonl")
        if stopped.wait(0.5):
            return
