"""The command line: which commands there are, and how a run of one ends."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping, Sequence
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from speedcam import __version__
from speedcam.errors import SpeedcamError
from speedcam.plugins import Offer, Offers, added
from speedcam.talk import BAD_INPUT, EPILOG, INTERRUPTED, OK, complain, talk

OWN = (
    Offer.of("process", "speedcam.process_cli:process_command", EPILOG),
    Offer.of("watch", "speedcam.live.cli:watch_command", EPILOG),
    Offer.of("explain", "speedcam.explain.cli:explain_command", EPILOG),
    Offer.of("simulate", "speedcam.simulate.cli:simulate_command", EPILOG),
    Offer.of("validate", "speedcam.validate.cli:validate_command", EPILOG),
    Offer.of("bundle", "speedcam.seal.bundle_cli:bundle_command", EPILOG),
    Offer.of("verify", "speedcam.seal.bundle_cli:verify_command"),
    Offer.of("replay", "speedcam.seal.bundle_cli:replay_command"),
    Offer.of("calibrate", "speedcam.calibrate.cli:calibrate_app"),
    Offer.of("keys", "speedcam.seal.keys_cli:keys_app"),
    Offer.of("models", "speedcam.models:models_app"),
)
"""The camera's own commands, in the order in which they are listed."""


def build() -> TyperGroup:
    """The whole command line, with what other packages add to it."""
    app = typer.Typer(
        name="speedcam",
        help="Turn footage of a fixed roadside camera into fair, provable speeding notices.\n\n"
        "Start with `speedcam demo`; your own footage goes through `speedcam process`.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback(invoke_without_command=True)(_root)
    group = typer.main.get_group(app)
    group.commands = cast("MutableMapping[str, Any]", Offers((*OWN, *added())))
    return group


def main() -> None:
    """Run the command line; a user's mistake never ends in a traceback."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and turn its end into an exit code."""
    try:
        build()(list(arguments))
    except SpeedcamError as error:
        complain(error)
        return BAD_INPUT
    except OSError as error:
        complain(SpeedcamError(f"{error.filename or 'output'}: {error.strerror or error}."))
        return BAD_INPUT
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            talk.print("speedcam: interrupted. What is finished is kept; run it again to go on.")
        return int(ended.code or OK)
    return OK


def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"speedcam {__version__}")
        raise typer.Exit
