"""``speedcam ledger``: sign, audit, prove, verify, witness. Parse, call, print."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, end, say, show
from services.errors import LedgerError
from services.ledger import audit as auditing
from services.ledger import log
from services.ledger.checkpoint import Checkpoint
from services.ledger.keys import read_verifier
from services.ledger.note import decoded
from services.ledger.proof import checks_of, proof_of, says
from services.ledger.prove import prove as proof_for
from services.ledger.witness import witness as look
from services.numbers import normal_number
from services.store.store import open_store

LOOK_EVERY_S = 10.0
"""Between two looks of a witness that goes on; checkpoints come once a minute."""

ledger_app = typer.Typer(
    name="ledger",
    help="The ledger: nobody changes the office's history unseen.\n\n"
    "The office signs checkpoints of its history, a witness elsewhere cosigns them, and anybody "
    "can verify a fine's proof with their public keys alone.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Witness = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The folder of the office's witness.")
]


@ledger_app.command(epilog=EPILOG)
def checkpoint(office: Office) -> None:
    """Sign the history as it stands, and ask the witness; without news nothing is signed."""
    with open_store(office) as store:
        made = log.checkpoint(store, SystemClock())
    say(f"leaves: {made.size}, root {made.root_text}" if made else "nothing has happened yet")


@ledger_app.command(epilog=EPILOG)
def audit(
    office: Office,
    witness: Witness = None,
    printed: Annotated[
        list[str] | None,
        typer.Option(metavar="SIZE:ROOT", help="A checkpoint that stands on somebody's notice."),
    ] = None,
    pictures: Annotated[
        bool, typer.Option(help="Read every picture and raw file too, which takes longest.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Reckon the whole history anew, and list all that is not as it was signed.

    Only with `--witness` can it tell a history that was put back whole, or signed again.
    """
    kept = [_printed(each) for each in printed or ()]
    with open_store(office) as store:
        found = auditing.audit(store, witness=witness, printed=kept, exhibits=pictures)
    show(found.findings, ("where", "fault"), as_json=as_json)
    say(f"leaves: {found.leaves}, checkpoints: {found.checkpoints}")
    say(f"findings: {len(found.findings)}")
    end(not found.findings)


@ledger_app.command(epilog=EPILOG)
def prove(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The fine, as it is typed.")],
    office: Office,
) -> None:
    """Write the proof that a fine's issue is in the history to stdout: a .tlog-proof file."""
    with open_store(office) as store:
        sys.stdout.write(bytes(proof_for(store, number)).decode())


@ledger_app.command(epilog=EPILOG)
def verify(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="The .tlog-proof file.")],
    *,
    key: Annotated[Path, typer.Option(metavar="VKEY", help="The log's public key, log.vkey.")],
    witness_key: Annotated[
        list[Path] | None,
        typer.Option(metavar="VKEY", help="A witness's public key: it must have signed too."),
    ] = None,
    number: Annotated[
        str, typer.Option(metavar="NUMBER", help="The fine that the proof must be about.")
    ] = "",
) -> None:
    """Check a proof with public keys alone: no office, no network. Exit code 0 if all holds."""
    if not proof.is_file():
        raise LedgerError(f"there is no proof {proof}. Download it from the notice's page.")
    read = proof_of(proof.read_bytes())
    known = [read_verifier(path) for path in witness_key or ()]
    checks = checks_of(read, read_verifier(key), known)
    leaf = says(read)
    for each in checks:
        typer.echo(f"{'holds' if each.holds else 'FAILS'}: {each.what}")
    about = not number or leaf.get("fine") == normal_number(number)
    if number:
        typer.echo(f"{'holds' if about else 'FAILS'}: it is about fine {normal_number(number)}")
    for name, value in leaf.items():
        typer.echo(f"  {name}: {value}")
    if not known:
        say("no witness's key was given: this rests on the word of the log alone")
    end(about and all(each.holds for each in checks))


@ledger_app.command(epilog=EPILOG)
def witness(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The witness's own folder.")],
    *,
    ledger: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the log asks: the office's ledger folder.")
    ],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C or SIGTERM, and tell every fault.")
    ] = False,
) -> None:
    """Cosign what the log asks, if its history only grew since the last time.

    Run it as another user on another machine or disk: it needs the office's ledger folder alone.
    Its folder remembers what was seen. Keep it where the office cannot write.
    """
    if not watch:
        seen = look(folder, ledger, SystemClock())
        say(f"cosigned: {seen.size} leaves" if seen else "the log has asked nothing yet")
        return
    # The deliverer brings letters with it, which no other command here needs.
    from services.notifier.watch import until_stopped  # noqa: PLC0415 - see above

    with until_stopped() as stop:
        _keep_looking(folder, ledger, stop)


def _keep_looking(folder: Path, ledger: Path, stop: Event) -> None:
    told = ""
    while not stop.is_set():
        try:
            seen = look(folder, ledger, SystemClock())
            words = f"cosigned: {seen.size} leaves" if seen else ""
        except LedgerError as error:
            words = str(error)
        if words != told:
            say(words)
        told = words
        stop.wait(LOOK_EVERY_S)


def _printed(text: str) -> Checkpoint:
    size, _, root = text.partition(":")
    try:
        return Checkpoint(origin="", size=int(size), root=decoded(root))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no checkpoint: write the two values of the notice as SIZE:ROOT"
        ) from None
