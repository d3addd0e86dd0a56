"""``speedcam simulate``: parse, render, print the paths."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from speedcam.errors import SpeedcamError
from speedcam.progress import frame_progress
from speedcam.simulate.clip import SimulatedClip, simulate
from speedcam.simulate.samples import SUMS, differences, read_sums, write_sums
from speedcam.simulate.scene import Scene, vary
from speedcam.simulate.scenes import SCENES

_DIFFERENT = 1


def simulate_command(
    scenes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENE…]", help=f"Which to render: {', '.join(SCENES)}. All when left out."
        ),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the clips; made when missing.")
    ] = Path("simulated"),
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", min=0, help="Other traffic and another world, the same for the same number."
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=2.0, max=600.0, help="Length of each clip.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            "--size", metavar="WxH", help="Size of the picture, even numbers, as 1280x720."
        ),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            "--samples",
            metavar="DIR",
            help="Remake the sample clips that ship, in DIR, with their check sums.",
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="With --samples: write nothing, render aside, and say "
            "whether every byte equals DIR/SHA256SUMS, and if not, why.",
        ),
    ] = False,
) -> None:
    """Render traffic whose every speed, position and plate is known exactly.

    Each SCENE becomes three files in OUT: `NAME.mp4` (H.264), `NAME.site.toml` (camera, survey,
    lanes, limits) and `NAME.truth.json` (each vehicle's speed, time, lane and plate). Measure the
    clip with `speedcam process` and compare with `speedcam validate`.

    It runs on the processor alone, a few minutes for a clip in full size. The same scene and seed
    give the same bytes with the same libraries. No person and no real plate is shown.

    The paths of the videos go to stdout, the progress to stderr. Exit code 1 when --verify finds
    a difference, 2 when the command is wrong.
    """
    if samples is not None:
        _refuse_variants(scenes, seed, seconds, size)
        _samples(samples, verify=verify)
        return
    if verify:
        raise SpeedcamError("--verify needs --samples DIR: it compares with DIR/SHA256SUMS.")
    wanted = [_scene(name) for name in scenes or SCENES]
    for scene in wanted:
        varied = vary(scene, seed=seed, seconds=seconds, size_px=_size(size) if size else None)
        typer.echo(_render(varied, out).video)


def _refuse_variants(
    scenes: list[str] | None, seed: int | None, seconds: float | None, size: str | None
) -> None:
    if scenes or seed is not None or seconds is not None or size is not None:
        raise SpeedcamError(
            "--samples remakes the clips exactly as they ship: leave out SCENE, --seed, --seconds "
            "and --size, or leave out --samples."
        )


def _scene(name: str) -> Scene:
    if name not in SCENES:
        raise SpeedcamError(f"there is no scene {name!r}. Choose from: {', '.join(SCENES)}.")
    return SCENES[name]


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise SpeedcamError(f"--size {text!r} is not WIDTHxHEIGHT. Write for example 1280x720.")
    size = int(width), int(height)
    if any(side % 2 or not 64 <= side <= 4096 for side in size):
        raise SpeedcamError(f"--size {text}: both sides must be even and within 64 and 4096.")
    return size


def _samples(folder: Path, *, verify: bool) -> None:
    if not verify:
        clips = [_render(scene, folder) for scene in SCENES.values()]
        files = [file for clip in clips for file in (clip.video, clip.site, clip.truth)]
        before = read_sums(folder) if (folder / SUMS).exists() else None
        for sentence in differences(*before, files) if before else []:
            _talk().print(sentence)
        write_sums(folder, files)
        for clip in clips:
            typer.echo(clip.video)
        return
    expected, made_with = read_sums(folder)
    with tempfile.TemporaryDirectory(prefix="speedcam-samples-") as aside:
        clips = [_render(scene, Path(aside)) for scene in SCENES.values()]
        files = [file for clip in clips for file in (clip.video, clip.site, clip.truth)]
        found = differences(expected, made_with, files)
    if found:
        for sentence in found:
            _talk().print(sentence)
        raise typer.Exit(_DIFFERENT)
    _talk().print(f"Every byte of {len(files)} files equals {folder / SUMS}.")


def _render(scene: Scene, out: Path) -> SimulatedClip:
    with frame_progress(_talk()) as bar:
        task = bar.add_task(scene.name, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            return simulate(scene, out, report)
        except OSError as error:
            raise SpeedcamError(
                f"cannot write {scene.name} into {out}: {error.strerror or error}. Give another "
                "folder with --out."
            ) from None


def _talk() -> Console:
    return Console(stderr=True)
