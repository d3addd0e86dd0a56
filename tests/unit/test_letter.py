"""The letter: complete, the same in every form, fair in its numbers, safe to open."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import EvidenceError, LetterError
from services.model import Money, OffenceKind
from services.notifier.facts import Language, amount, clock_time, facts, masked
from services.notifier.letter import data_uri, render_letter
from speedcam.model import Certificate, ExhibitKind, PlateReading, Reason, Refusal
from tests.builders_notice import (
    PLATE,
    a_decision,
    a_fine,
    a_fine_at,
    a_passage,
    a_photo,
    a_place,
    a_source,
    a_violation,
    terms,
    with_plate,
)
from tests.builders_office import albania
from tests.builders_pages import visible_text

BANNERS = (
    "SHEMBULL – NUK ËSHTË NJOFTIM ZYRTAR. MOS PAGUANI.",
    "SAMPLE – NOT AN OFFICIAL NOTICE. DO NOT PAY.",
)


def letter(fine=None, **options):
    return render_letter(fine or a_fine(), a_photo(), **options)


def one_line(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def both_forms(fine=None) -> tuple[str, str]:
    made = letter(fine)
    return one_line(visible_text(made.html)), one_line(made.text)


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,:]\d+)*", text))


@pytest.mark.parametrize(
    "fact",
    [
        "AL26-K7Q2-M9XD",
        "Zyra Demo e Shpejtësisë",
        "Demo Speed Office",
        "AA •••BB",
        "Rruga e Kombit, km 4+200",
        "SH2, drejtimi Durrës",
        "SH2, towards Durrës",
        "14 tetor 2026, 08:30:12 CEST (UTC+2)",
        "14 October 2026, 08:30:12 CEST (UTC+2)",
        "67,3 ± 1,3 km/orë",
        "67.3 ± 1.3 km/h",
        "Deducted in your favour",
        "62,3 km/orë",
        "62.3 km/h",
        "40 km/h",
        "22.3 km/h",
        "sepse dalja e një shkolle është 60 metra më tej.",
        "because a school gate is 60 metres ahead.",
        "speedcam demo",
        "DEMO-2026-001, e vlefshme deri më 30 qershor 2027",
        "DEMO-2026-001, valid until 30 June 2027",
        "seen in place on 1 October 2026",
        "neni 140/9, Kodi Rrugor",
        "article 140/9, Road Code",
        "albania-demo, version 2023-04-21, hash 0f3a9c41d7b2",
        "speedcam 0.1.0",
        "No lawyer has verified the rules",
        "decided by officer P-17",
        "the right to ask for another person",
        "2 500 Lekë",
        "2,500 ALL",
        "Until 28 October 2026",
        "From 29 October 2026 to 12 November 2026",
        "5,000 ALL",
        "2% of the full amount for each day, for at most 30 days; never more than 8,000 ALL",
        "DEMO - MOS PAGUANI / DO NOT PAY",
        "AL19 9990 0009 DEMO 0000 0000 0000",
        "RF96 AL26 K7Q2 M9XD",
        "Until 13 November 2026 you can object",
        "Penalty points: 3.",
        "suspended for 1–3 months",
        "erased on 12 January 2027, or when the case is closed",
        "we never send payment links",
        "it is paid only once",
    ],
)
def test_both_forms_state(fact):
    html, text = both_forms()
    assert fact in html
    assert fact in text


WANTED = {
    "number": "AL26-K7Q2-M9XD",
    "authority": "Demo Speed Office",
    "addressee": "as the owner of the vehicle",
    "plate": "AA •••BB",
    "place": "Rruga e Kombit, km 4+200",
    "date": "14 October 2026",
    "time": "08:30:12 CEST (UTC+2)",
    "reference": "article 140/9, Road Code",
    "measured": "Measured speed",
    "tolerance": "Deducted in your favour",
    "retained": "Speed that counts",
    "limit": "40 km/h",
    "device": "speedcam demo",
    "certificate": "DEMO-2026-001, valid until 30 June 2027",
    "photo": "Photo from the camera",
    "officer": "officer P-17",
    "amount": "5,000 ALL",
    "how_to_pay": "How to pay",
    "how_to_contest": "you can object",
    "name_driver": "tell us who was driving",
    "data_protection": "Information and Data Protection Commissioner",
    "signs": "seen in place on 1 October 2026",
}


@pytest.mark.parametrize("fact", albania().pack.notice.must_hold)
def test_the_letter_holds_what_the_law_wants_in_it(fact):
    html, text = both_forms()
    assert WANTED[fact] in html
    if fact != "photo":  # plain text has none
        assert WANTED[fact] in text


def test_both_forms_state_the_hash_of_the_photo():
    fine = a_fine()
    sha256 = fine.violation.passage.exhibits[0].sha256
    assert all(sha256 in form for form in both_forms(fine))


def test_html_and_text_hold_the_same_numbers():
    html, text = both_forms()
    assert numbers(html) == numbers(text)


def test_albanian_comes_first_and_each_language_has_one_heading():
    html = letter().html
    assert html.index('<div class="language" lang="sq">') < html.index(
        '<div class="language" lang="en">'
    )
    assert re.findall(r"<h1>(.*?)</h1>", html) == [
        "Ju lutemi, ulni shpejtësinë",
        "Please slow down",
    ]


def test_the_order_is_event_message_amount_payment_objection_evidence_data():
    text = " ".join(letter().text.partition("English")[2].split())
    marks = [
        "The limit there is",
        "lift your foot",
        "What you owe",
        "How to pay",
        "You disagree",
        "The evidence",
        "Your data",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize("banner", BANNERS)
def test_the_banner_opens_and_closes_both_forms(banner):
    for form in both_forms():
        assert form.count(banner) == 2
        assert banner in form[:160]
        assert banner in form[-160:]


@pytest.mark.parametrize("banned", ["http", "www.", "href", "!", "<script", "<form", "url("])
def test_no_link_no_script_no_raised_voice(banned):
    made = letter()
    html = made.html.replace("<!doctype html>", "")
    assert banned not in html.lower()
    assert banned not in made.text.lower()
    assert banned not in made.subject.lower()


def test_the_page_where_notices_are_opened_is_named_and_no_link():
    made = letter(page="https://notices.police.example")
    for form in (made.html, made.text):
        assert form.count("notices.police.example") == 2  # once in each language
        assert "http" not in form
        assert "href" not in form


def test_the_only_thing_loaded_is_the_photo():
    assert set(re.findall(r'src="([^"]*)"', letter().html)) == {"cid:photo"}


def test_a_saved_letter_can_carry_its_photo_inside():
    source = data_uri(a_photo())
    assert f'src="{source}"' in letter(photo_src=source).html


def test_the_alternative_text_says_what_the_photo_proves():
    made = letter()
    for words in ("Rruga e Kombit, km 4+200", "14 tetor 2026", "67,3", "measured at 67.3"):
        assert words in made.photo_alt.replace("\N{NO-BREAK SPACE}", " ")
    assert made.photo_alt.split(" / ")[1] in made.html


def test_the_photo_bears_the_time_of_its_own_frame():
    fine = a_fine()
    passage = fine.violation.passage
    (photo,) = (each for each in passage.exhibits if each.kind is ExhibitKind.PHOTO)
    later = replace(passage, last_s=photo.time_s + 1.6, speed=replace(passage.speed, samples=()))
    made = render_letter(replace(fine, violation=replace(fine.violation, passage=later)), a_photo())
    assert "On 14 October 2026 at 08:30:12" in made.html
    assert "Your vehicle on 14 October 2026 at 08:30:10" in made.html


def test_the_plate_is_nowhere_in_full():
    made = letter()
    for form in (made.html, made.text, made.subject, made.photo_alt):
        assert PLATE not in re.sub(r"\s", "", form)


def test_what_comes_from_outside_is_escaped_in_html_and_left_alone_in_text():
    made = letter(a_fine_at(name="<script>alert(1)</script> & km 4"))
    assert "<script" not in made.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; km 4" in made.html
    assert "<script>alert(1)</script> & km 4" in one_line(made.text)


def test_without_a_reason_the_sentence_is_left_out():
    for form in both_forms(a_fine_at(limit_reason={})):
        assert "because" not in form
        assert "sepse" not in form


def test_without_a_suspension_none_is_mentioned():
    for form in both_forms(a_fine(violation=a_violation(suspension_months=None))):
        assert "suspended" not in form
        assert "pezullohet" not in form


def test_without_points_the_letter_says_so():
    for form in both_forms(a_fine(violation=a_violation(points=0))):
        assert "no penalty points" in form
        assert "Penalty points: 0" not in form


def test_a_programme_that_decided_is_named_and_a_person_offered():
    fine = a_fine(decision=a_decision(by="demo-minimum-band", is_policy=True))
    for form in both_forms(fine):
        assert "decided by a programme under the rule “demo-minimum-band”, not by a person" in form
        assert "You have the right to ask for a person to look at it" in form
        assert "officer" not in form


def test_verified_rules_carry_no_doubt():
    fine = a_fine(violation=a_violation(source=a_source(verified=True)))
    assert all("No lawyer" not in form for form in both_forms(fine))


def test_interest_that_follows_at_once_leaves_no_row_for_the_full_amount():
    at_once = terms(full_from=date(2026, 10, 29), full_until=date(2026, 10, 28))
    for form in both_forms(a_fine(terms=at_once)):
        assert "After 28 October 2026" in form
        assert "From 29 October" not in form


def test_the_letter_is_small_enough_for_a_mail_client_to_show_whole():
    assert len(letter().html.encode()) < 60_000


def test_text_lines_fit_a_mail():
    assert max(len(line) for line in letter().text.splitlines()) <= 72


def test_the_subject_is_one_line_in_both_languages():
    subject = letter().subject
    assert "\n" not in subject
    assert "SHEMBULL" in subject
    assert "SAMPLE" in subject


LACKING = {
    "the number": a_fine(number=""),
    "the place": a_fine_at(name=" "),
    "the road": a_fine_at(road=""),
    "the direction": a_fine_at(towards=""),
    "the time zone": a_fine_at(timezone=""),
    "the plate": a_fine(
        violation=a_violation(passage=a_passage(plate=Refusal(reason=Reason.PLATE_NOT_SURE)))
    ),
    "the measured speed": a_fine(violation=a_violation(measured_kmh=Decimal(0))),
    "the uncertainty": a_fine(violation=a_violation(uncertainty_kmh=Decimal(0))),
    "the speed that counts": a_fine(violation=a_violation(retained_kmh=Decimal(40))),
    "the limit": a_fine(violation=a_violation(limit_kmh=0)),
    "the certificate": a_fine_at(certificate=None),
    "the device": a_fine_at(
        certificate=Certificate(device="", number="D-1", valid_until=date(2027, 6, 30))
    ),
    "a certificate valid on that day": a_fine_at(
        certificate=Certificate(device="d", number="D-1", valid_until=date(2026, 10, 13))
    ),
    "the legal reference": a_fine(violation=a_violation(reference="")),
    "the rule pack": a_fine(violation=a_violation(source=a_source(pack=""))),
    "the rule pack's version": a_fine(violation=a_violation(source=a_source(pack_version=""))),
    "the rule pack's hash": a_fine(violation=a_violation(source=a_source(pack_sha256=""))),
    "the software": a_fine(
        violation=a_violation(
            passage=a_passage(provenance=replace(a_passage().provenance, software=""))
        )
    ),
    "the redacted photo": a_fine(violation=a_violation(passage=a_passage(exhibits=()))),
    "who decided": a_fine(decision=a_decision(by="")),
    "the amount": a_fine(terms=terms(full=replace(terms().full, minor=0))),
    "the payment reference": a_fine(reference=""),
    "a wording for its country": a_fine(number="XX26-K7Q2-M9XD"),
    "a wording for its offence": a_fine(violation=a_violation(kind=OffenceKind.WRONG_WAY)),
    "the check of the signs": a_fine_at(signs_checked_on=None),
}


@pytest.mark.parametrize(("fact", "fine"), LACKING.items(), ids=LACKING)
def test_no_letter_without(fact, fine):
    with pytest.raises(LetterError, match=re.escape(fact)):
        letter(fine)


def test_a_country_without_words_is_told_which_file_to_write():
    with pytest.raises(LetterError, match=r"Write countries/xx\.yaml .* --retry-failed"):
        letter(a_fine(number="XX26-K7Q2-M9XD"))


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(LetterError, match="the place, the road, the payment reference"):
        letter(
            a_fine(
                violation=a_violation(passage=a_passage(place=a_place(name="", road=""))),
                reference="",
            )
        )


def test_another_photo_than_the_passage_names_is_refused():
    with pytest.raises(EvidenceError, match="AL26-K7Q2-M9XD"):
        render_letter(a_fine(), a_photo() + b"x")


@settings(max_examples=60, deadline=None)
@given(
    measured=st.decimals(60, 250, places=1),
    share=st.decimals("0.01", "0.2", places=2),
    uncertainty=st.decimals("0.1", "9.9", places=3),
)
def test_no_number_shown_is_worse_for_the_driver_than_the_judged_one(measured, share, uncertainty):
    retained = measured * (1 - share)
    violation = a_violation(
        measured_kmh=measured, uncertainty_kmh=uncertainty, retained_kmh=retained
    )
    known = facts(a_fine(violation=violation), Language.EN)
    shown = {name: _number(getattr(known, name)) for name in ("measured", "retained", "deducted")}
    doubt = _number(known.measured_and_doubt.partition("±")[2])
    assert shown["retained"] <= retained
    assert shown["measured"] <= measured
    assert doubt >= uncertainty
    assert shown["measured"] - shown["deducted"] == shown["retained"]


def test_a_judged_speed_is_shown_with_all_its_decimals():
    # With 100 km/h the reader would find a milder band than the fine.
    violation = a_violation(
        measured_kmh=Decimal("105.3"), retained_kmh=Decimal("100.035"), limit_kmh=90
    )
    assert _number(facts(a_fine(violation=violation), Language.EN).retained) == Decimal("100.035")


def _number(shown: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", shown.partition("\N{NO-BREAK SPACE}")[0]))


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("AA000BB", "AA •••BB"), ("TR1234A", "TR •••4A"), ("AA12", "A •••2"), ("AB1", "•••")],
)
def test_a_masked_plate_keeps_its_ends(plate, shown):
    assert masked(plate).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_the_mask_does_not_tell_the_length():
    middles = {len(masked(plate)) for plate in ("AA000BB", "AA0000000BB")}
    assert len(middles) == 1


@pytest.mark.parametrize(
    ("instant", "zone", "shown"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Tirane", "02:30:00 CEST (UTC+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Tirane", "02:30:00 CET (UTC+1)"),
        (datetime(2026, 1, 1, 0, 0, 5, 999_999, tzinfo=UTC), "UTC", "00:00:05 UTC (UTC+0)"),
        (datetime(2026, 1, 1, tzinfo=UTC), "Asia/Kolkata", "05:30:00 IST (UTC+5:30)"),
        (datetime(2026, 1, 1, tzinfo=UTC), "America/Sao_Paulo", "21:00:00 UTC-3"),
        (datetime(2026, 1, 1, tzinfo=UTC), "Pacific/Marquesas", "14:30:00 UTC-9:30"),
    ],
    ids=["summer", "winter", "utc", "half-hour", "nameless", "negative-half-hour"],
)
def test_times_have_24_hours_and_their_zone(instant, zone, shown):
    from zoneinfo import ZoneInfo

    assert clock_time(instant.astimezone(ZoneInfo(zone))) == shown


def test_the_date_is_the_one_of_the_place():
    late = datetime(2026, 10, 14, 22, 30, tzinfo=UTC)
    known = facts(a_fine(violation=a_violation(passage=a_passage(at=late))), Language.EN)
    assert known.date == "15 October 2026"


def test_another_plate_does_not_change_the_rest_of_the_letter():
    fine = with_plate(a_fine(), "AA999BB")
    assert isinstance(fine.violation.passage.plate, PlateReading)
    assert letter(fine).html == letter().html


@pytest.mark.parametrize("currency", ["ALL", "CHF", "EUR", "GBP"])
@pytest.mark.parametrize("language", Language)
def test_an_amount_is_never_split_over_two_lines(language, currency):
    assert " " not in amount(Money(minor=123456, currency=currency), language)
