"""One case as an officer must see it before deciding: its facts and its pictures."""

from __future__ import annotations

from pathlib import Path

from services.errors import EvidenceError
from services.model import Violation
from services.policy import wants_person
from services.seals import all_sealed
from services.store.cases import Case
from services.store.exhibits import PICTURE_SUFFIX
from services.store.store import Store
from services.store.trust import doubts_of_seal, trusted_cameras
from speedcam.disk import make_folder, write_durably
from speedcam.model import Exhibit, ExhibitKind, Passage, PlateReading, SpeedMeasurement

PROOF = (
    "passage", "measured_kmh", "plate", "country", "seal", "why_a_person",
    "still_first", "still_last", "plate_picture", "photo",
)  # fmt: skip

SEALED = "kept, and sealed: --pictures DIR opens it there"

_PICTURES = {
    ExhibitKind.STILL_FIRST: "still_first",
    ExhibitKind.STILL_LAST: "still_last",
    ExhibitKind.PLATE: "plate_picture",
    ExhibitKind.PHOTO: "photo",
}


def proof_of(store: Store, case: Case, pictures: Path | None = None) -> dict[str, object]:
    """What :data:`PROOF` names, and what a section adds, in the order in which it is shown.

    The plate as it was read is among it, to be held against its picture.

    Args:
        store: Of the office.
        case: The case.
        pictures: The folder to write the pictures into, opened; None leaves them sealed. A picture
            is told by its file there, or by what is wrong with it.
    """
    violation, passage = case.violation, case.violation.passage
    seen = _seen(store, passage, pictures) | {
        "country": violation.country,
        "seal": _seal(store, violation),
        "why_a_person": "; ".join(wants_person(violation)),
    }
    return dict.fromkeys(PROOF) | seen | _section(store, violation, pictures)


def _seen(store: Store, passage: Passage, pictures: Path | None) -> dict[str, object]:
    speed, plate = passage.speed, passage.plate
    return {
        "passage": passage.id,
        "measured_kmh": speed.text() if isinstance(speed, SpeedMeasurement) else None,
        "plate": plate.text if isinstance(plate, PlateReading) else None,
        **_pictures(store, passage.exhibits, pictures),
    }


def _section(store: Store, violation: Violation, pictures: Path | None) -> dict[str, object]:
    """Of an average speed what it rests on, and what the first camera saw; else nothing."""
    stretch, entry = violation.stretch, violation.entry
    if entry is None:
        return {}
    known: dict[str, object] = {
        f"first_{name}": value for name, value in _seen(store, entry, pictures).items()
    }
    average = f"{violation.measured_kmh} ± {violation.uncertainty_kmh} km/h on average"
    way = f": {stretch.distance_m.normalize():f} m in {stretch.seconds} s" if stretch else ""
    return {"measured_kmh": f"{average}{way}", "first_site": entry.place.site_id, **known}


def _seal(store: Store, violation: Violation) -> str:
    """Whether a camera that the office trusts signed the evidence, in words."""
    cameras = trusted_cameras(store)
    if cameras is not None:
        return "; ".join(doubts_of_seal(store, cameras, violation)) or "holds"
    told = "signed" if all_sealed(violation) else "not signed"
    return f"{told}; this office was given no registry of cameras"


def _pictures(
    store: Store, exhibits: tuple[Exhibit, ...], folder: Path | None
) -> dict[str, object]:
    shown = [exhibit for exhibit in exhibits if exhibit.kind in _PICTURES]
    return {_PICTURES[each.kind]: _picture(store, each, folder) for each in shown}


def _picture(store: Store, exhibit: Exhibit, folder: Path | None) -> object:
    try:
        content = store.exhibit_bytes(exhibit.sha256)
    except EvidenceError as error:
        return error
    if folder is None:
        return SEALED
    make_folder(folder)
    path = folder / f"{exhibit.sha256}{PICTURE_SUFFIX}"
    write_durably(path, content)
    return path
