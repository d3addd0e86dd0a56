"""An office that is killed at any step and started again ends with the same fines."""

import os
import random
import signal

import pytest
from sqlalchemy import Engine, event

from services import office
from services.notifier.outbox import notices
from services.notifier.senders.folder import FolderSender
from services.policy import demo_auto_1
from services.store import open_store
from tests.builders_office import SetClock, a_letter, a_passage, on_disk

KILLS = 12


class Fuse:
    """Counts steps that touch disk or database, and may end the process at one of them."""

    def __init__(self, kill_at=None):
        self.kill_at = kill_at
        self.steps = 0

    def burn(self, *_):
        self.steps += 1
        if self.steps == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def run_all(office_dir, passages):
    with open_store(office_dir, create=True) as store:
        office.receive(store, passages, SetClock())
        office.review(store, demo_auto_1, SetClock())
        office.issue(store, SetClock())
        office.deliver(store, [FolderSender(store.sent)], a_letter, SetClock())


def watched(fuse, office_dir, passages):
    """Run everything with the fuse at every statement, commit, fsync and rename."""
    sync, rename = os.fsync, os.rename

    def sync_watched(descriptor):
        fuse.burn()
        sync(descriptor)
        fuse.burn()

    def rename_watched(*names, **options):
        fuse.burn()
        rename(*names, **options)
        fuse.burn()

    os.fsync, os.rename = sync_watched, rename_watched
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, fuse.burn)
    try:
        run_all(office_dir, passages)
    finally:
        os.fsync, os.rename = sync, rename
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, fuse.burn)


def in_a_process(work, *arguments):
    """Start ``work`` in a new process; its id."""
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        except BaseException:  # noqa: BLE001 - the exit code carries it to the test
            os._exit(1)
        os._exit(0)
    return child


def in_a_process_killed_at(step, office_dir, passages):
    """Whether a new process was killed at its ``step``; otherwise it must have ended well."""
    _, status = os.waitpid(in_a_process(watched, Fuse(step), office_dir, passages), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def what_was_fined(office_dir):
    with open_store(office_dir) as store:
        fines = list(store.fines())
        handed = [(each.fine_number, each.state) for each in notices(store)]
        folders = {path.name for path in store.sent.iterdir()}
    assert sorted(number for number, _ in handed) == sorted(fine.number for fine in fines)
    assert {state for _, state in handed} == {"sent"}
    assert folders == {fine.number for fine in fines}
    return sorted(
        (fine.violation.passage.id, fine.violation.offence, fine.amount.minor, fine.terms.issued_on)
        for fine in fines
    )


@pytest.fixture(scope="module")
def passages(tmp_path_factory):
    fast = [a_passage(f"p-{n}", kmh=50.0 + n, plate=f"AA00{n}BB") for n in range(3)]
    slow = a_passage("slow", kmh=38.0, plate=None, exhibits=())
    return on_disk(tmp_path_factory.mktemp("camera"), slow, *fast)


def test_killed_anywhere_and_started_again_ends_with_the_same_fines(tmp_path, passages):
    whole = Fuse()
    watched(whole, tmp_path / "undisturbed", passages)
    expected = what_was_fined(tmp_path / "undisturbed")
    assert len(expected) == 3
    dice = random.Random(20261014)  # noqa: S311 - chooses where to kill, the same each time
    killed = 0
    for number in range(KILLS // 2):
        disturbed = tmp_path / f"disturbed-{number}"
        for _ in range(2):
            step = dice.randrange(1, whole.steps)
            killed += in_a_process_killed_at(step, disturbed, passages)
        assert not in_a_process_killed_at(None, disturbed, passages)
        assert what_was_fined(disturbed) == expected
    assert killed >= KILLS // 2


def test_three_processes_at_once_fine_once(tmp_path, passages):
    children = [in_a_process(run_all, tmp_path / "office", passages) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert len(what_was_fined(tmp_path / "office")) == 3
