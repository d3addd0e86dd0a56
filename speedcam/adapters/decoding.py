"""Where footage is decoded: in a sandbox, unless somebody trusts it or the system has none."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from speedcam.adapters.bounds import Bounds
from speedcam.adapters.sandbox import open_sandboxed
from speedcam.adapters.video import open_footage
from speedcam.errors import FootageError
from speedcam.model import Floats
from speedcam.ports import FrameSource


class Decoding(StrEnum):
    """Where pictures are decoded."""

    SANDBOX = "sandbox"
    INSIDE = "inside"


class Clip(FrameSource, Protocol):
    """Footage from a file, with what its container promises."""

    @property
    def frame_count(self) -> int:
        """Frames the container promises, or 0 when it does not say."""
        ...

    @property
    def duration_s(self) -> float:
        """Length the container promises, or 0 when it does not say."""
        ...

    def stamps_s(self) -> tuple[Floats, Floats]:
        """When frames are shown, and when key frames are, in order of time."""
        ...


Opener = Callable[[Path], Clip]
"""Opens footage; can be pickled."""


def open_clip(
    path: Path, *, how: Decoding = Decoding.SANDBOX, bounds: Bounds | None = None
) -> Clip:
    """Check that ``path`` is footage that can be measured on.

    Raises:
        FootageError: It is not, or this system cannot confine its decoder.
    """
    if how is Decoding.INSIDE:
        return open_footage(path, bounds)
    if not hasattr(os, "memfd_create"):
        raise FootageError(
            f"{path}: a decoder is confined on Linux only. Give --decode inside if you trust "
            "whoever made this file.",
            "no_sandbox",
        )
    return open_sandboxed(path, bounds)
