"""The registry: public keys of cameras, for which sites and since when, signed by the root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

import rfc8785
from pydantic import Field, TypeAdapter, ValidationError

from speedcam.errors import SealError
from speedcam.seal.keys import PublicKey, SigningKey

MOST_BYTES = 16 * 1024 * 1024

_YEAR_3000_MS = 32_503_680_000_000

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One camera's key.

    Attributes:
        key: The public key, 32 bytes hexadecimal.
        name: The camera's, in words.
        sites: Identifiers of the sites for which it may sign.
        from_ms: UTC, milliseconds since 1970: the first instant for which it may sign.
        until_ms: The first for which it may not any more.
        revoked_ms: From here on the key may be in other hands; None: it is not revoked.
        demo: For demonstrations: proves nothing about a camera.
    """

    key: Hex32
    name: str
    sites: tuple[str, ...]
    from_ms: int
    until_ms: int
    revoked_ms: int | None = None
    demo: bool = False

    @property
    def public(self) -> PublicKey:
        """The key itself."""
        return PublicKey(raw=bytes.fromhex(self.key))

    def fault(self, site: str, start_ms: int, end_ms: int) -> str:
        """Why the key may not sign for ``site`` and that stretch of time; empty where it may."""
        if site not in self.sites:
            return f"the key of {self.name} is certified for {', '.join(self.sites)}, not {site}"
        if not self.from_ms <= start_ms <= end_ms < self.until_ms:
            return (
                f"the key of {self.name} is valid from {_words(self.from_ms)} until "
                f"{_words(self.until_ms)}, and the passage is of {_words(end_ms)}"
            )
        if self.revoked_ms is not None and end_ms >= self.revoked_ms:
            return f"the key of {self.name} is revoked as of {_words(self.revoked_ms)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Every key that the root ever vouched for.

    Attributes:
        root: Id of the root's key.
        number: One more with each change, so that an older list is known as such.
        cameras: In the order in which they were certified.
        what: What is signed here and nothing else.
        schema: The version of this form.
    """

    root: str
    number: int
    cameras: tuple[Entry, ...]
    what: Literal["speedcam registry"] = "speedcam registry"
    schema: Literal[1] = 1

    def entry(self, key_id: str) -> Entry | None:
        """The camera whose key has this id, or None where the root vouches for no such key."""
        return next((each for each in self.cameras if each.public.id == key_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    list: Registry
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


_FILE, _REGISTRY = TypeAdapter(_File), TypeAdapter(Registry)


def certified(registry: Registry, entry: Entry) -> Registry:
    """The list with one more camera, or with a camera's entry replaced.

    Raises:
        SealError: The entry makes no sense, or its key is revoked: that is for good.
    """
    if not entry.sites or entry.from_ms >= entry.until_ms:
        raise SealError(f"{entry.name}: name a site, and an end that lies after the beginning.")
    known = registry.entry(entry.public.id)
    if known is None:
        cameras = (*registry.cameras, entry)
    elif known.revoked_ms is not None:
        raise SealError(f"the key of {known.name} is revoked, for good. Make a new one.")
    else:
        cameras = tuple(entry if each is known else each for each in registry.cameras)
    return _changed(registry, cameras)


def revoked(registry: Registry, key_id: str, at: datetime) -> Registry:
    """The list with one key revoked: nothing that it signed for ``at`` or later counts.

    Raises:
        SealError: There is no such key, or it is revoked already, as of an earlier instant.
    """
    known = registry.entry(key_id)
    if known is None:
        raise SealError(f"the registry has no key {key_id}. `speedcam keys list` names them.")
    at_ms = to_ms(at)
    if known.revoked_ms is not None and known.revoked_ms <= at_ms:
        raise SealError(f"the key of {known.name} is revoked already, and earlier than that.")
    entry = replace(known, revoked_ms=at_ms)
    return _changed(registry, tuple(entry if each is known else each for each in registry.cameras))


def _changed(registry: Registry, cameras: tuple[Entry, ...]) -> Registry:
    if cameras == registry.cameras:
        return registry
    return replace(registry, number=registry.number + 1, cameras=cameras)


def empty_registry(root: PublicKey) -> Registry:
    """The list before its first camera."""
    return Registry(root=root.id, number=0, cameras=())


def registry_bytes(registry: Registry, root: SigningKey) -> bytes:
    """The registry file: the list and the root's signature, in canonical JSON."""
    signature = root.sign(_signed(registry)).hex()
    file = _File(list=registry, signature=signature)
    return rfc8785.dumps(_FILE.dump_python(file, mode="json"))


def parse_registry(content: bytes, root: PublicKey) -> Registry:
    """The list in a registry file.

    Raises:
        SealError: It is none, or ``root`` did not sign it.
    """
    try:
        file = _FILE.validate_json(content if len(content) <= MOST_BYTES else b"")
        canonical = rfc8785.dumps(_FILE.dump_python(file, mode="json"))
    except (ValidationError, rfc8785.CanonicalizationError, ValueError):
        file, canonical = None, b""
    if file is None or canonical != content:
        raise SealError(
            "this is no registry that `speedcam keys certify` wrote, or it was changed."
        )
    if file.list.root != root.id or not root.signed(
        _signed(file.list), bytes.fromhex(file.signature)
    ):
        raise SealError(
            f"the registry is not signed by the root {root.id}. Trust none of its keys."
        )
    return file.list


def _signed(registry: Registry) -> bytes:
    return rfc8785.dumps(_REGISTRY.dump_python(registry, mode="json"))


def to_ms(instant: datetime) -> int:
    """UTC, milliseconds since 1970, of an aware instant."""
    return round(instant.timestamp() * 1000)


def _words(ms: int) -> str:
    if not 0 <= ms < _YEAR_3000_MS:
        return f"{ms} ms"
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
