"""Footage that somebody made to do harm, and what it must come to: made by PyAV and byte edits."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from speedcam.adapters.bounds import Bounds
from tests.builders_footage import write_growing, write_sound, write_video

FRAMES = frozenset({"frames"})
"""It can be measured on."""
MARKED = frozenset({"marked", "damaged", "cut_off", "no_frame", "container", "time"})
"""It is refused, or what is damaged is marked: nobody can be fined on a marked frame."""
SMALL = ((64, 48),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One case.

    Attributes:
        name: What is wrong with it.
        make: Makes it in a folder.
        ends: How it may end: codes, or "frames", or "marked".
        bounds: What it may ask.
    """

    name: str
    make: Callable[[Path], Path]
    ends: frozenset[str]
    bounds: Bounds = field(default_factory=Bounds)


def small(folder: Path, name: str = "clip.mp4", **how) -> Path:
    """A sound clip of 50 small pictures."""
    return write_video(folder / name, **{"sizes": SMALL, **how})


def content(words: bytes, name: str = "clip.mp4") -> Callable[[Path], Path]:
    """Makes a file of these bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(words)
        return folder / name

    return make


def edited(edit: Callable[[bytes], bytes], name: str = "clip.mp4") -> Callable[[Path], Path]:
    """Makes a sound clip and changes its bytes."""

    def make(folder: Path) -> Path:
        path = small(folder, name)
        path.write_bytes(edit(path.read_bytes()))
        return path

    return make


def of_box(kind: bytes, change: Callable[[bytearray, int], None]) -> Callable[[bytes], bytes]:
    """Changes the content of the first MP4 box of a kind; it begins at the given place."""

    def edit(whole: bytes) -> bytes:
        bytes_ = bytearray(whole)
        change(bytes_, whole.index(kind) + 4)
        return bytes(bytes_)

    return edit


def zeroed_pictures(whole: bytes) -> bytes:
    """Every coded picture but the first few is nothing."""
    start = whole.index(b"mdat") + 4
    end = whole.index(b"moov", start) - 4
    kept = start + (end - start) // 4
    return whole[:kept] + bytes(end - kept) + whole[end:]


def flipped(whole: bytes, *, first: float, last: float, count: int) -> bytes:
    """With bits flipped between two places, given as shares of the file."""
    dice, bytes_ = random.Random(7), bytearray(whole)  # noqa: S311 - no secret
    for _ in range(count):
        place = dice.randrange(int(first * len(whole)), int(last * len(whole)))
        bytes_[place] ^= 1 << dice.randrange(8)
    return bytes(bytes_)


def lost_packets(whole: bytes) -> bytes:
    """A transport stream that lost one packet in twenty."""
    dice = random.Random(3)  # noqa: S311 - no secret
    packets = [whole[i : i + 188] for i in range(0, len(whole), 188)]
    kept = [p for i, p in enumerate(packets) if i < 20 or dice.random() > 0.05]
    return b"".join(kept)


def set_word(offset: int, value: int) -> Callable[[bytearray, int], None]:
    """Sets a big-endian number of 32 bits so far into the box."""
    return lambda whole, start: struct.pack_into(">I", whole, start + offset, value)


def two_videos(folder: Path) -> Path:
    path = folder / "two.mkv"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for stream in streams:
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64), np.uint8), format="gray")
            picture.pts, picture.time_base = 0, Fraction(1, 25)
            out.mux(stream.encode(picture.reformat(format="yuv420p")))
            out.mux(stream.encode())
    return path


def backwards(folder: Path) -> Path:
    path = small(folder, "once.ts", container="mpegts")
    (folder / "twice.ts").write_bytes(2 * path.read_bytes())
    return folder / "twice.ts"


def holes(size_bytes: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = small(folder)
        os.truncate(path, size_bytes)
        return path

    return make


def link_to(target: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        small(folder)
        (folder / "link.mp4").symlink_to(target)
        return folder / "link.mp4"

    return make


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mp4")
    return folder / "pipe.mp4"


def labelled(folder: Path) -> Path:
    path = folder / "labelled.mp4"
    small(folder)
    with av.open(str(folder / "clip.mp4")) as read, av.open(str(path), "w") as out:
        out.metadata["title"] = "<script>alert(1)</script>'; DROP TABLE fines;--\r\n"
        stream = out.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return path


_NOISE = random.Random(1).randbytes(20_000)  # noqa: S311 - no secret
_ODD_NAMES = ("-i.mp4", "a b'$(x)`y`.mp4", "line\nbreak.mp4", "\u202eright.mp4", "concat:x.mp4")

HOSTILE = (
    Hostile(name="sound", make=small, ends=FRAMES),
    *(
        Hostile(name=f"named {name!r}", make=lambda f, n=name: small(f, n), ends=FRAMES)
        for name in (*_ODD_NAMES, "x" * 240 + ".mp4", "\udce9.mp4")
    ),
    Hostile(name="labelled with a script", make=labelled, ends=FRAMES),
    Hostile(
        name="uneven times",
        make=lambda f: small(f, "vfr.mkv", times_ms=(0, 40, 95, 120, 400, 441)),
        ends=FRAMES,
    ),
    Hostile(name="nothing", make=content(b""), ends=frozenset({"empty"})),
    *(
        Hostile(name=name, make=content(bytes_), ends=frozenset({"container"}))
        for name, bytes_ in (
            ("one byte", b"\0"),
            ("noise", _NOISE),
            ("text", b"not a video\n" * 99),
            ("PNG", b"\x89PNG\r\n\x1a\n" + _NOISE),
            ("PDF and ZIP", b"%PDF-1.7\n" + _NOISE + b"PK\x05\x06" + bytes(18)),
            ("HLS playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
            ("DASH manifest", b"<?xml version='1.0'?><MPD><BaseURL>http://127.0.0.1/</BaseURL>"),
            ("concat script", b"ffconcat version 1.0\nfile /etc/passwd\n"),
            ("SDP", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"),
            ("AVI with subtitles", b"RIFF\x10\0\0\0AVI LIST" + b"GAB2" + _NOISE),
            ("MP4 of noise", b"\0\0\0\x18ftypisom" + _NOISE),
            ("Matroska of noise", b"\x1a\x45\xdf\xa3" + _NOISE),
        )
    ),
    Hostile(name="half", make=edited(lambda b: b[: len(b) // 2]), ends=frozenset({"container"})),
    Hostile(
        name="huge index",
        make=edited(of_box(b"stsz", set_word(8, 0x80000000))),
        ends=MARKED | {"too_many_frames", "memory", "picture_size"},
    ),
    Hostile(name="cut tail", make=edited(lambda b: b[:-900], "cut.ts"), ends=MARKED | FRAMES),
    Hostile(name="pictures zeroed", make=edited(zeroed_pictures), ends=MARKED),
    Hostile(
        name="bits flipped",
        make=edited(lambda b: flipped(b, first=0.3, last=0.8, count=60)),
        ends=MARKED,
    ),
    Hostile(name="packets lost", make=edited(lost_packets, "lost.ts"), ends=MARKED),
    *(
        Hostile(
            name=codec,
            make=lambda f, c=codec: small(f, "c.mkv", codec=c),
            ends=frozenset({"codec"}),
        )
        for codec in ("ffv1", "mpeg4", "mjpeg")
    ),
    Hostile(
        name="unknown codec",
        make=edited(lambda b: b.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG4/ISO/XXX"), "x.mkv"),
        ends=frozenset({"codec"}),
    ),
    Hostile(
        name="sound only", make=lambda f: write_sound(f / "a.mp4"), ends=frozenset({"no_pictures"})
    ),
    Hostile(name="two videos", make=two_videos, ends=frozenset({"two_pictures"})),
    Hostile(name="time backwards", make=backwards, ends=frozenset({"time"})),
    Hostile(
        name="time stands",
        make=edited(of_box(b"stts", set_word(12, 0))),
        ends=frozenset({"time", "frame_rate"}),
    ),
    Hostile(
        name="no time scale",
        make=edited(of_box(b"mdhd", set_word(12, 0))),
        ends=frozenset({"time", "frame_rate", "too_long", "container"}),
    ),
    Hostile(
        name="a thousand a second",
        make=lambda f: small(f, times_ms=range(300)),
        ends=frozenset({"frame_rate"}),
    ),
    Hostile(
        name="a picture an hour",
        make=lambda f: small(f, times_ms=range(0, 18_000_000, 3_600_000)),
        ends=frozenset({"frame_rate", "too_long"}),
    ),
    Hostile(
        name="grows in the middle",
        make=lambda f: write_growing(f / "grow.ts"),
        ends=frozenset({"size_change", "time"}),
    ),
    Hostile(
        name="too large pictures",
        make=small,
        bounds=Bounds(pixels=64 * 47),
        ends=frozenset({"picture_size"}),
    ),
    Hostile(
        name="larger than it says",
        make=edited(of_box(b"avc1", lambda b, at: struct.pack_into(">HH", b, at + 24, 16, 16))),
        bounds=Bounds(pixels=64 * 47),
        ends=frozenset({"picture_size", "no_frame"}),
    ),
    Hostile(
        name="too many frames",
        make=small,
        bounds=Bounds(frames=49),
        ends=frozenset({"too_many_frames"}),
    ),
    Hostile(name="too long", make=small, bounds=Bounds(seconds=1.5), ends=frozenset({"too_long"})),
    Hostile(name="8 GB of holes", make=holes(8 << 30), ends=frozenset({"too_large"})),
    Hostile(name="1 GB of holes", make=holes(1 << 30), ends=frozenset({"sparse"})),
    Hostile(name="link", make=link_to("clip.mp4"), ends=frozenset({"link"})),
    Hostile(name="link to a secret", make=link_to("/etc/passwd"), ends=frozenset({"link"})),
    Hostile(name="link to itself", make=link_to("link.mp4"), ends=frozenset({"link"})),
    Hostile(name="pipe", make=pipe, ends=frozenset({"not_a_file"})),
    Hostile(name="device", make=lambda _: Path("/dev/zero"), ends=frozenset({"not_a_file"})),
    Hostile(name="folder", make=lambda f: f, ends=frozenset({"not_a_file"})),
)
