"""One clip of the rendered benchmark: rendered once, processed, compared with its truth.

``python -m tests.bench.renders_work CLIP --work FOLDER`` does one clip in a process of its own and
prints what came of it as JSON, which :func:`outcome_of` reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2

import speedcam.simulate
from speedcam.errors import SpeedcamError
from speedcam.simulate import Scene, SimulatedClip, simulate, vary
from speedcam.simulate.render import view_of
from speedcam.simulate.scene import Mast
from speedcam.simulate.truth import write_text
from tests.bench.command import CommandError, children_cpu_s, run
from tests.bench.renders_seen import Ghost, Outcome, Seen
from tests.bench.streets import CLIPS
from tests.bench.streets_clip import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A clip's files, and the processor seconds that rendering them took."""

    files: SimulatedClip
    cpu_s: float


def digest(clip: Clip) -> str:
    """Of everything a clip's files depend on: the scene, and the source that renders it."""
    sha = hashlib.sha256(repr(clip).encode())
    folder = Path(speedcam.simulate.__file__).parent
    for source in sorted(folder.glob("*.py")):
        sha.update(source.name.encode() + b"\0" + source.read_bytes())
    return sha.hexdigest()


def rendered(clip: Clip, folder: Path) -> Rendered:
    """The clip in ``folder``, rendered unless it is there whole and from the same source."""
    files = SimulatedClip(
        video=folder / f"{clip.name}.mp4",
        site=folder / f"{clip.name}.site.toml",
        truth=folder / f"{clip.name}.truth.json",
    )
    stamp, current = folder / f"{clip.name}.render.json", digest(clip)
    if stamp.exists() and (done := json.loads(stamp.read_text()))["digest"] == current:
        return Rendered(files=files, cpu_s=done["cpu_s"])
    stamp.unlink(missing_ok=True)
    before_s = time.process_time()
    simulate(clip.scene, folder)
    if clip.moved_before:
        _keep_the_surveyed_picture(clip.scene, files.site)
    cpu_s = round(time.process_time() - before_s, 1)
    write_text(stamp, json.dumps({"digest": current, "cpu_s": cpu_s}))
    return Rendered(files=files, cpu_s=cpu_s)


def _keep_the_surveyed_picture(scene: Scene, site: Path) -> None:
    """What the camera saw before it was moved, and its name in the site file."""
    picture = site.with_name(f"{scene.name}.reference.png")
    cv2.imwrite(str(picture), view_of(replace(scene, mast=Mast()), (), 0.0))
    named = f'[camera]\nreference_frame = "{picture.name}"\n'
    write_text(site, site.read_text().replace("[camera]\n", named, 1))


def outcome(clip: Clip, work: Path) -> Outcome:
    """Process the clip and compare every vehicle with what is true of it.

    Raises:
        CommandError: ``speedcam process`` or ``speedcam validate`` refused.
    """
    made = rendered(clip, work / "clips")
    before_s = children_cpu_s()
    files = made.files
    run("speedcam", "process", files.video, "--site", files.site, "--out", work / "passages")
    process_cpu_s = round(children_cpu_s() - before_s, 1)
    told = run("speedcam", "validate", work / "passages" / files.video.stem, files.truth, "--json")
    return Outcome(
        clip=clip.name,
        site=clip.site,
        conditions=clip.conditions,
        render_cpu_s=made.cpu_s,
        process_cpu_s=process_cpu_s,
        **_compared(clip, json.loads(told), json.loads(files.truth.read_text())),
    )


def _compared(clip: Clip, report: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
    facts = {str(row["id"]): row for row in truth["vehicles"]}
    return {
        "vehicles": tuple(_seen(clip, row, facts[row["id"]]) for row in report["vehicles"]),
        "ghosts": tuple(
            Ghost(clip=clip.name, **{key: row[key] for key in ("reading_kmh", "grade", "beside")})
            for row in report["extra"]
            if row["reading_kmh"] is not None
        ),
    }


def _seen(clip: Clip, row: dict[str, Any], fact: dict[str, Any]) -> Seen:
    told = ("truth_kmh", "reading_kmh", "uncertainty_kmh", "grade", "refusal", "plate", "id")
    return Seen(
        clip=clip.name,
        kind=fact["kind"],
        occluded=fact.get("occluded", 0.0),
        way=fact.get("way", "constant"),
        doubtful=clip.doubtful,
        **{key: row[key] for key in told},
    )


def outcome_of(row: dict[str, Any]) -> Outcome:
    """An outcome from its JSON."""
    nested: dict[str, Any] = {
        "conditions": tuple(row["conditions"]),
        "vehicles": tuple(Seen(**vehicle) for vehicle in row["vehicles"]),
        "ghosts": tuple(Ghost(**ghost) for ghost in row["ghosts"]),
    }
    return Outcome(**row | nested)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one clip; what went wrong goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.renders_work")
    parser.add_argument("clip", choices=list(CLIPS), metavar="CLIP")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--render-only", action="store_true")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    clip = CLIPS[options.clip]
    clip = replace(clip, scene=vary(clip.scene, seconds=options.seconds))
    try:
        if options.render_only:
            told: dict[str, Any] = {"cpu_s": rendered(clip, options.work / "clips").cpu_s}
        else:
            told = asdict(outcome(clip, options.work))
    except (CommandError, SpeedcamError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
