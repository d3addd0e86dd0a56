"""A site file becomes fields and comes back, and its text is read as it was written."""

import tomllib
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sites.draft import drafts
from services.sites.fields import document_of, fields_of, rows_of
from services.sites.toml_text import toml_text
from tests.builders_sites import SAMPLES

KEYS = st.text(min_size=1, max_size=6)
LEAVES = st.one_of(
    st.text(max_size=12),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.times(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def the_file(sample="overcast_main_road"):
    return tomllib.loads((SAMPLES / f"{sample}.site.toml").read_text())


@settings(max_examples=40)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_toml_can_hold_is_read_as_it_was_written(document):
    assert tomllib.loads(toml_text(document)) == document


def test_a_site_file_looks_as_a_person_writes_it():
    text = toml_text(the_file())
    for line in ("[camera.certificate]", "valid_until = 2027-06-30", "[[lanes]]", "points = ["):
        assert f"\n{line}\n" in text
    assert "  { px = [4.03, 1025.36], m = [-4.875, 13.2] },\n" in text


def test_fields_say_all_that_the_file_says():
    known = the_file() | {"reference_drive": {"date": date(2026, 10, 2), "runs": []}}
    known["lanes"][0]["limits"] = [{"limit_kmh": 30, "between": [time(22), time(6)]}]
    assert document_of(fields_of(known), known) == known
    fields = fields_of(known)
    assert fields["survey.points.1.px.0"] == "641.01"
    assert fields["zone.far_m"] == "36"
    assert fields["clip.starts_at"] == "2026-10-16T16:05:00+02:00"


def test_a_new_site_is_made_of_fields_alone():
    fields = fields_of(the_file())
    assert document_of(fields, {}) == the_file()


def test_lanes_keep_what_has_no_field_when_others_are_removed():
    known = the_file()
    known["lanes"][1]["nobody_against"] = True
    emptied = {f"lanes.0.{key}": "" for key in known["lanes"][0]}
    lanes = document_of(fields_of(known) | emptied, known)["lanes"]
    assert [(lane["name"], "nobody_against" in lane) for lane in lanes] == [
        ("2", True),
        ("3", False),
    ]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12,5", 12.5),
        (" 12.50 ", 12.5),
        ("-3", -3.0),
        ("1e3", "1e3"),
        ("nan", "nan"),
        ("1_000", "1_000"),
        ("٣", "٣"),
        ("12.5 m", "12.5 m"),
    ],
)
def test_a_number_is_one_or_stays_text(typed, value):
    assert document_of({"zone.near_m": typed}, {})["zone"]["near_m"] == value


def test_an_emptied_field_is_a_key_left_out():
    known = the_file()
    emptied = dict.fromkeys(
        (f"camera.certificate.{key}" for key in known["camera"]["certificate"]), ""
    )
    document = document_of(fields_of(known) | emptied | {"camera.height_m": " "}, known)
    assert document["camera"].keys() == {"id", "name", "clock"}


@pytest.mark.parametrize(
    "name", ["token", "zone", "zone.", "zone.near_m.", "lanes.0.limits.0.days", "lanes.9999.name"]
)
def test_what_is_no_field_of_a_site_is_passed_over(name):
    assert document_of({name: "x"}, {}) == {}


def test_rows_are_found_by_their_numbers():
    fields = {"lanes.10.name": "", "lanes.2.name": "", "lanesx.3.name": "", "lanes.x.name": ""}
    assert rows_of(fields, "lanes") == [2, 10]


def test_a_draft_leaves_out_the_point_that_is_being_typed():
    known = the_file()
    known["survey"]["points"].append({"px": [900.0, 500.0]})
    first, *_ = drafts(known)
    assert len(first["survey"]["points"]) == 16
    assert (first["zone"], first["lanes"]) == (known["zone"], known["lanes"])
    *_, last = drafts({"survey": known["survey"]})
    assert last["zone"] == {"near_m": 13.2, "far_m": 38.0}
    assert last["lanes"][0]["right_m"] == pytest.approx(4.875)
    assert last["clip"]["starts_at"] == datetime(2000, 1, 1, tzinfo=UTC)
    assert list(drafts({})) == []
