"""Keys for the demo alone: a root, a camera and their registry, each of them marked DEMO."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from speedcam.disk import make_folder, write_durably
from speedcam.seal.keys import PublicKey, SigningKey, load_signing_key, new_key
from speedcam.seal.registry import (
    Entry,
    certified,
    empty_registry,
    parse_registry,
    registry_bytes,
    to_ms,
)

CAMERA, ROOT, REGISTRY = "DEMO-camera", "DEMO-root", "registry.json"
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKeys:
    """Who signs in the demo, and who vouches for it.

    Attributes:
        camera: File of the key that signs passages of every sample site.
        registry: The registry file.
        root: Its root.
    """

    camera: Path
    registry: bytes
    root: PublicKey


def demo_keys(folder: Path, sites: Iterable[str]) -> DemoKeys:
    """The keys in ``folder``, made where there are none; the camera may sign for ``sites``."""
    make_folder(folder)
    root, camera = (_key(folder, name) for name in (ROOT, CAMERA))
    path = folder / REGISTRY
    public = root.public
    list_ = parse_registry(path.read_bytes(), public) if path.exists() else empty_registry(public)
    known = list_.entry(camera.public.id)
    entry = Entry(
        key=camera.public.raw.hex(),
        name=CAMERA,
        sites=tuple(sorted({*sites, *(known.sites if known else ())})),
        from_ms=to_ms(_FROM),
        until_ms=to_ms(_UNTIL),
        demo=True,
    )
    content = registry_bytes(certified(list_, entry), root)
    write_durably(path, content)
    return DemoKeys(camera=_file(folder, CAMERA), registry=content, root=public)


def _key(folder: Path, name: str) -> SigningKey:
    path = _file(folder, name)
    return load_signing_key(path if path.exists() else new_key(folder, name)[0])


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.key"
