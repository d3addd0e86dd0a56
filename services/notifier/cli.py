"""``speedcam notify``: how letters look before they leave. Parse, call, print."""

from __future__ import annotations

import typer

from services.console import EPILOG
from services.notifier.preview import add_preview_command

notify_app = typer.Typer(
    name="notify",
    help="Letters: look at one in any of its forms.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@notify_app.callback()
def _group() -> None:
    """Keep the command's own name where it is the only one."""


add_preview_command(notify_app)
