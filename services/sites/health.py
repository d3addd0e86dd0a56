"""How each site fares: what its file says, and what its camera counted of late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.report.collect import report_of
from services.report.figures import Figures
from services.sites.sites import Sites, sentences
from services.sites.sketch import Papers
from speedcam.errors import SpeedcamError

DAYS = 30
"""So far back passages are counted."""
MOVED = "camera_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a camera counted in the last :data:`DAYS` days; no vehicle stands in it.

    Attributes:
        last_day: Local day of the latest passage.
        passages: All of them.
        refused: Those without a speed.
        moved: Those without one since the camera had moved.
    """

    last_day: date
    passages: int
    refused: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One site of the list.

    Attributes:
        name: Of the site.
        number: Of the version in force; 0 where none was saved yet, None where it was made by hand.
        papers: What its file says; None where that has faults.
        fault: Which, in words.
        counted: Of late; None where the office has no passage of this camera.
        is_certified: Whether a certificate holds today.
    """

    name: str
    number: int | None
    papers: Papers | None
    fault: str
    counted: Counted | None
    is_certified: bool


def health_of(sites: Sites) -> Iterator[Health]:
    """Every site, in order of name."""
    today = sites.clock.now().date()
    counted = _counted(sites, today)
    for name in sites.shelf.names():
        yield _health(sites, name, counted, today)


def _health(sites: Sites, name: str, counted: Mapping[str, Counted], today: date) -> Health:
    papers, fault, content = None, "", sites.shelf.in_force(name)
    try:
        papers = sites.papers(name, content) if content else None
    except SpeedcamError as error:
        fault = " ".join(sentences(error))
    until = papers.valid_until if papers else None
    return Health(
        name=name,
        number=sites.shelf.number_of(name, content) if content else 0,
        papers=papers,
        fault=fault,
        counted=counted.get(papers.camera_id) if papers else None,
        is_certified=until is not None and until >= today,
    )


def _counted(sites: Sites, today: date) -> dict[str, Counted]:
    report = report_of(sites.store, today - timedelta(days=DAYS - 1), today)
    return {each.site: _counts(each) for each in report.sites if each.passages}


def _counts(figures: Figures) -> Counted:
    return Counted(
        last_day=max(each.day for each in figures.days if each.passages),
        passages=figures.passages,
        refused=figures.refused,
        moved=figures.refusals.get(MOVED, 0),
    )
