"""The check of the speed on the owner's page: figures that give the speed, and a plot of them."""

import math
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from services.notifier.country import country_of
from services.notifier.facts import facts
from services.notifier.language import Language
from services.web.owner.proof import ROWS, proof_of
from speedcam.model import Direction, Sample
from tests.builders_words import a_fine_of, a_section_fine_of


def samples(kmh: float, *, direction: int, count: int = 30):
    """A vehicle at one speed, seen 25 times a second."""
    road_m = [32 + direction * i / 25 * kmh / 3.6 for i in range(count)]
    return tuple(
        Sample(frame_index=i, time_s=7 + i / 25, u_px=0.0, v_px=0.0, x_m=-2.0, y_m=y_m)
        for i, y_m in enumerate(road_m)
    )


def a_fine_seen(country: str = "AL", *, kmh: float = 57.6, direction: int = -1):
    fine = a_fine_of(country)
    passage = fine.violation.passage
    way = Direction.APPROACHING if direction < 0 else Direction.RECEDING
    speed = replace(passage.speed, samples=samples(kmh, direction=direction), direction=way)
    passage = replace(passage, speed=speed)
    return replace(fine, violation=replace(fine.violation, passage=passage))


def proof(fine, language=Language.EN):
    return proof_of(fine, country_of(fine), language)


@pytest.mark.parametrize("direction", [-1, 1], ids=["approaching", "receding"])
@pytest.mark.parametrize("country", ["AL", "GB"])
def test_metres_by_seconds_give_the_speed(country, direction):
    told = proof(a_fine_seen(country, direction=direction))
    by_hand = Decimal(told.distance) / Decimal(told.seconds) * Decimal(told.factor)
    value, unit = told.speed.split("\N{NO-BREAK SPACE}")
    assert float(value) == pytest.approx(float(by_hand), abs=0.05)
    assert (value, unit) == {"AL": ("57.6", "km/h"), "GB": ("35.8", "mph")}[country]


@pytest.mark.parametrize("language", Language)
def test_the_certified_distance_by_the_time_gives_the_average_of_the_letter(language):
    fine = a_section_fine_of("CH")
    told, letter = proof(fine, language), facts(fine, language)
    assert told.speed == letter.measured
    assert f"{told.distance}\N{NO-BREAK SPACE}m" == letter.section.distance
    assert f"{told.seconds}\N{NO-BREAK SPACE}s" == letter.section.seconds


def test_anybody_can_divide_it_again():
    told = proof(a_section_fine_of("AL"))
    by_hand = float(told.distance.replace(",", "")) / float(told.seconds) * float(told.factor)
    assert told.speed == f"{math.floor(10 * by_hand) / 10}\N{NO-BREAK SPACE}km/h"


def test_distance_grows_whichever_way_the_vehicle_drove():
    for direction in (-1, 1):
        metres = [m for _, m in proof(a_fine_seen(direction=direction)).motion.points]
        assert metres == sorted(metres)
        assert metres[0] == 0


def test_the_table_has_both_ends():
    told = proof(a_fine_seen())
    assert len(told.rows) == ROWS
    assert (told.rows[0], told.rows[-1]) == (("0", "0"), (told.seconds, told.distance))


def test_without_positions_nothing_is_made_up():
    assert proof(a_fine_of("AL")) is None


def test_the_plot_has_every_position_in_both_fields_and_escapes_its_words():
    svg = str(proof(a_fine_seen()).plot("<label>", "time & more", "distance", "off"))
    assert svg.count("<circle") == 2 * 30
    assert "&lt;label&gt;" in svg
    assert "time &amp; more" in svg
    assert "style=" not in svg


@pytest.mark.parametrize("language", Language)
def test_numbers_in_the_plot_have_the_decimal_mark_of_the_table_beside_it(language):
    told = proof(a_fine_seen(), language)
    svg = str(told.plot("", "time", "", ""))
    marks = set(re.findall(r">-?\d+([.,])\d+<", svg))
    assert marks == {re.sub(r"\d", "", told.factor)}


def test_nothing_is_drawn_outside_the_plot():
    svg = str(proof(a_fine_seen()).plot("", "", "", ""))
    wide, high = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    points = re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', svg)
    corners = re.findall(r"([\d.-]+),([\d.-]+)", svg)
    assert len(corners) > 4
    for x, y in points + corners:
        assert 0 <= float(x) <= wide
        assert 0 <= float(y) <= high
