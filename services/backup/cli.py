"""``speedcam office backup``, ``restore`` and ``verify``. Parse, call, print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from services.backup.keys import KEY_FILE, kek_of
from services.backup.make import back_up
from services.backup.restore import restore as restore_from
from services.backup.sealing import load_private, load_public
from services.backup.verify import Checked, lift
from services.backup.verify import verify as verified
from services.clock import SystemClock
from services.console import EPILOG, Office, end, say
from services.store.store import READ_ONLY, open_store

Witness = Annotated[Path, typer.Option(metavar="DIR", help="The folder of the office's witness.")]


KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--keys", metavar="FILE", help=f"The cases' wrapped keys; by default {KEY_FILE} beside it."
    ),
]


def add_backup_commands(app: typer.Typer) -> None:
    """Give the office's commands those for backups."""
    for command in (backup, restore, verify):
        app.command(epilog=EPILOG)(command)


def backup(
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder of the backups.")],
    office: Office,
    key: Annotated[
        Path, typer.Option("--for", metavar="PEM", help="The public key that it is sealed to.")
    ],
    keys: KeyFile = None,
) -> None:
    """Back the office up, sealed: database, exhibits, keys, letters. The office goes on meanwhile.

    Files of earlier backups are not written again, but the cases' keys are, in place of the older
    ones: what was erased opens in no backup. The private key is needed to restore, and so is the
    key-encryption key, which is in no backup; both belong elsewhere.
    """
    with open_store(office) as store:
        made = back_up(store, to, load_public(key), SystemClock(), keys)
        kek = kek_of(store)
    typer.echo(made.path)
    held = made.manifest
    say(f"leaves: {held.leaves}, rows: {sum(held.rows.values())}, files: {made.files}")
    say(f"files written: {made.fresh}")
    say(f"restoring it needs the key-encryption key {kek} too, which is not in it")
    for path in made.faults:
        say(f"{path} is damaged in the office and not in the backup: look for an older one")
    end(not made.faults)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the backups.")],
    *,
    office: Office,
    key: Annotated[Path, typer.Option(metavar="PEM", help="The private key it is sealed to.")],
    witness: Witness,
    keys: KeyFile = None,
) -> None:
    """Restore the newest backup into an empty folder, and verify it whole.

    Put the key-encryption key into its `keys` folder before (`speedcam office keys join`).

    Until every check holds the office is read-only: it shows what it has and takes nothing new.
    """
    checks = restore_from(folder, office, load_private(key), witness, keys)
    _show(checks, office)


def verify(office: Office, witness: Witness) -> None:
    """Check database, history, exhibits, seals and, once restored, the count of every table.

    An office that was restored takes new things again once all of them hold.
    """
    with open_store(office) as store:
        checks = verified(store, witness)
    if not any(each.findings for each in checks):
        lift(office)
    _show(checks, office)


def _show(checks: Sequence[Checked], office: Path) -> None:
    for each in checks:
        typer.echo(f"{'FAILS' if each.findings else 'holds'}: {each.what}")
        for found in each.findings:
            typer.echo(f"  {found.where}: {found.fault}")
    if (office / READ_ONLY).exists():
        say(f"{office} stays read-only. Mend what fails, then run `speedcam office verify`.")
    end(not any(each.findings for each in checks))
