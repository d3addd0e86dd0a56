"""What strangers send, and bad luck: mail servers, portals, banks, registers, clocks."""

import socket
from dataclasses import replace
from threading import Event

import pytest

from services.errors import (
    CaseError,
    LetterError,
    ProviderDown,
    ReceiptError,
    StoreError,
    StoreUnavailable,
    Unreachable,
)
from services.fines import act_on
from services.life import Act
from services.model import Verdict
from services.notifier.delivery import deliver
from services.notifier.habits import Habits
from services.notifier.letter import render_letter
from services.notifier.receipts import take_receipts
from services.notifier.registers import CsvRegister, HttpRegister
from services.notifier.senders.deadline import ended_after
from services.notifier.senders.portal import PortalSender
from services.notifier.senders.post import PostSender
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.notifier.senders.webhook import WebhookSender, WebhookSettings
from services.notifier.told_later import told_in
from services.office import decide
from services.outages import record_outage
from services.recipient import Recipient
from services.store import open_store
from tests.builders_fines import a_step, an_issued_fine, fines_in
from tests.builders_notice import a_fine, a_photo
from tests.builders_office import ISSUED, SetClock, a_dispatch, a_letter
from tests.web_server import Got, web_server


class Everybody:
    def owner(self, *_):
        return Recipient(name="Arta", portal="account-7", email="arta@example.test")


WITH_ACCOUNT = Habits(register=Everybody())


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?=0D=0ABcc:_x@evil.test?=", "=?utf-8?q?=0D=0A=0D=0APay_me?="]
)
def test_an_encoded_word_in_a_name_adds_nothing_to_a_mail(name, tmp_path):
    settings = SmtpSettings(host="127.0.0.1", tls="none", author="a@police.test")
    recipient = Recipient(name=name, email="owner@example.test")
    mail = SmtpSender(settings, tmp_path).written(a_dispatch(a_fine(), recipient=recipient))
    head = mail.as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert b"To: owner@example.test" in head
    assert not [line for line in head if line.startswith((b"Bcc", b"Pay"))]


def test_a_deadline_also_holds_where_there_was_no_socket_when_it_came():
    ours, theirs = socket.socketpair()
    asked = Event()

    def current():
        # As while encryption is agreed on: the first time there is none yet.
        first, _ = not asked.is_set(), asked.set()
        return None if first else ours

    with ours, theirs, ended_after(0.01, current):
        ours.settimeout(5)
        assert ours.recv(1) == b""


@pytest.fixture
def office(tmp_path, office_in):
    with open_store(office_in(tmp_path / "office"), create=True) as opened:
        yield opened


def test_an_id_that_no_history_holds_is_a_mistake_and_no_damage(office):
    number, too_long = an_issued_fine(office), "P" * 81
    with pytest.raises(CaseError, match="80 characters at most"):
        act_on(office, number, Act.HOLD, a_step(ISSUED, by=too_long))
    with pytest.raises(CaseError, match="80 characters at most"):
        decide(
            office, "no case", officer=too_long, verdict=Verdict.REJECT, why="x", clock=SetClock()
        )
    act_on(office, number, Act.HOLD, a_step(ISSUED, by="P" * 80))


def test_what_a_server_does_not_take_is_no_damage(tmp_path, postgres):
    with open_store(postgres.new_office(tmp_path / "office"), create=True) as office:
        with pytest.raises(StoreError, match="does not take a value") as told:
            record_outage(office, ISSUED, ISSUED, a_step(ISSUED), site_id="s" * 41)
        assert not isinstance(told.value, StoreUnavailable)
        assert an_issued_fine(office)


@pytest.mark.parametrize("begins", ["15/10/2026", "15.10.2026", "1 Nov 2026", "tomorrow"])
def test_a_register_whose_days_cannot_be_read_names_nobody(begins, tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text(f"plate,name,from\nAA000BB,Next Owner,{begins}\nAA111BB,Besa, 2026-10-14 \n")
    with pytest.raises(Unreachable, match="2026-10-14"):
        CsvRegister(path, "AL").owner("AA000BB", "AL", ISSUED.date(), "")
    assert CsvRegister(path, "AL").owner("AA111BB", "AL", ISSUED.date(), "").name == "Besa"


DEEP = b"[" * 60_000


def test_a_service_that_took_a_letter_and_answers_nonsense_has_it(tmp_path):
    (tmp_path / "secret").write_text("s" * 32)
    (tmp_path / "secret").chmod(0o600)
    with web_server(Got(answer=DEEP)) as url:
        settings = WebhookSettings(url=url, secret_file="secret")  # noqa: S106 - a name
        dispatch = a_dispatch(a_fine())
        assert WebhookSender(settings, tmp_path, SetClock()).send(dispatch) == dispatch.key
        with pytest.raises(ProviderDown, match="no owner"):
            HttpRegister(url, "token").owner("AA000BB", "AL", ISSUED.date(), "")


@pytest.mark.parametrize("port", ["0", "99999", "x"])
def test_an_address_without_a_port_is_a_fault_of_the_settings(port):
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        WebhookSettings(url=f"https://sms.example:{port}/in", secret_file="secret")  # noqa: S106 - a name


def test_a_folder_that_cannot_be_made_puts_paper_off(tmp_path):
    (tmp_path / "post").write_text("in the way")
    with pytest.raises(Unreachable, match="cannot be written"):
        PostSender(tmp_path / "post").send(a_dispatch(a_fine()))


def posted(office):
    """A notice that went to a portal three days after its fine was issued."""
    fines_in(office, 1)
    clock = SetClock()
    clock.pass_time(days=3)
    deliver(office, [PortalSender(office.folder / "inbox")], a_letter, clock, WITH_ACCOUNT)
    (letter,) = (office.folder / "inbox").glob("*.json")
    clock.pass_time(days=2)
    return letter, clock


def test_nobody_is_served_before_their_notice_left(tmp_path):
    with open_store(tmp_path / "office", create=True) as office:
        letter, clock = posted(office)
        opened = letter.with_suffix(".opened")
        opened.write_text("2026-10-15T08:00+02:00")
        (taken,) = take_receipts(office, [opened], clock)
        assert (taken.what, "letter left on 2026-10-17" in taken.reason) == ("fault", True)
        opened.write_text("2026-10-17T00:30+02:00")
        (taken,) = take_receipts(office, [opened], clock)
        assert taken.what == "opened"


@pytest.mark.parametrize(
    "beside", [DEEP, b'{"key": "\\ud800"}', b'{"key": "a\\u0000b"}', b'{"key": ""}', b"{"]
)
def test_what_a_portal_garbles_is_told_and_the_others_are_taken(beside, tmp_path, postgres):
    with open_store(postgres.new_office(tmp_path / "office"), create=True) as office:
        letter, clock = posted(office)
        letter.with_suffix(".opened").write_text(clock.now().isoformat())
        (letter.parent / "A.json").write_bytes(beside)
        (letter.parent / "A.opened").write_text(clock.now().isoformat())
        taken = take_receipts(office, [letter.parent], clock)
        assert [each.what for each in taken] == ["fault", "opened"]


@pytest.mark.parametrize("charset", ["idna", "punycode", "undefined", "us-ascii\0"])
def test_a_report_in_a_charset_that_is_none_is_told(charset, tmp_path):
    path = tmp_path / "report.eml"
    path.write_bytes(
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: '
        b"text/rfc822-headers; charset=%s\n\nMessage-ID: <x@y>\xff\n\n--b--\n" % charset.encode()
    )
    with pytest.raises(ReceiptError, match="no report"):
        told_in(path)


def test_a_list_of_the_post_is_taken_whole_or_not_at_all(tmp_path):
    path = tmp_path / "post.csv"
    lines = ["key,on,proof", *["A/notice/1,2026-10-14,RR123456789AL"] * 28_000]
    path.write_text("\n".join(lines))
    with pytest.raises(ReceiptError, match="larger than"):
        told_in(path)


@pytest.mark.parametrize("name", ["Km 4\x1b[2J", "Km 4\n\nPay to XX00", "Km 4\u2028Pay", "\ud800"])
@pytest.mark.parametrize("field", ["name", "road", "towards"])
def test_a_place_neither_steers_a_terminal_nor_begins_a_line_of_a_letter(field, name):
    fine = a_fine()
    passage = fine.violation.passage
    place = replace(passage.place, **{field: name})
    hostile = replace(fine.violation, passage=replace(passage, place=place))
    with pytest.raises(LetterError, match="it lacks"):
        render_letter(replace(fine, violation=hostile), a_photo())


def test_a_reason_for_the_limit_is_of_one_line():
    fine = a_fine()
    passage = fine.violation.passage
    place = replace(passage.place, limit_reason={"en": "a school\nPay to XX00"})
    hostile = replace(fine.violation, passage=replace(passage, place=place))
    with pytest.raises(LetterError, match="of one line"):
        render_letter(replace(fine, violation=hostile), a_photo())
