"""The vote over frames never guesses."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from speedcam.model import PlateReading, Reason, Refusal
from speedcam.plate import FORMATS, MIN_WIDTH_PX, PlateFormat, repair, shows, vote
from tests.builders_plates import a_sighting

AL = FORMATS[0]
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTVXZ", "0123456789"
albanian = st.builds(
    lambda letters, digits: letters[:2] + digits + letters[2:],
    st.text(LETTERS, min_size=4, max_size=4),
    st.text(DIGITS, min_size=3, max_size=3),
)
anything = st.text(LETTERS + DIGITS + "IOQ", max_size=9)


def sightings_of(*texts, **options):
    return [a_sighting(text, index=index, **options) for index, text in enumerate(texts)]


@given(albanian)
def test_frames_that_agree_give_the_plate(text):
    reading = vote(sightings_of(text, text, text))
    assert isinstance(reading, PlateReading)
    assert (reading.text, reading.frames) == (text, 3)
    assert not reading.repaired


def test_a_format_of_several_countries_tells_none_of_them_and_names_all():
    reading = vote(sightings_of("AB123CD", "AB123CD", "AB123CD"))
    assert reading.told_country is None
    assert {"AL", "FR", "IT"} <= set(reading.countries)


def test_a_format_of_one_country_tells_it():
    own = PlateFormat(pattern="LLDDDLL", countries=("AL",))
    assert vote(sightings_of("AB123CD", "AB123CD", "AB123CD"), [own]).told_country == "AL"


def test_an_old_reading_still_loads_and_the_guess_in_it_tells_no_country():
    old = '{"text": "AB123CD", "confidence": 0.99, "frames": 5, "country": "AL"}'
    assert TypeAdapter(PlateReading).validate_json(old).told_country is None


@given(st.lists(st.tuples(anything, st.floats(0.05, 1.0)), max_size=6), st.randoms())
def test_the_order_of_the_frames_does_not_matter(drawn, random):
    sightings = [
        a_sighting(text, confidence=sure, index=index) for index, (text, sure) in enumerate(drawn)
    ]
    shuffled = random.sample(sightings, len(sightings))
    assert vote(sightings) == vote(shuffled)


@given(albanian, albanian, st.integers(2, 5))
def test_a_minority_never_wins_however_sure_it_is(truth, other, majority):
    sightings = sightings_of(*[truth] * majority, confidence=0.7) + sightings_of(
        *[other] * (majority - 1), confidence=1.0
    )
    result = vote(sightings)
    assert isinstance(result, Refusal) or result.text == truth


@given(albanian, albanian)
def test_two_against_two_is_a_refusal(one, other):
    if one != other:
        assert isinstance(vote(sightings_of(one, one, other, other)), Refusal)


@given(st.lists(anything, max_size=6))
def test_what_is_read_was_spelled_by_two_frames_up_to_look_alikes(texts):
    result = vote(sightings_of(*texts))
    if isinstance(result, PlateReading):
        spelled = [text for text in texts if result.text in (text, repair(text, AL))]
        assert len(spelled) >= 2


def test_one_misread_character_is_outvoted():
    result = vote(sightings_of("AB123CD", "AB123CD", "AB128CD", "AB123CD"))
    assert isinstance(result, PlateReading)
    assert result.text == "AB123CD"


def test_one_sure_frame_among_blurred_ones_is_alone():
    blurred = [a_sighting(confidence=0.3, index=index) for index in range(5)]
    assert isinstance(vote([a_sighting(), *blurred]), Refusal)
    assert isinstance(vote([a_sighting(), a_sighting(), *blurred]), PlateReading)


def test_dissent_lowers_the_confidence():
    calm = vote(sightings_of(*["AB123CD"] * 4))
    disputed = vote(sightings_of("AB123CD", "AB123CD", "AB128CD", "AB123CD"))
    assert disputed.confidence < calm.confidence


def test_no_sighting_is_plate_not_found():
    assert vote([]) == Refusal(reason=Reason.PLATE_NOT_FOUND)


def test_a_plate_below_the_width_is_too_small_however_sure_the_reader_is():
    result = vote(sightings_of(*["AB123CD"] * 5, width_px=MIN_WIDTH_PX - 1, confidence=1.0))
    assert result.reason is Reason.PLATE_TOO_SMALL
    assert result.numbers == {"width_px": MIN_WIDTH_PX - 1}


def test_narrow_frames_do_not_vote():
    wide = sightings_of("AB123CD", "AB123CD", "AB123CD")
    narrow = sightings_of(*["AB128CD"] * 9, width_px=40.0)
    voted = vote(wide + narrow)
    assert replace(voted, reads=()) == replace(vote(wide), reads=())
    assert len(voted.reads) == 12  # and they are told


def test_a_plate_of_somebody_else_in_a_frame_goes_no_further():
    frames = sightings_of(*["AB123CD"] * 30, "KL987MN", "B123", "A8123CD")
    texts = [each.text for each in vote(frames).reads]
    assert texts == [*["AB123CD"] * 30, "*" * 7, "B123", "A8123CD"]


def test_every_frame_is_told_as_it_reads_in_order_of_time():
    frames = sightings_of("AB123CD", "AB128CD", "", "AB123CD", "AB123CD", "AB123CD")
    reads = vote(frames[::-1]).reads
    assert [each.text for each in reads] == [each.text for each in frames]
    assert [each.time_s for each in reads] == sorted(each.time_s for each in frames)
    assert reads[2].sure == 0


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["AB123CD", "AB123CD"], id="only-two-frames"),
        pytest.param(["AB123CD", "AB128CD", "AB125CD"], id="no-two-alike"),
        pytest.param(["", "", "", ""], id="nothing-legible"),
        pytest.param(["AB123CD", "AB123CD", "AB12CD", "B123CD"], id="lengths-differ"),
        pytest.param(["AB123C"] * 5, id="an-albanian-plate-with-a-character-lost"),
        pytest.param(["1AB123CD"] * 5, id="an-albanian-plate-with-a-band-read-as-1"),
        pytest.param(["ABCDEFG"] * 5, id="no-digits"),
        pytest.param(["AB"] * 5, id="too-short"),
    ],
)
def test_what_is_not_sure_is_refused(texts):
    assert vote(sightings_of(*texts, banded=False)).reason is Reason.PLATE_NOT_SURE


@given(st.lists(st.floats(0.0, 0.6), min_size=7, max_size=7))
def test_weak_characters_are_refused_even_when_all_frames_agree(confidences):
    result = vote(sightings_of(*["AB123CD"] * 5, confidences=confidences))
    assert result.reason is Reason.PLATE_NOT_SURE


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("A8123CD", "AB123CD"),
        ("AB1Z3CD", "AB123CD"),
        ("AB12S5D", "AB125SD"),
        ("ABI23CD", "AB123CD"),
    ],
)
def test_look_alikes_are_put_right_by_their_place_and_ask_for_a_person(seen, meant):
    result = vote(sightings_of(*[seen] * 4))
    assert isinstance(result, PlateReading)
    assert (result.text, result.repaired) == (meant, True)


def test_a_repair_that_two_frames_confirm_is_none():
    result = vote(sightings_of("A8123CD", "AB123CD", "AB123CD"))
    assert (result.text, result.repaired) == ("AB123CD", False)


@pytest.mark.parametrize("text", ["2T40211", "8B12388"])
def test_a_foreign_plate_of_look_alikes_is_not_made_a_known_one(text):
    result = vote(sightings_of(*[text] * 4, confidence=0.99, banded=False))
    assert (result.text, result.country) == (text, None)


@given(anything)
def test_repair_exchanges_only_look_alikes(text):
    fitted = repair(text, AL)
    twins = [set("0ODQ"), set("1I"), set("8B"), set("5S"), set("2Z"), set("6G")]
    if fitted is not None:
        assert AL.fits(fitted)
        for before, after in zip(text, fitted, strict=True):
            assert before == after or any({before, after} <= group for group in twins)


def test_a_zero_among_the_letters_is_not_repaired_because_o_d_and_q_look_alike():
    assert repair("A0123CD", AL) is None


@pytest.mark.parametrize("text", ["AO123CD", "AB123CI", "QB123CD"])
def test_letters_that_are_often_misread_ask_for_a_person(text):
    assert vote(sightings_of(*[text] * 4, confidence=0.99)).repaired
    assert isinstance(vote(sightings_of(*[text] * 4, confidence=0.9)), Refusal)


def test_a_foreign_plate_passes_as_it_stands_when_it_is_very_sure():
    result = vote(sightings_of(*["B7441XY"] * 4, confidence=0.99, banded=False))
    assert (result.text, result.country, result.repaired) == ("B7441XY", None, False)


def test_a_foreign_text_between_two_blue_bands_is_refused():
    result = vote(sightings_of(*["B7441XY"] * 4, confidence=0.99, banded=True))
    assert result.reason is Reason.PLATE_NOT_SURE


def test_a_foreign_plate_needs_more_than_a_known_one():
    for confidence, agreeing in itertools.product((0.9, 0.99), (2, 3)):
        texts = ["B7441XY"] * agreeing + ["B7447XY"] * (3 - agreeing)
        result = vote(sightings_of(*texts, confidence=confidence, banded=False))
        assert isinstance(result, PlateReading) == (confidence > 0.95 and agreeing == 3)


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [("AB123CD", True), ("", True), ("AB128CD", False), ("AB123C", False)],
)
def test_a_frame_shows_a_plate_that_it_spells_or_that_was_not_read_in_it(text, is_shown):
    assert shows(text, "AB123CD") is is_shown
