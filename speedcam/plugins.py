"""Commands that other packages add to ``speedcam``, by entry point.

The office adds its own this way, so that the camera needs to know nothing of it. A package names
them in its ``pyproject.toml``::

    [project.entry-points."speedcam.commands"]
    office = "services.cli:office_app"

A ``typer.Typer`` becomes a group of commands, any other callable one command.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import typer

GROUP = "speedcam.commands"


def add_commands(app: typer.Typer) -> None:
    """Mount every command that an installed package offers."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        _add(app, entry)


def _add(app: typer.Typer, entry: EntryPoint) -> None:
    command = entry.load()
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=entry.name)
    else:
        app.command(name=entry.name)(command)
