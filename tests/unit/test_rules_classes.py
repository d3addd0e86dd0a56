"""Which band a vehicle gets whose kind a camera took it for: the mildest that it may have."""

import re
from pathlib import Path

import pytest

from services.rules.classes import ANY, classes_of
from services.rules.edition import read_edition
from services.rules.engine import judge
from services.rules.explain import derivation
from speedcam.model import Conditions, Vehicle, VehicleCategory, VehicleClass
from tests.builders_office import a_passage

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/example-pack/zz-2026-01-01.yaml"


def taken_for(kind, **more):
    return a_passage(kmh=80.0, limit=50, vehicle=Vehicle(kind=kind, by="size", size=None), **more)


def law(**changes):
    """The example's law: buses, lorries and what tows have a harsher table of their own."""
    text = EXAMPLE.read_text()
    for old, new in changes.items():
        assert f"{old}: {{vehicles" in text
        text = re.sub(rf"{old}: {{vehicles: \[.*\]", f"{old}: {{vehicles: [{new}]", text)
    return read_edition(text.encode(), EXAMPLE.name)


@pytest.mark.parametrize("kind", VehicleClass)
def test_every_kind_may_be_of_some_class_and_a_stated_class_is_that_class(kind):
    assert classes_of(taken_for(kind))
    stated = taken_for(kind, conditions=Conditions(vehicle=VehicleCategory.BUS))
    assert classes_of(stated) == {VehicleCategory.BUS}


def test_what_no_camera_told_may_be_of_any_class():
    assert classes_of(a_passage()) == classes_of(taken_for(VehicleClass.UNKNOWN)) == ANY


@pytest.mark.parametrize("kind", [VehicleClass.CAR, VehicleClass.VAN, VehicleClass.TRUCK])
def test_nobody_gets_a_harsher_table_because_of_their_size(kind):
    assert judge(taken_for(kind), law(), "key").offence == "car_high"


def test_a_milder_table_is_for_everybody_but_who_cannot_be_meant():
    kinder = law(cars="motorcycle", others="car, bus, lorry, towing")
    unknown = a_passage(kmh=80.0, limit=50)
    assert judge(unknown, kinder, "key").offence == "car_high"
    assert judge(taken_for(VehicleClass.MOTORCYCLE), kinder, "key").offence == "car_high"
    assert judge(taken_for(VehicleClass.CAR), kinder, "key").offence == "heavy_high"


def test_the_explanation_says_which_classes_were_left():
    steps = list(derivation(taken_for(VehicleClass.CAR), law()))
    assert "car or towing" in [step.figure for step in steps]
    assert not [s for s in derivation(a_passage(), law()) if "class of vehicle" in s.what]
