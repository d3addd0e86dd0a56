"""The road-contact edge: at the same place on the vehicle, near and far."""

from functools import cache

import cv2
import numpy as np
import pytest

from speedcam.contact import ContactFinder, far_blur_m
from speedcam.model import Box
from tests.builders_camera import ZONE, a_ground

GROUND = a_ground()
X_M = 0.5
ROAD, SHADE = 130.0, 60.0
SHAPE = (1080, 1920)


@cache
def along_m():
    """Where along the road each pixel of the middle of the picture is."""
    v, u = np.mgrid[0:1080:1.0, 800:1200:1.0]
    y_m = GROUND.road(np.column_stack([u.ravel(), v.ravel()]))[:, 1].reshape(u.shape)
    return np.where(y_m > 0, y_m, np.inf)


def a_picture(edge_m, *, blur_px=1.0, fading_m=0.0):
    """A road in the shade beyond ``edge_m``, blurred by the lens, and nothing else."""
    y_m = along_m()
    depth = np.clip((y_m - edge_m) / fading_m, 0, 1) if fading_m else y_m > edge_m
    picture = np.full(SHAPE, ROAD)
    picture[:, 800:1200] -= (ROAD - SHADE) * depth
    return np.round(cv2.GaussianBlur(picture, (0, 0), blur_px)).astype(np.uint8)


def offset_m(finder, edge_m, **picture):
    """How far before the true edge the finder puts it."""
    u, v = GROUND.image(np.array([[X_M, edge_m]]))[0]
    box = Box(left=u - 40, top=v - 60, right=u + 40, bottom=v)
    still = np.full(SHAPE, round(ROAD), np.uint8)
    found = finder.find(a_picture(edge_m, **picture), still, 1.0, box, X_M)
    assert found is not None
    return edge_m - GROUND.road(np.array([found]))[0, 1]


def finder(*, matched=True):
    far_m = far_blur_m(GROUND, X_M, ZONE.far_m) if matched else 0.0
    return ContactFinder(ground=GROUND, blur_m=far_m)


@pytest.mark.parametrize("fading_m", [0.0, 0.8], ids=["hard shadow", "shadow that fades out"])
@pytest.mark.parametrize(("blur_px", "within_m"), [(0.7, 0.03), (1.0, 0.015), (1.3, 0.03)])
def test_the_edge_is_at_the_same_place_near_and_far(blur_px, within_m, fading_m):
    near, far = (
        offset_m(finder(), y_m, blur_px=blur_px, fading_m=fading_m) for y_m in (16.0, 38.0)
    )
    assert near == pytest.approx(far, abs=within_m)


def test_without_matched_blur_far_edges_are_drawn_out():
    near, far = (offset_m(finder(matched=False), y_m) for y_m in (16.0, 38.0))
    assert far - near > 0.04


def test_an_empty_road_has_no_edge():
    noise = np.random.default_rng(0).normal(ROAD, 3, SHAPE).astype(np.uint8)
    still = np.full(SHAPE, round(ROAD), np.uint8)
    box = Box(left=900, top=500, right=1000, bottom=600)
    assert finder().find(noise, still, 1.0, box, X_M) is None


def test_a_strip_that_leaves_the_picture_has_no_edge():
    still = np.full(SHAPE, round(ROAD), np.uint8)
    box = Box(left=900, top=900, right=1000, bottom=1079)
    assert finder().find(a_picture(9.0), still, 1.0, box, X_M) is None


@pytest.mark.parametrize(("beneath", "is_edge"), [(-60, True), (+30, False)])
def test_a_pool_of_light_before_a_vehicle_is_no_edge_unless_shade_follows(beneath, is_edge):
    still = np.full(SHAPE, round(ROAD), np.uint8)
    u, v = (round(float(p)) for p in GROUND.image(np.array([[X_M, 24.0]]))[0])
    lit = still.copy()
    lit[v - 40 : v, u - 150 : u + 150] = round(ROAD) + 30
    lit[v - 40 : v - 8, u - 150 : u + 150] = round(ROAD) + beneath
    box = Box(left=u - 40, top=v - 60, right=u + 40, bottom=v)
    assert (finder().find(lit, still, 1.0, box, X_M) is not None) is is_edge


DUSK = 70.0


def by_lamplight(edge_m, *, shade=0.5, pool=0.0, glare=0.0, bumper=0.0):
    """A lamplit road that ends at ``edge_m``, where the shade beneath a vehicle begins.

    ``pool`` is how much lighter than the dusk the road is 4 m before the vehicle, ``glare`` how
    much lighter all is around its lamps, and ``bumper`` how much lighter what lies more than 0.5 m
    before the edge is than the road.
    """
    before_m = edge_m - along_m()
    light = 1 + pool * np.clip(before_m / 4, 0, 1) + bumper * (before_m > 0.5)
    light = np.where(before_m > 0, light, shade) + glare * np.exp(-((before_m + 0.5) ** 2))
    picture = np.full(SHAPE, DUSK)
    picture[:, 800:1200] = DUSK * light
    return np.round(cv2.GaussianBlur(picture, (0, 0), 1.0)).astype(np.uint8)


def lamplit_m(edge_m, **picture):
    """How far before the true edge the finder puts it by lamplight; None where it sees none."""
    u, v = GROUND.image(np.array([[X_M, edge_m]]))[0]
    box = Box(left=u - 40, top=v - 60, right=u + 40, bottom=v)
    still = np.full(SHAPE, round(DUSK), np.uint8)
    found = finder().find(by_lamplight(edge_m, **picture), still, 1.0, box, X_M, lit=True)
    return found and edge_m - GROUND.road(np.array([found]))[0, 1]


@pytest.mark.parametrize("pool", [-0.2, 0.0, 0.4], ids=["light has gone", "none", "pool"])
@pytest.mark.parametrize("glare", [0.0, 0.2])
def test_by_lamplight_the_edge_is_at_the_same_place_near_and_far(pool, glare):
    near, far = (lamplit_m(y_m, pool=pool, glare=glare) for y_m in (16.0, 38.0))
    assert near == pytest.approx(far, abs=0.015)


@pytest.mark.parametrize("y_m", [16.0, 38.0])
def test_the_light_before_a_vehicle_does_not_move_its_edge(y_m):
    assert lamplit_m(y_m, pool=0.4) == pytest.approx(lamplit_m(y_m, pool=-0.2), abs=0.01)


def test_a_pool_that_ends_without_shade_is_no_edge():
    assert lamplit_m(24.0, pool=0.4, shade=1.0) is None


def test_an_edge_on_a_vehicle_is_none_on_the_road():
    assert lamplit_m(24.0, bumper=-0.3) is None
