"""The mail sender against a real server, in every mood that one can have."""

import random
import socket
import threading
from dataclasses import replace

import pytest

from services.errors import ProviderDown, Refused, Unclear, Unreachable
from services.notifier.delivery import MOST_ATTEMPTS, MOST_SAME, deliver
from services.notifier.habits import Habits
from services.notifier.outbox import notices, tally
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.recipient import Recipient
from services.store import open_store
from tests.builders_fines import fines_in, without_waiting
from tests.builders_notice import a_fine
from tests.builders_office import SetClock, a_dispatch, a_letter
from tests.mail_server import MoodyHandler, certificate, mail_server, only

OWNER = Recipient(name="Arta Shembull", email="owner@example.test")


def a_sender(port, office, **changes):
    known = {"host": "127.0.0.1", "port": port, "tls": "none", "author": "office@police.test"}
    return SmtpSender(SmtpSettings(**(known | changes)), office)


def mood(words):
    return MoodyHandler(mood=lambda: words)


def send(handler, tmp_path, **changes):
    with mail_server(handler) as port:
        return a_sender(port, tmp_path, **changes).send(a_dispatch(a_fine(), recipient=OWNER))


def test_a_mail_arrives_with_both_forms_and_its_photo(tmp_path):
    handler = mood("well")
    receipt = send(handler, tmp_path, name_of_office="Policia", reply_to="answers@police.test")
    (mail,) = handler.mails
    assert receipt == mail["Message-ID"] == "<al26-k7q2-m9xd.notice.1@police.test>"
    assert str(mail["From"]) == "Policia <office@police.test>"
    assert str(mail["To"]) == "Arta Shembull <owner@example.test>"
    assert mail["Reply-To"] == "answers@police.test"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "shpejtësinë" in mail.get_body(("plain",)).get_content()
    assert "cid:photo" in mail.get_body(("html",)).get_content()
    assert list(mail.walk())[-1].get_content() == b"photo"


def test_every_byte_is_of_seven_bits(tmp_path):
    handler = mood("well")
    send(handler, tmp_path)
    assert handler.mails[0].as_bytes().isascii()


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(tmp_path):
    handler = mood("well")
    dotted = replace(a_letter(a_fine(), b"photo"), text="first\n.\n..two\n")
    with mail_server(handler) as port:
        a_sender(port, tmp_path).send(a_dispatch(a_fine(), letter=dotted, recipient=OWNER))
    assert handler.mails[0].get_body(("plain",)).get_content().split() == ["first", ".", "..two"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("down", ProviderDown),
        ("rcpt 450", Unreachable),
        ("rcpt 550", Refused),
        ("rcpt 421", ProviderDown),
        ("data 451", Unreachable),
        ("data 552", Refused),
        ("drop", Unclear),
        ("drop taken", Unclear),
        ("nonsense", Unclear),
    ],
)
def test_what_the_server_says_decides_what_may_be_done_next(words, fault, tmp_path):
    with pytest.raises(fault) as told:
        send(mood(words), tmp_path)
    assert type(told.value) is fault
    assert "owner@example.test" not in str(told.value)


def test_nobody_at_the_port_is_a_provider_that_is_down(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ProviderDown, match=r"gives no session \(Connection refused\)"):
            a_sender(taken.getsockname()[1], tmp_path).send(a_dispatch(a_fine(), recipient=OWNER))


def test_a_server_that_drips_its_greeting_is_not_waited_for_without_end(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            connection, _ = listening.accept()
            with connection:
                for _ in range(100):
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return
                    threading.Event().wait(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        sender = a_sender(listening.getsockname()[1], tmp_path, patience_s=0.3)
        with pytest.raises(ProviderDown):
            sender.send(a_dispatch(a_fine(), recipient=OWNER))
        thread.join()


def test_letters_are_encrypted_and_the_server_is_who_it_says(tmp_path):
    context, trusted = certificate(tmp_path)
    handler = mood("well")
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "password").chmod(0o600)
    options = {
        "tls_context": context, "require_starttls": True, "auth_required": True,
        "authenticator": only("office", "secret"),
    }  # fmt: skip
    known = {"tls": "starttls", "user": "office", "password_file": "password"}
    with mail_server(handler, **options) as port:
        sender = a_sender(port, tmp_path, ca_file=trusted.name, **known)
        sender.send(a_dispatch(a_fine(), recipient=OWNER))
        with pytest.raises(ProviderDown, match="gives no session"):
            a_sender(port, tmp_path, **known).send(a_dispatch(a_fine(), recipient=OWNER))
        (tmp_path / "password").write_text("another")
        with pytest.raises(ProviderDown, match=r"refused the session \(535 5.7.8\)"):
            sender.send(a_dispatch(a_fine(), recipient=OWNER))
    assert len(handler.mails) == 1


def test_a_server_may_encrypt_from_the_first_byte(tmp_path):
    context, trusted = certificate(tmp_path)
    handler = mood("well")
    with mail_server(handler, encrypted=context) as port:
        a_sender(port, tmp_path, tls="tls", ca_file=trusted.name).send(
            a_dispatch(a_fine(), recipient=OWNER)
        )
        with pytest.raises(ProviderDown):
            a_sender(port, tmp_path, tls="tls").send(a_dispatch(a_fine(), recipient=OWNER))
    assert len(handler.mails) == 1


@pytest.mark.parametrize(
    "email", ["a>b@example.test", "a,b@example.test", "a@[)b", "a@example.test(b)"]
)
def test_what_no_mail_can_go_to_is_refused_before_a_server_hears_of_it(email, tmp_path):
    handler = mood("well")
    wrong = a_dispatch(a_fine(), recipient=Recipient(email=email))
    with mail_server(handler) as port, pytest.raises(Refused, match="is none"):
        a_sender(port, tmp_path).send(wrong)
    assert not handler.moods


def test_letters_are_never_sent_in_the_clear_to_another_machine():
    with pytest.raises(ValueError, match="in the clear"):
        SmtpSettings(host="mail.example", tls="none", author="office@police.test")


class Everybody:
    """A register in which everybody has an address."""

    def owner(self, plate, country, on, purpose):  # noqa: ARG002 - the port
        return OWNER


def habits():
    return Habits(register=Everybody(), jitter=lambda: 0.0)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        yield without_waiting(opened)


def until_done(store, clock, *senders):
    """Deliver until nothing waits; hours pass in between."""
    for _ in range(60):
        deliver(store, senders, a_letter, clock, habits())
        if not any(each.state == "waiting" for each in notices(store)):
            return
        clock.pass_time(minutes=30)


MOODS = (
    ["well"] * 6 + ["slow", "down", "rcpt 450", "data 451", "drop"] * 2 + ["rcpt 550", "drop taken"]
)


def test_none_is_lost_and_none_repeated_by_a_server_in_every_mood(store):
    fines_in(store, 60)
    dice = random.Random(20261126)  # noqa: S311 - the same moods each time
    handler = MoodyHandler(mood=lambda: dice.choice(MOODS), slow_s=0.01)
    clock = SetClock()
    with mail_server(handler) as port:
        until_done(store, clock, a_sender(port, store.folder))
    stand = tally(store)
    assert sum(stand.values()) == 60
    assert set(stand) <= {"sent", "failed", "quarantined"}
    sent = {each.receipt for each in notices(store) if each.state == "sent"}
    assert sent <= set(handler.ids())
    # Only a mail that was taken without a word may come again.
    repeats = sum(handler.ids().values()) - len(handler.ids())
    assert repeats <= handler.moods["drop taken"]
    assert stand.get("failed", 0) == handler.moods["rcpt 550"]


def test_an_outage_costs_no_letter_its_attempts(store):
    fines_in(store, 10)
    handler = mood("down")
    clock = SetClock()
    with mail_server(handler) as port:
        for _ in range(2 * MOST_ATTEMPTS):
            deliver(store, [a_sender(port, store.folder)], a_letter, clock, habits())
            clock.pass_time(hours=1)
        assert {each.attempts for each in notices(store)} == {0}
        handler.mood = lambda: "well"
        until_done(store, clock, a_sender(port, store.folder))
    assert tally(store) == {"sent": 10}
    assert set(handler.ids().values()) == {1}


def test_a_second_provider_stands_in_for_one_that_is_down(store):
    fines_in(store, 10)
    away, here = mood("down"), mood("well")
    with mail_server(away) as first, mail_server(here) as second:
        senders = [a_sender(port, store.folder) for port in (first, second)]
        deliver(store, senders, a_letter, SetClock(), habits())
    assert tally(store) == {"sent": 10}
    assert len(here.mails) == 10
    assert away.moods["down"] == 1


def test_no_other_provider_gets_what_may_have_been_taken(store):
    fines_in(store, 10)
    perhaps, here = mood("drop taken"), mood("well")
    clock = SetClock()
    with mail_server(perhaps) as first, mail_server(here) as second:
        senders = [a_sender(port, store.folder) for port in (first, second)]
        for _ in range(MOST_SAME):
            deliver(store, senders, a_letter, clock, habits())
            clock.pass_time(hours=1)
    assert not here.mails
    assert tally(store) == {"quarantined": 10}
    assert set(perhaps.ids().values()) == {MOST_SAME}
