"""Every kind of letter, from what causes it to the sender, with the words and the paper it has."""

import pytest

from services.fines import act_on
from services.life import Act
from services.model import LetterKind
from services.notifier.delivery import Habits, deliver
from services.notifier.outbox import notices
from services.notifier.senders.folder import FolderSender
from services.notifier.senders.post import PostSender
from services.notifier.timely import queue_reminders
from services.notifier.wiring import print_letter, write_letter
from services.recipient import Recipient
from services.refunds import give_back
from services.store import open_store
from tests.builders_fines import a_step, fines_in, without_waiting
from tests.builders_office import SetClock
from tests.integration.test_letters import pay


class Everybody:
    def owner(self, *_):
        return Recipient(name="Arta Shembull", postal_lines=("Rruga 1",), language="it")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "office", create=True) as opened:
        fines_in(without_waiting(opened), 2)
        yield opened


def everything(store, clock):
    """What happens to two fines, until each kind of letter was caused."""
    paid, won = (each.fine_number for each in notices(store))
    yield
    for number in (paid, won):
        act_on(store, number, Act.SERVE, a_step(clock.now()))
    clock.pass_time(days=12)
    assert queue_reminders(store, 3, clock) == 2
    yield
    act_on(store, won, Act.CONTEST, a_step(clock.now()))
    pay(store, paid, clock, 1000)
    yield
    act_on(store, won, Act.CANCEL, a_step(clock.now()))
    give_back(store, paid, a_step(clock.now()), whole=True)
    yield


@pytest.mark.parametrize("by", ["folder", "post"])
def test_every_kind_of_letter_is_written_and_handed_over(by, store):
    clock = SetClock()
    sender = FolderSender(store.sent) if by == "folder" else PostSender(store.folder / "post")
    habits = Habits(register=Everybody(), print_letter=print_letter)
    for _ in everything(store, clock):
        told = deliver(store, [sender], write_letter, clock, habits)
        assert told
        assert [(each.key, each.fault) for each in told if each.fault] == []
    assert {each.kind for each in notices(store)} == set(LetterKind)
    assert len({each.receipt for each in notices(store)}) == len(notices(store))
