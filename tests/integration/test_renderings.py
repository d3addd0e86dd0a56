"""Every rendering of a notice says the same: page, mail, text, paper, portal, short message."""

import json
import re
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from services.model import Fine, Letter
from services.notifier.letter import render_letter
from services.notifier.pdf import letter_pdf
from services.notifier.senders.folder import mail
from services.notifier.senders.portal import PortalSender
from services.web.app import create_app
from tests.builders_notice import PLATE, Shelf, StoppedClock
from tests.builders_office import a_dispatch
from tests.builders_pages import TestClient, visible_text
from tests.builders_pdf import Pdf, one_line
from tests.builders_words import COUNTRIES, a_fine_of, a_photo

DATE = re.compile(r"\d{1,2}(?:er|º|\.)? (?:de )?[^\W\d_]+ (?:de )?\d{4}")


@dataclass(frozen=True)
class Notice:
    """A notice with its letter."""

    fine: Fine
    letter: Letter


@pytest.fixture(scope="module", params=COUNTRIES)
def notice(request):
    fine = a_fine_of(request.param)
    return Notice(fine, render_letter(fine, a_photo()))


def told(text):
    """The numbers and the dates in what a reader sees."""
    line = one_line(text)
    return set(re.findall(r"\d+(?:[.,:’]\d+)*", line)), set(DATE.findall(line))


def of_html(html):
    return told(visible_text(html))


def parts_of(message: EmailMessage):
    parts = {part.get_content_type(): part for part in message.walk() if not part.is_multipart()}
    return parts["text/plain"].get_content(), parts["text/html"].get_content()


def test_mail_text_paper_and_portal_hold_the_same_numbers_and_dates(notice, tmp_path):
    known = of_html(notice.letter.html)
    assert min(map(len, known)) > 3
    plain, html = parts_of(mail(notice.letter, notice.fine))
    dispatch = a_dispatch(notice.fine, letter=notice.letter)
    PortalSender(tmp_path).send(dispatch)
    message = json.loads((tmp_path / f"{dispatch.stem}.json").read_text())
    renderings = {
        "plain text": told(notice.letter.text),
        "mail": told(plain),
        "mail, HTML": of_html(html),
        "portal": told(message["text"]),
        "portal, HTML": of_html(message["html"]),
        "paper": told(Pdf(letter_pdf(notice.letter, notice.fine)).text()),
    }
    assert {name for name, each in renderings.items() if each != known} == set()


def test_the_page_holds_every_number_and_date_of_the_letter(notice):
    parts = re.split(r'<div class="language" lang="(..)">', notice.letter.html)[1:]
    visitor = opened(notice.fine)
    for language, letter in zip(parts[::2], parts[1::2], strict=True):
        page = of_html(visitor.get(f"/notice?lang={language}").text)
        assert [wanted - seen for wanted, seen in zip(of_html(letter), page, strict=True)] == [
            set(), set()
        ]  # fmt: skip


def opened(fine):
    app = create_app(Shelf(fines=[fine]), secret=b"s" * 32, clock=StoppedClock())
    visitor = TestClient(app, follow_redirects=False)
    token = re.search(r'name="token" value="([^"]+)"', visitor.get("/").text)[1]
    typed = {"number": fine.number, "plate": PLATE, "lang": "en", "token": token}
    assert visitor.post("/notice", data=typed).status_code == 303
    return visitor


def test_the_short_message_tells_no_day_of_its_own(notice):
    days = [notice.fine.terms.reduced_until, notice.fine.terms.full_until]
    known = {str(number) for day in days for number in (day.day, day.month, day.year)}
    digits = re.findall(r"\d+", notice.letter.sms.replace(notice.fine.number, ""))
    assert {each.lstrip("0") for each in digits} - known <= percents_of(notice)


def percents_of(notice):
    return {
        each for each in re.findall(r"(\d+) ?%", notice.letter.sms) if each in notice.letter.text
    }
