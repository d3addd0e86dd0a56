"""``speedcam bundle``, ``verify`` and ``replay``. Parse, call, print."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from speedcam.disk import write_durably
from speedcam.errors import SealError, SpeedcamError
from speedcam.model import Passage
from speedcam.record import loads
from speedcam.seal.bundle import (
    CLIP,
    EXHIBITS,
    MANIFEST,
    PASSAGE,
    REFERENCE,
    SITE,
    Members,
    gather,
    open_bundle,
    pack_bundle,
)
from speedcam.seal.checks import Check, Outcome
from speedcam.seal.keys import load_public_key
from speedcam.seal.manifest import parse_manifest
from speedcam.seal.replay import clip_starts_at, compared, replay_raw
from speedcam.seal.verify import holds, verify
from speedcam.site import read_site

NOT_GOOD = 1
MOTION = "motion"

Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's file or folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def bundle_command(
    passages: Annotated[
        Path, typer.Argument(help="passages.jsonl as `speedcam process --key` wrote it.")
    ],
    passage: Annotated[str, typer.Argument(metavar="ID", help="Its id or its first digits.")],
    out: Annotated[Path, typer.Option("--out", help="The bundle to write (.zip).")],
    video: Annotated[
        Path | None, typer.Option("--video", help="Put the clip in as well, 512 MiB at most.")
    ] = None,
    surveyed: Annotated[
        Path | None, typer.Option("--surveyed", help="And the site's reference_frame, if any.")
    ] = None,
) -> None:
    """Put all the evidence of one signed passage into one file, every picture included.

    It is for courts and experts: nothing in it is hidden. `speedcam office bundle` makes the one
    that its owner may have.
    """
    # What opens footage takes a second to load, which no check of a signature should pay.
    from speedcam.explain.dossier import exhibit_bytes, passage_named  # noqa: PLC0415

    named = passage_named(passages, passage)
    members = gather(named, partial(exhibit_bytes, passages.parent), EXHIBITS)
    extra = {CLIP: video, REFERENCE: surveyed}
    members |= {name: path.read_bytes() for name, path in extra.items() if path}
    write_durably(out, pack_bundle(members))
    typer.echo(out)


def verify_command(
    bundle: Bundle,
    registry: Annotated[Path, typer.Option("--registry", help="The registry of cameras.")],
    root: Annotated[Path, typer.Option("--root", help="The root's public key.")],
    as_json: AsJson = False,
) -> None:
    """Check a bundle: by which camera it was signed, and that nothing was changed since.

    Needs the bundle and public keys only: no database and no network. Exit codes: 0 everything
    that is there holds; 1 something failed; 2 it is no bundle, or the command is wrong. What a
    bundle withholds is known by its SHA-256 and said to be withheld.
    """
    key = load_public_key(root)
    try:
        content = registry.read_bytes()
    except OSError as error:
        raise SealError(f"cannot read the registry {registry}: {error.strerror}.") from None
    _tell(verify(open_bundle(bundle), content, key), as_json=as_json)


def replay_command(
    bundle: Bundle,
    video: Annotated[
        Path | None, typer.Option("--video", help="The clip, where the bundle has none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure again from a bundle's raw data, and from the clip where it is at hand.

    Exit codes as with `speedcam verify`, which says by whom a bundle was signed: this asks only
    whether its speed follows from what is in it.
    """
    members = dict(open_bundle(bundle))
    if video:
        members[CLIP] = video.read_bytes()
    checks = tuple(replay_raw(members))
    if CLIP in members and holds(checks):
        checks = (*checks, _replay_clip(members))
    _tell(checks, as_json=as_json)


def _replay_clip(members: Members) -> Check:
    told, passage = parse_manifest(members[MANIFEST]), loads(members[PASSAGE], PASSAGE)
    lacking = [] if told.detector == MOTION else [f"the detector {told.detector}"]
    lacking += [] if SITE in members else ["the site file"]
    if told.reference_frame_sha256 and REFERENCE not in members:
        lacking.append("the surveyed picture")
    if lacking:
        why = f"it cannot be measured again without {' and '.join(lacking)}"
        return Check(about="footage", outcome=Outcome.WITHHELD, why=why)
    with tempfile.TemporaryDirectory() as folder:
        return _measured_again(members, passage, Path(folder))


def _measured_again(members: Members, passage: Passage, folder: Path) -> Check:
    from speedcam.process_cli import process_files  # noqa: PLC0415 - the whole camera, as above

    clip, frame = folder / "clip.mp4", folder / REFERENCE
    clip.write_bytes(members[CLIP])
    starts_at = clip_starts_at(parse_manifest(members[MANIFEST]))
    site = replace(read_site(members[SITE], SITE), clip_starts_at=starts_at)
    if REFERENCE in members:
        frame.write_bytes(members[REFERENCE])
        site = replace(site, reference_frame=frame)
    (result,) = process_files([(clip, site)], folder / "out")
    if isinstance(result, SpeedcamError):
        return Check(about="footage", outcome=Outcome.FAILED, why=str(result))
    again = next((each for each in result.passages if each.id == passage.id), None)
    if again is None:
        return Check(about="footage", outcome=Outcome.FAILED, why="no such vehicle in the clip")
    return compared("footage", again.speed, passage)


def _tell(checks: Sequence[Check], *, as_json: bool) -> None:
    """Print checks and end with their exit code."""
    good = holds(checks)
    if as_json:
        told = {"ok": good, "checks": [asdict(each) for each in checks]}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for each in checks:
            typer.echo(f"{each.outcome:<9} {each.about:<20} {_printable(each.why)}")
    if not good:
        raise typer.Exit(NOT_GOOD)


def _printable(words: str) -> str:
    """Words without what would steer a terminal: some of them come from strangers."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words)
