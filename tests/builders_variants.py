"""A sample clip as other cameras would have recorded it: the same traffic, so the same speeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from speedcam.adapters.motion import MotionDetector
from speedcam.adapters.video import open_footage
from speedcam.ground import fit_ground
from speedcam.model import Exhibit, ExhibitKind, Image, Passage
from speedcam.pipeline import Camera, passages
from speedcam.site import Lane, Site, SurveyPoint

TICKS = 90_000
NO_TRIGGER = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How another camera would have recorded the same road.

    Attributes:
        picture: What it makes of each picture.
        times: What it makes of ``(index, time_s)``: another time, or None for a lost frame.
        site: Its survey.
    """

    picture: Callable[[Image], Image] = lambda luma: luma
    times: Callable[[int, float], float | None] = lambda _, time_s: time_s
    site: Callable[[Site], Site] = lambda site: site


def record(source: Path, target: Path, variant: Variant, seconds: float) -> Path:
    """The first ``seconds`` of ``source`` as ``variant`` would have recorded them."""
    with av.open(str(target), "w") as output:
        stream = None
        for luma, time_s in _shown(source, variant, seconds):
            if stream is None:
                stream = output.add_stream("libx264", rate=25)
                stream.height, stream.width = luma.shape
                stream.pix_fmt = "yuv420p"
                stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
                stream.options = {"crf": "17", "preset": "veryfast", "bf": "0"}
            frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            output.mux(stream.encode(frame))
        assert stream is not None
        output.mux(stream.encode())
    return target


def cut(source: Path, target: Path, seconds: float) -> Path:
    """The first ``seconds`` of ``source``, picture for picture as it is."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as output:
        stream = whole.streams.video[0]
        copy = output.add_stream_from_template(stream)
        for packet in whole.demux(stream):
            if packet.pts is not None and packet.pts * stream.time_base < seconds:
                packet.stream = copy
                output.mux(packet)
    return target


def _shown(source: Path, variant: Variant, seconds: float) -> Iterator[tuple[Image, float]]:
    for frame in open_footage(source).frames():
        if frame.time_s > seconds:
            return
        time_s = variant.times(frame.index, frame.time_s)
        if time_s is not None:
            yield np.ascontiguousarray(variant.picture(frame.luma)), time_s


def measured(clip: Path, site: Site) -> list[Passage]:
    """Every passage of ``clip``, without plates and pictures."""
    untriggered = tuple(replace(lane, trigger_kmh=NO_TRIGGER) for lane in site.lanes)
    camera = Camera(
        site=replace(site, lanes=untriggered),
        ground=fit_ground(site.survey),
        make_detector=MotionDetector,
        reader=_Nobody(),
        witness=_Nobody(),
        keep_raw=lambda raw: Exhibit(
            kind=ExhibitKind.RAW, path=raw.passage_id, sha256="", time_s=0.0, frame_index=0
        ),
    )
    return list(passages(camera, open_footage(clip)))


class _Nobody:
    """Neither plates nor pictures are wanted below the trigger."""

    def read_track(self, *_: object, **__: object) -> None:
        raise AssertionError("a plate was looked for below the trigger")

    __call__ = read_track


def seen_in_a_mirror(site: Site) -> Site:
    """The survey of a camera whose picture and road are both mirrored."""
    width = 1920
    points = tuple(
        SurveyPoint(px=(width - 1 - p.px[0], p.px[1]), m=(-p.m[0], p.m[1]))
        for p in site.survey.points
    )
    return replace(site, survey=replace(site.survey, points=points), lanes=_mirrored(site.lanes))


def _mirrored(lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    return tuple(replace(lane, left_m=-lane.right_m, right_m=-lane.left_m) for lane in lanes)


def of_half_resolution(site: Site) -> Site:
    """The survey of a camera with half as many pixels each way; pixel centres are whole numbers."""
    points = tuple(
        replace(p, px=((p.px[0] + 0.5) / 2 - 0.5, (p.px[1] + 0.5) / 2 - 0.5))
        for p in site.survey.points
    )
    return replace(site, survey=replace(site.survey, points=points))


def half(luma: Image) -> Image:
    """The picture at half its resolution."""
    return cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
