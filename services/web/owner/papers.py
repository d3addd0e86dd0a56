"""What an owner takes home: the letter as PDF, and one file with all that a stranger can check."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from importlib import resources
from threading import BoundedSemaphore

from fastapi import FastAPI, HTTPException, Request, Response

from services.bundles import owners_bundle
from services.model import Fine
from services.notifier.language import Language
from services.seals import is_sealed
from services.web.guard import Guard, open_route
from services.web.owner.visitor import Visitors
from services.web.ports import Ledger, NoticeReader, Printer

MOST_AT_ONCE = 4
"""Letters that are set or wait to be: each takes a core for some 60 ms, one after the other, and
whoever waits holds a thread that other pages need."""
LETTER, EVIDENCE, PROOF, HOW_TO = "letter.pdf", "evidence.zip", "notice.tlog-proof", "VERIFY.txt"

_EPOCH = (1980, 1, 1, 0, 0, 0)


class Papers:
    """Prints letters for visits, and packs what belongs to a notice."""

    def __init__(
        self, store: NoticeReader, visitors: Visitors, printer: Printer, ledger: Ledger | None
    ) -> None:
        self._store = store
        self._visitors = visitors
        self._printer = printer
        self._ledger = ledger
        self._turns = BoundedSemaphore(MOST_AT_ONCE)

    def add_to(self, app: FastAPI) -> None:
        """Open the routes of the papers."""
        open_route(app, "GET", "/notice/letter", self.letter, Guard.VISIT)
        open_route(app, "GET", "/notice/file", self.file, Guard.VISIT)

    def letter(self, request: Request) -> Response:
        """The letter of this visit's notice, as it was issued."""
        fine, language = self._asked(request)
        return _kept(self._printed(fine, language), "application/pdf", "notice-letter.pdf")

    def file(self, request: Request) -> Response:
        """The letter with evidence and proof, and how to check them without us."""
        fine, language = self._asked(request)
        members = {HOW_TO: _how_to(), LETTER: self._printed(fine, language)}
        if is_sealed(fine.violation.passage):
            members[EVIDENCE] = owners_bundle(fine, self._store.exhibit_bytes)
        if proof := self._ledger.proof(fine.number) if self._ledger else None:
            members[PROOF] = proof
        return _kept(packed(members), "application/zip", "notice-file.zip")

    def _asked(self, request: Request) -> tuple[Fine, Language]:
        visit, fine = self._visitors.visit_and_fine(request)
        if visit is None or fine is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return fine, visit.language

    def _printed(self, fine: Fine, language: Language) -> bytes:
        with self._turn():
            return self._printer(fine, language)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "2"})
        try:
            yield
        finally:
            self._turns.release()


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file of ``members``; the same ones always give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, member in members.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o600) << 16
            archive.writestr(entry, member)
    return content.getvalue()


def _kept(content: bytes, kind: str, name: str) -> Response:
    # The name says no number: folders of downloads are seen by others.
    kept = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=kept)


@cache
def _how_to() -> bytes:
    return (resources.files("services.web") / "templates" / HOW_TO).read_bytes()
