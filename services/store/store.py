"""The store of one office: its folder, its keys, its transactions, and how a fine is found."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.pool import PoolProxiedConnection

from services.errors import Erased, EvidenceError, StoreError, StoreUnavailable
from services.model import Fine, Violation
from services.numbers import normal_number
from services.store import case_keys
from services.store.database import connect, database_of, fault_of, refuse_changes, writer_of
from services.store.exhibits import faults_of, keep_exhibits, owners_in, read_exhibit
from services.store.keks import KeyEncryption, forbid_core_dumps, keks_of
from services.store.keys import Keys, load_keys
from services.store.leaves import adopt_history, lacks_leaves
from services.store.ring import Ring, owners_of
from services.store.schema import cases, fines
from speedcam.disk import make_folder
from speedcam.model import Exhibit, ExhibitKind

_VIOLATION: TypeAdapter[Violation] = TypeAdapter(Violation)
_FINE: TypeAdapter[Fine] = TypeAdapter(Fine)
READ_ONLY = "restored"
"""While this file is in an office's folder, nothing new is taken: it was restored, and not verified
yet. It says from what."""

EXHIBITS = "exhibits"
_NOBODY = "0" * 64
"""Compared with where there is no fine, so that both answers take the same steps."""


def open_store(
    office_dir: Path, *, create: bool = False, keks: KeyEncryption | None = None
) -> Store:
    """The store in ``office_dir``.

    Args:
        office_dir: The office's folder.
        create: Make the office where there is none yet.
        keks: What wraps the data keys; by default the files that :mod:`services.store.keks` finds.

    Raises:
        StoreUnavailable: Its database is gone, locked, or does not answer.
        StoreError: It is no office, of another version, damaged, or without its key.
    """
    forbid_core_dumps()
    database = database_of(office_dir)
    there = database.exists()
    if not there and _was_begun(office_dir):
        raise StoreUnavailable(
            f"the database {database} of the office {office_dir} is gone. Put it back, or restore "
            "the last verified backup: a new one would be another office."
        )
    if not create and not there:
        raise StoreError(
            f"{office_dir} is not an office: it has no office.sqlite. "
            "`speedcam office receive PASSAGES --office DIR` makes one."
        )
    try:
        for folder in (office_dir, *(office_dir / name for name in ("keys", EXHIBITS, "sent"))):
            make_folder(folder)
        # A database whose key is lost must never be given a new key.
        keys = load_keys(office_dir / "keys", create=create and not there)
        engine = connect(database, keys.check, create=create)
    except OSError as error:
        raise StoreError(
            f"the office folder {office_dir} cannot be used: {error.strerror}. Check its rights "
            "and the free space."
        ) from None
    at_hand = keks_of(office_dir) if keks is None else keks
    store = Store(folder=office_dir, keys=keys, keks=at_hand, engine=engine, name=str(database))
    _begin_keys(store)
    _begin_ledger(store)
    return store


def _was_begun(office_dir: Path) -> bool:
    """Whether an office worked here: the folder has what only follows from rows."""
    being_restored = (office_dir / READ_ONLY).exists()
    left = (path for name in (EXHIBITS, "ledger") for path in (office_dir / name).glob("*"))
    return not being_restored and next(left, None) is not None


def _begin_keys(store: Store) -> None:
    """Give a new office, or one from before cases had keys, its key-encryption key."""
    with store.reading() as connection:
        begun = case_keys.names_kek(connection)
    if not begun:
        with store.taking_turn() as connection:
            case_keys.begin_kek(store.keks, connection)


def _begin_ledger(store: Store) -> None:
    """Give an office from before there was a ledger its leaves."""
    with store.reading() as connection:
        begun = not lacks_leaves(connection)
    if not begun:
        with store.writing() as connection:
            adopt_history(store.keys, connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The open store of one office; close it, or use it in a ``with`` statement.

    Attributes:
        folder: The office's folder.
        keys: Seal what belongs to no case, and find.
        keks: Wrap the data keys of the cases.
        engine: The database.
        name: The database in words, for messages; without a password.
    """

    folder: Path
    keys: Keys
    keks: KeyEncryption
    engine: Engine
    name: str
    _group: local = field(default_factory=local, repr=False, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @property
    def sent(self) -> Path:
        """Where the folder sender puts notices."""
        return self.folder / "sent"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database."""
        if (group := self._running()) is not None:
            yield group
            return
        with self._told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def raw_reading(self) -> Iterator[Any]:
        """A cursor of the database's own driver, for one question that changes nothing."""
        with self._told(), closing(self._raw_connection()) as connection:
            try:
                yield connection.cursor()
            except self.engine.dialect.loaded_dbapi.Error as error:
                connection.invalidate()
                raise self._unavailable(error) from None

    def _raw_connection(self) -> PoolProxiedConnection:
        try:
            return self.engine.raw_connection()
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise self._unavailable(error) from None

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(fault_of(self.name, OperationalError(None, None, error)))

    def give_up_writing(self) -> None:
        """Only read from now on: the database itself refuses what this store would change."""
        refuse_changes(self.engine)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it, durably, or nothing. Waits for other writers."""
        if (group := self._running()) is not None:
            with self._told(), group.begin_nested():
                yield group
            return
        if (self.folder / READ_ONLY).exists():
            raise StoreUnavailable(
                f"the office {self.folder} was restored and is read-only until it is verified: run "
                "`speedcam office verify --office DIR --witness DIR`. Nothing was changed."
            )
        with self.taking_turn() as connection:
            yield connection

    @contextmanager
    def taking_turn(self) -> Iterator[Connection]:
        """The turn to write, also of an office that is read-only: for who checks or restores it."""
        with self._told(), writer_of(self.engine) as connection:
            yield connection

    @contextmanager
    def grouped(self) -> Iterator[None]:
        """One commit for every :meth:`writing` within: the disk is waited for once.

        What one of them undoes leaves the others as they are; an exception that leaves the
        group undoes all of it.
        """
        if self._running() is not None:
            yield
            return
        with self.writing() as connection:
            self._group.connection = connection
            try:
                yield
            finally:
                self._group.connection = None

    def _running(self) -> Connection | None:
        connection: Connection | None = getattr(self._group, "connection", None)
        return connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn a fault of the database into words, without what was asked of it."""
        try:
            yield
        except IntegrityError:
            raise  # a row that is there already: a matter of whoever wrote it
        except DataError as error:
            raise StoreError(fault_of(self.name, error)) from None
        except DBAPIError as error:
            raise StoreUnavailable(fault_of(self.name, error)) from None
        except NoConnectionLeft:
            raise StoreUnavailable(
                f"the database {self.name} has no connection left: too much is asked of it at "
                "once, or it answers too slowly. Try again."
            ) from None

    def ring(self, connection: Connection, subjects: Iterable[str]) -> Ring:
        """The data keys of cases, by case key or fine number, within a transaction."""
        return case_keys.ring_of(self.keys, self.keks, connection, subjects)

    def mint(self, connection: Connection, wanted: Iterable[str]) -> Ring:
        """As :meth:`ring`; cases without a data key get one, within a transaction that writes."""
        return case_keys.mint(self.keys, self.keks, connection, wanted)

    def give_key(self, connection: Connection, key: str) -> Ring:
        """Give a case that is older than keys of cases one; its ring."""
        return case_keys.give(self.keys, self.keks, connection, {key})

    def opening(self, sealed: Iterable[bytes], connection: Connection | None = None) -> Ring:
        """The data keys that these were sealed with, as far as they are there still.

        Args:
            sealed: What is to be opened; many at a time ask the database once.
            connection: Of the transaction that they were read in, where it goes on.
        """
        owners = owners_of(sealed)
        if connection is None:
            return self._ring_now(*owners)
        return self.ring(connection, owners)

    def _ring_now(self, *cases: str) -> Ring:
        with self.reading() as connection:
            return self.ring(connection, cases)

    def keep_exhibits(
        self, wanted: Mapping[str, Sequence[Exhibit]], beside: Path
    ) -> dict[tuple[str, ExhibitKind], EvidenceError]:
        """Seal exhibits of cases into the office durably.

        Args:
            wanted: Exhibits by the key of their case, which may not be there yet.
            beside: The folder of the passages file.

        Returns:
            Those that could not be kept, by SHA-256 and kind.
        """
        if not any(wanted.values()):
            return {}
        with self.writing() as connection:  # a key is durable before what it seals
            ring = self.mint(connection, wanted)
        # Of a case that was erased nothing is kept again.
        new = [(case, each) for case, some in wanted.items() if case in ring.keys for each in some]
        each_once = {(each.sha256, each.kind): each for _, each in new}
        owners: dict[str, dict[str, bytes]] = {}
        for case, each in new:
            owners.setdefault(each.sha256, {})[case] = ring.keys[case]
        return keep_exhibits(self.folder / EXHIBITS, each_once, beside, owners)

    def broken_exhibits(
        self, wanted: Set[str], ring: Ring | None = None
    ) -> dict[str, EvidenceError]:
        """Those of these exhibits, named by SHA-256, that are missing or were changed.

        ``ring`` has the data keys of their cases, where they are at hand.
        """
        folder = self.folder / EXHIBITS
        # Else whose they are is asked first, and the database once for all of their keys.
        known = ring.keys if ring else self.data_keys(owners_in(folder, wanted))

        def keys_of(owners: Set[str]) -> Mapping[str, bytes]:
            return known if owners & known.keys() else self.data_keys(owners)

        each_once = {sha256: sha256 for sha256 in wanted}
        return faults_of(lambda sha256: read_exhibit(folder, sha256, keys_of), each_once)

    def exhibit_bytes(self, sha256: str, ring: Ring | None = None) -> bytes:
        """The exhibit with this SHA-256, opened and checked again; ``ring`` where keys are at hand.

        Raises:
            EvidenceError: It is missing, was changed, or erased.
        """
        known = ring.keys if ring else {}

        def keys_of(owners: Set[str]) -> Mapping[str, bytes]:
            return known if owners & known.keys() else self.data_keys(owners)

        return read_exhibit(self.folder / EXHIBITS, sha256, keys_of)

    def data_keys(self, owners: Set[str]) -> Mapping[str, bytes]:
        """The data keys of these cases that are there still, by case key."""
        return self._ring_now(*owners).keys

    def fine(self, number: str) -> Fine | None:
        """The fine with this number as people type it, or None where there is none (any more)."""
        row = self._fine_row(number)
        return self._opened(row[0], row[2]) if row else None

    def key_of(self, fine: Fine) -> str:
        """What :meth:`fine` finds it by again."""
        return fine.number

    def fine_by_number_and_plate(self, number: str, plate: str) -> Fine | None:
        """The fine that both belong to; None says nothing about which of them was wrong.

        Args:
            number: As people type it: see :func:`services.numbers.normal_number`.
            plate: As people type it: only letters and digits count, in either case.
        """
        digest = self.keys.plate_digest(plate)
        row = self._fine_row(number)
        matches = hmac.compare_digest(digest, row[1] if row else _NOBODY)
        return self._opened(row[0], row[2]) if row and matches else None

    def fine_of_case(self, case_key: str) -> Fine | None:
        """The newest fine of the case ``case_key``, or None where it has none."""
        query = select(fines.c.number, fines.c.fine).where(fines.c.case_key == case_key)
        with self.reading() as connection:
            row = connection.execute(query.order_by(fines.c.turn.desc())).first()
        return self._opened(row[0], row[1]) if row else None

    def fines(self) -> Iterator[Fine]:
        """Every fine in order of issue that was not erased, for the office's own tables."""
        with self.reading() as connection:
            query = select(fines.c.number, fines.c.fine).order_by(
                fines.c.issued_at_ms, fines.c.number
            )
            rows = connection.execute(query).all()
            ring = self.opening((row.fine for row in rows), connection)
        for number, sealed in rows:
            if ring.opens(sealed):
                yield self.unseal_fine(number, sealed, ring)

    def _opened(self, number: str, sealed: bytes) -> Fine | None:
        try:
            return self.unseal_fine(number, sealed)
        except Erased:
            return None

    def _fine_row(self, number: str) -> tuple[str, str, bytes] | None:
        query = select(fines.c.number, fines.c.plate_digest, fines.c.fine).where(
            fines.c.number == normal_number(number)
        )
        with self.reading() as connection:
            row = connection.execute(query).one_or_none()
        return (row[0], row[1], row[2]) if row else None

    def seal_violation(self, violation: Violation, ring: Ring | None = None) -> bytes:
        """The violation with its passage and plate as ciphertext bound to its case."""
        content, key = _VIOLATION.dump_json(violation), violation.key
        ring = ring or self._ring_now(key)
        return ring.seal(content, of=key, table=cases.name, row=key, column="violation")

    def unseal_violation(self, key: str, sealed: bytes, ring: Ring | None = None) -> Violation:
        """The violation of the case ``key``; ``ring`` where its key is at hand.

        Raises:
            Erased: The key of the case was destroyed.
            StoreError: The stored bytes were changed or moved.
        """
        ring = ring or self.opening([sealed])
        content = ring.unseal(sealed, table=cases.name, row=key, column="violation")
        return _VIOLATION.validate_json(content)

    def seal_fine(self, fine: Fine, ring: Ring | None = None) -> bytes:
        """The whole fine as ciphertext bound to its number."""
        content, of = _FINE.dump_json(fine), fine.violation.key
        ring = ring or self._ring_now(of)
        return ring.seal(content, of=of, table=fines.name, row=fine.number, column="fine")

    def unseal_fine(self, number: str, sealed: bytes, ring: Ring | None = None) -> Fine:
        """The fine ``number``, as it was frozen at issue; ``ring`` where its key is at hand.

        Raises:
            Erased: The key of its case was destroyed.
            StoreError: The stored bytes were changed or moved.
        """
        ring = ring or self.opening([sealed])
        content = ring.unseal(sealed, table=fines.name, row=number, column="fine")
        return _FINE.validate_json(content)
