"""Where exhibits are kept: a folder of JPEG files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from speedcam.disk import make_folder, write_durably


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderExhibits:
    """A :class:`speedcam.ports.ExhibitStore`: files that only their owner may read.

    A file stands under its final name only once it is whole and on the disk. What a killed run
    left half-written ends in ``.part`` and is written anew by the next.
    """

    folder: Path

    def keep(self, name: str, jpeg: bytes) -> tuple[Path, str]:
        """Write ``jpeg`` under ``name`` durably; return its path and its SHA-256.

        Keeping the same bytes under the same name again changes nothing.

        Raises:
            ValueError: ``name`` is not a plain file name.
        """
        if Path(name).name != name or name in {"", ".", ".."}:
            raise ValueError(f"an exhibit's name is a plain file name, not {name!r}")
        path = self.folder / name
        digest = hashlib.sha256(jpeg).hexdigest()
        if not (path.is_file() and path.read_bytes() == jpeg):
            make_folder(self.folder)
            write_durably(path, jpeg)
        return path, digest
