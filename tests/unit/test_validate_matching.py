"""Each vehicle gets the one passage that is it, or none."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.model import SpeedMeasurement
from speedcam.validate.assignment import assign
from speedcam.validate.matching import match, time_at
from tests.builders_validate import a_measurement, a_passage, a_refusal, a_sighted, a_vehicle


def chosen(vehicles, passages) -> dict[str, str | None]:
    return {
        vehicle.id: passage.id if passage else None
        for vehicle, passage in match(vehicles, passages).pairs
    }


def leftover(vehicles, passages) -> list[tuple[str, str | None]]:
    return [(extra.passage.id, extra.beside) for extra in match(vehicles, passages).extra]


@pytest.mark.parametrize(
    ("apart_s", "paired"),
    [(0.0, True), (0.49, True), (-0.49, True), (0.51, False), (-0.51, False)],
)
def test_a_reading_must_cross_the_line_when_the_vehicle_did(apart_s, paired):
    found = chosen([a_vehicle(at_s=5.0)], [a_passage(at_s=5.0 + apart_s)])
    assert found == {"0": "p" if paired else None}


def test_the_other_direction_is_never_the_same_vehicle():
    assert chosen([a_vehicle()], [a_passage(direction="approaching")]) == {"0": None}


def test_an_unknown_direction_may_be_either():
    refused = a_passage(direction=None, speed=a_refusal())
    assert chosen([a_vehicle()], [refused]) == {"0": "p"}
    assert chosen([a_vehicle(direction="approaching")], [refused]) == {"0": "p"}


def test_the_speed_plays_no_part_so_that_a_wrong_one_shows():
    assert chosen([a_vehicle(kmh=60)], [a_passage(kmh=120)]) == {"0": "p"}


def test_a_ghost_is_extra_and_stands_beside_no_vehicle():
    assert leftover([a_vehicle()], [a_passage(), a_passage(id="ghost", at_s=20)]) == [
        ("ghost", None)
    ]


def test_a_refused_fragment_gives_way_to_the_reading_and_stands_beside_it():
    passages = [a_passage(id="fragment", speed=a_refusal()), a_passage(id="reading", at_s=5.2)]
    assert chosen([a_vehicle()], passages) == {"0": "reading"}
    assert leftover([a_vehicle()], passages) == [("fragment", "0")]


@pytest.mark.parametrize(("at_s", "paired"), [(5.0, True), (6.0, True), (7.5, False)])
def test_a_refused_track_must_cover_the_crossing(at_s, paired):
    # Followed from at_s - 0.72 s to at_s + 0.78 s.
    found = chosen([a_vehicle(at_s=5.0)], [a_passage(at_s=at_s, speed=a_refusal())])
    assert found == {"0": "p" if paired else None}


def test_two_vehicles_side_by_side_are_told_apart_by_their_lanes():
    vehicles = [a_vehicle(id="a", lane="1"), a_vehicle(id="b", lane="2")]
    passages = [a_passage(id="x", lane="2", at_s=4.98), a_passage(id="y", lane="1", at_s=5.02)]
    assert chosen(vehicles, passages) == {"a": "y", "b": "x"}


def test_lanes_named_differently_on_both_sides_do_not_matter():
    assert chosen([a_vehicle(lane="right")], [a_passage(lane="2")]) == {"0": "p"}


def test_the_best_sum_is_found_where_the_nearest_first_would_lose_one():
    vehicles = [a_vehicle(id="a", at_s=5.0), a_vehicle(id="b", at_s=5.45)]
    passages = [a_passage(id="x", at_s=4.6), a_passage(id="y", at_s=5.1)]
    # Nearest first takes a-y (0.1 s apart), and then x is too far from b.
    assert chosen(vehicles, passages) == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("direction", "vehicle", "paired"),
    [
        ("receding", {"first_s": 4.0, "last_s": 30.0}, True),
        ("receding", {"first_s": 5.6, "last_s": 6.0}, False),
        ("approaching", {"first_s": 0.0, "last_s": 6.0}, True),
        ("approaching", {"first_s": 4.0, "last_s": 7.0}, False),
    ],
)
@pytest.mark.parametrize("speed", [None, a_refusal()], ids=["measured", "refused"])
def test_a_reference_is_matched_by_when_it_was_nearest(direction, vehicle, paired, speed):
    # At 60 km/h through 27 m at 5 s, 15 m is passed at 4.28 s going away and 5.72 s coming.
    passage = a_passage(direction=direction, speed=speed)
    found = chosen([a_sighted(direction=direction, **vehicle)], [passage])
    assert found == {"0": "p" if paired else None}


@pytest.mark.parametrize(("x_m", "paired"), [(1.0, True), (2.9, True), (3.1, False), (None, True)])
def test_a_reference_is_matched_by_its_place_across_the_road(x_m, paired):
    found = chosen([a_sighted(x_m=x_m)], [a_passage(x_m=1.0)])
    assert found == {"0": "p" if paired else None}


def test_two_references_side_by_side_are_told_apart_by_their_place():
    vehicles = [a_sighted(id="left", x_m=-1.7), a_sighted(id="right", x_m=1.2)]
    passages = [a_passage(id="x", x_m=1.6), a_passage(id="y", x_m=-1.9)]
    assert chosen(vehicles, passages) == {"left": "y", "right": "x"}


@pytest.mark.parametrize("direction", ["receding", "approaching"])
@pytest.mark.parametrize(
    "stretch_m",
    [(15.0, 40.0), (10.0, 20.0), (30.0, 50.0)],
    ids=["around the line", "before it", "beyond it"],
)
def test_the_crossing_is_found_within_and_beyond_the_samples(direction, stretch_m):
    speed = a_measurement(at_s=5.0, direction=direction, stretch_m=stretch_m)
    assert time_at(speed, 27.0) == pytest.approx(5.0)


def test_a_line_far_beyond_the_samples_is_not_guessed_at():
    assert time_at(a_measurement(stretch_m=(60.0, 80.0)), 27.0) is None


TIMES = st.lists(st.integers(0, 400), min_size=1, max_size=8, unique=True)
SPEEDS = st.integers(20, 180)


@st.composite
def traffic(draw):
    """Vehicles at least 0.1 s apart, and the passages of some of them with other ones among."""
    vehicles = [
        a_vehicle(id=str(number), at_s=time / 10, kmh=draw(SPEEDS))
        for number, time in enumerate(draw(TIMES))
    ]
    passages = [
        a_passage(
            id=f"p{number}",
            at_s=time / 10 + draw(st.floats(-0.4, 0.4)),
            kmh=draw(SPEEDS),
            speed=draw(st.sampled_from([None, a_refusal()])),
        )
        for number, time in enumerate(draw(TIMES))
    ]
    return vehicles, passages


@given(traffic(), st.randoms(use_true_random=False))
def test_the_order_of_vehicles_and_passages_makes_no_difference(scene, random):
    vehicles, passages = scene
    shuffled = random.sample(vehicles, len(vehicles)), random.sample(passages, len(passages))
    assert match(*shuffled) == match(vehicles, passages)


@given(traffic())
def test_each_passage_is_one_vehicle_or_extra_and_never_both(scene):
    vehicles, passages = scene
    matching = match(vehicles, passages)
    used = [passage.id for _, passage in matching.pairs if passage]
    left = [extra.passage.id for extra in matching.extra]
    assert sorted(used + left) == sorted(passage.id for passage in passages)
    assert len(matching.pairs) == len(vehicles)


@given(traffic())
def test_every_pair_passes_its_gate(scene):
    for vehicle, passage in match(*scene).pairs:
        if passage and isinstance(passage.speed, SpeedMeasurement):
            assert abs(time_at(passage.speed, 27.0) - vehicle.crossing.time_s) <= 0.5


COSTS = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(0, 16).map(lambda n: n / 10)
)


def cheapest(costs) -> float:
    """The least sum over every way to pair five rows with five columns or none."""
    best = float("inf")
    for columns in permutations(range(5)):
        best = min(best, sum(min(costs.get(pair, 2.0), 2.0) for pair in enumerate(columns)))
    return best


@given(COSTS)
def test_no_other_pairing_costs_less(costs):
    pairs = assign(costs, unpaired=2.0)
    assert len(set(pairs.values())) == len(pairs)
    spent = sum(costs[pair] for pair in pairs.items()) + 2.0 * (5 - len(pairs))
    assert spent == pytest.approx(cheapest(costs))
