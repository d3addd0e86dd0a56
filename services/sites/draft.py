"""What can be drawn of a site that is not complete yet: its points, lanes and zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from services.sites.fields import Document

PLACE = {
    **dict.fromkeys(("name", "road", "approaching_towards", "receding_towards"), "draft"),
    "road_kind": "urban",
    "timezone": "UTC",
}
CLIP = {"starts_at": datetime(2000, 1, 1, tzinfo=UTC)}
LIMIT_KMH = 50
WIDEST_M, NARROWEST_M = 10.0, 1.5
"""A lane may be no wider and no narrower (docs/site-file.md)."""


def drafts(document: Document) -> Iterator[Document]:
    """Documents to draw in place of one with faults, the fullest first.

    What says nothing of the picture is replaced. Points that are not complete at the end of the
    list are left out; where lanes or zone have faults, all of the surveyed road is taken.

    Args:
        document: The tables of a site file.
    """
    survey = dict(document.get("survey", {}))
    survey["points"] = points = _complete(survey.get("points", []))
    camera = document.get("camera", {})
    known = {key: camera[key] for key in ("height_m", "focal_px", "size_px") if key in camera}
    plain = {
        "camera": known | {"id": "draft", "name": "draft"},
        "place": PLACE,
        "clip": CLIP,
        "survey": survey,
    }
    if "zone" in document and "lanes" in document:
        yield plain | {"zone": document["zone"], "lanes": document["lanes"]}
    if points:
        yield plain | _whole_road(points)
        yield plain | {"survey": {"points": points}} | _whole_road(points)


def _complete(points: list[Document]) -> list[Document]:
    """Without those at the end that lack a number: they are being typed."""
    kept = list(points)
    while kept and not all(_is_pair(kept[-1].get(key)) for key in ("px", "m")):
        kept.pop()
    return kept


def _is_pair(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(isinstance(each, int | float) for each in value)


def _whole_road(points: list[Document]) -> Document:
    across, along = ([float(m) for m in ms] for ms in zip(*_on_road(points), strict=True))
    middle_m = (min(across) + max(across)) / 2
    half_m = min(max(max(across) - min(across), NARROWEST_M), WIDEST_M) / 2
    lane = {
        "name": "draft",
        "direction": "approaching",
        "left_m": middle_m - half_m,
        "right_m": middle_m + half_m,
        "limit_kmh": LIMIT_KMH,
    }
    return {"zone": {"near_m": min(along), "far_m": max(along)}, "lanes": [lane]}


def _on_road(points: list[Document]) -> Iterator[list[float]]:
    yield from (point["m"] for point in points if _is_pair(point.get("m")))
