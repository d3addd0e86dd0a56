"""Accuracy on own renders: ``python -m tests.bench.renders [CLIP...] --work FOLDER``.

Each clip is rendered once into FOLDER, processed with ``speedcam process`` and compared with its
truth. Data goes to stdout, talk to stderr. An interrupted run goes on where it was: clips that are
rendered from the same source, and measured by the same, are not done again. Exit codes: 0 every
bar holds; 1 one does not, or a clip could not be done; 2 the command is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from speedcam.simulate.truth import write_text
from tests.bench.command import ROOT, CommandError
from tests.bench.renders_report import document, group, heading, line, lines
from tests.bench.renders_seen import Outcome
from tests.bench.renders_work import outcome_of
from tests.bench.streets import CLIPS, vehicles
from tests.bench.streets_clip import Clip

OK, FAILED, BAD_COMMAND, INTERRUPTED = 0, 1, 2, 130

talk = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

Done = Outcome | float | CommandError
"""What came of a clip: measured, rendered in so many seconds, or what went wrong."""


def done(clips: Sequence[Clip], options: argparse.Namespace) -> Iterator[tuple[Clip, Done]]:
    """Each clip as it gets done, the longest begun first; a fault of one does not stop the rest.

    Every clip has a process of its own: one that dies takes nothing else with it, and an interrupt
    at the keyboard reaches all of them.
    """
    with ThreadPoolExecutor(options.jobs) as pool:
        longest_first = sorted(clips, key=lambda clip: -clip.work_px)
        waiting = {pool.submit(_alone, clip, options): clip for clip in longest_first}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _alone(clip: Clip, options: argparse.Namespace) -> Done:
    command = [sys.executable, "-m", "tests.bench.renders_work", clip.name]
    command += ["--work", str(options.work.resolve())]
    command += ["--render-only"] if options.render_only else []
    command += [] if options.seconds is None else ["--seconds", str(options.seconds)]
    # As many processes as processors: threads of the libraries would only get in their way.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or [f"ended with {ended.returncode}"]
        return CommandError(last[0])
    told = json.loads(ended.stdout)
    return float(told["cpu_s"]) if options.render_only else outcome_of(told)


def run(clips: Sequence[Clip], options: argparse.Namespace) -> int:
    """Do all clips and tell what came of them."""
    options.work.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    broken: dict[str, str] = {}
    with Progress(console=talk, disable=not talk.is_terminal) as progress:
        task = progress.add_task("clips", total=len(clips))
        talk.print(heading("clip"))
        for clip, what in done(clips, options):
            progress.advance(task)
            talk.print(_told(clip, what))
            if isinstance(what, CommandError):
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
    if isinstance(what, float):
        return f"{clip.name}: rendered in {what:.0f} s of processor time"
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    options = _options(arguments)
    unknown = [name for name in options.clips if name not in CLIPS]
    if unknown or not (options.work or options.list):
        why = f"no clip {unknown[0]}; see --list" if unknown else "give --work FOLDER"
        talk.print(f"renders: {why}.")
        return BAD_COMMAND
    clips = [CLIPS[name] for name in options.clips or CLIPS]
    try:
        return _list(clips) if options.list else run(clips, options)
    except KeyboardInterrupt:
        talk.print("renders: interrupted. What is done is kept; run it again to go on.")
        return INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
