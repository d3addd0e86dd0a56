"""What channels tell later: mail that came back, and letters that were opened in the portal."""

from datetime import date

import pytest

from services.fines import act_on, standing
from services.life import Act, State
from services.notifier.delivery import deliver
from services.notifier.habits import Habits
from services.notifier.outbox import notices
from services.notifier.receipts import take_receipts
from services.notifier.senders.portal import PortalSender
from services.notifier.senders.post import PostSender
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.notifier.timely import queue_paper
from services.recipient import Recipient
from services.store import open_store
from services.store.history import history_of
from tests.builders_fines import a_step, fines_in, without_waiting
from tests.builders_office import PDF, UnsteadySender, a_letter
from tests.mail_server import MoodyHandler, mail_server

OWNER = Recipient(
    name="Arta",
    postal_lines=("Rruga 1",),
    email="owner@example.test",
    phone="+355690000000",
    portal="account-7",
)


class Everybody:
    def owner(self, *_):
        return OWNER


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 1)
        yield opened


def sent(store, clock, *senders):
    deliver(store, senders, a_letter, clock, Habits(register=Everybody()))
    return notices(store)[0]


def by_mail(store, clock):
    handler = MoodyHandler()
    with mail_server(handler) as port:
        settings = SmtpSettings(host="127.0.0.1", port=port, tls="none", author="a@police.test")
        return sent(store, clock, SmtpSender(settings, store.folder))


def a_report(folder, message_id, action="failed", returned="text/rfc822-headers"):
    path = folder / f"{action}.eml"
    path.write_text(
        "From: postmaster@example.test\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.test\n\n"
        f"Final-Recipient: rfc822; owner@example.test\nAction: {action}\nStatus: 5.1.1\n"
        f"\n--b\nContent-Type: {returned}\n\nMessage-ID: {message_id}\nSubject: x\n\n--b--\n"
    )
    return path


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_that_came_back_takes_the_next_way(returned, store, clock, tmp_path):
    notice = by_mail(store, clock)
    report = a_report(tmp_path, notice.receipt, returned=returned)
    (taken,) = take_receipts(store, [report], clock)
    assert (taken.what, taken.key) == ("bounced", notice.key)
    mail, post = (UnsteadySender(faults=[], channel=name) for name in ("email", "post"))
    again = sent(store, clock, mail, post)
    assert (again.state, again.channel) == ("sent", "post")
    assert not mail.sent


def test_a_notice_that_came_back_after_its_fine_was_cancelled_goes_nowhere(store, clock, tmp_path):
    notice = by_mail(store, clock)
    act_on(store, notice.fine_number, Act.CANCEL, a_step(clock.now()))
    take_receipts(store, [a_report(tmp_path, notice.receipt)], clock)
    post = UnsteadySender(faults=[], channel="post")
    sent(store, clock, post)
    assert post.sent == [f"{notice.fine_number}/withdrawal/20261014"]
    assert {each.state for each in notices(store)} == {"withdrawn", "sent"}


def test_a_mail_that_came_back_when_its_notice_was_posted_takes_no_other_way(
    store, clock, tmp_path
):
    notice = by_mail(store, clock)
    clock.pass_time(days=10)
    assert queue_paper(store, 10, clock) == 1
    post = PostSender(store.folder / "post")
    known = Habits(register=Everybody(), print_letter=lambda *_, **__: PDF)
    deliver(store, [post], a_letter, clock, known)
    (taken,) = take_receipts(store, [a_report(tmp_path, notice.receipt)], clock)
    assert taken.what == "bounced"
    deliver(store, [post], a_letter, clock, known)
    assert {each.key.rpartition("/")[2]: each.state for each in notices(store)} == {
        "1": "sent",
        "paper": "sent",
    }


def test_the_same_report_counts_once(store, clock, tmp_path):
    report = a_report(tmp_path, by_mail(store, clock).receipt)
    take_receipts(store, [report], clock)
    sent(store, clock, UnsteadySender(faults=[], channel="post"))
    (taken,) = take_receipts(store, [tmp_path], clock)
    assert taken.what == "known"
    assert notices(store)[0].state == "sent"


def test_a_mailbox_proves_no_service(store, clock, tmp_path):
    notice = by_mail(store, clock)
    (taken,) = take_receipts(store, [a_report(tmp_path, notice.receipt, "delivered")], clock)
    assert taken.what == "delivered"
    assert standing(store, notice.fine_number, clock).state is State.ISSUED


@pytest.mark.parametrize("action", ["delayed", ""])
def test_what_decides_nothing_is_told_as_such(action, store, clock, tmp_path):
    notice = by_mail(store, clock)
    (taken,) = take_receipts(store, [a_report(tmp_path, notice.receipt, action)], clock)
    assert (taken.what, taken.key) == ("fault", "")


def test_a_report_about_somebody_elses_mail_changes_nothing(store, clock, tmp_path):
    notice = by_mail(store, clock)
    forged = notice.receipt.replace("police.test", "example.test")
    (taken,) = take_receipts(store, [a_report(tmp_path, forged)], clock)
    assert "did not send" in taken.reason
    assert notices(store)[0].state == "sent"


def opened(store, at):
    inbox = store.folder / "inbox"
    (letter,) = inbox.glob("*.json")
    letter.with_suffix(".opened").write_text(f"{at}\n")
    return inbox


def test_a_notice_that_was_opened_in_the_portal_is_served_on_that_day(store, clock):
    notice = sent(store, clock, PortalSender(store.folder / "inbox"))
    clock.pass_time(days=3)
    # Half an hour after midnight in Tirana, still the day before in UTC.
    inbox = opened(store, "2026-10-15T22:30:00+00:00")
    (taken,) = take_receipts(store, [inbox], clock)
    assert taken.what == "opened"
    assert standing(store, notice.fine_number, clock).state is State.SERVED
    served = [e for e in history_of(store, notice.fine_number) if e.what == "serve"]
    assert [e.who for e in served] == ["channel portal"]
    assert served[0].reason.startswith("receipt sha256:")
    with store.reading() as connection:
        from services.store.fines import read_file

        assert read_file(store, connection, notice.fine_number).served_on == date(2026, 10, 16)
    assert queue_paper(store, 1, clock) == 0


def test_a_notice_that_was_paid_is_not_served_again(store, clock):
    notice = sent(store, clock, PortalSender(store.folder / "inbox"))
    act_on(store, notice.fine_number, Act.SERVE, a_step(clock.now()))
    (taken,) = take_receipts(store, [opened(store, clock.now().isoformat())], clock)
    assert taken.what == "opened"


def test_a_notice_that_was_opened_while_its_fine_is_on_hold_is_served_once_it_is_released(
    store, clock
):
    number = sent(store, clock, PortalSender(store.folder / "inbox")).fine_number
    act_on(store, number, Act.HOLD, a_step(clock.now()))
    inbox = opened(store, clock.now().isoformat())
    (taken,) = take_receipts(store, [inbox], clock)
    assert (taken.what, "on hold" in taken.reason) == ("fault", True)
    act_on(store, number, Act.RELEASE, a_step(clock.now()))
    (taken,) = take_receipts(store, [inbox], clock)
    assert taken.what == "opened"
    assert standing(store, number, clock).state is State.SERVED


def by_post(store, clock):
    return sent(store, clock, UnsteadySender(faults=[], channel="post"))


def texted(folder, *lines):
    path = folder / "texts.csv"
    path.write_text("\n".join(("key,state", *lines)) + "\n")
    return path


def test_a_text_that_did_not_arrive_takes_the_next_way(store, clock, tmp_path):
    notice = sent(store, clock, UnsteadySender(faults=[], channel="sms"))
    listed = texted(tmp_path, f"{notice.key},failed")
    (taken,) = take_receipts(store, [listed], clock)
    assert (taken.what, taken.key) == ("bounced", notice.key)
    text, post = (UnsteadySender(faults=[], channel=name) for name in ("sms", "post"))
    assert sent(store, clock, text, post).channel == "post"
    assert not text.sent
    (again,) = take_receipts(store, [listed], clock)
    assert again.what == "known"


def test_a_text_that_arrived_proves_no_service(store, clock, tmp_path):
    notice = sent(store, clock, UnsteadySender(faults=[], channel="sms"))
    (taken,) = take_receipts(store, [texted(tmp_path, f"{notice.key},delivered")], clock)
    assert taken.what == "delivered"
    assert standing(store, notice.fine_number, clock).state is State.ISSUED


def test_a_list_of_texts_says_nothing_of_what_went_by_post(store, clock, tmp_path):
    notice = by_post(store, clock)
    (taken,) = take_receipts(store, [texted(tmp_path, f"{notice.key},failed")], clock)
    assert "did not send" in taken.reason
    assert notices(store)[0].state == "sent"


@pytest.mark.parametrize("line", ["{key},perhaps", "{key}", ",failed"])
def test_a_list_of_texts_that_says_something_else_is_told(line, store, clock, tmp_path):
    notice = sent(store, clock, UnsteadySender(faults=[], channel="sms"))
    (taken,) = take_receipts(store, [texted(tmp_path, line.format(key=notice.key))], clock)
    assert (taken.what, notices(store)[0].state) == ("fault", "sent")


def a_list(folder, *lines):
    path = folder / "post.csv"
    path.write_text("\n".join(("key,on,proof", *lines)) + "\n")
    return path


def test_a_notice_that_the_post_handed_over_is_served_on_that_day(store, clock, tmp_path):
    notice = by_post(store, clock)
    clock.pass_time(days=5)
    listed = a_list(tmp_path, f"{notice.key},2026-10-16,RR123456789AL")
    (taken,) = take_receipts(store, [listed], clock)
    assert taken.what == "handed_over"
    assert standing(store, notice.fine_number, clock).state is State.SERVED
    (served,) = [e for e in history_of(store, notice.fine_number) if e.what == "serve"]
    assert served.reason.startswith("RR123456789AL, receipt sha256:")
    (again,) = take_receipts(store, [listed], clock)
    assert again.what == "known"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{key},yesterday,RR1", "no list of the post"),
        ("{key},2026-10-15,", "no list of the post"),
        ("{key},2027-01-01,RR1", "in the future"),
        ("another/notice/1,2026-10-14,RR1", "did not send"),
    ],
)
def test_what_the_post_cannot_prove_is_told(line, reason, store, clock, tmp_path):
    notice = by_post(store, clock)
    (taken,) = take_receipts(store, [a_list(tmp_path, line.format(key=notice.key))], clock)
    assert taken.what == "fault"
    assert reason in taken.reason
    assert standing(store, notice.fine_number, clock).state is State.ISSUED


def test_the_post_proves_nothing_of_what_went_by_mail(store, clock, tmp_path):
    notice = by_mail(store, clock)
    (taken,) = take_receipts(store, [a_list(tmp_path, f"{notice.key},2026-10-14,RR1")], clock)
    assert "did not send" in taken.reason


def test_an_opening_that_cannot_be_is_told_and_proves_nothing(store, clock):
    notice = sent(store, clock, PortalSender(store.folder / "inbox"))
    days = (
        "2026-10-13T08:00+02:00",
        "2026-12-01T08:00+02:00",
        "0001-01-01T00:00+02:00",
        "9999-12-31T23:30+00:00",
    )
    for wrong in (*days, "yesterday", "2026-10-14"):
        (taken,) = take_receipts(store, [opened(store, wrong)], clock)
        assert taken.what == "fault", wrong
    assert standing(store, notice.fine_number, clock).state is State.ISSUED


def test_a_hostile_report_is_told_and_the_others_go_on(store, clock, tmp_path):
    nested = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(5000)
    )
    (tmp_path / "a.eml").write_text(nested)
    a_report(tmp_path, "<[.@" + "(" * 2000)
    kinds = [taken.what for taken in take_receipts(store, [tmp_path], clock)]
    assert kinds == ["fault", "fault"]


def test_a_file_of_another_kind_is_told(store, clock, tmp_path):
    (tmp_path / "letter.eml").write_text("Subject: holiday\n\nI am away.\n")
    (taken,) = take_receipts(
        store,
        [
            tmp_path / "letter.eml",
        ],
        clock,
    )
    assert "is no report" in taken.reason
    (gone,) = take_receipts(store, [tmp_path / "gone.eml"], clock)
    assert "cannot read" in gone.reason
