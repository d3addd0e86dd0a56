"""Builders for the desk: cases that wait for a person."""

from __future__ import annotations

from services import office
from services.desk import settle
from services.model import Verdict
from tests.builders_office import a_passage, a_plate, on_disk

UNSURE = a_plate("AA000BB", confidence=0.9)
"""A reading that no policy takes for sure."""


def received(store, clock, *passages):
    """The keys of new cases of these passages."""
    told = office.receive(store, on_disk(store.folder.parent / "camera", *passages), clock)
    return [each.case_key for each in told.passages]


def a_case(store, clock, *, kmh=58.0, passage_id="p-1", plate=UNSURE, **more):
    (key,) = received(store, clock, a_passage(passage_id, kmh=kmh, plate=plate, **more))
    return key


def decided(store, key, clock, verdict=Verdict.CONFIRM, *, officer="P-17", country=""):
    return settle(store, key, verdict, officer=officer, why="seen", clock=clock, country=country)
