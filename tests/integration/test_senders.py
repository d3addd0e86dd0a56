"""Each sender beside mail, and what becomes of a letter that one of them turns down."""

import hashlib
import json
import re
import socket
from contextlib import suppress
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from services.errors import (
    LetterError,
    ProviderDown,
    Refused,
    SettingsError,
    Unclear,
    Unreachable,
)
from services.fines import act_on
from services.life import Act
from services.model import Channel, NoticeState
from services.notifier.addressing import enter_address, named_driver
from services.notifier.delivery import MOST_ATTEMPTS, deliver
from services.notifier.habits import Habits
from services.notifier.outbox import notices, stuck
from services.notifier.quiet import QuietHours
from services.notifier.registers import (
    CsvRegister,
    HttpRegister,
    RegisterSettings,
    recipient_from,
    register_of,
)
from services.notifier.senders import http
from services.notifier.senders.by_apprise import AppriseSender, AppriseSettings
from services.notifier.senders.console import ConsoleSender
from services.notifier.senders.folder import FolderSender
from services.notifier.senders.portal import PortalSender
from services.notifier.senders.post import PostSender
from services.notifier.senders.webhook import (
    REPLAY_WINDOW,
    SIGNATURE,
    WebhookSender,
    WebhookSettings,
    is_genuine,
)
from services.notifier.wiring import print_letter, write_letter
from services.recipient import Recipient
from services.store import open_store
from services.store.history import history_of
from services.store.recipients import recipient_of
from tests.builders_fines import a_step, an_issued_fine, fines_in, without_waiting
from tests.builders_notice import PLATE, a_fine
from tests.builders_office import PDF, SetClock, UnsteadySender, a_dispatch, a_letter, a_plate
from tests.web_server import Got, web_server

OWNER = Recipient(
    name="Arta Shembull",
    postal_lines=("Rruga e Provës 1", "1000 Tiranë"),
    email="owner@example.test",
    phone="+355690000000",
    portal="account-7",
)
SECRET = "0123456789abcdef" * 2


def a_secret(folder: Path, name: str = "secret", words: str = SECRET) -> str:
    (folder / name).write_text(f"{words}\n")
    (folder / name).chmod(0o600)
    return name


def to_owner(**changes):
    return a_dispatch(a_fine(), recipient=OWNER, **changes)


def test_the_console_shows_the_letter_and_no_recipient():
    shown = []
    ConsoleSender(shown.append).send(to_owner())
    assert "ulni shpejtësinë" in shown[0]
    assert "Arta" not in shown[0]


def test_a_posted_letter_has_its_address_and_its_hash(tmp_path):
    receipt = PostSender(tmp_path / "post").send(to_owner())
    folder = tmp_path / receipt
    told = json.loads((folder / "manifest.json").read_text())
    assert (folder / "letter.pdf").read_bytes() == PDF
    assert told["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert told["to"] == ["Arta Shembull", "Rruga e Provës 1", "1000 Tiranë"]
    assert PostSender(tmp_path / "post").send(to_owner()) == receipt
    with pytest.raises(Refused, match="holds another notice"):
        PostSender(tmp_path / "post").send(to_owner(key="another"))


@pytest.mark.parametrize("make", [FolderSender, PostSender, PortalSender])
def test_the_same_letter_again_is_handed_over_once(make, tmp_path):
    sender = make(tmp_path / "out")
    receipts = {sender.send(to_owner()) for _ in range(3)}
    assert len(receipts) == 1
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_what_cannot_be_printed_leaves_nothing_in_the_post(tmp_path):
    def broken():
        raise LetterError("no address fits")

    with pytest.raises(Refused, match="no address fits"):
        PostSender(tmp_path / "post").send(to_owner(print_pdf=broken))
    assert not (tmp_path / "post").exists()


def test_the_portal_gets_the_letter_for_an_account(tmp_path):
    receipt = PortalSender(tmp_path / "inbox").send(to_owner())
    told = json.loads((tmp_path / receipt).read_text())
    assert (told["account"], told["number"]) == ("account-7", a_fine().number)
    assert "Arta" not in (tmp_path / receipt).read_text()
    assert (tmp_path / receipt).stat().st_mode & 0o077 == 0


def a_webhook(url, folder, **changes):
    known = {"url": url, "secret_file": a_secret(folder)}
    return WebhookSender(WebhookSettings(**(known | changes)), folder, SetClock())


def test_a_web_address_gets_a_signed_letter_and_its_key(tmp_path):
    got = Got(answer=b'{"id": "msg-17"}')
    with web_server(got) as url:
        assert a_webhook(url, tmp_path).send(to_owner()) == "msg-17"
    told = json.loads(got.bodies[0])
    assert got.headers[0]["Idempotency-Key"] == told["key"] == f"{a_fine().number}/notice/1"
    assert not {"phone", "email", "name"} & told.keys()
    assert is_genuine(SECRET, got.bodies[0], got.headers[0][SIGNATURE], SetClock().now())


def test_a_changed_an_old_and_a_made_up_letter_are_not_genuine(tmp_path):
    got, now = Got(), SetClock().now()
    with web_server(got) as url:
        a_webhook(url, tmp_path).send(to_owner())
    body, signed = got.bodies[0], got.headers[0][SIGNATURE]
    late = now + REPLAY_WINDOW + timedelta(seconds=1)
    assert not is_genuine(SECRET, body + b" ", signed, now)
    assert not is_genuine(SECRET, body, signed, late)
    assert not is_genuine(SECRET, body, signed.replace("t=", "t=1"), now)
    assert not is_genuine("another secret", body, signed, now)
    assert not is_genuine(SECRET, body, "", now)


def test_a_short_message_tells_a_phone_and_one_line(tmp_path):
    got = Got()
    with web_server(got) as url:
        a_webhook(url, tmp_path, channel="sms").send(to_owner())
    told = json.loads(got.bodies[0])
    assert (told["phone"], told["message"]) == (OWNER.phone, to_owner().short_text)
    assert not {"html", "text", "photo_jpeg", "name", "email"} & told.keys()


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (500, Unreachable),
        (429, Unreachable),
        (401, ProviderDown),
        (302, Refused),
        (422, Refused),
        (0, Unclear),
    ],
)
def test_the_answer_decides_what_may_be_done_next(status, fault, tmp_path):
    with web_server(Got(status=status)) as url, pytest.raises(fault) as told:
        a_webhook(url, tmp_path).send(to_owner())
    assert type(told.value) is fault


def test_a_web_address_that_is_not_there_is_a_provider_that_is_down(tmp_path):
    with web_server(Got()) as url:
        sender = a_webhook(url, tmp_path)
    with pytest.raises(ProviderDown, match="cannot be reached"):
        sender.send(to_owner())


def test_an_answer_that_drips_is_not_waited_for_without_end(monkeypatch, tmp_path):
    monkeypatch.setattr(http, "PATIENCE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        cut = Event()

        def drip():
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                for _ in range(100):
                    connection.sendall(b" ")
                    Event().wait(0.05)
                return
            cut.set()

        thread = Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/in"
        assert a_webhook(url, tmp_path).send(to_owner()) == to_owner().key
        thread.join()
    assert cut.is_set()


@pytest.mark.parametrize("path", ["in box", "in\tbox", "hyrje-ë"])
def test_a_web_address_with_a_sign_that_none_has_is_refused(path):
    with pytest.raises(ValueError, match="a sign that none has"):
        WebhookSettings(url=f"https://example.test/{path}", secret_file="secret")  # noqa: S106 - a name


def test_a_web_address_that_others_could_read_is_refused():
    with pytest.raises(ValueError, match="https"):
        WebhookSettings(url="http://example.test/in", secret_file="secret")  # noqa: S106 - a name


def test_a_secret_that_others_may_read_is_not_used(tmp_path):
    name = a_secret(tmp_path)
    (tmp_path / name).chmod(0o644)
    settings = WebhookSettings(url="https://example.test", secret_file=name)
    with pytest.raises(SettingsError, match="chmod 600"):
        WebhookSender(settings, tmp_path, SetClock())


# The package loads a module that Python 3.13 will lack, and brings its own then.
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_apprise_is_told_one_line_and_nothing_personal(tmp_path):
    got = Got()
    with web_server(got) as url:
        a_secret(tmp_path, "url", url.replace("http://", "json://"))
        settings = AppriseSettings(channel="sms", url_file="url")
        assert AppriseSender(settings, tmp_path).send(to_owner()) == "taken"
        got.status = 500
        with pytest.raises(Unreachable):
            AppriseSender(settings, tmp_path).send(to_owner())
    told = got.bodies[0].decode()
    assert to_owner().short_text in json.loads(told)["message"]
    for personal in (PLATE, "Arta", "Rruga", OWNER.email, "photo.jpg"):
        assert personal not in told


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 1)
        yield opened


class Register:
    """Knows one owner, or nobody, and counts how often it was asked."""

    def __init__(self, owner=OWNER):
        self.known = owner
        self.asked = 0

    def owner(self, plate, country, on, purpose):  # noqa: ARG002 - the port
        self.asked += 1
        self.country = country
        return self.known


def habits(register=None, **changes):
    return Habits(register=register or Register(), jitter=lambda: 0.0, **changes)


def a_channel(channel, *faults):
    return UnsteadySender(faults=list(faults), channel=channel)


def test_a_letter_that_one_channel_turns_down_goes_by_the_next(store):
    mail, post = a_channel("email", Refused("no such person")), a_channel("post")
    deliver(store, [mail, post], a_letter, SetClock(), habits())
    (notice,) = notices(store)
    assert (notice.state, notice.channel) == (NoticeState.SENT, "post")
    assert post.sent == [notice.key]


def test_a_letter_whose_address_does_not_fit_the_window_goes_by_the_next(store):
    wide = replace(OWNER, postal_lines=("Rruga " * 30,))
    post, mail = PostSender(store.folder / "post"), a_channel("email")
    known = habits(Register(owner=wide), order=("post", "email"), print_letter=print_letter)
    (notice,) = deliver(store, [post, mail], write_letter, SetClock(), known)
    assert (notice.state, len(mail.sent)) == (NoticeState.SENT, 1)


def test_a_letter_that_every_channel_turns_down_waits_for_a_person(store):
    senders = [a_channel(name, Refused("no")) for name in ("email", "post")]
    deliver(store, senders, a_letter, SetClock(), habits())
    (waits,) = stuck(store, SetClock().now())
    assert waits.state is NoticeState.FAILED


def test_a_channel_that_never_answers_gives_way_to_the_next(store):
    mail, post = a_channel("email", *[Unreachable("no answer")] * 99), a_channel("post")
    clock = SetClock()
    for _ in range(MOST_ATTEMPTS):
        deliver(store, [mail, post], a_letter, clock, habits())
        clock.pass_time(hours=7)
    assert len(post.sent) == 1


def test_the_recipients_own_wish_goes_before_the_offices(store):
    wish = Recipient(name="A", postal_lines=("B",), email="a@b.test", channels=("post", "fax"))
    mail, post = a_channel("email"), a_channel("post")
    deliver(store, [mail, post], a_letter, SetClock(), habits(Register(wish)))
    assert (len(mail.sent), len(post.sent)) == (0, 1)


def test_a_wish_may_be_for_a_channel_that_the_office_does_not_use_by_itself(store):
    wish = Recipient(name="A", postal_lines=("B",), email="a@b.test", channels=("post",))
    mail, post = a_channel("email"), a_channel("post")
    known = habits(Register(wish), order=("email",))
    deliver(store, [mail, post], a_letter, SetClock(), known)
    assert (len(mail.sent), len(post.sent)) == (0, 1)


class Meanwhile(UnsteadySender):
    """Something is done to the fine while its notice is in the sender's hand."""

    def __init__(self, faults, done):
        super().__init__(faults=faults, channel="email")
        self.done = done

    def send(self, dispatch):
        self.done(dispatch.number)
        return super().send(dispatch)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ([Unreachable("no answer")], "withdrawn"),
        ([Refused("no")], "withdrawn"),
        ([ProviderDown("away")], "withdrawn"),
        ([], "sent"),
    ],
)
def test_a_notice_that_is_taken_back_while_in_hand_is_not_tried_again(fault, state, store):
    clock, seen = SetClock(), []
    sender = Meanwhile(fault, lambda number: act_on(store, number, Act.CANCEL, a_step(clock.now())))
    once = habits(told=lambda *_: seen.append(1), stopped=lambda: bool(seen))
    (notice,) = deliver(store, [sender], a_letter, clock, once)
    assert notice.state == state
    assert [each.kind for each in notices(store) if each.state == "waiting"] == ["withdrawal"]


def test_a_letter_is_taken_perhaps_three_times_at_most_whatever_else_fails(store):
    clock, unclear = SetClock(), Unclear("gone after the dot")
    faults = [unclear, Unreachable("busy"), unclear, ProviderDown("away"), unclear, unclear]
    mail = a_channel("email", *faults)
    for _ in range(len(faults)):
        deliver(store, [mail], a_letter, clock, habits())
        clock.pass_time(hours=1)
    (notice,) = notices(store)
    assert notice.state is NoticeState.QUARANTINED
    assert mail.faults == [unclear]


def test_a_letter_that_is_put_off_for_a_day_is_listed_for_a_person(store):
    clock = SetClock()
    deliver(store, [a_channel("email", ProviderDown("away"))], a_letter, clock, habits())
    assert stuck(store, clock.now()) == ()
    clock.pass_time(days=1)
    assert [each.fault for each in stuck(store, clock.now())] == ["away"]


def test_the_register_is_asked_once_and_each_question_is_told(store):
    register, clock = Register(), SetClock()
    for _ in range(3):
        mail = a_channel("email", Unreachable("no answer"))
        deliver(store, [mail], a_letter, clock, habits(register))
        clock.pass_time(hours=1)
    (notice,) = notices(store)
    told = [e for e in history_of(store, notice.fine_number) if e.what == "asked the register"]
    assert register.asked == 1
    assert [e.reason for e in told] == [f"notice of fine {notice.fine_number}"]
    assert recipient_of(store, notice.fine_number) == OWNER


@pytest.mark.parametrize("countries", [(), ("AL", "IT")])
def test_no_register_is_asked_about_a_plate_whose_country_nobody_told(countries, tmp_path):
    """Not even where an earlier version guessed one from the format."""
    guessed = a_plate(country=None if countries else "AL", countries=countries)
    register = Register()
    with open_store(tmp_path / "office", create=True) as opened:
        an_issued_fine(without_waiting(opened), plate=guessed)
        deliver(opened, [a_channel("email")], a_letter, SetClock(), habits(register))
        (waits,) = stuck(opened, SetClock().now())
    assert register.asked == 0
    assert waits.state is NoticeState.UNADDRESSED


def test_the_register_is_asked_with_the_country_that_the_officer_stated(tmp_path):
    register = Register(owner=None)
    with open_store(tmp_path / "office", create=True) as opened:
        number = an_issued_fine(without_waiting(opened), plate=a_plate(country=None), stated="IT")
        assert opened.fine(number).plate_country == "IT"
        deliver(opened, [a_channel("email")], a_letter, SetClock(), habits(register))
    assert (register.asked, register.country) == (1, "IT")


def test_no_register_is_asked_about_what_was_taken_back(store):
    (notice,) = notices(store)
    clock, register = SetClock(), Register()
    act_on(store, notice.fine_number, Act.CANCEL, a_step(clock.now()))
    deliver(store, [a_channel("email")], a_letter, clock, habits(register))
    assert register.asked == 0


def test_a_notice_that_is_taken_back_while_its_register_is_asked_does_not_leave(store):
    clock, mail = SetClock(), a_channel("email")

    class Slow(Register):
        def owner(self, *asked):
            act_on(store, notices(store)[0].fine_number, Act.CANCEL, a_step(clock.now()))
            return super().owner(*asked)

    deliver(store, [mail], a_letter, clock, habits(Slow()))
    assert {each.kind: each.state for each in notices(store)}["notice"] == "withdrawn"
    assert not [key for key in mail.sent if "/notice/" in key]


def test_a_notice_without_an_owner_waits_until_a_person_finds_one(store):
    clock, mail = SetClock(), a_channel("email")
    unknown = Register(owner=None)
    deliver(store, [mail], a_letter, clock, habits(unknown))
    (waits,) = stuck(store, SetClock().now())
    assert waits.state is NoticeState.UNADDRESSED
    assert "notify address" in waits.fault
    number = waits.fine_number
    assert enter_address(store, number, OWNER, by="P-17", why="asked abroad", clock=clock) == 1
    deliver(store, [mail], a_letter, clock, habits(unknown))
    assert len(mail.sent) == 1


def test_a_register_that_does_not_answer_costs_no_attempt(store):
    class Away:
        def owner(self, *_):
            raise ProviderDown("no answer")

    clock, mail = SetClock(), a_channel("email")
    for _ in range(2 * MOST_ATTEMPTS):
        deliver(store, [mail], a_letter, clock, habits(Away()))
        clock.pass_time(hours=1)
    (notice,) = notices(store)
    assert (notice.state, notice.attempts) == (NoticeState.WAITING, 0)


def test_nobody_in_clear_stands_in_the_offices_database(store):
    deliver(store, [a_channel("email")], a_letter, SetClock(), habits())
    content = (store.folder / "office.sqlite").read_bytes()
    for personal in (b"Arta", b"owner@example", b"+355690000000", "Provës".encode()):
        assert personal not in content


def test_a_telephone_does_not_ring_at_night_by_the_clock_of_the_place(store):
    quiet = QuietHours(begins=time(21), ends=time(8), channels=frozenset({Channel.SMS}))
    clock, sms = SetClock(), a_channel("sms")
    clock.at = clock.at.replace(hour=20)  # 22 o'clock in Tirana
    (late,) = deliver(store, [sms], a_letter, clock, habits(quiet=quiet))
    assert (late.state, late.attempts) == (NoticeState.WAITING, 0)
    assert late.not_before == clock.at.replace(hour=6) + timedelta(days=1)
    clock.at = late.not_before
    deliver(store, [sms], a_letter, clock, habits(quiet=quiet))
    assert len(sms.sent) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "at", "is_quiet"),
    [(21, 8, 21, True), (21, 8, 7, True), (21, 8, 8, False), (1, 5, 0, False), (1, 5, 4, True)],
)
def test_quiet_hours_may_have_midnight_in_them(begins, ends, at, is_quiet):
    quiet = QuietHours(begins=time(begins), ends=time(ends), channels=frozenset({"sms"}))
    now = SetClock().now().replace(hour=at)
    over = quiet.over_at("sms", now, "UTC")
    assert (over is not None) == is_quiet
    assert over is None or (over > now and over.hour == ends)


CSV = """plate,name,address,email,from,until
AA 000 BB,Arta,Rruga 1|Tiranë,arta@b.test,,2026-10-13
AA000BB,Besa,Rruga 2|Durrës,besa@b.test,2026-10-14,
"""


@pytest.mark.parametrize(("day", "name"), [(13, "Arta"), (14, "Besa")])
def test_a_table_knows_who_kept_the_vehicle_on_that_day(day, name, tmp_path):
    (tmp_path / "owners.csv").write_text(CSV)
    on = SetClock().now().date().replace(day=day)
    found = CsvRegister(tmp_path / "owners.csv", "AL").owner("AA000BB", "AL", on, "")
    assert found.name == name
    assert len(found.postal_lines) == 2


@pytest.mark.parametrize("misspelt", ["untill", "Until", " until", ""])
def test_a_column_that_is_not_read_names_nobody_and_is_told(misspelt, tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text(CSV.replace("until", misspelt, 1))
    register = CsvRegister(path, "AL")
    with pytest.raises(ProviderDown) as told:
        register.owner("AA000BB", "AL", SetClock().now().date(), "")
    assert f"{path} has the column {misspelt!r}, which no register has" in str(told.value)
    assert "mend its spelling" in str(told.value)
    path.write_text(CSV)  # it may be mended meanwhile
    assert register.owner("AA000BB", "AL", SetClock().now().date(), "").name == "Besa"


@pytest.mark.parametrize("written", ["it", "IT", "it-CH", "it_IT"])
def test_a_language_is_known_however_a_register_writes_it(written):
    assert recipient_from({"name": "Arta", "language": written}).language == "it"


def test_two_owners_on_one_day_are_none(tmp_path):
    (tmp_path / "owners.csv").write_text(CSV.replace("2026-10-13", ""))
    on = SetClock().now().date()
    assert CsvRegister(tmp_path / "owners.csv", "AL").owner("AA000BB", "AL", on, "") is None


def test_a_database_knows_the_owner(tmp_path):
    import sqlite3

    database = sqlite3.connect(tmp_path / "owners.sqlite")
    database.execute("CREATE TABLE owners (plate, name, email)")
    database.execute("INSERT INTO owners VALUES ('AA000BB', 'Arta', 'arta@b.test')")
    database.commit()
    database.close()
    a_secret(tmp_path, "url", f"sqlite:///{tmp_path}/owners.sqlite")
    query = "SELECT name, email FROM owners WHERE plate = :plate AND :on > ''"
    settings = RegisterSettings(kind="sql", url_file="url", query=query, country="AL")
    register = register_of(settings, tmp_path)
    on = SetClock().now().date()
    assert register.owner("aa 000 bb", "AL", on, "").name == "Arta"
    assert register.owner("AA111BB", "AL", on, "") is None
    assert register.owner("AA000BB", "IT", on, "") is None


@pytest.mark.parametrize(
    "query", ["SELECT 1", "SELECT :plate", "SELECT :on", "SELECT 1 -- :plates :one"]
)
def test_a_query_that_asks_for_no_plate_or_no_day_is_refused(query):
    # It would name whoever stands there alone, or kept the vehicle long ago.
    with pytest.raises(ValueError, match=":plate and :on"):
        RegisterSettings(kind="sql", url_file="url", query=query, country="AL")


def test_a_table_of_one_country_does_not_know_the_same_plate_of_another(tmp_path):
    (tmp_path / "owners.csv").write_text(CSV)
    settings = RegisterSettings(kind="csv", file="owners.csv", country="AL")
    register, on = register_of(settings, tmp_path), SetClock().now().date()
    assert register.owner("AA000BB", "AL", on, "").name == "Besa"
    assert register.owner("AA000BB", "IT", on, "") is None


def test_a_service_is_told_the_purpose_and_knows_the_owner():
    got, on = Got(answer=b'{"name": "Arta", "address": "Rruga 1|Tirana"}'), SetClock().now().date()
    with web_server(got) as url:
        register = HttpRegister(url, "token")
        assert register.owner("AA000BB", "AL", on, "notice of fine X").name == "Arta"
        got.status = 404
        assert register.owner("AA000BB", "AL", on, "") is None
        got.status = 503
        with pytest.raises(ProviderDown):
            register.owner("AA000BB", "AL", on, "")
    assert json.loads(got.bodies[0])["purpose"] == "notice of fine X"
    assert got.headers[0]["Authorization"] == "Bearer token"


def test_a_named_driver_is_a_name_and_lines():
    found = named_driver("Besa Shembull,  Rruga 2 ,, Durrës")
    assert (found.name, found.postal_lines) == ("Besa Shembull", ("Rruga 2", "Durrës"))
    assert named_driver(" , ") == Recipient()


@pytest.mark.parametrize(
    "wrong",
    [{"name": "A\nBcc: x@y.test"}, {"email": "nobody"}, {"email": "ë@b.test"}, {"phone": "069"}],
)
def test_a_recipient_is_nothing_that_could_steer_a_mail(wrong):
    with pytest.raises(ValueError, match=re.escape(next(iter(wrong)))):
        Recipient(**wrong)
