"""What strangers send, and bad luck: mail servers, portals, banks, registers, clocks."""

import socket
from threading import Event

import pytest

from services.notifier.senders.deadline import ended_after
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.recipient import Recipient
from tests.builders_notice import a_fine
from tests.builders_office import a_dispatch


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
