"""Builders for section control: a section, and drives through it whose truth is exact."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from speedcam.model import Clock, Direction, Passage, Sample
from tests.builders_office import AT, a_passage, a_place, a_plate, a_speed

SECTION = """\
id: AL-SECTION-01
entry: {site: AL-IN, line_m: 25}
exit: {site: AL-OUT, line_m: 30}
distance_m: 2000
uncertainty_m: 1.0
certificate: {body: Survey office, number: S-7, valid_until: 2027-06-30}
limit_kmh: 80
longest_s: 600
"""


def seen(site, crossed_s, kmh, line_m, plate="AA000BB", **more) -> Passage:
    """A passage whose edge crosses ``line_m`` at ``crossed_s`` after the clip's first hour."""
    clock_s = more.pop("clock_s", 0.05)
    direction = more.pop("direction", Direction.APPROACHING)
    sign = -1 if direction is Direction.APPROACHING else 1
    times_s = crossed_s + np.linspace(-0.6, 0.5, 20)
    samples = tuple(
        Sample(
            frame_index=n, time_s=t, u_px=0, v_px=0, x_m=0,
            y_m=line_m + sign * kmh / 3.6 * (t - crossed_s),
        )
        for n, t in enumerate(times_s)
    )  # fmt: skip
    passage = a_passage(
        more.pop("passage_id", f"{site}-{hash((plate, crossed_s)):x}"),
        plate=plate if not isinstance(plate, str) else a_plate(plate),
        place=a_place(
            site_id=site,
            clock=Clock(source="NTP", checked_on=date(2026, 10, 14), offset_s=clock_s),
        ),
        speed=replace(a_speed(kmh), samples=samples, direction=direction),
        direction=direction,
        at=AT + timedelta(seconds=float(times_s[-1])),
        **more,
    )
    recording = hashlib.sha256(site.encode()).hexdigest()
    return replace(passage, provenance=replace(passage.provenance, clip_sha256=recording))


def through(average_kmh, plate="AA000BB", start_s=0.0, **more) -> tuple[Passage, Passage]:
    """The two passages of a drive with this true average, whatever it does in between."""
    seconds = 2000 / (average_kmh / 3.6)
    return (
        seen("AL-IN", start_s, 1.3 * average_kmh, 25, plate, **more),
        seen("AL-OUT", start_s + seconds, 0.6 * average_kmh, 30, plate, **more),
    )
