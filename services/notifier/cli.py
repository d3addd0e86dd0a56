"""``speedcam notify``: how letters look, and how they leave. Parse, call, print."""

from __future__ import annotations

import typer

from services.console import EPILOG
from services.notifier.country_command import add_check_command
from services.notifier.desk_commands import add_desk_commands
from services.notifier.preview import add_preview_command
from services.notifier.prove_command import add_test_command

notify_app = typer.Typer(
    name="notify",
    help="Letters: look at them, prove the ways they take, and see to those that got stuck.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

add_preview_command(notify_app)
add_test_command(notify_app)
add_desk_commands(notify_app)
add_check_command(notify_app)
