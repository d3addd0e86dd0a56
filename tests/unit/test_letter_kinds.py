"""Every kind of letter under every law and in every language: whole, and of one mind."""

import re
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import LetterError
from services.model import LetterKind, Money
from services.notifier.country import countries, country_of, known_in, languages_for
from services.notifier.country_faults import country_faults
from services.notifier.facts import facts
from services.notifier.gsm7 import BASIC, EXTENDED, ONE_PART, folded, septets
from services.notifier.language import Language, amount, local_day
from services.notifier.letter import render_letter, words_of
from services.notifier.occasion import OccasionFacts
from services.notifier.senders.folder import mail
from services.notifier.wording import letter_html_environment, letter_text_environment
from services.occasion import OCCASIONS
from services.rules.catalogue import load_editions
from services.rules.engine import in_unit
from tests.builders_notice import PLATE
from tests.builders_pages import visible_text
from tests.builders_words import (
    COUNTRIES,
    SECTION_COUNTRIES,
    a_fine_of,
    a_photo,
    a_section_fine_of,
    an_occasion,
    edition_of,
    every_letter,
)
from tests.unit.test_letter import LACKING

LETTERS = list(every_letter())
IDS = [f"{fine.number[:2]}-{fine.violation.kind}-{kind}" for kind, fine in LETTERS]
OTHER_KINDS = [kind for kind in LetterKind if kind is not LetterKind.NOTICE]
every_kind_and_law = pytest.mark.parametrize(("kind", "fine"), LETTERS, ids=IDS)
everywhere = pytest.mark.parametrize("country", COUNTRIES)

DATE = re.compile(r"\d{1,2}(?:er|º|\.)? (?:de )?[^\W\d_]+ (?:de )?\d{4}")
TOP_LEVEL = re.compile(r"[A-Za-z0-9]\.[A-Za-z]")
SAMPLE = {"SHEMBULL", "SAMPLE", "MUSTER", "EXEMPLE", "ESEMPIO", "MUESTRA"}
SERVICES = Path(__file__).resolve().parents[2] / "services"
PLACE = "Rruga e Kombit, km 4+200"


def a_letter(kind, fine, own=None, **changes):
    occasion = an_occasion(kind, fine, **changes)
    return render_letter(fine, a_photo(), kind, occasion=occasion, own=own)


def one_line(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def forms(made) -> tuple[str, str]:
    return one_line(visible_text(made.html)), one_line(made.text)


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,:’]\d+)*", text))


@every_kind_and_law
def test_all_renderings_hold_the_same_numbers_and_dates(kind, fine):
    made = a_letter(kind, fine)
    html, text = forms(made)
    assert numbers(html) == numbers(text)
    assert set(DATE.findall(html)) == set(DATE.findall(text))
    assert set(DATE.findall(text))
    assert numbers(made.sms.replace("/", " ").replace(".", " ")) <= numbers(
        text.replace("/", " ").replace(".", " ") + _months(fine)
    )


def _months(fine) -> str:
    """The digits that a short message has for the months of the letter's dates."""
    days = [fine.terms.reduced_until, fine.terms.full_until, date(2026, 11, 28)]
    return " ".join(f" {day.month:02} {day.month} {day.day:02}" for day in days)


@every_kind_and_law
def test_each_language_of_the_country_and_english_have_their_part(kind, fine):
    made = a_letter(kind, fine)
    wanted = languages_for(country_of(fine))
    assert made.languages == wanted
    assert re.findall(r'<div class="language" lang="(..)">', made.html) == list(wanted)
    assert len(re.findall("<h1>", made.html)) == len(wanted)
    assert made.subject.count(" / ") == len(wanted) - 1


@every_kind_and_law
@pytest.mark.parametrize("own", Language)
def test_the_short_message_is_one_part_without_link_plate_name_or_place(kind, fine, own):
    sms = a_letter(kind, replace(fine, driver="Arben Hoxha"), own).sms
    assert septets(sms) <= ONE_PART
    assert sms.split()[0].strip(".,") in SAMPLE
    assert not TOP_LEVEL.search(sms)
    assert not re.search(r"https?:|www|@|[!\n]", sms)
    hidden = (PLATE, PLATE[:2] + " ", "Hoxha", "Arben", "P-23", PLACE, "Kombit", "SH2", "Durr")
    assert not [word for word in hidden if word in sms]
    assert fine.number in sms


@pytest.mark.parametrize("kind", [LetterKind.REMINDER, LetterKind.RECEIPT])
@everywhere
def test_the_short_message_is_one_part_also_when_there_is_less_to_say(kind, country):
    fine = a_fine_of(country)
    changes = {"until": None} if kind is LetterKind.REMINDER else {"owed": fine.terms.full}
    for own in Language:
        assert septets(a_letter(kind, fine, own, **changes).sms) <= ONE_PART


@pytest.mark.parametrize("kind", LetterKind)
@everywhere
def test_the_longest_short_message_is_one_part(kind, country):
    fine, last = a_fine_of(country), date(2026, 12, 28)
    less = Money(minor=1, currency=fine.amount.currency)
    terms = replace(fine.terms, reduced=less, reduced_until=last, full_until=last)
    changes = {"until": last} if kind is LetterKind.REMINDER else {}
    for own in Language:
        made = a_letter(kind, replace(fine, terms=terms), own, **changes)
        assert septets(made.sms) <= 158


AT_NOON = datetime(2026, 10, 2, 10, tzinfo=ZoneInfo("Europe/Tirane"))
WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "P", "S"), exclude_characters="{}"), min_size=1
).filter(lambda words: "None" not in words)


@settings(max_examples=150, deadline=None)
@given(
    country=st.sampled_from(COUNTRIES),
    kind=st.sampled_from(LetterKind),
    own=st.none() | st.sampled_from(Language),
    kmh=st.floats(53, 55.8),
    after=st.timedeltas(timedelta(), timedelta(days=200)),
    words=WORDS,
    driver=st.sampled_from(["", "somebody"]),
    owed=st.integers(1, 10**9),
    until=st.none() | st.dates(date(2026, 10, 1), date(2039, 12, 31)),
)
def test_no_letter_has_a_hole(*, country, kind, own, kmh, after, words, driver, owed, until):
    place = {"name": words, "road": words, "limit_reason": dict.fromkeys(Language, words)}
    fine = a_fine_of(country, kmh=kmh, at=AT_NOON + after, driver=driver, **place)
    owing = kind in {LetterKind.REMINDER, LetterKind.RECEIPT, LetterKind.OBJECTION_ANSWERED}
    missing = Money(minor=owed, currency=fine.amount.currency)
    made = a_letter(kind, fine, own, **({"owed": missing, "until": until} if owing else {}))
    html, text = forms(made)
    for form in (html, text, made.sms, made.subject, made.photo_alt):
        assert not re.search(r"\{\{|\}\}|\{%|\bNone\b|Undefined", form)
    assert numbers(html) == numbers(text)
    assert septets(made.sms) <= ONE_PART


@settings(max_examples=60, deadline=None)
@given(kmh=st.floats(53, 55.8))
def test_miles_are_shown_as_they_were_judged(kmh):
    fine = a_fine_of("GB", kmh=kmh)
    mph, doubt = in_unit(fine.violation.passage.speed, edition_of("GB").pack)
    shown = facts(fine, Language.EN)
    assert shown.measured == f"{mph.normalize():f}\N{NO-BREAK SPACE}mph"
    assert shown.retained == f"{(mph - doubt).normalize():f}\N{NO-BREAK SPACE}mph"
    assert shown.limit == "20\N{NO-BREAK SPACE}mph"


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("fact", LACKING)
def test_no_letter_of_any_kind_without(fact, kind):
    fine = LACKING[fact]
    with pytest.raises(LetterError, match=re.escape(fact)):
        a_letter(kind, fine)


AVERAGE = a_section_fine_of("AL").violation


def stretched(**changes):
    return {"stretch": replace(AVERAGE.stretch, **changes)}


def first_camera(**place):
    return {"entry": replace(AVERAGE.entry, place=replace(AVERAGE.entry.place, **place))}


LACKING_OF_A_SECTION = {
    "the certified distance": stretched(distance_m=Decimal(0)),
    "the first camera and the certified distance": {"entry": None},
    "who certified it": stretched(certified_by=" "),
    "the certificate of the distance": stretched(certificate="S-7\nPay here"),
    "a distance certified on that day": stretched(valid_until=date(2026, 10, 13)),
    "the time between the cameras": stretched(seconds=Decimal(0)),
    "one plate at both cameras": {"entry": replace(AVERAGE.entry, plate=None)},
    "the place of the first camera": first_camera(name=""),
    "the road of the first camera": first_camera(road=" "),
    "the direction of the first camera": first_camera(towards=""),
    "the time zone of the first camera": first_camera(timezone=""),
    "the certificate of the first camera": first_camera(certificate=None),
    "the check of the signs of the first camera": first_camera(signs_checked_on=None),
    "the redacted photo of the first camera": {"entry": replace(AVERAGE.entry, exhibits=())},
}


@pytest.mark.parametrize("fact", LACKING_OF_A_SECTION)
def test_no_letter_about_an_average_speed_without(fact):
    fine = a_section_fine_of("AL")
    lacks = replace(fine, violation=replace(AVERAGE, **LACKING_OF_A_SECTION[fact]))
    with pytest.raises(LetterError, match=re.escape(fact)):
        a_letter(LetterKind.NOTICE, lacks)


def milliseconds(time: str) -> int:
    """Of a time of the day, or of an amount of seconds, in any language."""
    *clock, seconds, thousandths = re.findall(r"\d+", time.partition("(")[0])
    return int(thousandths) + 1000 * sum(
        60**power * int(part) for power, part in enumerate([seconds, *reversed(clock)])
    )


@pytest.mark.parametrize("language", Language)
def test_the_times_at_both_cameras_differ_by_the_seconds_that_give_the_average(language):
    told = facts(a_section_fine_of("CH"), language).section
    needed_ms = milliseconds(told.seconds)
    assert milliseconds(told.ended) - milliseconds(told.began) == needed_ms
    assert 951 <= 2000 * 36_000 // needed_ms < 952
    assert re.sub(r"\D", "", told.distance) == "2000"


AVERAGELY = {
    "en": "average", "sq": "mesatar", "de": "urchschnitt", "fr": "moyenne", "it": "media",
    "es": "media",
}  # fmt: skip


@pytest.mark.parametrize("kind", [LetterKind.NOTICE, LetterKind.REMINDER])
@pytest.mark.parametrize("own", Language)
def test_what_is_told_of_an_average_speed_names_both_cameras_and_no_single_measurement(kind, own):
    made = a_letter(kind, a_section_fine_of("CH", first="Ura e Lumit"), own)
    for text in forms(made):
        assert AVERAGELY[own] in text
        assert "Ura e Lumit" in text
        assert PLACE in text
        assert "Measured speed" not in text


def test_the_reason_for_the_limit_at_one_camera_is_not_told_of_the_way_to_it():
    assert "because" not in a_letter(LetterKind.NOTICE, a_section_fine_of("AL")).text


def test_no_british_notice_without_a_limit_in_miles():
    fine = a_fine_of("GB")
    passage = fine.violation.passage
    unknown = replace(passage, conditions=replace(passage.conditions, limit_mph=None))
    with pytest.raises(LetterError, match="the limit"):
        a_letter(
            LetterKind.NOTICE, replace(fine, violation=replace(fine.violation, passage=unknown))
        )


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_letter_that_follows_a_notice_wants_what_happened(kind):
    with pytest.raises(LetterError, match=OCCASIONS[kind].__name__):
        render_letter(a_fine_of("AL"), a_photo(), kind)


def test_a_notice_takes_no_occasion_and_a_receipt_no_withdrawal():
    fine = a_fine_of("AL")
    withdrawal = an_occasion(LetterKind.WITHDRAWAL, fine)
    for kind in (LetterKind.NOTICE, LetterKind.RECEIPT):
        with pytest.raises(LetterError, match="was handed Withdrawal"):
            render_letter(fine, a_photo(), kind, occasion=withdrawal)


@pytest.mark.parametrize(
    ("kind", "name", "nothing"),
    [
        (LetterKind.REMINDER, "owed", Money(minor=0, currency="ALL")),
        (LetterKind.RECEIPT, "paid", Money(minor=0, currency="ALL")),
        (LetterKind.OBJECTION_ANSWERED, "by", " "),
        (LetterKind.OBJECTION_ANSWERED, "reason", ""),
    ],
    ids=["owed", "paid", "by", "reason"],
)
def test_what_happened_is_told_whole(kind, name, nothing):
    with pytest.raises(LetterError, match=f"it lacks {name}"):
        a_letter(kind, a_fine_of("AL"), **{name: nothing})


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_but_a_withdrawal_names_the_page(kind):
    fine = a_fine_of("AL")
    made = render_letter(
        fine, a_photo(), kind, occasion=an_occasion(kind, fine), page="https://a.example"
    )
    assert ("a.example" in made.text) == (kind is not LetterKind.WITHDRAWAL)


def test_all_that_can_be_said_of_what_happened_has_its_place():
    said = {each.name for each in fields(OccasionFacts)} - {"until_short"}
    assert said == {each.name for kind in OTHER_KINDS for each in fields(OCCASIONS[kind])}


@pytest.mark.parametrize("kind", OTHER_KINDS)
@everywhere
def test_only_a_notice_brings_the_photo_and_needs_it(kind, country):
    fine = a_fine_of(country)
    made = render_letter(fine, b"", kind, occasion=an_occasion(kind, fine))
    assert (made.photo, made.photo_alt) == (b"", "")
    assert "<img" not in made.html


@everywhere
def test_the_photo_is_in_the_notice_or_one_may_ask_for_it_as_the_law_has_it(country):
    made = a_letter(LetterKind.NOTICE, a_fine_of(country))
    if edition_of(country).pack.photo_policy.kind == "on_request":
        assert (made.photo, made.photo_alt) == (b"", "")
        assert "<img" not in made.html
        assert "the photo is not sent with this letter" in one_line(made.text)
    else:
        assert made.photo == a_photo()
        assert "<img" in made.html


@pytest.mark.parametrize(
    ("country", "kind", "pictures", "languages"),
    [
        ("AL", LetterKind.NOTICE, 1, "sq, en"),
        ("FR", LetterKind.NOTICE, 0, "fr, en"),
        ("AL", LetterKind.RECEIPT, 0, "sq, en"),
    ],
)
def test_a_mail_has_the_pictures_and_the_languages_of_its_letter(
    country, kind, pictures, languages
):
    fine = a_fine_of(country)
    sent = mail(a_letter(kind, fine), fine)
    assert sum(part.get_content_type() == "image/jpeg" for part in sent.walk()) == pictures
    assert sent["Content-Language"] == languages


STATED = {
    "number": "26-K7Q2-M9XD",
    "authority": "Demo Speed Office",
    "addressee": "you receive this notice",
    "plate": "AA •••BB",
    "place": PLACE,
    "date": "14 October 2026",
    "time": "(UTC+",
    "reference": "Legal basis:",
    "measured": "Measured speed:",
    "tolerance": "Deducted in your favour:",
    "retained": "Speed that counts:",
    "limit": "The limit there is",
    "device": "Device: speedcam demo",
    "certificate": "DEMO-2026-001, valid until 30 June 2027",
    "photo": "Hash of the photo (SHA-256):",
    "officer": "officer P-17",
    "amount": "What you owe",
    "how_to_pay": "How to pay",
    "how_to_contest": "you can object",
    "name_driver": "tell us who was driving",
    "data_protection": "complain to",
    "signs": "seen in place on 1 October 2026",
}


@everywhere
def test_a_notice_holds_what_its_law_wants_in_it(country):
    text = one_line(a_letter(LetterKind.NOTICE, a_fine_of(country)).text)
    wanted = edition_of(country).pack.notice.must_hold
    assert [fact for fact in wanted if STATED[fact] not in text] == []


@pytest.mark.parametrize("country", SECTION_COUNTRIES)
def test_a_notice_of_an_average_speed_holds_what_its_law_wants_in_it(country):
    text = one_line(a_letter(LetterKind.NOTICE, a_section_fine_of(country)).text)
    stated = STATED | {"measured": "Average speed:"}
    wanted = edition_of(country).pack.notice.must_hold
    assert [fact for fact in wanted if stated[fact] not in text] == []


@pytest.mark.parametrize("edition", load_editions(), ids=lambda edition: edition.pack.id)
def test_the_words_for_a_country_agree_with_its_law(edition):
    pack, country = edition.pack, countries()[edition.pack.country]
    assert country.unit == pack.unit
    assert country.pays == pack.liability.pays
    assert (country.photo == "on_request") == (pack.photo_policy.kind == "on_request")
    assert country.signs or "signs" not in pack.notice.must_hold
    assert (country.points is None) == (pack.liability.points == "nobody")
    assert (country.proceedings is not None) == (pack.late.kind == "proceedings")


@everywhere
def test_the_words_of_a_country_have_no_fault_and_nobody_has_verified_them(country):
    known = countries()[country]
    assert list(country_faults(known)) == []
    assert not any(entry.verified for entry in known_in(known))


@everywhere
def test_the_account_is_of_the_country_and_says_that_nobody_pays(country):
    account = countries()[country].account
    assert account.iban.startswith(country)
    assert "DO NOT PAY" in account.payee


@pytest.mark.parametrize(
    ("country", "own", "order"),
    [
        ("AL", None, "sq en"),
        ("AL", "en", "en sq"),
        ("AL", "it", "it sq en"),
        ("CH", None, "de fr it en"),
        ("CH", "fr", "fr en"),
        ("CH", "es", "es de fr it en"),
        ("GB", None, "en"),
        ("GB", "de", "de en"),
    ],
)
def test_the_recipients_own_language_comes_first_then_the_countrys(country, own, order):
    languages = languages_for(countries()[country], Language(own) if own else None)
    assert " ".join(languages) == order


@pytest.mark.parametrize("environment", [letter_html_environment, letter_text_environment])
def test_every_language_has_every_sentence(environment):
    def sentences(language):
        return {name for name in vars(words_of(environment(), language)) if name[0] != "_"}

    articles = {"the", "to", "of", "from"}  # Italian bends them
    assert all(sentences(each) - articles == sentences(Language.EN) for each in Language)


@pytest.mark.parametrize("file", ["notifier/templates/words_de", "web/templates/labels_de"])
def test_german_can_be_read_in_switzerland(file):
    assert "ß" not in (SERVICES / f"{file}.jinja").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("country", "driver", "told"),
    [
        ("AL", "", "as the owner of the vehicle. On"),
        ("DE", "", "Whoever was driving answers for it"),
        ("GB", "", "Whoever was driving answers for it"),
        ("AL", "somebody", "because you were named as the driver"),
        ("GB", "somebody", "because you were named as the driver"),
    ],
)
def test_a_notice_says_why_it_goes_to_its_reader(country, driver, told):
    fine = a_fine_of(country, driver=driver)
    text = one_line(a_letter(LetterKind.NOTICE, fine).text)
    assert told in text
    assert ("must tell us by that day" in text) == (country == "GB" and not driver)


@pytest.mark.parametrize(
    ("country", "told"),
    [
        ("AL", "and interest (2% of the full amount for each day"),
        ("FR", "After 28 November 2026: 375.00 EUR (the increased amount)"),
        ("IT", "or to the prefect (prefetto) until 13 December 2026."),
        ("ES", "Until 3 November 2026: 50.00 EUR (the reduced amount)"),
        ("DE", "Until 28 October 2026: 50.00 EUR (the full amount)"),
        ("CH", "the case may go on to the ordinary procedure"),
        ("GB", "the case may go on to a court"),
        ("GB", "Whoever keeps the vehicle must tell us by that day who was driving"),
        ("FR", "A company must tell us by that day who was driving"),
        ("FR", "Legal basis: R413-14, Code de la route"),
        ("CH", "CHF 250.00"),
        ("CH", "OBV Anhang 1, Nr. 303"),
        ("GB", "£100.00"),
    ],
)
def test_a_notice_follows_the_law_of_its_country(country, told):
    assert told in one_line(a_letter(LetterKind.NOTICE, a_fine_of(country)).text)


def test_a_suspension_of_one_month_is_no_range():
    fine = a_fine_of("DE")
    one = replace(fine, violation=replace(fine.violation, suspension_months=(1, 1)))
    assert "suspended for 1 month." in one_line(a_letter(LetterKind.NOTICE, one).text)


def test_nothing_owed_asks_for_nothing():
    paid = a_letter(LetterKind.RECEIPT, a_fine_of("AL"))
    for form in forms(paid):
        assert "How to pay" not in form
        assert "IBAN" not in form
        assert "Nothing more is owed" in form


@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_says_who_decided_what_and_why(accepted):
    owed = {} if not accepted else {"owed": None, "until": None}
    made = a_letter(LetterKind.OBJECTION_ANSWERED, a_fine_of("AL"), accepted=accepted, **owed)
    for form in forms(made):
        assert "Officer P-23 looked at the case again" in form
        assert "The reason: The photo shows" in form
        assert ("the notice is cancelled" in form) == accepted
        assert ("the notice stands." in form) != accepted
        assert ("How to pay" in form) != accepted


@everywhere
def test_a_notice_says_that_its_terms_end_later_where_it_arrives_later(country):
    fine = a_fine_of(country)
    later = f"If this letter reaches you after {facts(fine, Language.EN).issued_on}, every term in"
    assert all(f"{later} it ends" in form for form in forms(a_letter(LetterKind.NOTICE, fine)))


def test_what_grows_from_day_to_day_says_so():
    growing = a_letter(LetterKind.REMINDER, a_fine_of("AL"), until=None)
    assert all("never more than 3,200 ALL" in form for form in forms(growing))


def test_a_notice_that_stands_and_asks_for_nothing_is_not_called_paid():
    # Its time to be pursued may have run out instead.
    made = a_letter(LetterKind.OBJECTION_ANSWERED, a_fine_of("AL"), accepted=False, owed=None)
    assert all("Nothing more is owed." in form and "It is paid" not in form for form in forms(made))


@pytest.mark.parametrize("kind", [LetterKind.RECEIPT, LetterKind.OBJECTION_ANSWERED])
def test_what_stands_still_grows_from_no_day_to_the_next(kind):
    fine = a_fine_of("AL")
    for own, still in product(Language, (True, False)):
        told = {"owed": fine.terms.full, "until": None, "stands_still": still}
        most = one_line(amount(fine.terms.late_cap, own, "AL"))
        assert all((most in form) != still for form in forms(a_letter(kind, fine, own, **told)))


def test_the_first_of_a_month_is_written_as_people_do():
    first = date(2026, 10, 1)
    assert local_day(first, Language.FR) == "1er octobre 2026"
    assert local_day(first, Language.IT) == "1º ottobre 2026"
    assert local_day(date(2026, 10, 11), Language.FR) == "11 octobre 2026"


def test_italian_articles_lose_their_vowel_before_eight_and_eleven():
    on = {"on": date(2026, 11, 8)}
    text = one_line(a_letter(LetterKind.OBJECTION_RECEIVED, a_fine_of("IT"), **on).text)
    assert "è arrivata l’8 novembre 2026" in text
    on = {"on": date(2026, 11, 18)}
    text = one_line(a_letter(LetterKind.OBJECTION_RECEIVED, a_fine_of("IT"), **on).text)
    assert "è arrivata il 18 novembre 2026" in text


def test_a_short_message_that_would_be_split_is_not_written():
    long = replace(a_fine_of("AL"), number=f"AL26-{'7' * 40}")
    with pytest.raises(LetterError, match="septets of 160"):
        a_letter(LetterKind.NOTICE, long)


def test_the_alphabet_of_short_messages():
    assert (len(BASIC), len(EXTENDED)) == (127, 10)  # 128 places; one of them is the escape
    assert septets("è€") == 3
    with pytest.raises(ValueError, match="'ë'"):
        septets("ë")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Ulni shpejtësinë, çdo ditë", "Ulni shpejtesine, cdo dite"),
        ("L’été à Nîmes, ça va – où ?", "L'été à Nimes, ca va - où ?"),
        ("perché È più già", "perché E più già"),
        ("Señal: ¿sí? ¡No! ó", "Señal: ¿si? ¡No! o"),
        ("Straße „für“ Öl", 'Straße "für" Öl'),
    ],
    ids=["sq", "fr", "it", "es", "de"],
)
def test_only_letters_that_are_not_in_the_alphabet_lose_their_accents(text, short):
    assert folded(text) == short
    assert septets(folded(text))
