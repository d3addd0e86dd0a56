"""``speedcam keys``: make keys, let the root vouch for cameras, revoke. Parse, call, print."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from speedcam.disk import make_folder, write_durably
from speedcam.errors import SealError
from speedcam.instants import instant_of
from speedcam.seal.keys import PublicKey, SigningKey, load_public_key, load_signing_key, new_key
from speedcam.seal.registry import (
    Entry,
    Registry,
    certified,
    empty_registry,
    parse_registry,
    registry_bytes,
    revoked,
    to_ms,
)

Out = Annotated[Path, typer.Option("--out", help="Folder for the two files.")]
RegistryFile = Annotated[Path, typer.Option("--registry", help="The registry file.")]
RootKey = Annotated[Path, typer.Option("--root", help="The root's private key, kept off line.")]
RootPub = Annotated[Path, typer.Option("--root", help="The root's public key.")]


keys_app = typer.Typer(
    help="Keys that sign evidence: a root, kept off line, vouches for each camera's.\n\n"
    "docs/sealing.md shows the whole way.",
    no_args_is_help=True,
)


@keys_app.command(name="root")
def root_command(out: Out = Path()) -> None:
    """Make the root's key: root.key, to be kept off line, and root.pub for everybody."""
    _new(out, "root")


@keys_app.command(name="new")
def new_command(
    camera: Annotated[str, typer.Argument(help="The camera's name: that of its two files.")],
    out: Out = Path(),
) -> None:
    """Make a camera's key: CAMERA.key, which never leaves the camera, and CAMERA.pub."""
    _new(out, camera)


def _new(out: Path, name: str) -> None:
    make_folder(out)
    for path in new_key(out, name):
        typer.echo(path)


@keys_app.command(name="certify")
def certify_command(
    *,
    camera: Annotated[Path, typer.Argument(metavar="CAMERA.pub", help="Its public key.")],
    root: RootKey,
    registry: RegistryFile,
    site: Annotated[
        list[str], typer.Option("--site", metavar="ID", help="A site it may sign for (camera.id).")
    ],
    since: Annotated[str, typer.Option("--from", metavar="INSTANT", help="With its offset.")],
    until: Annotated[str, typer.Option("--until", metavar="INSTANT", help="With its offset.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="Mark the key DEMO: it proves nothing.")
    ] = False,
) -> None:
    """Let the root vouch for a camera's key; makes the registry where there is none."""
    key, signing = load_public_key(camera), load_signing_key(root)
    entry = Entry(
        key=key.raw.hex(),
        name=camera.stem,
        sites=tuple(sorted(set(site))),
        from_ms=to_ms(_instant(since)),
        until_ms=to_ms(_instant(until)),
        demo=demo,
    )
    _write(registry, certified(_read(registry, signing.public, new=True), entry), signing)
    typer.echo(key.id)


@keys_app.command(name="revoke")
def revoke_command(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, from `keys list`.")],
    root: RootKey,
    registry: RegistryFile,
    at: Annotated[
        str,
        typer.Option("--at", metavar="INSTANT", help="When it was last surely in good hands."),
    ],
) -> None:
    """Revoke a camera's key, for good: nothing that it signed for INSTANT or later counts."""
    signing = load_signing_key(root)
    changed = revoked(_read(registry, signing.public), key_id, _instant(at))
    _write(registry, changed, signing)


@keys_app.command(name="list")
def list_command(registry: RegistryFile, root: RootPub) -> None:
    """Every key of a registry whose signature holds: id, camera, sites, state."""
    for entry in _read(registry, load_public_key(root)).cameras:
        state = "valid" if entry.revoked_ms is None else "revoked"
        mark = "DEMO" if entry.demo else ""
        typer.echo("\t".join((entry.public.id, entry.name, ",".join(entry.sites), state, mark)))


def _read(path: Path, root: PublicKey, *, new: bool = False) -> Registry:
    if new and not path.exists():
        return empty_registry(root)
    try:
        return parse_registry(path.read_bytes(), root)
    except OSError as error:
        raise SealError(f"cannot read the registry {path}: {error.strerror}.") from None


def _write(path: Path, registry: Registry, root: SigningKey) -> None:
    write_durably(path, registry_bytes(registry, root))


def _instant(text: str) -> datetime:
    instant = instant_of(text)
    if instant is None:
        raise SealError(
            f"{text} is not an instant with its offset. Write it like 2026-10-14T08:30:00+02:00."
        )
    return instant
