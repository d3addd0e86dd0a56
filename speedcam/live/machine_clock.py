"""What the kernel knows of this machine's clock: whether it is held by NTP, and how closely."""

from __future__ import annotations

import ctypes
from datetime import date

from speedcam.model import Clock

ON_THE_WAY_S = 1.0
"""A picture arrives so long after it was taken, at most: coding and network."""

_UNSYNCHRONISED = 0x40


class _Timex(ctypes.Structure):
    # linux/timex.h; what follows is the kernel's to fill and nobody's to read here.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("others", ctypes.c_byte * 256),
    )


def machine_clock(today: date) -> Clock | None:
    """How far off the instants of a stream can be, or None where nothing holds the clock.

    The kernel's estimate (``adjtimex``, RFC 5905's root distance) and the way of the pictures.

    Args:
        today: The local day, on which the kernel was asked.
    """
    told = _Timex()
    if ctypes.CDLL(None).adjtimex(ctypes.byref(told)) < 0 or told.status & _UNSYNCHRONISED:
        return None
    return clock_of(told.maxerror / 1e6, today)


def clock_of(most_off_s: float, today: date) -> Clock:
    """The clock of a stream that arrives at a machine which is off by so much at most."""
    return Clock(
        source="NTP, as this machine's kernel knows it; time of arrival",
        checked_on=today,
        offset_s=round(most_off_s + ON_THE_WAY_S, 3),
    )
