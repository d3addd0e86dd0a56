"""What else moved in a frame, and what a detector took a vehicle for."""

from dataclasses import replace

import numpy as np
import pytest

from speedcam import outlines
from speedcam.model import Box, Detection, Frame, Sighting, Track, VehicleClass
from speedcam.outlines import Outlines

CAR = Box(left=100, top=100, right=300, bottom=250)
CORNER = Box(left=105, top=200, right=125, bottom=248)
BESIDE = Box(left=320, top=120, right=360, bottom=240)


def a_frame(index=0):
    luma = np.zeros((4, 4), np.uint8)
    return Frame(index=index, time_s=index / 25, luma=luma, corrupt=False, colour=lambda: luma)


def found(box, kind="moving"):
    return Detection(box=box, area_px=box.area, mask=np.ones((1, 1), bool), kind=kind)


def a_sighting(box=CAR, index=0, **changes):
    known = Sighting(
        frame_index=index, time_s=index / 25, box=box, contact_px=None, contact_s=index / 25
    )
    return replace(known, **changes)


def test_a_neighbour_is_beside_and_the_vehicle_itself_is_not():
    seen = Outlines()
    seen.note(a_frame(), [found(BESIDE), found(CAR)])
    assert seen.beside(a_sighting()) == (BESIDE,)


def test_somebody_within_the_vehicles_box_is_beside_it_too():
    seen = Outlines()
    seen.note(a_frame(), [found(CORNER), found(CAR)])
    assert seen.beside(a_sighting()) == (CORNER,)


def test_an_outline_of_which_the_vehicle_has_only_a_part_is_beside_it():
    seen = Outlines()
    shared = Box(left=100, top=100, right=600, bottom=250)
    seen.note(a_frame(), [found(shared)])
    assert seen.beside(a_sighting()) == (shared,)


def test_other_frames_do_not_count_and_of_forgotten_ones_nothing_is_told(monkeypatch):
    monkeypatch.setattr(outlines, "KEPT", 2)
    seen = Outlines()
    for index in range(3):
        seen.note(a_frame(index), [found(CAR), found(BESIDE)])
    with pytest.raises(KeyError):
        seen.beside(a_sighting(index=0))
    assert seen.beside(a_sighting(index=2)) == (BESIDE,)


def named_in(*kinds, **changes):
    seen = Outlines()
    for index, kind in enumerate(kinds):
        seen.note(a_frame(index), [found(CAR, kind), found(BESIDE, "bus")])
    sightings = tuple(a_sighting(index=index, **changes) for index in range(len(kinds)))
    return seen.named(Track(ordinal=0, sightings=sightings))


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        pytest.param(["moving"] * 9, None, id="motion-names-nobody"),
        pytest.param(["truck", "truck"], None, id="too-seldom"),
        pytest.param(["truck"] * 3 + ["moving"] * 9, VehicleClass.TRUCK, id="often-enough"),
        pytest.param(["truck"] * 3 + ["bus"] * 3, None, id="undecided"),
        pytest.param(["unknown"] * 9, None, id="unknown-is-no-name"),
        pytest.param(["zebra"] * 9, None, id="no-vehicle"),
    ],
)
def test_a_vehicle_is_what_most_frames_say(kinds, wanted):
    assert named_in(*kinds) is wanted


def test_a_shared_outline_names_nobody():
    assert named_in(*["truck"] * 9, merged=True) is None
