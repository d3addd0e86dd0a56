"""Small video files, whole and broken in one way each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_video(
    path: Path,
    *,
    times_ms: Sequence[int] = tuple(range(0, 2000, 40)),
    sizes: Sequence[tuple[int, int]] = ((320, 240),),
    codec: str = "libx264",
    container: str | None = None,
    key_every: int = 12,
    leaning: int = 0,
) -> Path:
    """A video with these time stamps; a bright bar wanders so that every frame differs."""
    with av.open(str(path), "w", format=container) as output:
        width, height = sizes[0]
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p" if codec != "mjpeg" else "yuvj420p"
        stream.time_base = Fraction(1, 1000)
        stream.codec_context.time_base = Fraction(1, 1000)
        if codec == "libx264":
            stream.options = {"bf": str(leaning), "g": str(key_every)}
        for index, time_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(_picture(index, width, height), format="gray")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def _picture(index: int, width: int, height: int) -> np.ndarray:
    picture = np.random.default_rng(index).integers(50, 70, (height, width), np.uint8)
    left = (7 * index) % (width - 20)
    picture[height // 3 : 2 * height // 3, left : left + 20] = 220
    return picture


def write_sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000, layout="mono")
        silence = np.zeros((1, 1024), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.rate, frame.pts = 48000, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def write_growing(path: Path) -> Path:
    """A transport stream whose picture changes its size in the middle."""
    parts = [
        write_video(path.with_name(f"part{size[0]}.ts"), sizes=[size], container="mpegts")
        for size in ((320, 240), (640, 480))
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path
