"""Guessing made slow: after some failures an address must wait before it may try again.

The notice itself is never locked, or anybody could lock its owner out. Addresses are kept as
keyed hashes of their network, in a tally that all workers of a server share.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from services.ports import Clock
from services.store.instants import from_ms, to_ms
from services.web.tally import Mark, Tally

FREE_FAILURES = 5
"""Typing errors cost nothing; with the waits below, ten tries fit into a quarter of an hour."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
FORGET_AFTER = timedelta(minutes=15)


class Patience:
    """Counts failures per network, in bounded memory.

    Args:
        secret: Keys the hashes.
        clock: Says when somebody tries.
        tally: Shared by all workers; None: this process counts for itself.
    """

    def __init__(self, secret: bytes, clock: Clock, tally: Tally | None = None) -> None:
        self._key = hmac.digest(secret, b"speedcam.web.patience", sha256)
        self._clock = clock
        self._tally = Tally() if tally is None else tally

    def attempt(self, address: str) -> timedelta:
        """Ask to try now. Zero: the try is counted as failed until ``forgive``; else the wait."""
        now_ms, wait = to_ms(self._clock.now()), timedelta()

        def tried(known: Mark | None) -> Mark:
            nonlocal wait
            mark = _remembered(known, now_ms)
            due = from_ms(mark.at_ms) + wait_after(mark.count)
            wait = max(due - from_ms(now_ms), timedelta())
            # Counted before the look-up: tries at the same moment cannot slip past the count.
            return mark if wait else Mark(count=mark.count + 1, at_ms=now_ms)

        self._tally.change(self._network(address), tried)
        return wait

    def forgive(self, address: str) -> None:
        """The try succeeded: it was no failure. Those before it still count."""
        now_ms = to_ms(self._clock.now())

        def forgiven(known: Mark | None) -> Mark:
            mark = _remembered(known, now_ms)
            return replace(mark, count=max(0, mark.count - 1))

        self._tally.change(self._network(address), forgiven)

    def _network(self, address: str) -> bytes:
        return hmac.digest(self._key, network_of(address).encode(), sha256)


def _remembered(mark: Mark | None, now_ms: int) -> Mark:
    """What is still known of a network: after a time without a try, nothing."""
    if mark is None or from_ms(now_ms) - from_ms(mark.at_ms) >= FORGET_AFTER:
        return Mark(count=0, at_ms=now_ms)
    return mark


def network_of(address: str) -> str:
    """The /24 or /56 of an address: whoever has one address there usually has more."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    # Some proxies write everybody's old address within one new network.
    plain = getattr(known, "ipv4_mapped", None) or known
    return str(ipaddress.ip_network(f"{plain}/{24 if plain.version == 4 else 56}", strict=False))


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta()
    # The exponent is bounded before the power is taken: it would overflow otherwise.
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
