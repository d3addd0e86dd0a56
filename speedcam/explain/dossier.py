"""Everything there is on one passage: its record, its raw data, its site, its footage.

Each part is held against the digest that the passage names, so that nothing else is explained.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speedcam.adapters.decoding import Clip, open_clip
from speedcam.errors import FootageError, PassageError, RawDataError, SiteError
from speedcam.ground import Ground, fit_ground
from speedcam.model import Exhibit, ExhibitKind, Passage, Refusal, SpeedMeasurement
from speedcam.raw import RawData, unpack
from speedcam.record import read_passages
from speedcam.redo import remeasure
from speedcam.site import Lane, Site, load_site

SHORT_ID = 8
"""Digits of an id that people see in a list."""
MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the site file adds: where pixels lie on the road, and the measurement once more.

    Attributes:
        site: As it was when the passage was measured.
        ground: The road plane that follows from it.
        again: The measurement done again from the raw data.
    """

    site: Site
    ground: Ground
    again: SpeedMeasurement | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything there is on one passage.

    Attributes:
        passage: Its record.
        raw: What its speed was made of.
        folder: Where its exhibits are found.
        survey: What the site file adds, or None without that file.
        footage: The clip, or None where nobody gave it.
    """

    passage: Passage
    raw: RawData
    folder: Path
    survey: Survey | None
    footage: Clip | None

    @property
    def lane(self) -> Lane | None:
        """The lane of the passage, where there is a site file and a lane."""
        lanes = self.survey.site.lanes if self.survey else ()
        return next((lane for lane in lanes if lane.name == self.passage.lane), None)


def passage_named(path: Path, start: str) -> Passage:
    """The passage of the file whose id begins with ``start``.

    Raises:
        PassageError: There is none, there are several, or the file cannot be read.
    """
    every = list(read_passages(path))
    found = [passage for passage in every if start and passage.id.startswith(start.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise PassageError(
            f"{path}: {len(found)} passages begin with {start} ({_names(found)}). Give more digits."
        )
    raise PassageError(
        f"{path}: no passage begins with {start!r}. Its {len(every)} passages are listed by "
        f"`speedcam explain {path}`."
    )


def open_dossier(
    passage: Passage, folder: Path, *, site: Path | None = None, video: Path | None = None
) -> Dossier:
    """Gather what there is on ``passage``, each part held against its digest.

    Args:
        passage: Its record.
        folder: The folder of the passages file.
        site: The site file, or None to go without.
        video: The clip, or None to go without.

    Raises:
        RawDataError: The raw data are missing or are not the ones that the passage names.
        SiteError: ``site`` is not the file with which the passage was measured.
        FootageError: ``video`` is not the passage's clip.
    """
    raw = _raw(passage, folder)
    return Dossier(
        passage=passage,
        raw=raw,
        folder=folder,
        survey=_survey(passage, raw, site) if site else None,
        footage=_footage(passage, video) if video else None,
    )


def exhibit_bytes(folder: Path, exhibit: Exhibit) -> bytes:
    """The exhibit as the passage names it.

    Raises:
        RawDataError: It is missing, outside ``folder``, or was changed.
    """
    path = (folder / exhibit.path).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise RawDataError(f"exhibit {exhibit.path} lies outside {folder}. {_MAKE_AGAIN}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RawDataError(f"{path}: {error.strerror}. {_MAKE_AGAIN}") from None
    if hashlib.sha256(content).hexdigest() != exhibit.sha256:
        raise RawDataError(
            f"{path} was changed: its SHA-256 is not the one that the passage names, so it "
            f"explains nothing. {_MAKE_AGAIN}"
        )
    return content


_MAKE_AGAIN = "Restore it, or make it again with `speedcam process`."


def _raw(passage: Passage, folder: Path) -> RawData:
    exhibit = next((e for e in passage.exhibits if e.kind is ExhibitKind.RAW), None)
    if exhibit is None:
        raise RawDataError(
            f"passage {passage.id} names no raw data: it was made by an older version. Process the "
            "footage again."
        )
    raw = unpack(exhibit_bytes(folder, exhibit), where=str(folder / exhibit.path))
    if (raw.passage_id, raw.provenance) != (passage.id, passage.provenance):
        raise RawDataError(f"{folder / exhibit.path} belongs to another passage. {_MAKE_AGAIN}")
    return raw


def _survey(passage: Passage, raw: RawData, path: Path) -> Survey:
    site = load_site(path)
    if site.sha256 != passage.provenance.site_sha256:
        raise SiteError(
            f"{path} is not the site file with which passage {passage.id[:SHORT_ID]} was measured: "
            "its SHA-256 differs. Give the file as it was then, or leave --site out."
        )
    return Survey(
        site=site,
        ground=fit_ground(site.survey, raw.picture_px, site.drive),
        again=remeasure(raw, site),
    )


def _footage(passage: Passage, path: Path) -> Clip:
    footage = open_clip(path)
    if footage.sha256 != passage.provenance.clip_sha256:
        raise FootageError(
            f"{path} is not the clip of passage {passage.id[:SHORT_ID]} "
            f"({passage.provenance.clip}): its SHA-256 differs. Give that clip, or leave --video "
            "out."
        )
    return footage


def _names(passages: Sequence[Passage]) -> str:
    shown = ", ".join(passage.id[: 2 * SHORT_ID] for passage in passages[:MOST_NAMED])
    return shown + (", …" if len(passages) > MOST_NAMED else "")
