"""The pictures that an owner may see, out of the office's store."""

from __future__ import annotations

from services.model import Fine
from services.notifier.complete import exhibit_of, photo_exhibit
from services.notifier.country import country_of
from services.store.cases import edition_of, texts_of
from services.store.store import Store
from speedcam.model import Exhibit, ExhibitKind


def photo_of(store: Store, fine: Fine) -> bytes:
    """JPEG bytes of the redacted photo; empty where there is none: a notice says so better.

    Raises:
        EvidenceError: The office lost it, or it was changed.
    """
    exhibit = photo_exhibit(fine.violation.passage)
    return store.exhibit_bytes(exhibit.sha256) if exhibit else b""


def driver_exhibit(store: Store, fine: Fine) -> Exhibit | None:
    """The picture of the driver, where the very law that judged the case has the driver seen.

    None where it has not, where photos are shown on request only, where no person decided, who
    would have seen that nobody else is in it, and where there is none.

    Raises:
        StoreError: That edition of the law is missing or was changed.
    """
    violation, country = fine.violation, country_of(fine)
    exhibit = exhibit_of(violation.passage, ExhibitKind.DRIVER)
    if exhibit is None or country is None or country.photo != "shown" or fine.decision.is_policy:
        return None
    law = edition_of(violation, texts_of(store, [violation])).pack
    return exhibit if law.photo_policy.kind == "driver_visible" else None
