"""How a server is reached: with TLS of its own, through a proxy that it trusts, or neither."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from services.errors import StoreError

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2, the oldest that is spoken; 1.3 has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What stands between a server and those who ask it.

    Attributes:
        certificate: Of this server, with those that vouch for it (PEM); None: it speaks no TLS.
        key: Of the certificate (PEM).
        proxy: Address of the proxy whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are
            believed; empty: nobody's are.
    """

    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""

    @property
    def scheme(self) -> str:
        """As addresses begin."""
        return "https" if self.certificate else "http"

    @property
    def files(self) -> list[Path]:
        """What the server must be able to read."""
        return [each for each in (self.certificate, self.key) if each]


PLAIN = Front()
"""Without TLS, and believing nobody's headers: for this machine alone."""


def front_of(certificate: Path | None, key: Path | None, proxy: str) -> Front:
    """The front that these options ask for, tried once.

    Raises:
        StoreError: Something of it is missing, wrong, or open to others.
    """
    if (certificate is None) != (key is None):
        raise StoreError("TLS needs a certificate and its key: give --tls-cert and --tls-key.")
    if proxy:
        _require_address(proxy)
    if certificate is None or key is None:
        return Front(proxy=proxy)
    _require_pair(certificate, key)
    # A link is followed now: whoever shows the pages sees these files and not where links lead.
    return Front(certificate=certificate.resolve(), key=key.resolve(), proxy=proxy)


def _require_address(proxy: str) -> None:
    try:
        ip_address(proxy)
    except ValueError:
        raise StoreError(
            f"{proxy!r} is no address of a proxy. Give one as 127.0.0.1 with --trust-proxy."
        ) from None


def _require_pair(certificate: Path, key: Path) -> None:
    try:
        about = key.stat()
        if about.st_mode & 0o077:
            raise StoreError(f"others may read {key}. Make it private: chmod 600 {key}")
        if about.st_uid != os.geteuid():
            raise StoreError(f"{key} is another user's: give this one a copy of their own.")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # of ssl too
        raise StoreError(
            f"{certificate} and {key} cannot be used for TLS: {error}. Give a certificate and its "
            "own key as PEM files, the key without a password."
        ) from None
