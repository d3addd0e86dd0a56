"""Check sums of sample clips, and why they may differ elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import PIL

from speedcam.errors import SpeedcamError
from speedcam.simulate.truth import write_text

SUMS = "SHA256SUMS"


def versions() -> dict[str, str]:
    """The libraries whose versions decide the bytes of a clip."""
    codec = ".".join(map(str, av.library_versions["libavcodec"]))
    return {
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        "av": av.__version__,
        "libavcodec": codec,
    }


def sha256_of(path: Path) -> str:
    """Of a file's bytes, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_sums(folder: Path, files: Sequence[Path]) -> Path:
    """Write ``SHA256SUMS`` as ``sha256sum -c`` reads it, the versions in a comment."""
    made_with = " ".join(f"{name}={version}" for name, version in versions().items())
    lines = [f"# made with {made_with}"]
    lines += [f"{sha256_of(path)}  {path.name}" for path in sorted(files)]
    path = folder / SUMS
    write_text(path, "\n".join(lines) + "\n")
    return path


def read_sums(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Sums by file name, and the versions they were made with.

    Raises:
        SpeedcamError: There is no such file, or it is damaged.
    """
    path = folder / SUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SpeedcamError(
            f"cannot read {path}. Make the samples first with `speedcam simulate --samples "
            f"{folder}`."
        ) from None
    sums: dict[str, str] = {}
    made_with: dict[str, str] = {}
    for line in lines:
        if line.startswith("# made with "):
            made_with = dict(item.split("=", 1) for item in line.split()[3:] if "=" in item)
        elif line.strip():
            digest, _, name = line.partition("  ")
            sums[name] = digest
    return sums, made_with


def differences(
    expected: Mapping[str, str], made_with: Mapping[str, str], files: Sequence[Path]
) -> list[str]:
    """One sentence per file whose bytes are not the expected ones; empty when all are equal."""
    found = [
        f"{path.name} has other bytes than {SUMS} says."
        for path in sorted(files)
        if expected.get(path.name) != sha256_of(path)
    ]
    if found:
        found.append(_why(made_with))
    return found


def _why(made_with: Mapping[str, str]) -> str:
    here = versions()
    other = [
        f"{name} {made_with.get(name, 'unknown')} there, {version} here"
        for name, version in here.items()
        if made_with.get(name) != version
    ]
    if other:
        return f"The sums were made with other libraries: {'; '.join(other)}."
    return (
        "The libraries are the same, so the cause is another processor (its vector instructions "
        "round differently) or a changed scene."
    )
