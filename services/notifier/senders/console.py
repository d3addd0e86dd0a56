"""The sender that shows letters on the terminal, for a look at what would be sent."""

from __future__ import annotations

from collections.abc import Callable

import typer

from services.model import Channel
from services.recipient import Dispatch


class ConsoleSender:
    """Prints each letter as plain text on stdout.

    Attributes:
        show: Takes the text.
    """

    def __init__(self, show: Callable[[str], None] = typer.echo) -> None:
        self.show = show
        self.channel: str = Channel.CONSOLE

    def send(self, dispatch: Dispatch) -> str:
        """Print the letter; the receipt says that it was shown."""
        letter = dispatch.letter
        self.show(f"{letter.subject}\n\n{letter.text}")
        return "shown"
