"""What is true about a simulated clip: its site file and its truth file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from speedcam.simulate.camera import project_road
from speedcam.simulate.drive import Drive
from speedcam.simulate.hiding import hidden_share
from speedcam.simulate.scene import Scene
from speedcam.site import SurveyPoint

_SURVEY_PX, _SURVEY_M = 0.3, 0.01


def survey(scene: Scene) -> tuple[SurveyPoint, ...]:
    """Points on the lane edges in and around the zone.

    Exact to a hundredth of a pixel, but for the errors that the scene's surveyor makes.
    """
    edges = sorted({x for lane in scene.plan.lanes for x in (lane.left_m, lane.right_m)})
    width, height = scene.camera.size_px
    rng = np.random.default_rng([scene.seed, 29])
    points = []
    for y in scene.survey_y_m:
        for x in edges:
            wrong_px = rng.normal(0, 1, 2) * scene.survey_noise_px
            wrong_m = rng.normal(0, 1, 2) * scene.survey_noise_m
            u, v = (round(float(p), 2) for p in project_road(scene.camera, x, y) + wrong_px)
            if 0 <= u < width and 0 <= v < height:
                m = (x + round(float(wrong_m[0]), 3), y + round(float(wrong_m[1]), 3))
                points.append(SurveyPoint(px=(u, v), m=m))
    return tuple(points)


def truth_json(scene: Scene, drives: Sequence[Drive]) -> str:
    """The truth file: geometry, and every vehicle with its speed, time, lane and plate."""
    document = {
        "image_size": list(scene.camera.size_px),
        "fps": float(scene.frames_per_s),
        "camera": {
            "height_m": scene.camera.height_m,
            "pitch_deg": scene.camera.pitch_deg,
            "yaw_deg": scene.camera.yaw_deg,
            "focal_px": scene.camera.focal_px,
            **_unusual(scene),
        },
        "survey": [{"px": list(point.px), "m": list(point.m)} for point in survey(scene)],
        "axes": "m: x to the right, y along the road away from the camera, camera above (0, 0); "
        "px: the centre of the top-left pixel is (0, 0)",
        "vehicles": [_vehicle(scene, drive, drives) for drive in drives],
        **_others(scene),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _others(scene: Scene) -> dict[str, object]:
    """Who is no vehicle, while it moves."""
    walks = [
        {
            "id": f"walk {number}",
            "kind": walk.body.kind,
            "first_s": round(max(walk.starts_s, 0.0), 3),
            "last_s": round(min(walk.ends_s, scene.seconds), 3),
        }
        for number, walk in enumerate(scene.traffic.walks)
    ]
    return {"others": walks} if walks else {}


def _unusual(scene: Scene) -> dict[str, float]:
    """What a plain pin-hole camera with a global shutter lacks."""
    facts = {"k1": scene.camera.k1, "readout_ms": scene.sensor.readout_s * 1000}
    return {name: round(value, 6) for name, value in facts.items() if value}


def _vehicle(scene: Scene, drive: Drive, drives: Sequence[Drive]) -> dict[str, object]:
    lane = drive.pass_lane(scene.plan.lanes)
    ends = (drive.time_at(nearest_seen_m(scene, drive)), drive.time_at(scene.traffic.far_m))
    return {
        "id": drive.ordinal,
        "kind": drive.body.kind,
        "direction": str(drive.direction),
        "lane": lane.name,
        "limit_kmh": lane.limit_kmh,
        "x_m": round(drive.across_m(drive.middle_m), 3),
        "length_m": drive.body.length_m,
        **_speeds(scene, drive),
        f"time_at_{drive.middle_m:g}_m_s": round(drive.pass_s, 4),
        "first_s": round(max(min(ends), 0.0), 3),
        "last_s": round(min(max(ends), scene.seconds), 3),
        "plate": drive.plate if drive.body.plated else None,
        **({"way": drive.course.name} if drive.course.name else {}),
        **_hidden(scene, drive, drives),
    }


def _speeds(scene: Scene, drive: Drive) -> dict[str, float]:
    """The mean speed along the zone, and where it changes, its extremes there."""
    zone = scene.zone
    start, end = sorted((drive.time_at(zone.near_m), drive.time_at(zone.far_m)))
    mean_kmh = (zone.far_m - zone.near_m) / (end - start) * 3.6
    in_zone = (start - drive.pass_s, end - drive.pass_s)
    fastest, slowest = drive.course.fastest_and_slowest_m_s(*in_zone)
    speeds = {"speed_kmh": mean_kmh}
    if fastest > slowest:
        speeds |= {"speed_min_kmh": slowest * 3.6, "speed_max_kmh": fastest * 3.6}
    return {name: round(kmh, 3) for name, kmh in speeds.items()}


def _hidden(scene: Scene, drive: Drive, drives: Sequence[Drive]) -> dict[str, float]:
    if not scene.traffic.tells_hidden:
        return {}
    return {"occluded": round(hidden_share(scene, drive, [*drives, *scene.traffic.walks]), 3)}


def nearest_seen_m(scene: Scene, drive: Drive) -> float:
    """Where the contact end crosses the picture's lower edge."""
    near, far = 1.0, scene.zone.far_m
    for _ in range(40):
        middle = (near + far) / 2
        _, v = project_road(scene.camera, drive.across_m(middle), middle)
        near, far = (middle, far) if v >= scene.camera.size_px[1] else (near, middle)
    return far


def site_toml(scene: Scene) -> str:
    """The site file, every optional field given."""
    paper, text = scene.paperwork, json.dumps
    reasons = "\n".join(
        f"{language} = {text(words, ensure_ascii=False)}"
        for language, words in paper.limit_reason.items()
    )
    points = "\n".join(
        f"  {{ px = [{p.px[0]:.2f}, {p.px[1]:.2f}], m = [{p.m[0]:g}, {p.m[1]:g}] }},"
        for p in survey(scene)
    )
    lanes = "\n".join(
        f"""
[[lanes]]
name = {text(lane.name)}
direction = "{lane.direction}"
left_m = {lane.left_m:g}
right_m = {lane.right_m:g}
limit_kmh = {lane.limit_kmh}
trigger_kmh = {lane.trigger_kmh}"""
        for lane in scene.plan.lanes
    )

    def quoted(words: str) -> str:
        return text(words, ensure_ascii=False)

    return f"""# Made by `speedcam simulate`: {scene.title}.
# The camera, the road and every vehicle are computed; no person and no real plate is shown.

[camera]
id = {quoted(paper.camera_id)}
name = {quoted(paper.camera_name)}
height_m = {scene.camera.height_m:g}
{_readout(scene)}
[camera.certificate]
device = {quoted(paper.certificate.device)}
number = {quoted(paper.certificate.number)}
valid_until = {paper.certificate.valid_until.isoformat()}

[camera.clock]
source = "the computer that made the pictures"
checked_on = {paper.starts_at.date().isoformat()}
offset_s = 0.0

[place]
name = {quoted(paper.place_name)}
road = {quoted(paper.road)}
road_kind = "{paper.road_kind}"
timezone = "Europe/Tirane"
signs_checked_on = {paper.signs_checked_on.isoformat()}
approaching_towards = {quoted(paper.approaching_towards)}
receding_towards = {quoted(paper.receding_towards)}

[place.limit_reason]
{reasons}

[clip]
starts_at = {paper.starts_at.isoformat()}

[survey]
uncertainty_px = {_SURVEY_PX:g}
uncertainty_m = {_SURVEY_M:g}
points = [
{points}
]

[zone]
near_m = {scene.zone.near_m:.1f}
far_m = {scene.zone.far_m:.1f}
{lanes}
"""


def _readout(scene: Scene) -> str:
    readout_ms = scene.sensor.readout_s * 1000
    return f"readout_ms = {readout_ms:g}\n" if readout_ms else ""


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)
