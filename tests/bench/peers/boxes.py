"""Perfect boxes: where every vehicle of a sample clip truly is in each frame.

No detector is as good. Its box is that of the whole vehicle, hidden or not, and stands on the road
exactly where the vehicle begins.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from speedcam.model import Floats
from speedcam.simulate.bodies import bodies
from speedcam.simulate.body import Body
from speedcam.simulate.camera import Camera, project
from speedcam.validate.truth import read_truth
from speedcam.validate.vehicles import TruthVehicle

BEYOND_M = 60.0
"""Farther away nobody is given a box."""

Box = tuple[float, float, float, float]


def true_boxes(truth: Path, frames: int) -> list[list[Box]]:
    """Per frame, left, top, right and bottom of everybody in view."""
    document = json.loads(truth.read_bytes())
    camera, known = camera_of(document), bodies()
    across_m = {str(row["id"]): row["x_m"] for row in document["vehicles"]}
    drives = [
        (vehicle, known[vehicle.kind], across_m[vehicle.id])
        for vehicle in read_truth(truth).vehicles
    ]
    return [
        [
            box
            for vehicle, body, x_m in drives
            if (box := box_of(camera, body, (x_m, along_m(vehicle, number / document["fps"]))))
        ]
        for number in range(frames)
    ]


def camera_of(document: dict[str, Any]) -> Camera:
    """The camera that a truth file states."""
    return Camera(size_px=tuple(document["image_size"]), **document["camera"])


def along_m(vehicle: TruthVehicle, time_s: float) -> float:
    """Where the end that faces the camera is."""
    if vehicle.crossing is None or vehicle.speed_kmh is None:
        raise ValueError(f"of vehicle {vehicle.id} nobody knows where it was")
    forward = 1 if vehicle.direction == "receding" else -1
    went_m = (time_s - vehicle.crossing.time_s) * vehicle.speed_kmh / 3.6
    return vehicle.crossing.y_m + forward * went_m


def box_of(camera: Camera, body: Body, at_m: tuple[float, float]) -> Box | None:
    """The box around a vehicle whose near end is at ``at_m``; None where it is out of view."""
    x_m, y_m = at_m
    if not 1 < y_m < BEYOND_M:
        return None
    half_m = body.width_m / 2
    corners = product((x_m - half_m, x_m + half_m), (y_m, y_m + body.length_m), (0, body.height_m))
    return _inside(project(camera, np.array(list(corners)))[0], camera.size_px)


def _inside(points_px: Floats, size_px: tuple[int, int]) -> Box | None:
    left, top = np.maximum(points_px.min(axis=0), 0)
    right, bottom = np.minimum(points_px.max(axis=0), size_px)
    return (left, top, right, bottom) if left < right and top < bottom else None
