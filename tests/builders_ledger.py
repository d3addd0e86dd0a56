"""Builders for the ledger: an office with some history, its witness, and those who attack it."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from services import office
from services.fines import act_on
from services.ledger.audit import audit
from services.ledger.leaf import Change, Held
from services.ledger.log import checkpoint, ledger_of
from services.ledger.merkle import Frontier, leaf_hash
from services.ledger.witness import witness
from services.life import Act
from services.policy import demo_auto_1
from services.store import Store, open_store
from services.store.leaves import leaf_of, rows_held
from services.store.ledger_tables import EVENT_COLUMNS, leaves
from services.store.schema import events, fines
from tests.builders_fines import a_step, without_waiting
from tests.builders_office import SetClock, a_passage, on_disk


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An office and its witness, each in a folder."""

    folder: Path

    @property
    def office(self) -> Path:
        return self.folder / "office"

    @property
    def witness(self) -> Path:
        return self.folder / "witness"

    def open(self) -> Store:
        return without_waiting(open_store(self.office, create=True))

    def audit(self):
        with self.open() as store:
            return audit(store, witness=self.witness).findings

    def go_on(self, *, name: str = "later", hours: int = 1) -> None:
        """One more fine, signed and cosigned."""
        clock = SetClock()
        clock.pass_time(hours=hours)
        with self.open() as store:
            fines_of(store, self.folder / f"camera-{name}", clock, name)
            sign(self, store, clock)


def fines_of(store: Store, camera: Path, clock: SetClock, *names: str) -> None:
    """Receive, review and issue a violation for each name."""
    digits = [int(hashlib.sha256(name.encode()).hexdigest(), 16) % 1000 for name in names]
    passages = [
        a_passage(f"p-{name}", plate=f"AA{number:03}BB")
        for name, number in zip(names, digits, strict=True)
    ]
    office.receive(store, on_disk(camera, *passages), clock)
    office.review(store, demo_auto_1, clock)
    office.issue(store, clock)


def sign(scene: Scene, store: Store, clock: SetClock) -> None:
    checkpoint(store, clock)
    witness(scene.witness, ledger_of(store), clock)


def a_scene(folder: Path) -> Scene:
    """An office with three fines, of which one is served; two checkpoints, both cosigned."""
    scene, clock = Scene(folder=folder), SetClock()
    with scene.open() as store:
        fines_of(store, folder / "camera", clock, "a", "b", "c")
        sign(scene, store, clock)
        clock.pass_time(minutes=5)
        act_on(store, first_number(store), Act.SERVE, a_step(clock.now()))
        sign(scene, store, clock)
    return scene


def first_number(store: Store) -> str:
    with store.reading() as connection:
        return connection.execute(select(fines.c.number).order_by(fines.c.number)).scalars().first()


def with_kek(scene: Scene, folder: Path) -> Path:
    """A folder for an office to be restored, with the key-encryption key that is in no backup."""
    for path in (scene.office / "keys").glob("kek-*.key"):
        (folder / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(path, folder / "keys")
    return folder


def copied(scene: Scene, folder: Path) -> Scene:
    """The same office and witness, to be attacked."""
    shutil.copytree(scene.folder, folder, dirs_exist_ok=True)
    return Scene(folder=folder)


def write_tree_anew(store: Store, connection) -> None:
    """Make every leaf fit its event as that stands now, as the office's own key allows."""
    old = connection.execute(select(leaves).order_by(leaves.c.position)).all()
    frontier, made = Frontier(), []
    for row in old:
        query = select(*(events.c[name] for name in EVENT_COLUMNS)).where(events.c.id == row.event)
        event = connection.execute(query).mappings().one_or_none()
        if event is None:
            continue
        change = _change_of(row)
        held = rows_held(connection, [change.holds])[change.holds] if change.holds else {}
        entry = leaf_of(store.keys, event, change, held, row.salt, adopted=False)
        position = frontier.size
        made.append(
            row._asdict()
            | {"position": position, "entry": entry, "hashes": frontier.append(leaf_hash(entry))}
        )
    connection.execute(leaves.delete())
    connection.execute(leaves.insert(), made)


def _change_of(row) -> Change:
    leaf = json.loads(row.entry)
    holds = Held(table=row.held_in, key=row.held_key) if row.held_in else None
    return Change(before=leaf.get("from", ""), after=leaf.get("to", ""), holds=holds)
