import email
import shutil
from datetime import timedelta
from email import policy as mail_policy

import pytest

from services import office
from services.errors import LetterError, Refused, StoreError, Unreachable
from services.model import Channel, NoticeState
from services.notifier.delivery import MOST_ATTEMPTS, MOST_SAME
from services.notifier.habits import Habits
from services.notifier.outbox import (
    DEADLY,
    LEASE,
    Ending,
    claim_next,
    notices,
    settle,
    try_failed_again,
)
from services.notifier.senders.folder import FolderSender
from services.policy import demo_auto_1
from services.store import open_store
from services.store.history import history_of
from tests.builders_office import (
    SetClock,
    UnsteadySender,
    a_dispatch,
    a_letter,
    a_passage,
    on_disk,
)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with open_store(folder / "office", create=True) as opened:
        office.receive(opened, on_disk(folder / "camera", a_passage()), SetClock())
        office.review(opened, demo_auto_1, SetClock())
        office.issue(opened, SetClock())
    return folder / "office"


@pytest.fixture
def store(tmp_path, made_once):
    """An office with one fine whose notice waits."""
    with open_store(shutil.copytree(made_once, tmp_path / "office")) as opened:
        yield opened


def deliver(store, clock, *senders, render=a_letter):
    senders = senders or [FolderSender(store.sent)]
    return office.deliver(store, senders, render, clock, Habits(jitter=lambda: 0.0))


def test_a_notice_becomes_a_folder_that_can_be_opened(store, clock):
    (sent,) = deliver(store, clock)
    folder = store.folder / sent.receipt
    assert sent.state is NoticeState.SENT
    assert {path.name for path in folder.iterdir()} == {
        "notice.html",
        "notice.txt",
        "notice.eml",
        "photo.jpg",
        "key.txt",
    }
    assert 'src="photo.jpg"' in (folder / "notice.html").read_text()
    assert (folder / "photo.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_the_mail_has_both_forms_and_carries_its_photo(store, clock):
    (sent,) = deliver(store, clock)
    raw = (store.folder / sent.receipt / "notice.eml").read_bytes()
    mail = email.message_from_bytes(raw, policy=mail_policy.default)
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
    ]
    photo = list(mail.walk())[-1]
    assert photo["Content-ID"] == "<photo>"
    assert photo.get_content_disposition() == "inline"
    assert photo.get_content() == (store.folder / sent.receipt / "photo.jpg").read_bytes()
    assert "cid:photo" in mail.get_body(("html",)).get_content()
    assert "shpejtësinë" in mail.get_body(("plain",)).get_content()
    assert mail["Subject"].startswith("Njoftim për shpejtësinë")
    assert sent.fine_number.lower() in mail["Message-ID"]
    assert mail["To"].addresses[0].domain.endswith(".invalid")


def test_a_notice_is_handed_over_once(store, clock):
    sender = UnsteadySender(faults=[])
    deliver(store, clock, sender)
    clock.pass_time(days=2)
    assert deliver(store, clock, sender) == ()
    assert len(sender.sent) == 1


def test_the_folder_sender_writes_the_same_notice_once_and_gives_the_same_receipt(store):
    (fine,) = store.fines()
    sender = FolderSender(store.sent)
    receipt = sender.send(a_dispatch(fine))
    before = {path: path.stat().st_mtime_ns for path in store.sent.rglob("*")}
    assert sender.send(a_dispatch(fine, photo=b"another")) == receipt
    assert {path: path.stat().st_mtime_ns for path in store.sent.rglob("*")} == before


def test_the_folder_sender_overwrites_no_other_notice(store):
    (fine,) = store.fines()
    sender = FolderSender(store.sent)
    sender.send(a_dispatch(fine))
    with pytest.raises(Refused, match="holds another notice"):
        sender.send(a_dispatch(fine, key="other key"))


def test_what_a_dead_worker_left_half_written_is_replaced(store, clock):
    (fine,) = store.fines()
    half = store.sent / f".{fine.number}.part"
    half.mkdir()
    (half / "notice.html").write_text("<html>ha")
    deliver(store, clock)
    assert [path.name for path in store.sent.iterdir()] == [fine.number]


def test_an_unreachable_channel_is_tried_again_after_a_growing_pause(store, clock):
    sender = UnsteadySender(faults=[Unreachable("no answer")] * 2)
    (first,) = deliver(store, clock, sender)
    assert (first.state, first.attempts, first.fault) == (NoticeState.WAITING, 1, "no answer")
    assert first.not_before - clock.now() == timedelta(minutes=1)
    assert deliver(store, clock, sender) == ()
    clock.pass_time(minutes=1)
    (second,) = deliver(store, clock, sender)
    assert second.not_before - clock.now() == timedelta(minutes=2)
    clock.pass_time(minutes=2)
    (third,) = deliver(store, clock, sender)
    assert third.state is NoticeState.SENT
    assert len(sender.sent) == 1


def test_a_letter_put_off_by_a_clock_that_ran_ahead_does_not_wait_for_that_day(store, clock):
    ahead = SetClock(clock.now() + timedelta(days=20))
    (late,) = deliver(store, ahead, UnsteadySender(faults=[Unreachable("no answer")]))
    assert late.state is NoticeState.WAITING
    (sent,) = deliver(store, clock)
    assert sent.state is NoticeState.SENT


def test_a_channel_that_never_answers_is_left_to_a_person(store, clock):
    sender = UnsteadySender(faults=[Unreachable("no answer")] * 100)
    for _ in range(MOST_ATTEMPTS):
        deliver(store, clock, sender)
        clock.pass_time(hours=7)
    (notice,) = notices(store)
    assert (notice.state, notice.attempts) == (NoticeState.FAILED, MOST_ATTEMPTS)
    assert deliver(store, clock, sender) == ()


@pytest.mark.parametrize("fault", [Refused("unknown recipient"), LetterError("no road")])
def test_what_is_turned_down_for_good_is_not_tried_again_by_itself(fault, store, clock):
    sender = UnsteadySender(faults=[fault])
    (notice,) = deliver(store, clock, sender)
    assert (notice.state, notice.fault) == (NoticeState.FAILED, str(fault))
    clock.pass_time(days=2)
    assert deliver(store, clock, sender) == ()
    assert try_failed_again(store, clock.now()) == 1
    (again,) = deliver(store, clock, sender)
    assert again.state is NoticeState.SENT


def test_a_letter_that_cannot_be_written_fails_its_notice(store, clock):
    def no_letter(fine, photo, telling):  # noqa: ARG001 - the port
        raise LetterError("no wording")

    (notice,) = deliver(store, clock, render=no_letter)
    assert (notice.state, notice.fault) == (NoticeState.FAILED, "no wording")


def test_a_changed_photo_is_not_sent(store, clock):
    (fine,) = store.fines()
    for exhibit in fine.violation.passage.exhibits:
        (store.folder / "exhibits" / f"{exhibit.sha256}.jpg").write_bytes(b"another")
    (notice,) = deliver(store, clock)
    assert notice.state is NoticeState.FAILED
    assert "changed after it was kept" in notice.fault
    assert list(store.sent.iterdir()) == []


def test_a_claimed_notice_is_nobody_elses_until_the_lease_ends(store, clock):
    assert claim_next(store, [Channel.FOLDER], clock.now())
    assert claim_next(store, [Channel.FOLDER], clock.now()) is None
    clock.pass_time(seconds=LEASE.total_seconds())
    assert claim_next(store, [Channel.FOLDER], clock.now())


def test_a_worker_that_lost_its_lease_settles_nothing(store, clock):
    late = claim_next(store, [Channel.FOLDER], clock.now())
    clock.pass_time(seconds=LEASE.total_seconds())
    prompt = claim_next(store, [Channel.FOLDER], clock.now())
    assert not settle(store, late, Ending(state=NoticeState.FAILED), clock.now())
    assert settle(store, prompt, Ending(state=NoticeState.SENT, receipt="here"), clock.now())
    assert notices(store)[0].state is NoticeState.SENT


def test_the_lease_of_a_dead_worker_is_taken_back_at_once(store, clock):
    claim_next(store, [Channel.FOLDER], clock.now())
    (sent,) = deliver(store, clock)
    assert (sent.state, sent.attempts) == (NoticeState.SENT, 2)
    what = [event.what for event in history_of(store, sent.fine_number)]
    assert what == ["taken back", "sent"]


def test_a_notice_that_ends_its_workers_is_kept_away_from_the_next_one(store, clock):
    class Ended(BaseException):
        """Nothing that a program answers."""

    for _ in range(DEADLY):
        with pytest.raises(Ended):
            deliver(store, clock, UnsteadySender(faults=[Ended()]))
    assert deliver(store, clock) == ()
    assert notices(store)[0].state is NoticeState.QUARANTINED


def test_a_notice_whose_leases_run_out_one_after_the_other_is_given_up(store, clock):
    for _ in range(DEADLY):
        assert claim_next(store, [Channel.FOLDER], clock.now())
        clock.pass_time(seconds=LEASE.total_seconds())
    assert claim_next(store, [Channel.FOLDER], clock.now()) is None
    assert notices(store)[0].state is NoticeState.QUARANTINED


def test_a_sender_that_fails_like_no_sender_may_is_kept_from_the_others(store, clock):
    sender = UnsteadySender(faults=[ZeroDivisionError("AA000BB")] * MOST_SAME)
    for _ in range(MOST_SAME):
        (notice,) = deliver(store, clock, sender)
        clock.pass_time(hours=1)
    assert notice.state is NoticeState.QUARANTINED
    assert notice.fault == "a program failed: ZeroDivisionError"
    assert try_failed_again(store, clock.now()) == 1
    (again,) = deliver(store, clock, sender)
    assert again.state is NoticeState.SENT


@pytest.mark.parametrize(
    "receipt",
    [None, {"id": 7}, "\udcff\0", "x" * 100_000],
    ids=["none", "table", "no text", "long"],
)
def test_whatever_a_sender_gives_for_a_receipt_its_letter_is_sent_once(receipt, store, clock):
    class Odd(UnsteadySender):
        def send(self, dispatch):
            super().send(dispatch)
            return receipt

    (sent,) = deliver(store, clock, sender := Odd(faults=[]))
    assert (sent.state, len(sender.sent)) == (NoticeState.SENT, 1)
    assert len(sent.receipt) <= 1000


@pytest.mark.parametrize("words", ["\udcff\0", "x" * 100_000], ids=["no text", "long"])
def test_whatever_a_sender_says_of_a_fault_it_stays_with_its_letter(words, store, clock):
    (notice,) = deliver(store, clock, UnsteadySender(faults=[Unreachable(words)]))
    assert notice.state is NoticeState.WAITING
    assert all(len(each.reason) <= 1000 for each in history_of(store, notice.fine_number))


def test_a_full_disk_puts_the_notice_off(store, clock):
    (fine,) = store.fines()
    (store.sent / f".{fine.number}.part").write_text("in the way")
    (notice,) = deliver(store, clock)
    assert notice.state is NoticeState.WAITING
    assert "cannot be written" in notice.fault


def test_a_lock_that_cannot_be_made_is_told(store, clock):
    (store.folder / "deliver.lock").unlink(missing_ok=True)
    (store.folder / "deliver.lock").mkdir()
    with pytest.raises(StoreError, match="nothing was handed over"):
        deliver(store, clock, UnsteadySender())
