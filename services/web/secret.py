"""The secret that signs visits: made once per office and kept from everybody else."""

from __future__ import annotations

import secrets
from pathlib import Path

from services.errors import StoreError
from speedcam.disk import create_once

SECRET_BYTES = 32


def web_secret(office: Path) -> bytes:
    """The secret in ``office/keys/web.key``, made when there is none yet.

    Raises:
        StoreError: It cannot be read or made, is damaged, or others may read it.
    """
    path = office / "keys" / "web.key"
    try:
        if not path.exists():
            create_once(path, secrets.token_bytes(SECRET_BYTES))
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
