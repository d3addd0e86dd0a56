"""Where exhibits are kept: a folder of JPEG files, and one of raw data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from speedcam.disk import make_folder, write_durably
from speedcam.model import Exhibit, ExhibitKind
from speedcam.ports import ExhibitStore
from speedcam.raw import SUFFIX, RawData, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderExhibits:
    """A :class:`speedcam.ports.ExhibitStore`: files that only their owner may read.

    A file stands under its final name only once it is whole and on the disk. What a killed run
    left half-written ends in ``.part`` and is written anew by the next.
    """

    folder: Path

    def keep(self, name: str, content: bytes) -> tuple[Path, str]:
        """Write ``content`` under ``name`` durably; return its path and its SHA-256.

        Keeping the same bytes under the same name again changes nothing.

        Raises:
            ValueError: ``name`` is not a plain file name.
        """
        if Path(name).name != name or name in {"", ".", ".."}:
            raise ValueError(f"an exhibit's name is a plain file name, not {name!r}")
        path = self.folder / name
        digest = hashlib.sha256(content).hexdigest()
        if not (path.is_file() and path.read_bytes() == content):
            make_folder(self.folder)
            write_durably(path, content)
        return path, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRaw:
    """A :class:`speedcam.ports.RawKeeper`: one file for each passage.

    Attributes:
        store: Where files are kept.
        folder_name: What a passage calls that folder, relative to its own file.
    """

    store: ExhibitStore
    folder_name: str

    def __call__(self, raw: RawData) -> Exhibit:
        """Keep ``raw`` durably; what the passage says of it."""
        name = f"{raw.passage_id}{SUFFIX}"
        _, sha256 = self.store.keep(name, pack(raw))
        first = raw.track.sightings[0]
        return Exhibit(
            kind=ExhibitKind.RAW,
            path=f"{self.folder_name}/{name}",
            sha256=sha256,
            time_s=first.time_s,
            frame_index=first.frame_index,
        )
