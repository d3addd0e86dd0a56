"""Senders by the kind that ``senders.toml`` names: built in, or another package's by entry point.

A package names its own in its ``pyproject.toml``::

    [project.entry-points."speedcam.senders"]
    pigeon = "pigeon_package:make_sender"

Each is called with the settings that stand in its table and with the office's folder, and returns
a :class:`services.ports.Sender`. A ``ValueError`` or ``KeyError`` is told with the table's line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from services.clock import SystemClock
from services.errors import SettingsError
from services.notifier.senders.by_apprise import AppriseSender, AppriseSettings
from services.notifier.senders.closed import Closed
from services.notifier.senders.console import ConsoleSender
from services.notifier.senders.folder import FolderSender
from services.notifier.senders.portal import PortalSender, PortalSettings
from services.notifier.senders.post import PostSender, PostSettings
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.notifier.senders.webhook import WebhookSender, WebhookSettings
from services.ports import Sender

GROUP = "speedcam.senders"

Settings = Mapping[str, object]
MakeSender = Callable[[Settings, Path], Sender]


class FolderSettings(Closed):
    """Where notices are put, relative to the office."""

    folder: str = "sent"


class NoSettings(Closed):
    """For a sender that needs none."""


def _folder(given: Settings, office: Path) -> Sender:
    return FolderSender(office / FolderSettings.model_validate(given).folder)


def _console(given: Settings, _office: Path) -> Sender:
    NoSettings.model_validate(given)
    return ConsoleSender()


def _smtp(given: Settings, office: Path) -> Sender:
    return SmtpSender(SmtpSettings.model_validate(given), office)


def _webhook(given: Settings, office: Path) -> Sender:
    return WebhookSender(WebhookSettings.model_validate(given), office, SystemClock())


def _portal(given: Settings, office: Path) -> Sender:
    return PortalSender(office / PortalSettings.model_validate(given).folder)


def _post(given: Settings, office: Path) -> Sender:
    return PostSender(office / PostSettings.model_validate(given).folder)


def _apprise(given: Settings, office: Path) -> Sender:
    return AppriseSender(AppriseSettings.model_validate(given), office)


_BUILT_IN: dict[str, MakeSender] = {
    "folder": _folder,
    "console": _console,
    "smtp": _smtp,
    "webhook": _webhook,
    "portal": _portal,
    "post": _post,
    "apprise": _apprise,
}


def sender_of(kind: str, settings: Settings, office: Path) -> Sender:
    """The sender of a kind.

    Args:
        kind: Its name.
        settings: What its table says beside kind and name.
        office: The office's folder.

    Raises:
        SettingsError: Nobody offers it, or a secret is missing.
        ValueError: The settings are wrong; of pydantic, with their places, where it checks them.
        KeyError: Another package's sender lacks one.
    """
    if kind in _BUILT_IN:
        return _BUILT_IN[kind](settings, office)
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind not in offered:
        names = ", ".join((*_BUILT_IN, *sorted(offered)))
        raise SettingsError(f"no installed package offers a sender {kind!r}. There are: {names}.")
    return cast("MakeSender", offered[kind].load())(settings, office)
