from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.errors import SiteError
from speedcam.limits import Limit, limit_in_force
from speedcam.model import VehicleCategory, Weather
from speedcam.site import load_site
from tests.builders_site import a_site_text

USUAL = Limit(limit_kmh=50, trigger_kmh=55)
NIGHT = Limit(limit_kmh=30, trigger_kmh=35, between=(time(22), time(6)))
SCHOOL = Limit(
    limit_kmh=30, trigger_kmh=30, between=(time(7), time(14)), days=frozenset({"mon", "wed"})
)
RAIN = Limit(limit_kmh=40, trigger_kmh=40, weather=frozenset({Weather.WET, Weather.SNOW}))
LORRIES = Limit(limit_kmh=20, trigger_kmh=20, vehicles=frozenset({VehicleCategory.LORRY}))
FASTER_AT_NIGHT = Limit(limit_kmh=70, trigger_kmh=75, between=(time(22), time(6)))
ANY_LIMIT = st.sampled_from([NIGHT, SCHOOL, RAIN, LORRIES, FASTER_AT_NIGHT])

WEDNESDAY = datetime(2026, 10, 14, tzinfo=ZoneInfo("Europe/Tirane"))


def at(clock):
    hour, minute = map(int, clock.split(":"))
    return WEDNESDAY.replace(hour=hour, minute=minute)


def held(*others, clock="12:00", vehicle=VehicleCategory.CAR, weather=Weather.DRY):
    return limit_in_force(USUAL, others, at(clock), vehicle, weather).limit_kmh


@pytest.mark.parametrize(
    ("clock", "kmh"),
    [("21:00", 50), ("23:00", 30), ("03:00", 30), ("05:57", 30), ("06:03", 50), ("12:00", 50)],
)
def test_a_limit_over_midnight_holds_on_both_sides(clock, kmh):
    assert held(NIGHT, clock=clock) == kmh


@pytest.mark.parametrize("clock", ["21:59", "22:00", "22:01", "05:59", "06:00", "06:01"])
def test_at_the_hour_of_the_change_the_higher_limit_counts(clock):
    assert held(NIGHT, clock=clock) == 50
    assert held(FASTER_AT_NIGHT, clock=clock) == 70


def test_a_limit_for_some_days_holds_on_no_other():
    assert held(SCHOOL) == 30
    thursday = at("12:00") + timedelta(days=1)
    assert limit_in_force(USUAL, (SCHOOL,), thursday, VehicleCategory.CAR, Weather.DRY) is USUAL


@pytest.mark.parametrize(
    ("weather", "kmh"), [(Weather.DRY, 50), (Weather.WET, 40), (Weather.FOG, 50), (None, 50)]
)
def test_a_limit_for_a_weather_holds_in_it_alone_and_never_in_an_unknown_one(weather, kmh):
    assert held(RAIN, weather=weather) == kmh


@pytest.mark.parametrize(
    ("vehicle", "kmh"), [(VehicleCategory.LORRY, 20), (VehicleCategory.CAR, 50), (None, 50)]
)
def test_a_limit_for_a_class_is_never_held_against_an_unknown_one(vehicle, kmh):
    assert held(LORRIES, vehicle=vehicle) == kmh


def test_of_several_limits_the_first_that_holds_counts():
    assert held(LORRIES, NIGHT, clock="23:30", vehicle=VehicleCategory.LORRY) == 20
    assert held(NIGHT, LORRIES, clock="23:30", vehicle=VehicleCategory.LORRY) == 30


@given(
    others=st.lists(ANY_LIMIT, max_size=4).map(tuple),
    minute=st.integers(0, 7 * 24 * 60),
    vehicle=st.sampled_from(VehicleCategory),
    weather=st.sampled_from(Weather),
)
def test_to_know_less_is_never_harsher(others, minute, vehicle, weather):
    instant = datetime(2026, 10, 12, tzinfo=UTC) + timedelta(minutes=minute)
    known = limit_in_force(USUAL, others, instant, vehicle, weather).limit_kmh
    for less in ((None, weather), (vehicle, None), (None, None)):
        assert limit_in_force(USUAL, others, instant, *less).limit_kmh >= known


def test_the_words_say_when_a_limit_holds():
    assert USUAL.in_words() == ""
    assert SCHOOL.in_words() == "07:00–14:00, mon/wed"
    assert RAIN.in_words() == "snow/wet"
    assert LORRIES.in_words() == "lorry"


MORE = """
nobody_against = true
limit_mph = 25

[[lanes.limits]]
limit_kmh = 33
limit_mph = 20
between = [22:00:00, 06:00:00]
days = ["sat"]
weather = ["wet"]
vehicles = ["lorry"]
"""


def a_file(tmp_path, more=MORE):
    text = a_site_text().replace("limit_kmh = 40\n", f"limit_kmh = 41\n{more}\n", 1)
    path = tmp_path / "a.site.toml"
    path.write_text(text)
    return path


def test_a_site_text_says_all_of_it(tmp_path):
    lane = load_site(a_file(tmp_path)).lanes[0]
    assert lane.nobody_against
    assert lane.limit_mph == 25
    (limit,) = lane.others
    assert limit == Limit(
        limit_kmh=33,
        trigger_kmh=33,
        limit_mph=20,
        between=(time(22), time(6)),
        days=frozenset({"sat"}),
        weather=frozenset({Weather.WET}),
        vehicles=frozenset({VehicleCategory.LORRY}),
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("limit_mph = 20\n", "", "limits[0] has a limit in another unit"),
        ("limit_mph = 20", "limit_mph = 30", "Write `limit_kmh = 49`"),
        ("limit_mph = 25", "limit_mph = 30", "lanes[0].limit_mph is 30"),
        ("limit_mph = 20", "limit_mph = 20\ntrigger_kmh = 30", "below limit_kmh = 33"),
        ("06:00:00", "22:00:00", "begins and ends at 22:00"),
        ('["lorry"]', '["tank"]', "lanes[0].limits[0].vehicles"),
        ('["sat"]', '["Saturday"]', "lanes[0].limits[0].days"),
        ('["wet"]', "[]", "lanes[0].limits[0].weather"),
    ],
)
def test_a_fault_in_a_limit_is_told_with_its_place(old, new, told, tmp_path):
    with pytest.raises(SiteError) as caught:
        load_site(a_file(tmp_path, MORE.replace(old, new)))
    assert told in str(caught.value)


def test_a_limit_that_says_not_when_it_holds_is_told(tmp_path):
    with pytest.raises(SiteError, match="says not when it holds"):
        load_site(a_file(tmp_path, "[[lanes.limits]]\nlimit_kmh = 30\n"))
