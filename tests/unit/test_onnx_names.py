"""A network of the operator's own names what moves, and moves nothing itself."""

import numpy as np
import pytest

from speedcam.adapters.onnx_names import (
    COCO,
    EVERY_S,
    Named,
    NamingDetector,
    Network,
    letterboxed,
    load,
    named_in,
)
from speedcam.errors import DetectorError
from speedcam.model import Box, Detection, Frame, VehicleClass
from tests.builders_onnx import a_network

RED = (0, 0, 255)
CAR = Box(left=10, top=20, right=40, bottom=50)


def a_file(tmp_path, content):
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    return path


def a_picture(colour, size=(64, 64)):
    return np.full((*size, 3), colour, np.uint8)


def test_a_network_sees_red_as_red_and_bright_as_one(tmp_path):
    network = Network(a_file(tmp_path, a_network((10, 20, 40, 50), 2)))
    assert network.find(a_picture(RED)) == [Named(box=CAR, kind=VehicleClass.CAR)]
    assert network.find(a_picture((255, 255, 0))) == []


def test_boxes_are_told_in_pixels_of_the_frame(tmp_path):
    network = Network(a_file(tmp_path, a_network((10, 20, 40, 30), 7, score=0.9)))
    (found,) = network.find(a_picture(RED, (96, 192)))
    assert found == Named(box=Box(left=30, top=60, right=120, bottom=90), kind=VehicleClass.TRUCK)


def test_a_network_says_itself_what_its_classes_are_called(tmp_path):
    names = {0: "plane", 1: "Van"}
    network = Network(a_file(tmp_path, a_network((10, 20, 40, 50), 1, names=names, score=0.9)))
    assert network.find(a_picture(RED)) == [Named(box=CAR, kind=VehicleClass.VAN)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no network", id="something-else"),
        pytest.param(a_network((1, 2, 3, 4), 0, colours=1), id="grey-pictures"),
        pytest.param(a_network((1, 2, 3, 4), 0)[:200], id="cut-short"),
    ],
)
def test_a_file_that_is_no_such_network_is_refused_before_any_footage(tmp_path, content):
    with pytest.raises(DetectorError, match="no network that can name vehicles"):
        load(str(a_file(tmp_path, content)))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DetectorError, match=r"missing\.onnx"):
        load(str(tmp_path / "missing.onnx"))


def a_table(form, *, kind=2, score=0.8, count=20):
    """``count`` boxes of which the last is the car at (10, 20) to (40, 50)."""
    if form == "corners":
        rows = np.zeros((count, 6))
        rows[-1] = (10, 20, 40, 50, score, kind)
        return rows[None]
    first = 5 if form == "with objectness" else 4
    rows = np.zeros((400, first + 10))
    rows[-1, :4] = (25, 35, 30, 30)
    rows[-1, first + kind] = score
    if form == "with objectness":
        rows[-1, 4] = 1.0
        return rows[None]
    return rows.T[None]


@pytest.mark.parametrize("form", ["corners", "with objectness", "transposed"])
def test_three_forms_of_output_say_the_same(form):
    assert named_in(a_table(form), COCO, 1.0) == [Named(box=CAR, kind=VehicleClass.CAR)]


@pytest.mark.parametrize("form", ["corners", "with objectness", "transposed"])
def test_what_is_unsure_or_no_vehicle_is_left_out(form):
    assert named_in(a_table(form, score=0.3), COCO, 1.0) == []
    assert named_in(a_table(form, kind=0), COCO, 1.0) == []


@pytest.mark.parametrize("shape", [(1, 10), (2, 10, 6), (1, 10, 4), (1, 3, 80, 80)])
def test_an_output_of_another_form_is_refused(shape):
    with pytest.raises(DetectorError, match="not one table of boxes"):
        named_in(np.zeros(shape), COCO, 1.0)


def test_a_wide_picture_is_framed_in_grey():
    framed, scale = letterboxed(a_picture(RED, (32, 64)), (64, 64))
    assert scale == 1.0
    assert framed.shape == (1, 3, 64, 64)
    assert np.allclose(framed[0, :, :32].mean(axis=(1, 2)), (1, 0, 0))
    assert np.allclose(framed[0, :, 32:], 114 / 255)


class Moving:
    """A detector that always sees the same two outlines."""

    still = np.zeros((64, 64), np.uint8)
    gain = 1.25

    def detect(self, frame):  # noqa: ARG002 # the port's signature
        far = Box(left=100, top=100, right=120, bottom=110)
        return [
            Detection(box=box, area_px=box.area, mask=np.ones((1, 1), bool)) for box in (CAR, far)
        ]


def a_frame(time_s):
    picture = a_picture(RED)
    return Frame(
        index=0, time_s=time_s, luma=picture[..., 0], corrupt=False, colour=lambda: picture
    )


def kinds_at(times_s, seen):
    detector = NamingDetector(Moving(), lambda _: seen)
    return [[found.kind for found in detector.detect(a_frame(t))] for t in times_s]


def test_a_network_moves_no_outline_and_no_background():
    detector = NamingDetector(Moving(), lambda _: [Named(box=CAR, kind=VehicleClass.BUS)])
    found = detector.detect(a_frame(0.0))
    assert [f.box for f in found] == [m.box for m in Moving().detect(None)]
    assert detector.still is Moving.still
    assert detector.gain == Moving.gain


def test_an_outline_is_named_now_and_then():
    seen = [Named(box=CAR, kind=VehicleClass.BUS)]
    named, unnamed = ["bus", "moving"], ["moving", "moving"]
    assert kinds_at([0.0, EVERY_S / 2, EVERY_S], seen) == [named, unnamed, named]


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param([], id="nothing-seen"),
        pytest.param(
            [Named(box=CAR, kind=VehicleClass.CAR), Named(box=CAR, kind=VehicleClass.VAN)],
            id="two-minds",
        ),
        pytest.param(
            [Named(box=Box(left=10, top=20, right=20, bottom=30), kind=VehicleClass.CAR)],
            id="a-part-of-it",
        ),
        pytest.param(
            [Named(box=Box(left=0, top=0, right=90, bottom=90), kind=VehicleClass.BUS)],
            id="far-larger",
        ),
    ],
)
def test_what_is_not_one_thing_in_one_place_stays_unnamed(seen):
    assert kinds_at([0.0], seen) == [["moving", "moving"]]
