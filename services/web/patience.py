"""Guessing made slow: after some failures an address must wait before it may try again.

The notice itself is never locked, or anybody could lock its owner out. Addresses are kept as
keyed hashes of their network. The counters live in this process: with several workers each
counts for itself.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from services.ports import Clock

FREE_FAILURES = 5
"""Typing errors cost nothing; with the waits below, ten tries fit into a quarter of an hour."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
FORGET_AFTER = timedelta(minutes=15)
MOST_NETWORKS = 20_000
"""Bounds the memory; the network that has been quiet longest is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    failures: int
    last: datetime


class Patience:
    """Counts failures per network, in bounded memory."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._key = hmac.digest(secret, b"speedcam.web.patience", sha256)
        self._clock = clock
        self._records: OrderedDict[bytes, _Record] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many networks are remembered."""
        return len(self._records)

    def attempt(self, address: str) -> timedelta:
        """Ask to try now. Zero: the try is counted as failed until ``forgive``; else the wait."""
        network, now = self._network(address), self._clock.now()
        with self._lock:
            record = self._record(network, now)
            wait = record.last + wait_after(record.failures) - now
            if wait > timedelta():
                return wait
            # Counted before the look-up: tries at the same moment cannot slip past the count.
            self._put(network, _Record(failures=record.failures + 1, last=now))
            return timedelta()

    def forgive(self, address: str) -> None:
        """The try succeeded: it was no failure. Those before it still count."""
        network, now = self._network(address), self._clock.now()
        with self._lock:
            record = self._record(network, now)
            self._put(network, replace(record, failures=max(0, record.failures - 1)))

    def _record(self, network: bytes, now: datetime) -> _Record:
        record = self._records.get(network)
        if record is None or now - record.last >= FORGET_AFTER:
            return _Record(failures=0, last=now)
        return record

    def _put(self, network: bytes, record: _Record) -> None:
        self._records[network] = record
        self._records.move_to_end(network)
        while len(self._records) > MOST_NETWORKS:
            self._records.popitem(last=False)

    def _network(self, address: str) -> bytes:
        return hmac.digest(self._key, network_of(address).encode(), sha256)


def network_of(address: str) -> str:
    """The /24 or /56 of an address: whoever has one address there usually has more."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/{24 if version == 4 else 56}", strict=False))


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta()
    # The exponent is bounded before the power is taken: it would overflow otherwise.
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
