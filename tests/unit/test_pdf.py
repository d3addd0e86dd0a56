"""The letter on paper: the same words as the HTML, read aloud in order, and never more."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from services.errors import LetterError
from services.model import LetterKind
from services.notifier.country import countries
from services.notifier.language import Language
from services.notifier.letter import render_letter
from services.notifier.pdf import letter_pages, letter_pdf
from tests.builders_notice import a_fine, a_fine_at, a_photo, a_violation, terms
from tests.builders_pages import visible_text
from tests.builders_pdf import Pdf, one_line
from tests.builders_words import COUNTRIES, a_fine_of, a_section_fine_of, an_occasion

SIGNED = f"123456:{'0' * 44}"
ADDRESS = ("Pronar i Shembullit", "Rruga e Shembullit 12", "1001 Tiranë", "SHQIPËRIA")
BANNER = (
    "SHEMBULL – NUK ËSHTË NJOFTIM ZYRTAR. MOS PAGUANI. SAMPLE – NOT AN OFFICIAL NOTICE. DO NOT PAY."
)


def printed_letter(fine=None, **options) -> bytes:
    fine = fine or a_fine()
    return letter_pdf(render_letter(fine, a_photo()), fine, **options)


def a_pdf(fine=None, **options) -> Pdf:
    return Pdf(printed_letter(fine, **options))


def html_text(fine) -> str:
    return one_line(visible_text(render_letter(fine, a_photo()).html))


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,:]\d+)*", text))


CASES = {
    "whole": a_fine(),
    "no points, no suspension": a_fine(violation=a_violation(points=0, suspension_months=None)),
    "interest at once": a_fine(terms=terms(full_from=terms().full_until + timedelta(days=1))),
    "no reason": a_fine_at(limit_reason={}),
    "average speed": a_section_fine_of("AL"),
}


@pytest.mark.parametrize("fine", CASES.values(), ids=CASES)
def test_paper_and_html_hold_the_same_words_numbers_and_dates(fine):
    paper, html = a_pdf(fine).text(), html_text(fine)
    assert numbers(paper) == numbers(html)
    assert words(paper) == words(html)


def test_paper_reads_in_the_order_of_the_letter():
    text = a_pdf(recipient=ADDRESS).text().rpartition("Demo Speed Office Notice")[2]
    marks = (
        "No. AL26-K7Q2-M9XD",
        "Please slow down",
        "The limit there is 40 km/h",
        "lift your foot",
        "Photo from the camera",
        "What you owe",
        "RF96 AL26 K7Q2 M9XD",
        "How to pay",
        "You disagree",
        "The evidence",
        "Your data",
    )
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "name",
    ['#read("/etc/passwd")', "*x* _y_ `z` $1$", "#panic() // \\u{41} <a> @b", "= H", '{"a": 1}'],
)
def test_words_from_outside_are_printed_as_they_are(name):
    text = a_pdf(a_fine_at(name=name), recipient=(name, "1001 Tiranë")).text()
    assert f"SHQ {name} 1001 Tiranë".removeprefix("SHQ ") in text
    assert f"“{name}”" in text


def test_the_same_letter_gives_the_same_bytes():
    first, other = printed_letter(), printed_letter(a_fine_at(name="km 7"))
    assert first != other
    assert printed_letter() == first


def test_letters_can_be_printed_side_by_side():
    with ThreadPoolExecutor(4) as workers:
        assert len(set(workers.map(lambda _: printed_letter(), range(8)))) == 1


def test_the_photo_in_it_is_the_very_file_whose_hash_is_printed():
    photo = a_photo()
    assert photo in printed_letter()
    assert hashlib.sha256(photo).hexdigest() in a_pdf().text()


def test_the_pdf_was_made_when_the_fine_was_issued():
    assert "<xmp:CreateDate>2026-10-14T09:00:00" in a_pdf().metadata


def test_it_is_tagged_for_universal_access():
    pdf = a_pdf()
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.metadata
    assert "Notice about your speed, no. AL26-K7Q2-M9XD" in pdf.metadata
    assert pdf.lang == "sq"
    assert [heading.text() for heading in pdf.tree.every("H1")] == [
        "Ju lutemi, ulni shpejtësinë",
        "Please slow down",
    ]
    assert {heading.lang for heading in pdf.tree.every("H2")} == {"", "en"}


def test_the_photo_is_told_in_words_in_each_language():
    letter = render_letter(a_fine(), a_photo())
    told = " / ".join(figure.alt for figure in a_pdf().tree.every("Figure"))
    assert one_line(told) == one_line(letter.photo_alt)


def test_every_table_has_a_head():
    for table in a_pdf().tree.every("Table"):
        assert all(head.text() for head in table.every("TH"))
        assert list(table.every("TH"))


def test_each_language_is_a_sheet_of_paper():
    longest = a_fine_at(
        name="Rruga e Kombit, dalja nga qyteti i Shembullit, km 4+200",
        towards="Durrës dhe Aeroporti i Rinasit",
    )
    assert len(a_pdf(longest, recipient=ADDRESS).pages) == 4


@pytest.mark.parametrize("country", ["AL", "FR", "IT"])
def test_each_of_three_languages_is_a_sheet_of_paper(country):
    fine = a_fine_of(country)
    letter = render_letter(fine, a_photo(), own=Language.DE, signed=SIGNED)
    assert len(Pdf(letter_pdf(letter, fine, recipient=ADDRESS)).pages) == 6


@pytest.mark.parametrize(
    ("country", "own", "languages"), [("AL", None, 2), ("AL", Language.DE, 3), ("CH", None, 4)]
)
def test_an_average_speed_too_takes_one_sheet_in_each_language(country, own, languages):
    fine = a_section_fine_of(country)
    letter = render_letter(fine, a_photo(), own=own, signed=SIGNED)
    assert len(Pdf(letter_pdf(letter, fine, recipient=ADDRESS)).pages) == 2 * languages


def test_the_banner_covers_nothing_however_many_languages_it_has():
    fine = a_section_fine_of("CH")
    made = render_letter(fine, a_photo(), own=Language.ES)
    page = cv2.imdecode(np.frombuffer(letter_pages(made, fine)[1], np.uint8), cv2.IMREAD_COLOR)
    yellow = np.all(np.abs(page.astype(int) - (0, 221, 255)) < 12, axis=2).sum(axis=1)
    foot = np.flatnonzero(yellow > 300).max()
    assert (page[foot + 1 : foot + 8] > 250).all()


def test_the_banner_and_the_page_number_stand_on_every_page():
    pdf = a_pdf(recipient=ADDRESS)
    assert pdf.text().startswith(BANNER)
    assert pdf.text().count(BANNER) == 2  # each sheet is read from its first page on
    for at in range(4):
        beside = pdf.beside(at)
        assert (BANNER in beside) == (at % 2 == 1)
        assert beside.endswith(f"AL26-K7Q2-M9XD {at + 1} / 4")


def test_the_address_stands_in_the_window_of_the_first_sheet_only():
    pdf = a_pdf(recipient=ADDRESS)
    assert pdf.text().count(" ".join(ADDRESS)) == 1
    assert " ".join(ADDRESS) not in a_pdf().text()


def test_every_letter_of_the_languages_has_a_shape():
    name = "ËëÇçÄäÖöÜüßÀàÂâÆæÉéÈèÊêÎîÏïÔôŒœÙùÛûŸÿÑñÍíÓóÚúÌìÒò¿¡ «»„“”’–€±• Žž Δρόμος Путь"
    assert one_line(name) in a_pdf(a_fine_at(name=name)).text()


UNFIT = {
    "seven lines": ("a",) * 7,
    "an empty line": ("a", " "),
    "two lines in one": ("a\nb",),
    "control characters": ("a\x07",),
    "too wide": ("Rruga " * 12,),
    "no shape": ("日本語",),
}


@pytest.mark.parametrize("address", UNFIT.values(), ids=UNFIT)
def test_an_address_that_does_not_fit_is_refused(address):
    with pytest.raises(LetterError, match="AL26-K7Q2-M9XD") as refused:
        printed_letter(recipient=address)
    assert "Rruga" not in str(refused.value)


def test_a_reference_with_wrong_check_digits_is_not_printed():
    with pytest.raises(LetterError, match="RF95 AL26 K7Q2 M9XD is no creditor reference"):
        printed_letter(a_fine(reference="RF95AL26K7Q2M9XD"))


def test_a_letter_with_an_unknown_element_is_not_cut_short():
    letter = render_letter(a_fine(), a_photo())
    letter = replace(letter, html=letter.html.replace("<ol>", "<menu>").replace("</ol>", "</menu>"))
    with pytest.raises(LetterError, match="<menu>"):
        letter_pdf(letter, a_fine())


def test_a_letter_without_its_banner_is_not_printed():
    letter = render_letter(a_fine(), a_photo())
    letter = replace(letter, html=letter.html.replace('class="banner"', ""))
    with pytest.raises(LetterError, match="banner"):
        letter_pdf(letter, a_fine())


@pytest.mark.parametrize("broken", ["<p>", "\x07", "&nbsp;"])
def test_a_letter_that_is_not_well_formed_is_not_cut_short(broken):
    letter = render_letter(a_fine(), a_photo())
    letter = replace(letter, html=letter.html.replace("<ol>", f"{broken}<ol>", 1))
    with pytest.raises(LetterError, match="not well formed"):
        letter_pdf(letter, a_fine())


def test_a_letter_with_words_outside_paragraphs_is_not_cut_short():
    letter = render_letter(a_fine(), a_photo())
    letter = replace(letter, html=letter.html.replace("<ol>", "Paguani!<ol>", 1))
    with pytest.raises(LetterError, match="Paguani!"):
        letter_pdf(letter, a_fine())


@pytest.mark.parametrize("country", ["AL", "CH", "GB"])
def test_lek_francs_and_pounds_have_no_code(country):
    assert "EPC" not in a_pdf(a_fine_of(country)).text()


@pytest.mark.parametrize("country", ["DE", "ES", "FR", "IT"])
def test_the_code_on_paper_asks_for_the_first_amount(country):
    fine = a_fine_of(country)
    page = letter_pages(render_letter(fine, a_photo()), fine, ppi=200)[0]
    picture = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE)
    read, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(picture)
    account = countries()[country].account
    assert read.splitlines() == [
        *("BCD", "002", "1", "SCT", ""),
        account.payee,
        account.iban.replace(" ", ""),
        f"EUR{fine.terms.reduced.minor / 100:.2f}",
        "",
        fine.reference,
    ]


def test_the_code_is_told_in_words():
    codes = [f.alt for f in a_pdf(a_fine_of("DE")).tree.every("Figure") if "EPC" in f.alt]
    assert len(codes) == 2
    assert one_line(codes[1]) == (
        "EPC QR – Details for the transfer; Payee DEMO - NICHT ZAHLEN / DO NOT PAY; "
        "Account (IBAN) DE23 9999 9999 0000 0000 00; Reference RF91 DE26 K7Q2 M9XD; "
        "Until 28 October 2026: 50.00 EUR"
    )


PAGE = "https://njoftimet.policia.example"


def test_the_code_beside_the_window_leads_to_the_page_with_the_number_in_its_fragment():
    fine = a_fine()
    letter = render_letter(fine, a_photo(), page=PAGE)
    page = letter_pages(letter, fine, recipient=ADDRESS, ppi=200)[0]
    picture = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE)
    read, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(picture)
    assert read == f"{PAGE}/?lang=sq#AL26-K7Q2-M9XD"
    codes = [f.alt for f in Pdf(letter_pdf(letter, fine, recipient=ADDRESS)).tree.every("Figure")]
    assert f"QR – {read}" in codes


def test_the_name_of_the_page_is_broken_at_no_hyphen():
    fine = a_fine()
    letter = render_letter(fine, a_photo(), page="https://njoftimet-gjoba.policia-e-shtetit.gov.al")
    read = Pdf(letter_pdf(letter, fine, recipient=ADDRESS)).text()
    assert len(re.findall(r"njoftimet-gjoba ?\.policia-e-shtetit ?\.gov ?\.al[ .]", read)) == 2


def test_without_a_page_there_is_no_code():
    assert not [f for f in a_pdf(recipient=ADDRESS).tree.every("Figure") if "QR" in f.alt]


@pytest.mark.parametrize("recipient", [ADDRESS, ()], ids=["posted", "not posted"])
@pytest.mark.parametrize(
    ("make", "country", "own"),
    [
        (a_fine_of, "DE", None),
        (a_section_fine_of, "AL", Language.DE),
        (a_section_fine_of, "CH", None),
    ],
)
def test_the_page_costs_no_sheet(make, country, own, recipient):
    fine = make(country)
    letter = render_letter(fine, a_photo(), own=own, signed=SIGNED, page=PAGE)
    pages = len(Pdf(letter_pdf(letter, fine, recipient=recipient)).pages)
    assert pages == 2 * len(letter.languages)


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("country", COUNTRIES)
def test_every_letter_of_every_law_says_on_paper_what_its_html_says(kind, country):
    fine = a_fine_of(country)
    letter = render_letter(fine, a_photo(), kind, occasion=an_occasion(kind, fine), page=PAGE)
    paper = Pdf(letter_pdf(letter, fine)).text().replace("EPC QR", "")
    html = one_line(visible_text(letter.html))
    assert numbers(paper) == numbers(html)
    assert words(paper) == words(html)


def test_a_letter_of_one_page_has_the_next_language_on_its_back():
    one = '<div class="language" lang="{}"><p class="office">{}</p><h1>{}</h1><p>{}</p></div>'
    html = (
        '<body><div class="banner"><p lang="en">SAMPLE</p></div>'
        + one.format("sq", "Zyra Demo", "Gjoba u mbyll", "Nuk keni për të paguar asgjë.")
        + one.format("en", "Demo Office", "The fine is closed", "You owe nothing.")
        + "</body>"
    )
    letter = replace(render_letter(a_fine(), a_photo()), html=html)
    pdf = Pdf(letter_pdf(letter, a_fine(), recipient=ADDRESS))
    assert len(pdf.pages) == 2
    assert pdf.text().count("SAMPLE") == 2
    assert pdf.text().endswith("Demo Office The fine is closed You owe nothing.")


def test_a_speed_is_not_broken_at_its_stroke():
    # With these names lines are full right after the stroke.
    for name in ("Rruga e Kombit", "Rruga e Kombit, km 4+200"):
        lines = list(_lines(a_pdf(a_fine_at(name=name)).tree))
        assert any("km/h" in line for line in lines)
        assert not [line for line in lines if line.endswith("/")]


def _lines(node):
    for part in node.parts:
        if isinstance(part, str):
            yield part
        else:
            yield from _lines(part)
