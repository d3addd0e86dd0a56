"""Machines that share only a network, as far as one machine can play them, with certificates."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.builders_cluster import Host
from tests.certificates import a_certificate

_BRIDGE = "speedcam-bench"
GATE = "10.77.0.1"
"""This machine, as those of :func:`networks` see it."""


@contextmanager
def networks(count: int) -> Iterator[list[Host]]:
    """So many network namespaces on one bridge, which lead nowhere else; needs root."""
    with ExitStack() as made:
        _ip("link", "add", _BRIDGE, "type", "bridge")
        made.callback(_ip, "link", "del", _BRIDGE)
        _ip("addr", "add", f"{GATE}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        hosts = [Host(f"10.77.0.{n + 2}", _into(f"speedcam-{n}")) for n in range(count)]
        for number, host in enumerate(hosts):
            name, veth = f"speedcam-{number}", f"speedcam-v{number}"
            _ip("netns", "add", name)
            made.callback(_ip, "netns", "del", name)
            _ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", veth, "master", _BRIDGE, "up")
            _ip("-n", name, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                _ip("-n", name, "link", "set", link, "up")
        yield hosts


def certificates(folder: Path) -> Mapping[str, str]:
    """The environment of a cluster in which everybody shows one certificate, its own authority."""
    cert, private = a_certificate(folder)
    tls = "DASK_DISTRIBUTED__COMM__TLS"
    roles = {
        f"{tls}__{role}__{part}": str(path)
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for part, path in (("CERT", cert), ("KEY", private))
    }
    return {f"{tls}__CA_FILE": str(cert), **roles}


def _into(name: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)  # noqa: S607 - the system's own
