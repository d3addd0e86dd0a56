"""``speedcam notify``: letters that wait for a person. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.clock import SystemClock
from services.console import EPILOG, AsJson, Office, end, say, show
from services.errors import CaseError
from services.ledger.recorded import open_recorded
from services.notifier.addressing import enter_address
from services.notifier.outbox import stuck
from services.notifier.receipts import FAULT, take_receipts
from services.notifier.settings import ways_of
from services.notifier.watch import chores
from services.recipient import Recipient
from services.store.store import open_store


def add_desk_commands(app: typer.Typer) -> None:
    """Give ``app`` the commands."""
    app.command(name="stuck", epilog=EPILOG)(list_stuck)
    app.command(name="address", epilog=EPILOG)(address)
    app.command(name="receipts", epilog=EPILOG)(receipts)
    app.command(name="remind", epilog=EPILOG)(remind)


def list_stuck(office: Office, as_json: AsJson = False) -> None:
    """List the letters that wait for a person, and why; fifty at most, the oldest first.

    Those that are put off since a day and more, by a provider that is down, are among them.

    `speedcam office deliver --retry-failed` tries them all again when the cause is mended.
    """
    with open_store(office) as store:
        rows = stuck(store, SystemClock().now())
    show(rows, ("key", "state", "channel", "attempts", "fault"), as_json=as_json)
    say(f"letters that wait for a person: {len(rows)}")


def address(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The fine, as it is typed.")],
    *,
    office: Office,
    by: Annotated[str, typer.Option(metavar="ID", help="Who enters it.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="How it was found, in words.")],
    name: Annotated[str, typer.Option(prompt="Name")] = "",
    lines: Annotated[str, typer.Option(prompt="Address, with commas")] = "",
    email: Annotated[str, typer.Option(prompt="E-mail, or nothing")] = "",
) -> None:
    """Enter whom the letters of a fine go to, where no register knows it.

    It asks, so that no shell keeps a name.
    """
    postal = tuple(line.strip() for line in lines.split(",") if line.strip())
    try:
        recipient = Recipient(name=name.strip(), postal_lines=postal, email=email.strip())
    except ValueError as error:
        raise CaseError(f"fine {number}: {error}. Type it again; nothing was kept.") from None
    with open_recorded(office) as store:
        waiting = enter_address(store, number, recipient, by=by, why=why, clock=SystemClock())
    say(f"fine {number}: letters that wait again: {waiting}")


def receipts(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Reports about mail, the portal's inbox, lists of the post and of texts.",
        ),
    ],
    *,
    office: Office,
    as_json: AsJson = False,
) -> None:
    """Take in what channels told of letters: mail that came back, letters that were opened.

    What came back takes its next way. A notice is served that was opened in the portal, or that
    the post handed over: its list is a CSV with key, on and proof.
    """
    with open_recorded(office) as store:
        rows = take_receipts(store, paths, SystemClock())
    show(rows, ("file", "what", "key", "reason"), as_json=as_json)
    say(f"receipts: {len(rows)}")
    end(all(row.what != FAULT for row in rows))


def remind(office: Office) -> None:
    """Put what time causes into the outbox: reminders, and notices to be posted. Once a day.

    `speedcam office deliver --watch` does it by itself.
    """
    with open_store(office) as store:
        new = chores(store, ways_of(office), SystemClock())
    say(f"letters that time caused: {new}")
