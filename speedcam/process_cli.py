"""The command ``speedcam process``, and the run over several clips that the demo makes too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from pathlib import Path
from typing import Annotated

import typer

from speedcam.adapters.bounds import Bounds
from speedcam.adapters.cluster import Reach, crew_at, require_within_reach
from speedcam.adapters.decoding import Decoding, Opener, open_clip
from speedcam.assembly import camera_at, sealer_at
from speedcam.clips import Job, process_clips
from speedcam.crew import TRIES, News
from speedcam.detectors import MOTION, detector_of
from speedcam.errors import SiteError, SpeedcamError
from speedcam.instants import instant_of
from speedcam.model import Grade, Passage, Reason, Refusal
from speedcam.news import told_in
from speedcam.process import ClipResult
from speedcam.progress import Ticker, frame_progress
from speedcam.seal.keys import load_signing_key
from speedcam.site import Site, load_site
from speedcam.talk import BAD_INPUT, OK, SOME_FAILED, complain, talk, warn


def process_command(
    *,
    videos: Annotated[
        list[str],
        typer.Argument(
            metavar="VIDEO…",
            help="Footage of this camera: MP4, MKV, TS. With --cluster also s3:// or http(s)://.",
        ),
    ],
    site: Annotated[
        Path, typer.Option("--site", help="The camera's site file (see docs/site-file.md).")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the results; each clip gets one in it.")
    ],
    starts_at: Annotated[
        list[str] | None,
        typer.Option(
            "--starts-at",
            metavar="INSTANT",
            help="When a clip's first frame was taken, with offset; once per VIDEO, in order. "
            "Without it the site file says when, which one clip only can have.",
        ),
    ] = None,
    detector: Annotated[
        str,
        typer.Option(
            "--detector",
            metavar="NAME[=FILE]",
            help="`motion`; or `onnx=FILE`, which also names vehicles by a network of the YOLO "
            "kind; or another package's (see docs/plugins.md).",
        ),
    ] = MOTION,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            help="The camera's private key (`speedcam keys new`): every passage is signed with it.",
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            min=0,
            metavar="N",
            help="Processes at once; 0 means as many as there are cores. With --cluster, segments "
            "that it has at once. The results are the same with any number (see "
            "docs/performance.md).",
        ),
    ] = 0,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say at the end where the time went.")
    ] = False,
    news: Annotated[
        Path | None,
        typer.Option(
            "--news",
            metavar="FILE",
            help="Append what happens to FILE as it happens, a line of JSON each: frames, alarms "
            "and every vehicle, without its plate (see docs/calibration.md).",
        ),
    ] = None,
    decode: Annotated[
        Decoding,
        typer.Option(
            "--decode",
            help="`sandbox`: in a process that can do no harm, whatever the footage holds; "
            "`inside`: in this one, for footage that you trust.",
        ),
    ] = Decoding.SANDBOX,
    bound: Annotated[
        list[str] | None,
        typer.Option(
            "--bound",
            metavar="NAME=NUMBER",
            help="Let footage ask for more, or less: bytes, pixels, fps, least_fps, seconds, "
            "frames (see docs/security.md).",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Measure on the workers of this Dask scheduler, tls://HOST:PORT, or tcp:// on "
            "this machine; needs speedcam[cluster]. Each worker must see a VIDEO's path. The "
            "results are the same (see docs/scale.md).",
        ),
    ] = None,
    trust_network: Annotated[
        bool,
        typer.Option(
            "--trust-network",
            help="Let --cluster be tcp:// on another machine: whoever reaches it can run programs "
            "on the workers and read plates on the way.",
        ),
    ] = False,
) -> None:
    """Measure every vehicle in VIDEO… and write one passage per line of JSON.

    Each clip gets the folder OUT/CLIP with `passages.jsonl`, the raw data of each measurement in
    `raw/` (`speedcam explain` draws them) and, for vehicles above the limit only, their pictures
    in `exhibits/`; with `--key` every passage is signed, and its seal is in `seals/`. The path of
    each passages file goes to stdout, for `speedcam office receive`.

    An interrupted or killed run is simply started again: finished clips, and finished segments of
    a long one, are not measured twice, and the results are those of an undisturbed run.
    """
    require_within_reach(videos, cluster)
    jobs = _jobs([Path(video) for video in videos], load_site(site), starts_at or [])
    bounds = reduce(Bounds.with_set, bound or [], Bounds())
    if key is None:
        talk.print("The passages are not signed: no --key is given.", highlight=False)
    failed = gaps = 0
    for result in process_files(
        jobs,
        out,
        detector,
        key=key,
        workers=workers,
        profile=profile,
        news=news,
        opener=partial(open_clip, how=decode, bounds=bounds),
        cluster=Reach.of(cluster, videos, bounds.bytes, trust_network=trust_network)
        if cluster
        else None,
    ):
        if isinstance(result, SpeedcamError):
            failed += 1
            complain(result)
        else:
            gaps += bool(result.set_aside)
            typer.echo(result.passages_path)
    if code := exit_code(len(videos), failed=failed, gaps=gaps):
        raise typer.Exit(code)


def exit_code(clips: int, *, failed: int, gaps: int) -> int:
    """How a run over so many clips ends.

    Args:
        clips: In all.
        failed: That could not be measured.
        gaps: That were, but for some of their segments.
    """
    if failed == clips:
        return BAD_INPUT
    return SOME_FAILED if failed or gaps else OK


def _jobs(videos: Sequence[Path], site: Site, starts_at: Sequence[str]) -> list[Job]:
    """Each clip with the site as it was when that clip began."""
    if not starts_at and len(videos) == 1:
        return [(videos[0], site)]
    if len(starts_at) != len(videos):
        raise SiteError(
            f"{len(videos)} clips and {len(starts_at)} times of --starts-at: the site file says "
            "when one clip began. Give --starts-at once per clip, in the same order, such as "
            "--starts-at 2026-10-14T08:30:00+02:00."
        )
    sites = [replace(site, clip_starts_at=_instant(text)) for text in starts_at]
    return list(zip(videos, sites, strict=True))


def _instant(text: str) -> datetime:
    instant = instant_of(text)
    if instant is None:
        raise SiteError(
            f"--starts-at {text} is not an instant with its offset. "
            "Write it like 2026-10-14T08:30:00+02:00."
        )
    return instant


def process_files(
    jobs: Sequence[Job],
    out: Path,
    detector: str = MOTION,
    *,
    key: Path | None = None,
    workers: int = 0,
    profile: bool = False,
    news: Path | None = None,
    opener: Opener = open_clip,
    cluster: Reach | None = None,
) -> Iterator[ClipResult | SpeedcamError]:
    """Measure each (clip, site), in their order; a clip that cannot be read stops no other.

    Args:
        jobs: Each clip with its site.
        out: Where to; each clip gets a folder in it.
        detector: As the user chose it.
        key: File of the key that signs every passage; None: nothing is signed.
        workers: Processes at once; 0 means as many as there are cores.
        profile: Whether to say at the end where the time went.
        news: File to which all that happens is appended; None: to none.
        opener: Opens footage, where it is measured.
        cluster: Where that is; None: here.
    """
    name = detector_of(detector).name
    sealer_in = partial(sealer_at, name, key)
    with (
        frame_progress(talk) as progress,
        told_in(news) as write,
        crew_at(cluster, opener, sealer_in, workers) as crew,
    ):
        ticker = Ticker(progress, warn)

        def hear(clip: Path, told: News) -> None:
            ticker.hear(clip, told)
            write(told)

        for result in process_clips(
            jobs,
            out,
            partial(camera_at, detector, None if cluster else key),
            name,
            key_id=load_signing_key(key).public.id if key else "",
            opener=crew.opener,
            workers=crew.workers,
            hear=hear,
            silence_s=crew.silence_s,
            hire=crew.hire,
        ):
            if isinstance(result, ClipResult):
                _say(result)
            yield result
    if profile:
        talk.print(ticker.profile(), highlight=False)


def _say(result: ClipResult) -> None:
    name = result.clip.name
    said = "was done already" if result.resumed else "done"
    told = f"{said}, {summary(result.passages)}; decoded in {result.decoder}"
    talk.print(f"{name}: {told}", highlight=False, soft_wrap=True)
    for segment in result.set_aside:
        warn(
            f"{name}: {segment} was set aside and has no passages: whoever measured it was killed "
            f"or hung, {TRIES} times. Run the same command again; if it ends so again, look at "
            "the memory there is, and at the footage there."
        )


def summary(passages: Iterable[Passage]) -> str:
    """What became of all passages, in one line."""
    graded: Counter[Grade] = Counter()
    reasons: Counter[Reason] = Counter()
    for passage in passages:
        if isinstance(passage.speed, Refusal):
            reasons[passage.speed.reason] += 1
        else:
            graded[passage.speed.grade] += 1
    why = ", ".join(f"{reason.replace('_', ' ')} {n}" for reason, n in reasons.most_common())
    count = graded.total() + reasons.total()
    return (
        f"{count} passages: {graded[Grade.A]} with two anchors (grade A: may be fined), "
        f"{graded[Grade.B]} with one (grade B: statistics), {reasons.total()} refused"
        + (f" ({why})" if why else "")
    )
