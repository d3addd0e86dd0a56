"""A folder of site files in which every saved version stays, and none is overwritten unseen.

What is in force is ``NAME.site.toml``, with the picture it was surveyed in beside it as
``NAME.frame.png``. Every version that ever was in force is ``NAME/versions/N.site.toml`` too. Who
saves names the file that was changed: where another is in force by then, nothing is saved.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from struct import unpack_from

from services.errors import NoSite, SavedMeanwhile, ShelfError, TakenName
from services.worded import worded
from speedcam.disk import create_once, make_folder, write_durably

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SITE, FRAME = ".site.toml", ".frame.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The sites in ``folder``."""

    folder: Path

    def names(self) -> list[str]:
        """Every site with a picture or a file, in order of name."""
        found = {
            path.name.removesuffix(ending)
            for ending in (SITE, FRAME)
            for path in self.folder.glob(f"*{ending}")
        }
        return sorted(name for name in found if NAME.fullmatch(name))

    def site_path(self, name: str) -> Path:
        """Where the file in force lies, if there is one.

        Raises:
            NoSite: No site may be called ``name``.
        """
        return self.folder / f"{_required(name)}{SITE}"

    def frame_path(self, name: str) -> Path:
        """Where the picture lies, if there is one.

        Raises:
            NoSite: No site may be called ``name``.
        """
        return self.folder / f"{_required(name)}{FRAME}"

    def in_force(self, name: str) -> bytes:
        """The file in force; empty where only a picture was handed in yet.

        Raises:
            NoSite: There is no such site.
        """
        path = self.site_path(name)
        if path.is_file():
            return path.read_bytes()
        if self.frame_path(name).is_file():
            return b""
        raise NoSite(
            worded(
                "there is no site {site} in {folder}: look at the list",
                site=name,
                folder=str(self.folder),
            )
        )

    def versions(self, name: str) -> list[int]:
        """The numbers of the versions that are kept, rising."""
        kept = self._versions(name).glob(f"*{SITE}")
        numbers = (path.name.removesuffix(SITE) for path in kept)
        return sorted(int(number) for number in numbers if number.isascii() and number.isdigit())

    def version(self, name: str, number: int) -> bytes:
        """One kept version.

        Raises:
            NoSite: It was never saved.
        """
        try:
            return self._version_path(name, number).read_bytes()
        except FileNotFoundError:
            raise NoSite(f"site {name} has no version {number}") from None

    def add_frame(self, name: str, png: bytes) -> None:
        """Begin a new site with its picture, or give it to a file that has none.

        Raises:
            NoSite: No site may be called ``name``.
            TakenName: There is one with a picture.
        """
        with self.held(name):
            if self.frame_path(name).exists():
                raise TakenName(
                    worded("there is a site {site} already: choose another name", site=name)
                )
            create_once(self.frame_path(name), png)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Let nobody else save this site meanwhile, in whatever process."""
        folder = self.folder / _required(name)
        make_folder(folder)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def keep(self, name: str, base: str, content: bytes) -> int:
        """Keep ``content`` as the next version, and return its number; call it while held.

        A file in force that was never kept, since somebody wrote it by hand, is kept before.

        Args:
            name: Of the site.
            base: :func:`digest` of the file that was changed.
            content: What was made of it.

        Raises:
            SavedMeanwhile: Another file is in force by now.
        """
        old = self.in_force(name)
        if digest(old) != base:
            raise SavedMeanwhile(f"site {name} was changed by somebody else meanwhile")
        if old and self.number_of(name, old) is None:
            self._keep_next(name, old)
        return self._keep_next(name, content)

    def put_in_force(self, name: str, number: int) -> None:
        """Make a kept version the one that cameras read."""
        write_durably(self.site_path(name), self.version(name, number))

    def number_of(self, name: str, content: bytes) -> int | None:
        """The latest version that reads so, or None where none does."""
        for number in reversed(self.versions(name)):
            if self.version(name, number) == content:
                return number
        return None

    def _keep_next(self, name: str, content: bytes) -> int:
        number = max(self.versions(name), default=0) + 1
        create_once(self._version_path(name, number), content)
        return number

    def _versions(self, name: str) -> Path:
        return self.folder / _required(name) / "versions"

    def _version_path(self, name: str, number: int) -> Path:
        return self._versions(name) / f"{number}{SITE}"


def png_size_px(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, as its first chunk says (RFC 2083, 4.1.1).

    Raises:
        ShelfError: It is none.
    """
    if png[:8] != b"\x89PNG\r\n\x1a\n" or len(png) < 24:
        raise ShelfError(worded("the picture of a site is no PNG: put another in its place"))
    width, height = unpack_from(">II", png, 16)
    return width, height


def digest(content: bytes) -> str:
    """By which a form says what it was filled from; empty where there was no file yet."""
    return sha256(content).hexdigest() if content else ""


def _required(name: str) -> str:
    if not NAME.fullmatch(name):
        raise NoSite(
            worded(
                "{typed} names no site: use a-z, 0-9, - and _, at most 64 of them, and begin with "
                "a letter or digit",
                typed=repr(name),
            )
        )
    return name
