"""Accuracy on own renders: ``python -m tests.bench.renders [CLIP...] --work FOLDER``.

Each clip is rendered once into FOLDER, processed with ``speedcam process`` and compared with its
truth. Data goes to stdout, talk to stderr. An interrupted run goes on where it was: clips that are
rendered from the same source, and measured by the same, are not done again. Exit codes: 0 every
bar holds; 1 one does not, or a clip could not be done; 2 the command is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import Progress

from speedcam.simulate import vary
from speedcam.simulate.truth import write_text
from tests.bench.renders_report import document, group, heading, line, lines
from tests.bench.renders_seen import Outcome
from tests.bench.renders_work import Rendered, outcome, rendered
from tests.bench.streets import CLIPS, vehicles
from tests.bench.streets_clip import Clip

OK, FAILED, BAD_COMMAND, INTERRUPTED = 0, 1, 2, 130

talk = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

Done = Outcome | Rendered | BaseException
"""What came of a clip, or what went wrong with it."""


def render_clip(clip: Clip, work: Path) -> Rendered:
    """Only render ``clip``."""
    cv2.setNumThreads(1)
    return rendered(clip, work / "clips")


def measure_clip(clip: Clip, work: Path) -> Outcome:
    """Render ``clip`` where that is not done, then measure it."""
    cv2.setNumThreads(1)
    return outcome(clip, work)


def done(
    clips: Sequence[Clip], work: Path, jobs: int, todo: Callable[[Clip, Path], Done]
) -> Iterator[tuple[Clip, Done]]:
    """Each clip as it gets done, the longest begun first; a fault of one does not stop the rest."""
    # As many processes as processors: threads of the libraries would only get in their way.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        longest_first = sorted(clips, key=lambda clip: -clip.work_px)
        waiting: dict[Future[Done], Clip] = {
            pool.submit(todo, clip, work): clip for clip in longest_first
        }
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.exception() or future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def run(clips: Sequence[Clip], options: argparse.Namespace) -> int:
    """Do all clips and tell what came of them."""
    options.work.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    broken: dict[str, str] = {}
    todo = render_clip if options.render_only else measure_clip
    with Progress(console=talk, disable=not talk.is_terminal) as progress:
        task = progress.add_task("clips", total=len(clips))
        talk.print(heading("clip"))
        for clip, what in done(clips, options.work, options.jobs, todo):
            progress.advance(task)
            talk.print(_told(clip, what))
            if isinstance(what, BaseException):
                broken[clip.name] = str(what)
            elif isinstance(what, Outcome):
                outcomes.append(what)
                _keep(options.results, _in_order(outcomes), broken)
    if options.render_only:
        return FAILED if broken else OK
    return _finish(_in_order(outcomes), broken, options)


def _told(clip: Clip, what: Done) -> str:
    if isinstance(what, Outcome):
        spent = f"{what.render_cpu_s:.0f} + {what.process_cpu_s:.0f} s of processor time"
        return f"{line(clip.name, group([what]))}  {spent}"
    if isinstance(what, Rendered):
        return f"{clip.name}: rendered in {what.cpu_s:.0f} s of processor time"
    return f"{clip.name}: not done: {what}"


def _in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda outcome: list(CLIPS).index(outcome.clip))


def _keep(results: Path | None, outcomes: Sequence[Outcome], broken: dict[str, str]) -> None:
    """Write what is known so far: a run that is cut short has measured something all the same."""
    if results is not None:
        write_text(results, json.dumps(document(outcomes, broken), indent=1))


def _finish(
    outcomes: Sequence[Outcome], broken: dict[str, str], options: argparse.Namespace
) -> int:
    told = document(outcomes, broken)
    _keep(options.results, outcomes, broken)
    sys.stdout.write(json.dumps(told, indent=1) if options.json else "\n".join(lines(told)))
    sys.stdout.write("\n")
    return FAILED if broken or not all(bar["holds"] for bar in told["bars"]) else OK


def _list(clips: Sequence[Clip]) -> int:
    counts = [vehicles(clip) for clip in clips]
    for clip, count in zip(clips, counts, strict=True):
        size = "x".join(map(str, clip.scene.camera.size_px))
        said = (
            f"{count:>3} vehicles  {clip.scene.seconds:g} s  {size}  {', '.join(clip.conditions)}"
        )
        sys.stdout.write(f"{clip.name:<32}{said}\n")
    sys.stdout.write(f"{len(clips)} clips, {sum(counts)} vehicles\n")
    return OK


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.renders", description=__doc__)
    parser.add_argument("clips", nargs="*", metavar="CLIP", help="all of them when left out")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where everything goes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--results", type=Path, metavar="FILE", help="also write that document")
    parser.add_argument("--list", action="store_true", help="only list the clips")
    parser.add_argument("--render-only", action="store_true", help="measure nothing")
    parser.add_argument("--seconds", type=float, help="shorter clips, for a trial")
    return parser.parse_args(arguments)


def _chosen(options: argparse.Namespace) -> list[Clip]:
    names = options.clips or list(CLIPS)
    return [
        replace(CLIPS[name], scene=vary(CLIPS[name].scene, seconds=options.seconds))
        for name in names
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    options = _options(arguments)
    unknown = [name for name in options.clips if name not in CLIPS]
    if unknown or not (options.work or options.list):
        why = f"no clip {unknown[0]}; see --list" if unknown else "give --work FOLDER"
        talk.print(f"renders: {why}.")
        return BAD_COMMAND
    clips = _chosen(options)
    try:
        return _list(clips) if options.list else run(clips, options)
    except KeyboardInterrupt:
        talk.print("renders: interrupted. What is done is kept; run it again to go on.")
        return INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
