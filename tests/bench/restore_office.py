"""An office of many fines for :mod:`tests.bench.restore`, each with the exhibits a camera signed.

The office's own code receives, decides and issues every fine. To make a large office in minutes,
three things are done for it: exhibits are sealed where they will stand, and neither waited for nor
looked at again before a fine; cameras are trusted once all fines are issued; and what happens later
to a fine (looks, letters) is told to the history many lines at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import select

from services import office
from services.errors import EvidenceError
from services.intake import SPEEDING
from services.policy import demo_auto_1
from services.store import Store, open_store
from services.store.envelope import sealed_for
from services.store.exhibits import PICTURE_SUFFIX
from services.store.history import Event, add_events
from services.store.leaves import size_of
from services.store.looks import READ
from services.store.schema import cases
from services.store.store import EXHIBITS
from services.store.trust import trust_registry
from speedcam.disk import make_folder, sync_folder
from speedcam.model import Exhibit, ExhibitKind, Passage
from speedcam.record import dumps
from speedcam.seal.keys import SigningKey, load_signing_key
from speedcam.seal.manifest import Manifest, facts_of, manifest_bytes
from tests.bench.office import BEGAN, LEFT, MAGIC, SITES
from tests.builders_office import ISSUED, SetClock, a_passage, a_plate
from tests.builders_seals import some_trust

WORKERS = 2
CHUNK = 500
LEAVES_A_FINE = 10
"""Received, decided, issued, printed, sent, served, looked at twice, paid, closed."""
SUFFIXES = {
    ExhibitKind.RAW: ".json.gz",
    ExhibitKind.FILM: ".mp4",
    ExhibitKind.SITE: ".site.toml",
    ExhibitKind.MANIFEST: ".manifest.json",
    ExhibitKind.SIGNATURE: ".manifest.sig",
}
FRAMES = tuple((n, 40_000 * n) for n in range(60))
SITE_BYTES = 3000


class _Hasty(Store):
    """A store whose exhibits are there already."""

    def keep_exhibits(
        self,
        wanted: Mapping[str, Sequence[Exhibit]],  # noqa: ARG002 - the store's
        beside: Path,  # noqa: ARG002 - likewise
    ) -> dict[tuple[str, ExhibitKind], EvidenceError]:
        return {}

    def broken_exhibits(self, wanted: Set[str]) -> dict[str, EvidenceError]:  # noqa: ARG002
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one process makes.

    Attributes:
        folder: The office, and beside it the camera's key.
        ordinals: Of its fines.
        picture_bytes: Of each exhibit that is no part of a seal.
        checked: The office trusts cameras already, so that it asks for the seals of what it takes.
    """

    folder: Path
    ordinals: range
    picture_bytes: int
    checked: bool = False


def an_office(folder: Path, fines: int, picture_bytes: int) -> None:
    """Make ``folder/office`` with so many fines, and a history ten times as long."""
    trust = some_trust(folder, sites=tuple(_site(n) for n in range(SITES)))
    with open_store(folder / "office", create=True) as store:
        for number in range(SITES):
            content = _site_file(_site(number))
            _keep(store, ExhibitKind.SITE, content, None)
    parts = [
        Part(folder=folder, ordinals=range(n, fines, WORKERS), picture_bytes=picture_bytes)
        for n in range(WORKERS)
    ]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(issued, parts))
    with open_store(folder / "office") as store:
        sync_folder(store.folder / EXHIBITS)
        trust_registry(store, trust.content, trust.pub, SetClock())
        lengthen(store, LEAVES_A_FINE * fines)


def issued(part: Part) -> int:
    """Receive, decide and issue the fines of a part; how many there are."""
    camera = load_signing_key(part.folder / "camera.key")
    count, rest = 0, iter(part.ordinals)
    with open_store(part.folder / "office") as store:
        known = [each.name for each in fields(Store) if not each.name.startswith("_")]
        hasty = _Hasty(**{name: getattr(store, name) for name in known})
        while chunk := list(islice(rest, CHUNK)):
            count += _issued(hasty, part, camera, chunk)
    return count


def _issued(store: Store, part: Part, camera: SigningKey, ordinals: Sequence[int]) -> int:
    written, clock = part.folder / f"{ordinals[0]}.jsonl", SetClock()
    passages = _passages(store, part, camera, ordinals)
    written.write_text("".join(f"{dumps(each)}\n" for each in passages))
    office.receive(store, written, clock)
    office.review(store, demo_auto_1, clock)
    written.unlink()
    return sum(each.fine is not None for each in office.issue(store, clock))


def _passages(
    store: Store, part: Part, camera: SigningKey, ordinals: Sequence[int]
) -> list[Passage]:
    """Signed passages whose exhibits the office has, each with the key of the case to come."""
    bare = [_passage(n) for n in ordinals]
    keys = {each.id: store.keys.case_key(each.id, SPEEDING) for each in bare}
    with store.writing() as connection:
        ring = store.mint(connection, keys.values())
    made = []
    for each in bare:
        owner = {keys[each.id]: ring.keys[keys[each.id]]}
        proof = tuple(
            _keep(
                store,
                kind,
                MAGIC.get(kind, b"\xff\xd8\xff") + secrets.token_bytes(part.picture_bytes),
                owner,
            )
            for kind in LEFT
        )
        beside = part.folder if part.checked else None
        made.append(_signed(store, replace(each, exhibits=proof), camera, owner, beside))
    return made


def _passage(ordinal: int) -> Passage:
    """A small violation of a vehicle of its own, at one of the sites, one every half minute."""
    bare, site = _any_passage(), _site(ordinal % SITES)
    return replace(
        bare,
        id=f"bench-{ordinal}",
        plate=a_plate(f"AA{ordinal % 1000:03}B{chr(65 + ordinal // 1000 % 26)}"),
        place=replace(bare.place, site_id=site),
        at=BEGAN + timedelta(seconds=30 * (ordinal // SITES)),
        provenance=replace(bare.provenance, site_sha256=sha256(_site_file(site)).hexdigest()),
    )


@cache
def _any_passage() -> Passage:
    return a_passage()


def _site(number: int) -> str:
    return f"AL-BENCH-{number:02}"


def _site_file(site: str) -> bytes:
    return f"# {site}\n".encode() * (SITE_BYTES // 14)


def _signed(
    store: Store,
    passage: Passage,
    camera: SigningKey,
    owner: Mapping[str, bytes],
    beside: Path | None,
) -> Passage:
    """The passage with its seal, whose files stand ``beside`` it too, where they are asked for."""
    manifest = manifest_bytes(
        Manifest(
            facts=facts_of(passage), frames=FRAMES, corrupt_frames=0, limit_sha256="1" * 64,
            reference_frame_sha256="2" * 64, software_sha256="3" * 64, detector="motion",
            models={}, key=camera.public.id, salt=secrets.token_hex(32),
        )
    )  # fmt: skip
    parts = {
        ExhibitKind.SITE: _site_file(passage.place.site_id),
        ExhibitKind.MANIFEST: manifest,
        ExhibitKind.SIGNATURE: camera.sign(manifest),
    }
    seal = {kind: _told(kind, content) for kind, content in parts.items()}
    for kind in (ExhibitKind.MANIFEST, ExhibitKind.SIGNATURE):
        _keep(store, kind, parts[kind], owner)
    if beside:
        make_folder(beside / EXHIBITS)
        for kind, told in seal.items():
            (beside / told.path).write_bytes(parts[kind])
    return replace(passage, exhibits=(*passage.exhibits, *seal.values()))


def _keep(
    store: Store, kind: ExhibitKind, content: bytes, owner: Mapping[str, bytes] | None
) -> Exhibit:
    """Put an exhibit where it is kept: sealed for its case, or plain where it has no owner."""
    told = _told(kind, content)
    sealed = content if owner is None else sealed_for(content, told.sha256, owner)
    (store.folder / EXHIBITS / f"{told.sha256}{SUFFIXES.get(kind, PICTURE_SUFFIX)}").write_bytes(
        sealed
    )
    return told


def _told(kind: ExhibitKind, content: bytes) -> Exhibit:
    digest = sha256(content).hexdigest()
    return Exhibit(kind=kind, path=f"exhibits/{digest}", sha256=digest, time_s=1.0, frame_index=1)


def lengthen(store: Store, wanted: int) -> None:
    """Tell looks at one case after the other until the history is so long."""
    with store.reading() as connection:
        keys = list(connection.execute(select(cases.c.key)).scalars())
        lacking = wanted - size_of(connection)
    for start in range(0, lacking, CHUNK):
        told = [
            Event(at=ISSUED, who="P-17", what=READ, subject=keys[n % len(keys)], reason="bench")
            for n in range(start, min(start + CHUNK, lacking))
        ]
        with store.writing() as connection:
            add_events(store, connection, told)
