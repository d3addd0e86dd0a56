"""Commands of ``speedcam``: the camera's own, and those that other packages add by entry point.

The office adds its own this way, so that the camera needs to know nothing of it. A package names
them in its ``pyproject.toml``::

    [project.entry-points."speedcam.commands"]
    office = "services.cli:office_app"

A ``typer.Typer`` becomes a group of commands, any other callable one command. Each is loaded when
it is wanted: loading them all takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup

GROUP = "speedcam.commands"

Loaded = TyperCommand | TyperGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A command that can be had.

    Attributes:
        entry: Its name and where it is.
        epilog: What its help ends with.
    """

    entry: EntryPoint
    epilog: str | None = None

    @classmethod
    def of(cls, name: str, where: str, epilog: str | None = None) -> Offer:
        """The command that ``where``, MODULE:NAME, holds."""
        return cls(entry=EntryPoint(name, where, GROUP), epilog=epilog)

    def load(self) -> Loaded:
        """The command itself, as click wants it."""
        app = self.entry.load()
        if isinstance(app, typer.Typer):
            group = typer.main.get_group(app)
            group.name = self.entry.name
            return group
        alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        alone.command(name=self.entry.name, epilog=self.epilog)(app)
        return cast("Loaded", typer.main.get_command(alone))


class Offers(Mapping[str, Loaded]):
    """Commands by name; asking for one loads it."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        """Put them in this order; the last of one name is the one that counts."""
        self._offers = {offer.entry.name: offer for offer in offers}
        self._loaded: dict[str, Loaded] = {}

    def __getitem__(self, name: str) -> Loaded:
        if name not in self._loaded:
            self._loaded[name] = self._offers[name].load()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._offers)

    def __len__(self) -> int:
        return len(self._offers)


def added() -> Iterator[Offer]:
    """What installed packages offer, by name."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        yield Offer(entry=entry)
