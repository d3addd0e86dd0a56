"""A clip through the camera for what hides people: slow limits, no raw data, and its report."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2

from speedcam.adapters.motion import MotionDetector
from speedcam.adapters.plates import RapidPlateReader
from speedcam.adapters.video import open_footage
from speedcam.ground import Ground, fit_ground
from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.pipeline import Camera, passages
from speedcam.ports import PlateReader, Witness
from speedcam.raw import RawData
from speedcam.site import Site, load_site
from tests.bench.looks import Looks

TRIGGER_KMH = 25

MakeWitness = Callable[[Site, Ground, tuple[int, int]], Witness]
"""Makes the witness of a site whose pictures are so wide and high."""
Hide = Callable[[Path, Looks, RapidPlateReader, argparse.Namespace], Counter[str]]
"""The counts of one clip."""


class Nowhere:
    """Keeps no exhibit."""

    def keep(self, name: str, content: bytes) -> tuple[Path, str]:  # noqa: ARG002 # the port's
        return Path(name), ""


def passed(clip: Path, reader: PlateReader, make_witness: MakeWitness) -> Iterator[Passage]:
    """Who passes in a clip (its ``.site.toml`` beside it), as if the limit were 20 km/h."""
    site = _lowered(load_site(clip.with_name(f"{clip.stem}.site.toml")))
    footage = open_footage(clip)
    ground = fit_ground(site.survey, footage.size, site.drive)
    camera = Camera(
        site=site,
        ground=ground,
        make_detector=MotionDetector,
        reader=reader,
        witness=make_witness(site, ground, footage.size),
        keep_raw=_forget,
    )
    return passages(camera, footage)


def report(parser: argparse.ArgumentParser, hide: Hide, arguments: list[str]) -> int:
    """Print one line of JSON for each clip that is named."""
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--faces", type=Path, help="a YuNet model")
    given = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader = RapidPlateReader()
    looks = Looks(reader=reader, model=given.faces)
    for clip in given.clips:
        counts = hide(clip, looks, reader, given)
        row = {"clip": clip.name, "looks": looks.name} | dict(sorted(counts.items()))
        print(json.dumps(row), flush=True)  # noqa: T201 - its data
    return 0


def _lowered(site: Site) -> Site:
    lanes = (replace(lane, limit_kmh=20, trigger_kmh=TRIGGER_KMH) for lane in site.lanes)
    return replace(site, lanes=tuple(lanes))


def _forget(raw: RawData) -> Exhibit:
    return Exhibit(kind=ExhibitKind.RAW, path=raw.passage_id, sha256="", time_s=0.0, frame_index=0)
