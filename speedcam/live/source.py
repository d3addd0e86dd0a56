"""Where a stream comes from: which addresses are taken, and what may open what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from speedcam.errors import SpeedcamError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How FFmpeg reads one kind of address.

    Attributes:
        demuxer: The only container that will be tried: a playlist could open other addresses.
        protocols: The only ways it may take.
        options: What else it is told, by name.
    """

    demuxer: str
    protocols: str
    options: tuple[tuple[str, str], ...] = ()


_TCP = (("rtsp_transport", "tcp"),)
TRANSPORTS: Mapping[str, Transport] = MappingProxyType(
    {
        "rtsp": Transport(demuxer="rtsp", protocols="rtsp,tcp,rtp,udp", options=_TCP),
        "rtsps": Transport(demuxer="rtsp", protocols="rtsps,rtsp,tls,tcp,rtp,udp", options=_TCP),
        "http": Transport(demuxer="mpegts", protocols="http,tcp"),
        "https": Transport(demuxer="mpegts", protocols="https,http,tls,tcp"),
        "tcp": Transport(demuxer="mpegts", protocols="tcp"),
        "udp": Transport(demuxer="mpegts", protocols="udp"),
        "rtmp": Transport(demuxer="flv", protocols="rtmp,tcp"),
        "rtmps": Transport(demuxer="flv", protocols="rtmps,rtmp,tls,tcp"),
        "file": Transport(demuxer="", protocols="file"),
    }
)
"""By scheme. A file is shown as fast as it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One camera's stream.

    Attributes:
        name: What it is called, in messages, in figures and on the disk.
        url: Where it is; may hold a password, and so is never shown.
        stall_s: No picture for so long is an end.
        open_s: It must begin within this.
    """

    name: str
    url: str
    stall_s: float = 10.0
    open_s: float = 20.0

    @property
    def transport(self) -> Transport:
        """How it is read."""
        return TRANSPORTS[urlsplit(self.url).scheme]


def source_of(name: str, url: str, beside: Path = Path()) -> Source:
    """The source with this name and address.

    Args:
        name: What it is to be called.
        url: Its address; the path of a ``file:`` may be relative.
        beside: The folder to which it is.

    Raises:
        SpeedcamError: The name is none for a folder, nobody can read such an address, or there is
            no such file.
    """
    if not _NAME.fullmatch(name):
        raise SpeedcamError(
            f"a stream cannot be called {name!r}: give a name of letters, digits, - and _ only."
        )
    scheme = urlsplit(url).scheme
    if scheme not in TRANSPORTS:
        raise SpeedcamError(
            f"{name}: an address that begins with {scheme or 'nothing'!r} is not known. Known are "
            f"{', '.join(f'{each}:' for each in TRANSPORTS)}. A camera at this machine is read by "
            "whatever program serves it as one of these."
        )
    return Source(name=name, url=_of_file(name, url, beside) if scheme == "file" else url)


def _of_file(name: str, url: str, beside: Path) -> str:
    """The address of a file from wherever it is read."""
    path = (beside / urlsplit(url).path).absolute()
    if not path.is_file():
        raise SpeedcamError(f"{name}: there is no file {path}.")
    return f"file:{path}"
