"""Secrets of senders and registers: in a private file or in the environment, never in settings."""

from __future__ import annotations

import os
from pathlib import Path

from services.errors import SettingsError


def secret_in(office: Path, *, file: str = "", env: str = "") -> str:
    """The secret in a file or a variable; empty where neither is named.

    Args:
        office: Relative files lie below it.
        file: Of one line; nobody but its owner may read it.
        env: Name of the variable.

    Raises:
        SettingsError: It is not there, is empty, or others may read it.
    """
    if env:
        return _of_environment(env)
    return _of_file(office / file) if file else ""


def _of_environment(name: str) -> str:
    if not (secret := os.environ.get(name, "").strip()):
        raise SettingsError(f"the environment has no {name}: set it to the secret and start again.")
    return secret


def _of_file(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"others may read {path}. Make it private: chmod 600 {path}")
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"cannot read the secret in {path}: {told}. Put it there.") from None
    if not secret:
        raise SettingsError(f"{path} is empty: write the secret into it.")
    return secret
