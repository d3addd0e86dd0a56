"""H.264 by PyAV: one thread and no clock, so that equal frames give equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av

from speedcam.model import Image
from speedcam.simulate.timeline import Timeline


def write_video(
    path: Path,
    pictures: Iterable[Image],
    *,
    size_px: tuple[int, int],
    times: Timeline,
    crf: int,
    preset: str,
    wrote: Callable[[], None],
) -> None:
    """Encode planar YUV 4:2:0 pictures.

    Args:
        path: Where to; written as a whole or not at all.
        pictures: ``(height * 3 / 2, width)`` uint8 each, one for each shot.
        size_px: Width and height, both even.
        times: When they are.
        crf: Constant rate factor.
        preset: Of x264.
        wrote: Called after each picture.
    """
    part = path.with_name(path.name + ".part")
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    try:
        with av.open(str(part), "w", format="mp4", options=options) as container:
            stream = container.add_stream(
                "libx264", rate=times.per_s, options=_options(times.per_s, crf, preset)
            )
            stream.width, stream.height = size_px
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = times.unit_s
            stream.codec_context.flags |= 0x00800000  # AV_CODEC_FLAG_BITEXACT
            for shot, planes in zip(times.shots, pictures, strict=True):
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts = shot.ticks
                frame.time_base = times.unit_s
                container.mux(stream.encode(frame))
                wrote()
            container.mux(stream.encode())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _options(per_s: Fraction, crf: int, preset: str) -> dict[str, str]:
    gop = round(2 * per_s)
    return {
        "crf": str(crf),
        "preset": preset,
        "threads": "1",
        # x264's macroblock tree reads memory it never wrote at some widths (480 for one): with
        # it, equal pictures gave other bytes from run to run.
        # OpenCV converts with the matrix of BT.601: say so, or decoders guess BT.709.
        "x264-params": (
            f"threads=1:mbtree=0:keyint={gop}:min-keyint={gop}:scenecut=0:"
            "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv"
        ),
    }
