"""``speedcam office keys``: the key that wraps the cases' keys. Parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.console import EPILOG, Office, say, show
from services.errors import StoreError
from services.fines import Step
from services.ledger.recorded import open_recorded
from services.rotation import destroy_kek, rotate
from services.store.adoption import adopt_cases
from services.store.case_keys import current_kek, wrapped_with
from services.store.history import Event
from services.store.keks import keks_of
from services.store.shares import NEEDED, Share, join, read_share, split
from services.store.store import open_store
from services.words import require_words
from speedcam.disk import make_folder, write_durably

By = Annotated[str, typer.Option(metavar="ID", help="Who does it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")]

keys_app = typer.Typer(
    name="keys",
    help="The key-encryption key: it wraps the key of each case, and is in no database and no "
    "backup.\n\nWithout it nothing that the office knows of a person opens again: split it into "
    "three shares, of which two give it back. docs/erasure.md shows the whole way.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@keys_app.command(name="list", epilog=EPILOG)
def list_command(office: Office) -> None:
    """Every key-encryption key at hand, and how many cases' keys each of them wraps."""
    keks = keks_of(office)
    with open_store(office) as store, store.reading() as connection:
        now = current_kek(connection)
        rows = [
            {"key": kek, "cases": wrapped_with(connection, kek), "state": _state(kek, now)}
            for kek in dict.fromkeys((*keks.ids(), now))
        ]
    show(rows, ("key", "cases", "state"), as_json=False)


def _state(kek: str, now: str) -> str:
    return "wraps new cases' keys" if kek == now else "old"


@keys_app.command(name="split", epilog=EPILOG)
def split_command(
    office: Office,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the three shares.")],
) -> None:
    """Split the key into three shares, a file each: any two give it back, one says nothing.

    Give each to another person, on another medium, and delete the files here.
    """
    with open_store(office) as store, store.reading() as connection:
        kek = current_kek(connection)
    make_folder(out)
    for share in split(keks_of(office).secret(kek)):
        path = out / f"kek-{kek}.share-{share.place}"
        write_durably(path, f"{share}\n".encode())
        typer.echo(path)


@keys_app.command(name="join", epilog=EPILOG)
def join_command(
    shares: Annotated[
        list[Path], typer.Argument(metavar="SHARE SHARE", help="Files of two of the shares.")
    ],
    office: Office,
) -> None:
    """Put the key together again from two shares, for an office that lost it or is restored."""
    if len(shares) != NEEDED:
        raise typer.BadParameter(f"give {NEEDED} shares: two are needed, and a third adds nothing")
    one, other = (_share(path) for path in shares)
    keks = keks_of(office)
    typer.echo(keks.path(keks.make(join(one, other))))


def _share(path: Path) -> Share:
    try:
        return read_share(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"cannot read the share {path}. Give a file that has it.") from None


@keys_app.command(name="rotate", epilog=EPILOG)
def rotate_command(office: Office, by: By, why: Why) -> None:
    """Wrap every case's key with a new key, while the office goes on. Interrupted, run it again.

    The old key stays until you destroy it: the backups made until now need it.
    """
    with open_recorded(office) as store:
        done = rotate(store, keks_of(office), Step(by=by, why=why, at=datetime.now(UTC)))
    typer.echo(done.kek)
    say(f"cases' keys wrapped anew: {done.wrapped}. Split the new key, and make a backup.")
    for kek in done.before:
        say(f"then destroy the old one: speedcam office keys destroy {kek}")


@keys_app.command(name="destroy", epilog=EPILOG)
def destroy_command(
    kek: Annotated[str, typer.Argument(metavar="KEY", help="Its id, from `keys list`.")],
    *,
    office: Office,
    by: By,
    why: Why,
) -> None:
    """Remove an old key: backups that were made under it open no more, nor does what is in them.

    Whoever has two of its shares can join it again: have them destroyed too.
    """
    with open_recorded(office) as store:
        destroy_kek(store, keks_of(office), kek, Step(by=by, why=why, at=datetime.now(UTC)))
    say(f"the key {kek} is destroyed here; have its shares destroyed too")


@keys_app.command(name="adopt", epilog=EPILOG)
def adopt_command(office: Office, by: By, why: Why) -> None:
    """Give each case of an older office a key of its own, once. Interrupted, run it again.

    Until then its personal data opens with the office key and cannot be erased. Backups made before
    hold it so too: delete them once a new one was verified.
    """
    with open_recorded(office) as store:
        told = Event(at=datetime.now(UTC), who=by, what="", subject="", reason=why)
        require_words(by, why)
        count = adopt_cases(store, told)
    say(f"cases with a new key of their own: {count}")
