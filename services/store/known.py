"""Which passages of a group are cases already, asked of the database once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, select

from services.store.among import among
from services.store.instants import to_ms
from services.store.schema import cases, links
from services.store.store import Store
from speedcam.model import Passage, PlateReading

TWIN_WITHIN = timedelta(seconds=60)
"""The same plate within this time is the same passage: measured again by other software, after
the site file was mended, in overlapping clips, or by a second camera on the same stretch. One
passage is fined once."""

_WITHIN_MS = TWIN_WITHIN // timedelta(milliseconds=1)


def case_of_drive(
    store: Store, connection: Connection, first: Passage, last: Passage
) -> str | None:
    """The key of the case that any camera made of a drive's plate between two of its passages.

    None where there is none, or no plate. Each end is as wide as one passage is.
    """
    plate = last.plate
    if not isinstance(plate, PlateReading):
        return None
    within = cases.c.passed_at_ms.between(to_ms(first.at) - _WITHIN_MS, to_ms(last.at) + _WITHIN_MS)
    here = (cases.c.plate_digest == store.keys.plate_digest(plate.text)) & within
    query = select(cases.c.key).where(here).order_by(cases.c.passed_at_ms, cases.c.key)
    return connection.execute(query).scalars().first()


class Known:
    """The cases of a group of passages, those included that are opened on the way.

    A passage is the case of its own key, the one it was linked to before, or the one of the same
    plate at nearly the same time, whichever camera saw it.
    """

    def __init__(
        self, store: Store, connection: Connection, group: Sequence[tuple[str, Passage]]
    ) -> None:
        self._store = store
        self._digests: dict[str, str] = {}
        keys = [key for key, _ in group]
        own = select(cases.c.key).where(among(cases.c.key, keys))
        self._cases = set(connection.execute(own).scalars())
        linked = select(links.c.key, links.c.case_key).where(among(links.c.key, keys))
        self.links = {row.key: row.case_key for row in connection.execute(linked)}
        self._seen: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        self._look_for_plates(connection, [passage for _, passage in group])

    def _look_for_plates(self, connection: Connection, passages: Sequence[Passage]) -> None:
        instants = {to_ms(p.at) for p in passages if isinstance(p.plate, PlateReading)}
        if not instants:
            return
        digests = {digest for p in passages if (digest := self._digest(p))}
        query = select(cases.c.plate_digest, cases.c.passed_at_ms, cases.c.key).where(
            among(cases.c.plate_digest, digests),
            cases.c.passed_at_ms.between(min(instants) - _WITHIN_MS, max(instants) + _WITHIN_MS),
        )
        for digest, at_ms, key in connection.execute(query):
            self._seen[digest].append((at_ms, key))

    def is_case(self, key: str) -> bool:
        """Whether a case has this very key."""
        return key in self._cases

    def of(self, key: str, passage: Passage) -> str | None:
        """The key of the case that the passage already is, or None."""
        if key in self._cases:
            return key
        digest = self._digest(passage)
        if key in self.links or digest is None:
            return self.links.get(key)
        at_ms = to_ms(passage.at)
        near = (seen for seen in self._seen[digest] if abs(seen[0] - at_ms) <= _WITHIN_MS)
        return min(near, default=(0, None))[1]

    def add(self, key: str, passage: Passage) -> None:
        """A case was opened for the passage."""
        self._cases.add(key)
        if digest := self._digest(passage):
            self._seen[digest].append((to_ms(passage.at), key))

    def _digest(self, passage: Passage) -> str | None:
        plate = passage.plate
        if not isinstance(plate, PlateReading):
            return None
        if plate.text not in self._digests:
            self._digests[plate.text] = self._store.keys.plate_digest(plate.text)
        return self._digests[plate.text]
