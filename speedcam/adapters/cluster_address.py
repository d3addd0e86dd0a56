"""The scheduler of a cluster: an address that is safe to use, and somebody who answers there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from speedcam.crew import LEAVING_S
from speedcam.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Security

WAIT_S = 30.0
"""For the scheduler, and for its first worker."""


@contextmanager
def connected(address: str, *, trust_network: bool) -> Iterator[Client]:
    """A client of the scheduler at ``address``, once a worker is there.

    Args:
        address: As ``tls://10.0.0.5:8786``.
        trust_network: Whether it may be unencrypted and elsewhere.

    Raises:
        ClusterError: What is needed is not installed, the address is not safe, nobody answers
            there, or there is no worker.
    """
    _require_safe(address, trust_network=trust_network)
    try:
        from distributed import Client, Security  # noqa: PLC0415 - an extra that most do not need
    except ImportError:
        raise ClusterError(
            "--cluster needs Dask, which is not installed: pip install 'speedcam[cluster]'."
        ) from None
    # What it says of a lost connection is said by us, once.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    security = Security(require_encryption=True) if address.startswith("tls:") else Security()
    _require_certificate(security, address)
    try:
        client = Client(address, security=security, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {address} ({error}). Check the address, and that it is up."
        ) from None
    try:
        _await_worker(client, address)
        yield client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=LEAVING_S)


def _require_safe(address: str, *, trust_network: bool) -> None:
    scheme, host = _scheme_and_host(address)
    if scheme not in {"tcp", "tls"} or not host:
        raise ClusterError(f"--cluster {address}: give tls://HOST:PORT, or tcp://HOST:PORT.")
    if scheme == "tcp" and not (trust_network or _is_this_machine(host)):
        raise ClusterError(
            f"--cluster {address} is not encrypted: whoever reaches it can run programs on every "
            "worker, and read plates on the way. Set up tls:// (see docs/scale.md), or give "
            "--trust-network where nobody else is on that network."
        )


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Both empty where the address names no port: Dask would wait for a minute, and then break."""
    with suppress(ValueError):  # a port that is no number, an open bracket
        parts = urlsplit(address)
        if parts.port:
            return parts.scheme, parts.hostname or ""
    return "", ""


def _require_certificate(security: Security, address: str) -> None:
    """Raises ClusterError where ``security`` lets nobody through: a client could only hang then."""
    if not security.require_encryption:
        return
    if address.startswith("tcp:"):
        raise ClusterError(f"Dask's configuration wants encryption: {address} must be tls://.")
    try:
        context = security.get_connection_args("client").get("ssl_context")
    except OSError as error:
        raise ClusterError(
            f"the certificates that Dask's configuration names cannot be used ({error})."
        ) from None
    if context is None:
        raise ClusterError(
            "tls:// needs certificates, and Dask's configuration names none: set "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, and CERT and KEY of its CLIENT (see "
            "docs/scale.md)."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _await_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError:
        raise ClusterError(
            f"the scheduler at {address} has no worker. Start some (see docs/scale.md)."
        ) from None
