"""A share of the faults of tests/torture: killed, failing, full, without power, all ends well."""

import errno
import os
import random
from pathlib import Path
from threading import Thread

import pytest

from tests.builders_faults import FEW, a_post, begin, clips_of
from tests.builders_gone import an_office, gone_work, without
from tests.builders_held import ended, office_work
from tests.disks import why_not
from tests.torture.calls import tried, worked
from tests.torture.full import filled
from tests.torture.gone import ON_SQLITE
from tests.torture.kills import killed_at_work
from tests.torture.power import a_start, cut_short, loses_what_is_not_synced
from tests.tracer import HERE, Fault, let_trace, traced

SEED = 20261127

traceable = pytest.mark.skipif(not HERE, reason="tracing needs Linux on x86-64")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return clips_of(tmp_path_factory.mktemp("passages"), 1, FEW)


@pytest.fixture(scope="module")
def work(clips, tmp_path_factory):
    return office_work(tmp_path_factory.mktemp("office"), clips)


@pytest.fixture
def dice():
    return random.Random(SEED)  # noqa: S311 - the same each time


@pytest.fixture
def rooted(tmp_path):
    """A folder that disks can be mounted below."""
    if why := why_not(tmp_path):
        pytest.skip(f"no disks of our own: {why}")
    return tmp_path


def test_workers_who_are_killed_side_by_side_leave_nothing_lost_or_doubled(
    work, clips, tmp_path, dice
):
    post = a_post(tmp_path / "killed")
    assert killed_at_work(clips, post, dice, 2, 0.4) > 0
    assert list(ended(work, post)) == []


@pytest.fixture(scope="module")
def calls(work, tmp_path_factory):
    return len(worked(work, a_post(tmp_path_factory.mktemp("counted") / "post")).calls)


@traceable
@pytest.mark.parametrize(
    ("share", "fault"),
    [
        pytest.param(0.7, {"error": None}, id="killed"),
        pytest.param(0.5, {"error": errno.EIO}, id="EIO"),
        pytest.param(0.9, {"error": errno.ENOSPC, "on": True}, id="full from there on"),
    ],
)
def test_a_call_that_changes_the_disk_may_be_the_last_or_fail(work, calls, share, fault, tmp_path):
    told, wrong = tried(work, tmp_path, Fault(at=int(share * calls), **fault))
    assert wrong == []
    assert told.hit


def test_what_was_told_is_there_after_a_loss_of_power(rooted, work, dice):
    disk = rooted / "disk"
    assert loses_what_is_not_synced(rooted, disk)
    start = a_start(rooted / "start", disk, work)
    _, wrong = cut_short(start, rooted / "cycle", dice.uniform(0.2, 0.6), 1)
    assert wrong == []


def test_an_office_goes_on_once_a_full_disk_is_free_again(rooted, work):
    code, wrong = filled(work, rooted / "run", rooted / "disk", 300_000)
    assert code > 0
    assert wrong == []


def test_servers_and_followers_go_on_by_themselves_once_a_database_is_back(tmp_path):
    clips = clips_of(tmp_path / "passages", 2)
    whole = gone_work(tmp_path, clips)
    served = an_office(a_post(tmp_path / "served"), clips)
    came = without(ON_SQLITE["moved"], served, clips[1], 0.5, whole, timed=False)
    assert came.wrong == ()
    assert any(each.status == 503 for each in came.answers)


def written_by_threads(folder: Path) -> int:
    """Two files, each by a thread of its own; the number of the error, if there is one."""
    let_trace()
    faults = []

    def write(name):
        try:
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, b"content")
        except OSError as error:
            faults.append(error.errno)

    for name in ("one", "two"):
        thread = Thread(target=write, args=(name,))
        thread.start()
        thread.join()
    return faults[0] if faults else 0


@traceable
def test_calls_are_counted_over_all_threads_and_the_chosen_one_fails(tmp_path):
    post = a_post(tmp_path / "post", tmp_path / "place")
    post.place.mkdir()

    def work():
        return written_by_threads(post.place)

    def run(fault=None):
        return traced(lambda: begin(work, post), post.place, fault)

    whole = run()
    assert whole.calls == ("openat one", "write one", "openat two", "write two")
    assert (whole.code, whole.hit) == (0, ())
    (post.place / "two").unlink()
    failed = run(Fault(at=4, error=errno.EIO))
    assert (failed.code, failed.hit) == (errno.EIO, ("write two",))
    assert (post.place / "two").read_text() == ""
    killed = run(Fault(at=4))
    assert (killed.code, killed.hit) == (-9, ("write two",))
