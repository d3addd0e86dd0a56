"""The secret that signs visits: made once per office and kept from everybody else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from services.errors import StoreError

SECRET_BYTES = 32
OWNER_ONLY = 0o600


def web_secret(office: Path) -> bytes:
    """The secret in ``office/keys/web.key``, made when there is none yet.

    Raises:
        StoreError: It cannot be read or made, is damaged, or others may read it.
    """
    path = office / "keys" / "web.key"
    try:
        _make_if_missing(path)
        if path.stat().st_mode & 0o077:
            raise StoreError(f"others may read {path}. Make it private: chmod 600 {path}")
        secret = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot use {path}: {error.strerror}. Check who owns the office's folder."
        ) from None
    if len(secret) != SECRET_BYTES:
        raise StoreError(
            f"{path} is damaged: it has {len(secret)} bytes, not {SECRET_BYTES}. Remove it; "
            "a new one is made, and open visits end."
        )
    return secret


def _make_if_missing(path: Path) -> None:
    """Write a new secret under another name and link it, so that nobody sees half of one."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A second process that was faster wins: its secret stays.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
