"""What strangers send, and bad luck: mail servers, portals, banks, registers, clocks."""

import socket
from threading import Event

import pytest

from services.errors import CaseError, StoreError, StoreUnavailable
from services.fines import act_on
from services.life import Act
from services.model import Verdict
from services.notifier.senders.deadline import ended_after
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.office import decide
from services.outages import record_outage
from services.recipient import Recipient
from services.store import open_store
from tests.builders_fines import a_step, an_issued_fine
from tests.builders_notice import a_fine
from tests.builders_office import ISSUED, SetClock, a_dispatch


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
