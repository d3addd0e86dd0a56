"""The file that names many streams: ``docs/live.md`` describes it."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from speedcam.detectors import MOTION
from speedcam.errors import SpeedcamError
from speedcam.form_faults import form_faults
from speedcam.live.source import Source, source_of
from speedcam.live.watch import Post


class _Stream(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    url: str
    site: str
    detector: str = MOTION
    key: str | None = None


class _Streams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stream: list[_Stream]


def read_streams(path: Path, out: Path) -> list[Post]:
    """The posts that a file names; paths in it are relative to it.

    Raises:
        SpeedcamError: It cannot be read, says what it may not, names a stream twice, or holds a
            password that others may read.
    """
    try:
        told = _Streams(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SpeedcamError(f"cannot read {path}: {error.strerror}.") from None
    except ValueError as error:
        why = form_faults(error) if isinstance(error, ValidationError) else error
        raise SpeedcamError(f"{path} is no file of streams: {why}.") from None
    if not told.stream:
        raise SpeedcamError(f"{path} names no stream. Write one [[stream]] for each.")
    posts = [_post(each, path.parent, out) for each in told.stream]
    names = [post.source.name for post in posts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpeedcamError(f"{path} names {', '.join(twice)} twice: each stream has its own name.")
    if any(has_password(post.source) for post in posts) and path.stat().st_mode & (
        stat.S_IRWXG | stat.S_IRWXO
    ):
        raise SpeedcamError(f"{path} holds a password, and others may read it: chmod 600 {path}")
    return posts


def has_password(source: Source) -> bool:
    """Whether the address holds one."""
    return urlsplit(source.url).password is not None


def _post(stream: _Stream, beside: Path, out: Path) -> Post:
    return Post(
        source=source_of(stream.name, stream.url, beside),
        site=beside / stream.site,
        out=out,
        detector=stream.detector,
        key=beside / stream.key if stream.key else None,
    )
