"""Which cameras' keys the office trusts: a registry under the root that it took on once.

The database says which root and which list, so that neither can be taken away or put back unseen.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from services.errors import EvidenceError, StoreError
from services.model import Violation
from services.ports import Clock
from services.seals import UNSIGNED, SealGate, all_sealed, as_signed
from services.store.cases import OFFICE
from services.store.history import Event, add_event, last_reason
from services.store.schema import office
from services.store.store import Store
from speedcam.disk import write_durably
from speedcam.seal.keys import PublicKey
from speedcam.seal.registry import Registry, parse_registry

_ROOT, _LIST = "seal_root", "seal_list"
_TOLD = "registry"
"""What the history calls it when a list is taken on, and what that is about."""


def trust_registry(store: Store, content: bytes, root: PublicKey, clock: Clock) -> Registry:
    """Trust the cameras of a registry file from now on; the same file again changes nothing.

    Args:
        store: Of the office.
        content: The registry file.
        root: Who must have signed it; the office's first root is its only one.
        clock: Dates the history.

    Raises:
        SealError: The root did not sign it.
        EvidenceError: The office has another root, or a newer list.
    """
    registry = parse_registry(content, root)
    sha256 = hashlib.sha256(content).hexdigest()
    with store.writing() as connection:
        known = _known(connection)
        if known == {_ROOT: root.raw.hex(), _LIST: sha256}:
            return registry
        standing = _standing(store, connection)
        if standing is not None:
            _require_newer(standing, registry)
        write_durably(store.folder / "keys" / _name(sha256), content)
        rows = [{"name": _ROOT, "value": root.raw.hex()}, {"name": _LIST, "value": sha256}]
        connection.execute(delete(office).where(office.c.name.in_([_ROOT, _LIST])))
        connection.execute(insert(office), rows)
        told = _told(registry)
        event = Event(at=clock.now(), who=OFFICE, what=_TOLD, subject=_TOLD, reason=told)
        add_event(store, connection, event)
    return registry


def trusted_cameras(store: Store) -> Registry | None:
    """The registry that the office trusts, or None before it took one on.

    Raises:
        StoreError: It took one on, and that one is missing or was changed.
    """
    with store.reading() as connection:
        return _standing(store, connection)


def _standing(store: Store, connection: Connection) -> Registry | None:
    """The registry that database and history both name; the database alone is easily changed."""
    known, told = _known(connection), last_reason(store, connection, _TOLD)
    standing = _registry(store, known) if known else None
    if told != (_told(standing) if standing else ""):
        raise StoreError(
            "the database names another registry of cameras than the one that this office took "
            f"on last, which is {told or 'none'}: somebody changed it. Nothing is decided. Run "
            "`speedcam ledger audit`, and restore the last verified backup."
        )
    return standing


def _told(registry: Registry) -> str:
    """How the history tells of a list that was taken on."""
    return f"list {registry.number} of the root {registry.root}"


def kept_seal_fault(store: Store, cameras: Registry | None, violation: Violation) -> str:
    """What is wrong with a seal of a violation whose exhibits the office keeps; empty if nothing.

    Without trusted cameras nobody can say, and nothing is said.
    """
    if cameras is None:
        return ""
    gate = SealGate(cameras=cameras, read=lambda exhibit: store.exhibit_bytes(exhibit.sha256))
    return gate.fault(as_signed(violation, gate.read))


def doubts_of_seal(store: Store, cameras: Registry | None, violation: Violation) -> tuple[str, ...]:
    """Why no policy may decide on the evidence of a violation, as far as its seals go."""
    if cameras is None:
        return ()
    fault = kept_seal_fault(store, cameras, violation)
    return tuple(filter(None, (fault, "" if all_sealed(violation) else UNSIGNED)))


def _registry(store: Store, known: dict[str, str]) -> Registry:
    path = store.folder / "keys" / _name(known.get(_LIST, ""))
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != known.get(_LIST):
        raise StoreError(
            f"{path}, the registry of cameras that this office trusts, is missing or was changed. "
            "Put it back from the last verified backup; nothing is decided without it."
        )
    return parse_registry(content, PublicKey(raw=bytes.fromhex(known[_ROOT])))


def _require_newer(standing: Registry, registry: Registry) -> None:
    if standing.root != registry.root:
        raise EvidenceError(
            "this office trusts another root, and it keeps to it. Give the registry of that "
            "root; another root needs another office."
        )
    if registry.number <= standing.number:
        raise EvidenceError(
            f"this office has list {standing.number} of the registry, and this is list "
            f"{registry.number}: a key that was revoked since would be trusted again."
        )


def _known(connection: Connection) -> dict[str, str]:
    query = select(office).where(office.c.name.in_([_ROOT, _LIST]))
    return {row.name: row.value for row in connection.execute(query)}


def _name(sha256: str) -> str:
    return f"registry-{sha256[:16]}.json"
