"""Disks to be disturbed: an ext4 that loses its power, and one that is as small as one likes.

Both need root and a kernel that lends loop devices and mounts.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, as in the kernel's fs/ext4/ext4.h."""
_NEW_MOUNTS = 0x20000
_NO_LOG_FLUSH = 2
"""What was not synced is lost with what the journal holds of it."""

_HARSH = "loop,data=writeback,noauto_da_alloc,commit=600"
"""Nothing is written but what is synced: neither on a rename, nor after some seconds."""

IMAGE_BYTES = 24 * 2**20


def why_not(folder: Path) -> str:
    """Why there are no such disks here; empty where there are."""
    if os.geteuid():
        return "they need root"
    if not shutil.which("mkfs.ext4"):
        return "they need mkfs.ext4 (e2fsprogs)"
    try:
        _own_mounts()
        with ext4(new_image(folder / "probe.img"), folder / "probe"):
            pass
    except OSError as error:
        return f"mounts of one's own: {error}"
    except subprocess.CalledProcessError as error:
        return f"{' '.join(error.cmd)}: {error.stderr.strip()}"
    (folder / "probe.img").unlink()
    return ""


def _own_mounts() -> None:
    """Let nobody else see what this process mounts, from now on.

    A sandbox that is started meanwhile would take our disk along and keep it mounted.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _run("mount", "--make-rprivate", "/")


def new_image(path: Path) -> Path:
    """An empty ext4 in a file."""
    with path.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0", str(path))
    return path


@contextmanager
def ext4(image: Path, place: Path) -> Iterator[Path]:
    """The ext4 of ``image``, to be seen at ``place``."""
    with _mounted(place, "-t", "ext4", "-o", _HARSH, str(image)):
        yield place


@contextmanager
def small(place: Path, size_bytes: int) -> Iterator[Path]:
    """A disk in memory with room for so many bytes."""
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size_bytes}", "none"):
        yield place


def resize(place: Path, size_bytes: int) -> None:
    """Make a small disk larger or smaller."""
    _run("mount", "-o", f"remount,size={size_bytes}", str(place))


def used_bytes(place: Path) -> int:
    """How much of a disk is taken."""
    about = os.statvfs(place)
    return (about.f_blocks - about.f_bfree) * about.f_frsize


def lose_power(place: Path, workers: Sequence[int]) -> int:
    """Take the power from the ext4 at ``place`` and from those who work on it; how many did.

    They are frozen first: none of them may be told that a sync is done that is not.
    """
    frozen = [child for child in workers if _is_frozen(child)]
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
    os.close(descriptor)
    for child in frozen:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(frozen)


def _is_frozen(child: int) -> bool:
    """Whether a process stands still now; otherwise it had ended its work before."""
    os.kill(child, signal.SIGSTOP)
    return os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])


@contextmanager
def _mounted(place: Path, *arguments: str) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    _run("mount", *arguments, str(place))
    try:
        yield
    finally:
        _run("umount", str(place))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
