"""Builders for sites: a whole, plausible one, with the parts under test replaced."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from speedcam.model import Certificate, Clock, Direction
from speedcam.site import Lane, Site, Survey, SurveyPoint, Zone

_CAMERA = """\
[camera]
id = "AL-DEMO-01"
name = "Demo camera 1"
height_m = 6.2
"""

_CERTIFICATE = """\
[camera.certificate]
device = "speedcam demo"
number = "DEMO-2026-001"
valid_until = 2027-06-30

[camera.clock]
source = "NTP"
checked_on = 2026-10-13
offset_s = 0.1
"""

_PLACE = """\
[place]
name = "Rruga e Kombit, km 4+200"
road = "SH2"
road_kind = "urban"
timezone = "Europe/Tirane"
signs_checked_on = 2026-10-01
approaching_towards = "Durrës"
receding_towards = "Tiranë"
"""

_REASON = """\
[place.limit_reason]
sq = "dalja e një shkolle është 60 metra më tej"
en = "a school gate is 60 metres ahead"
"""

_CLIP = """\
[clip]
starts_at = 2026-10-14T08:30:00+02:00
"""

_SURVEY = """\
[survey]
uncertainty_px = 0.5
uncertainty_m = 0.01
points = [
  { px = [556.34, 965.41], m = [-4.75, 13.0] },
  { px = [1219.68, 1012.33], m = [-1.0, 13.0] },
  { px = [886.29, 560.17], m = [-4.75, 22.0] },
  { px = [1308.06, 577.47], m = [-1.0, 22.0] },
  { px = [1148.1, 238.63], m = [-4.75, 43.0] },
  { px = [1376.07, 242.82], m = [-1.0, 43.0] },
]
"""

_ZONE = """\
[zone]
near_m = 15.0
far_m = 40.0
"""

_LANES = """\
[[lanes]]
name = "1"
direction = "approaching"
left_m = -4.75
right_m = -1.0
limit_kmh = 40

[[lanes]]
name = "2"
direction = "receding"
left_m = -1.0
right_m = 2.75
limit_kmh = 50
"""


def a_site_text(
    *,
    camera: str = _CAMERA,
    certificate: str = _CERTIFICATE,
    place: str = _PLACE,
    reason: str = _REASON,
    clip: str = _CLIP,
    survey: str = _SURVEY,
    zone: str = _ZONE,
    lanes: str = _LANES,
) -> str:
    """A valid site file; each argument replaces one table's text."""
    return "\n".join([camera, certificate, place, reason, clip, survey, zone, lanes])


def a_site(**overrides: Any) -> Site:
    """The site of ``a_site_text()``, made without reading any file."""
    site = Site(
        camera_id="AL-DEMO-01",
        camera_name="Demo camera 1",
        place_name="Rruga e Kombit, km 4+200",
        road="SH2",
        road_kind="urban",
        timezone="Europe/Tirane",
        towards={Direction.APPROACHING: "Durrës", Direction.RECEDING: "Tiranë"},
        limit_reason={
            "sq": "dalja e një shkolle është 60 metra më tej",
            "en": "a school gate is 60 metres ahead",
        },
        signs_checked_on=date(2026, 10, 1),
        clock=Clock(source="NTP", checked_on=date(2026, 10, 13), offset_s=0.1),
        certificate=Certificate(
            device="speedcam demo", number="DEMO-2026-001", valid_until=date(2027, 6, 30)
        ),
        clip_starts_at=datetime(2026, 10, 14, 8, 30, tzinfo=timezone(timedelta(hours=2))),
        survey=a_survey(),
        zone=Zone(near_m=15.0, far_m=40.0),
        lanes=(
            a_lane(),
            a_lane(name="2", direction="receding", left_m=-1.0, right_m=2.75, limit_kmh=50),
        ),
        sha256=hashlib.sha256(a_site_text().encode()).hexdigest(),
    )
    return replace(site, **overrides)


def a_survey(
    *, uncertainty_px: float = 0.5, uncertainty_m: float = 0.01, lens_height_m: float = 6.2
) -> Survey:
    """Six points on the edges of one lane."""
    return Survey(
        points=(
            SurveyPoint(px=(556.34, 965.41), m=(-4.75, 13.0)),
            SurveyPoint(px=(1219.68, 1012.33), m=(-1.0, 13.0)),
            SurveyPoint(px=(886.29, 560.17), m=(-4.75, 22.0)),
            SurveyPoint(px=(1308.06, 577.47), m=(-1.0, 22.0)),
            SurveyPoint(px=(1148.1, 238.63), m=(-4.75, 43.0)),
            SurveyPoint(px=(1376.07, 242.82), m=(-1.0, 43.0)),
        ),
        uncertainty_px=uncertainty_px,
        uncertainty_m=uncertainty_m,
        lens_height_m=lens_height_m,
    )


def a_lane(
    *,
    name: str = "1",
    direction: str = "approaching",
    left_m: float = -4.75,
    right_m: float = -1.0,
    limit_kmh: int = 40,
    trigger_kmh: int | None = None,
) -> Lane:
    """One lane of that site."""
    return Lane(
        name=name,
        direction=Direction(direction),
        left_m=left_m,
        right_m=right_m,
        limit_kmh=limit_kmh,
        trigger_kmh=limit_kmh if trigger_kmh is None else trigger_kmh,
    )
