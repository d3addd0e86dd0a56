"""The short film of a passage: which moments it shows, and its bytes.

Its frames follow one another in even steps, so that a page can go through them one by one; each
says its own time in the picture. No sound, no metadata, and equal pictures give equal bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext

from speedcam.model import FILM_STEP_S, Image, Sighting

MOST_S = 4.0
"""No film is longer."""
_CRF = 27
"""Constant rate factor of x264: what is hidden is soft already, and what is shown is small."""
_BITEXACT = 0x00800000
"""AV_CODEC_FLAG_BITEXACT: equal pictures give equal bytes."""
_NO_WORDS = "filter_units=remove_types=6"
"""Leaves out what x264 tells of itself and its settings (H.264, table 7-1: type 6, SEI)."""


def moments(sightings: Sequence[Sighting], middle_s: float) -> list[Sighting]:
    """The sightings that a film shows, the nearest to each of its steps around ``middle_s``.

    A vehicle that the border cuts is not shown: where it ends is not known there.
    """
    whole = [sighting for sighting in sightings if not sighting.touches_border]
    if not whole:
        return []
    times_s = np.array([sighting.time_s for sighting in whole])
    latest_s = max(times_s[0], times_s[-1] - MOST_S)
    start_s = float(np.clip(middle_s - MOST_S / 2, times_s[0], latest_s))
    steps_s = np.arange(start_s, min(start_s + MOST_S, times_s[-1]) + FILM_STEP_S / 4, FILM_STEP_S)
    return [whole[int(np.argmin(np.abs(times_s - step_s)))] for step_s in steps_s]


def encode_mp4(pictures: Sequence[Image]) -> bytes:
    """The bytes of a film (H.264, yuv420p) that plays while it still loads.

    Args:
        pictures: ``(height, width, 3)`` BGR, all of one size.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"  # the index is moved to the front within the file
        _write(path, list(map(_even, pictures)))
        return path.read_bytes()


def _even(picture: Image) -> Image:
    """``picture`` with its last row or column once more where there is an odd number of them."""
    height, width = picture.shape[:2]
    return np.asarray(
        cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8
    )


def _write(path: Path, pictures: Sequence[Image]) -> None:
    step_s = Fraction(FILM_STEP_S).limit_denominator(1000)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=1 / step_s, options=_x264())
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.flags |= _BITEXACT
        container.start_encoding()
        unsaid = BitStreamFilterContext(_NO_WORDS, stream)
        frames = (_frame(picture, pts, step_s) for pts, picture in enumerate(pictures))
        for packet in (p for frame in (*frames, None) for p in stream.encode(frame)):
            container.mux(unsaid.filter(packet))
        container.mux(unsaid.filter(None))


def _frame(picture: Image, pts: int, step_s: Fraction) -> av.VideoFrame:
    planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = pts, step_s
    return frame


def _x264() -> dict[str, str]:
    """One thread and no macroblock tree, which reads memory it never wrote: equal bytes each time.

    A key frame every half second: whoever steps back waits for few frames. The colours are named
    as OpenCV converts them.
    """
    return {
        "crf": str(_CRF),
        "preset": "veryfast",
        "threads": "1",
        "x264-params": (
            "threads=1:mbtree=0:keyint=6:min-keyint=6:scenecut=0:"
            "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv"
        ),
    }
