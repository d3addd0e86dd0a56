"""The command line: parse, call, print. Data on stdout, talk on stderr."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.console import Console
from rich.markup import escape

from speedcam import __version__
from speedcam.adapters.bounds import Bounds
from speedcam.adapters.decoding import Decoding, Opener, open_clip
from speedcam.adapters.exhibits import FolderExhibits, FolderRaw
from speedcam.adapters.plate_text import TextReader
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.seals import FolderSealer, reader_models
from speedcam.adapters.unwanted import Faces, OtherPlates
from speedcam.adapters.witness import PictureWitness
from speedcam.calibrate.cli import build_calibrate
from speedcam.clips import Job, process_clips
from speedcam.crew import TRIES, News, cores
from speedcam.detectors import MOTION, ChosenDetector, detector_of
from speedcam.errors import SiteError, SpeedcamError
from speedcam.explain.cli import explain_command
from speedcam.ground import fit_ground
from speedcam.instants import instant_of
from speedcam.model import Grade, Passage, Reason, Refusal
from speedcam.models import SECOND_READER, build_models
from speedcam.news import told_in
from speedcam.pipeline import Camera, unsigned
from speedcam.plugins import add_commands
from speedcam.process import EXHIBITS, RAW, SEALS, ClipResult
from speedcam.progress import Ticker, frame_progress
from speedcam.seal.bundle_cli import bundle_command, replay_command, verify_command
from speedcam.seal.keys import load_signing_key
from speedcam.seal.keys_cli import build_keys
from speedcam.simulate.cli import simulate_command
from speedcam.site import Site, load_site
from speedcam.validate.cli import validate_command

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

EPILOG = """Exit codes: 0 all done; 1 some items failed and the others are done; 2 the command or
an input is wrong; 130 interrupted. Data goes to stdout, everything else to stderr."""

talk = Console(stderr=True)


def build() -> typer.Typer:
    """The whole command line, with what other packages add to it."""
    app = typer.Typer(
        name="speedcam",
        help="Turn footage of a fixed roadside camera into fair, provable speeding notices.\n\n"
        "Start with `speedcam demo`; your own footage goes through `speedcam process`.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback(invoke_without_command=True)(_root)
    app.command(name="process", epilog=EPILOG)(process_command)
    app.command(name="explain", epilog=EPILOG)(explain_command)
    app.command(name="simulate", epilog=EPILOG)(simulate_command)
    app.command(name="validate", epilog=EPILOG)(validate_command)
    app.command(name="bundle", epilog=EPILOG)(bundle_command)
    app.command(name="verify")(verify_command)
    app.command(name="replay")(replay_command)
    app.add_typer(build_calibrate(), name="calibrate")
    app.add_typer(build_keys(), name="keys")
    app.add_typer(build_models(), name="models")
    add_commands(app)
    return app


def main() -> None:
    """Run the command line; a user's mistake never ends in a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and turn its end into an exit code."""
    try:
        build()(list(arguments))
    except SpeedcamError as error:
        complain(error)
        return BAD_INPUT
    except OSError as error:
        complain(SpeedcamError(f"{error.filename or 'output'}: {error.strerror or error}."))
        return BAD_INPUT
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            talk.print("speedcam: interrupted. What is finished is kept; run it again to go on.")
        return int(ended.code or OK)
    return OK


def complain(error: SpeedcamError) -> None:
    """Tell the user of a fault, on stderr."""
    talk.print(f"[red]speedcam:[/] {escape(str(error))}", highlight=False, soft_wrap=True)


def _warn(words: str) -> None:
    talk.print(f"[yellow]speedcam:[/] {escape(words)}", highlight=False, soft_wrap=True)


def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"speedcam {__version__}")
        raise typer.Exit


def process_command(
    *,
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEO…", help="Footage of this camera: MP4, MKV, TS.")
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
            help="Processes at once; 0 means as many as there are cores. The results are the "
            "same with any number (see docs/performance.md).",
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
) -> None:
    """Measure every vehicle in VIDEO… and write one passage per line of JSON.

    Each clip gets the folder OUT/CLIP with `passages.jsonl`, the raw data of each measurement in
    `raw/` (`speedcam explain` draws them) and, for vehicles above the limit only, their pictures
    in `exhibits/`; with `--key` every passage is signed, and its seal is in `seals/`. The path of
    each passages file goes to stdout, for `speedcam office receive`.

    An interrupted or killed run is simply started again: finished clips, and finished segments of
    a long one, are not measured twice, and the results are those of an undisturbed run.
    """
    jobs = _jobs(videos, load_site(site), starts_at or [])
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
        opener: Opens footage.
    """
    with frame_progress(talk) as progress, told_in(news) as write:
        ticker = Ticker(progress, _warn)

        def hear(clip: Path, told: News) -> None:
            ticker.hear(clip, told)
            write(told)

        for result in process_clips(
            jobs,
            out,
            partial(camera_at, detector, key),
            detector_of(detector).name,
            key_id=load_signing_key(key).public.id if key else "",
            opener=opener,
            workers=workers or cores(),
            hear=hear,
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
        _warn(
            f"{name}: {segment} was set aside and has no passages: whoever measured it was killed "
            f"or hung, {TRIES} times. Run the same command again; if it ends so again, look at "
            "the memory there is, and at the footage there."
        )


def camera_at(
    detector: str, key: Path | None, site: Site, size: tuple[int, int], out: Path
) -> Camera:
    """The camera at a site.

    Args:
        detector: As the user chose it.
        key: File of the key that signs its passages, or None.
        site: Where it stands.
        size: Width and height of its pictures in pixels.
        out: The folder that it writes to.
    """
    # OpenCV's own threads only get in each other's way on pictures this small.
    cv2.setNumThreads(1)
    chosen = detector_of(detector)
    second = TextReader(SECOND_READER.path) if SECOND_READER.is_there() else None
    reader = RapidPlateReader(second)
    ground = fit_ground(site.survey, size, site.drive)
    return Camera(
        site=site,
        ground=ground,
        make_detector=chosen.make,
        detector=chosen.name,
        reader=reader,
        witness=PictureWitness(
            site=site,
            ground=ground,
            store=FolderExhibits(folder=out / EXHIBITS),
            folder_name=EXHIBITS,
            redactor=MosaicRedactor(finders=(Faces(), OtherPlates(reader=reader))),
        ),
        keep_raw=FolderRaw(store=FolderExhibits(folder=out / RAW), folder_name=RAW),
        seal=_sealer(key, site, out, chosen) if key else unsigned,
    )


def _sealer(key: Path, site: Site, out: Path, detector: ChosenDetector) -> FolderSealer:
    return FolderSealer(
        key=load_signing_key(key),
        site=site,
        store=FolderExhibits(folder=out / SEALS),
        folder_name=SEALS,
        detector=detector.name,
        models=reader_models(),
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
