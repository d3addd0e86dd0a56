"""One case as an officer sees it: every proof beside what it proves, ready to print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.desk import WAITING
from services.errors import OfficeError
from services.hindrances import hindrances
from services.model import Money, Violation
from services.policy import missing_proof, wants_person, wants_second
from services.rules.explain import Step, derivation
from services.seals import UNSIGNED
from services.service_term import serve_until
from services.store.cases import Case, edition_of, texts_of
from services.store.proposals import correctors_of
from services.store.store import Store
from services.store.trust import doubts_of_seal, trusted_cameras
from speedcam.model import (
    FILM_STEP_S,
    Exhibit,
    ExhibitKind,
    Passage,
    PlateReading,
    SpeedMeasurement,
)

PICTURES = (
    ExhibitKind.PHOTO,
    ExhibitKind.PLATE,
    ExhibitKind.DRIVER,
    ExhibitKind.STILL_FIRST,
    ExhibitKind.STILL_LAST,
    ExhibitKind.SHOWN_FIRST,
    ExhibitKind.SHOWN_LAST,
    ExhibitKind.FILM,
)
"""In the order of the page; the last three are what the owner sees beside the photo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The case after the one on the desk: its key, and the pictures that its page shows."""

    key: str
    pictures: tuple[ExhibitKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with what belongs to it.

    Attributes:
        case: The case.
        at: When it passed, local.
        pictures: Kinds of those that are there and intact.
        broken: Kinds of those that are not.
        plate: As read, or None.
        corrected_by: Both officers who corrected the plate; empty where it is as it was read.
        speed: As measured, or None.
        lacks: Why nobody may confirm it; empty where everything is there.
        reasons: Why a person must look although nothing is lacking.
        second: Why one officer alone cannot confirm it.
        steps: How the law came to what follows; empty where it cannot be shown.
        serve_until: Last day to serve a notice, or None: the law names none.
    """

    case: Case
    at: datetime
    pictures: tuple[ExhibitKind, ...]
    broken: tuple[ExhibitKind, ...]
    plate: PlateReading | None
    corrected_by: tuple[str, ...]
    speed: SpeedMeasurement | None
    lacks: tuple[str, ...]
    reasons: tuple[str, ...]
    second: tuple[str, ...]
    steps: tuple[Step, ...]
    serve_until: date | None

    @property
    def violation(self) -> Violation:
        """What it is about."""
        return self.case.violation

    @property
    def film_step_s(self) -> float:
        """From one frame of its film to the next."""
        return FILM_STEP_S

    @property
    def frames_alike(self) -> int:
        """How many of the frames that were looked at spell the plate's whole text."""
        plate = self.plate
        return sum(read.text == plate.text for read in plate.reads) if plate else 0

    @property
    def amounts(self) -> tuple[Money, Money] | None:
        """The least and the most that two officers may set; None where there is one amount."""
        least, most = self.violation.amount_min, self.violation.amount_max
        return (least, most) if least and most and most.minor > least.minor else None

    @property
    def passage(self) -> Passage:
        """What proves it."""
        return self.case.violation.passage


def view_of(store: Store, case: Case, now: datetime) -> CaseView:
    """Everything that an officer must see before deciding ``case``, at the instant ``now``."""
    violation, passage = case.violation, case.violation.passage
    shown = [each for each in passage.exhibits if each.kind in PICTURES]
    broken = store.broken_exhibits({each.sha256 for each in shown})
    cameras = trusted_cameras(store)
    doubts = doubts_of_seal(store, cameras, violation)
    against = hindrances(store, case, now) if case.state in WAITING else ()
    return CaseView(
        case=case,
        at=passage.at.astimezone(ZoneInfo(passage.place.timezone)),
        pictures=_kinds(each for each in shown if each.sha256 not in broken),
        broken=_kinds(each for each in shown if each.sha256 in broken),
        plate=passage.plate if isinstance(passage.plate, PlateReading) else None,
        corrected_by=correctors_of(store, case.key),
        speed=passage.speed if isinstance(passage.speed, SpeedMeasurement) else None,
        lacks=(*missing_proof(violation), *(d for d in doubts if d != UNSIGNED), *against),
        reasons=(*wants_person(violation), *(d for d in doubts if d == UNSIGNED)),
        second=wants_second(violation),
        steps=_steps(store, case),
        serve_until=serve_until(store, [case])[case.key],
    )


def following_of(case: Case) -> Following:
    """What is worth loading of a case before it is on the desk; a film is not."""
    kinds = _kinds(case.violation.passage.exhibits)
    return Following(key=case.key, pictures=tuple(k for k in kinds if k is not ExhibitKind.FILM))


def picture_of(case: Case, kind: ExhibitKind) -> Exhibit | None:
    """The picture of a kind, or None where the case has none."""
    if kind not in PICTURES:
        return None
    return next((each for each in case.violation.passage.exhibits if each.kind is kind), None)


def _kinds(exhibits: Iterable[Exhibit]) -> tuple[ExhibitKind, ...]:
    found = {each.kind for each in exhibits}
    return tuple(kind for kind in PICTURES if kind in found)


def _steps(store: Store, case: Case) -> tuple[Step, ...]:
    violation = case.violation
    try:
        edition = edition_of(violation, texts_of(store, [violation]))
        return tuple(derivation(violation.passage, edition))
    except OfficeError:
        return ()  # a section, or a pack of another speedcam: the page says that there is none
