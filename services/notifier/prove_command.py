"""``speedcam notify test``: prove that a sender is set up, with a letter that says it is none."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer
from typst import compile as typeset

from services.console import EPILOG, Office, say
from services.errors import SettingsError
from services.model import Channel
from services.notifier.addressing import named_driver
from services.notifier.plain import plain_letter
from services.notifier.settings import ways_of
from services.recipient import UNNAMED, Dispatch, Recipient

SAMPLE = "SHEMBULL – MOS PAGUANI / SAMPLE – DO NOT PAY"
_TEXT = (
    "Kjo është një provë e rrugës, dhe nuk kërkon asgjë. / This tries the way that letters take, "
    "and asks for nothing."
)
_PAPER = f"#set document(title: [{SAMPLE}])\n= {SAMPLE}\n{_TEXT}\n".encode()


def add_test_command(app: typer.Typer) -> None:
    """Give ``app`` the command."""
    app.command(name="test", epilog=EPILOG)(try_sender)


def try_sender(
    sender: Annotated[str, typer.Argument(metavar="SENDER", help="Its name in senders.toml.")],
    *,
    office: Office,
    to: Annotated[
        str,
        typer.Option(
            help="Whom it goes to: an address of mail, a phone, a portal's account, or a name and "
            "address with commas."
        ),
    ] = "",
) -> None:
    """Send a marked sample by one sender, now and once, to an address of yours.

    Nothing of any case is in it.
    """
    ways = ways_of(office)
    if sender not in ways.senders:
        raise SettingsError(f"there is no sender {sender!r}: there are {', '.join(ways.senders)}.")
    chosen = ways.senders[sender]
    recipient = _recipient(chosen.channel, to)
    if not recipient.reached_by(chosen.channel):
        raise typer.BadParameter(f"channel {chosen.channel} needs an address of yours: --to")
    receipt = chosen.send(sample(recipient))
    say(f"sender {sender} took the sample by {chosen.channel}: {receipt}")


def sample(recipient: Recipient) -> Dispatch:
    """A letter that can be taken for none, with a key that no other has."""
    number = f"SAMPLE-{secrets.token_hex(4).upper()}"
    return Dispatch(
        key=f"{number}/notice/1",
        number=number,
        issued_at=datetime.now(UTC),
        letter=plain_letter(f"{SAMPLE}, {number}", _TEXT),
        recipient=recipient,
        print_pdf=lambda: typeset(_PAPER),
    )


def _recipient(channel: str, to: str) -> Recipient:
    if not to.strip():
        return UNNAMED
    try:
        match channel:
            case Channel.EMAIL:
                return Recipient(email=to)
            case Channel.SMS:
                return Recipient(phone=to)
            case Channel.PORTAL:
                return Recipient(portal=to)
            case _:
                return named_driver(to)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
