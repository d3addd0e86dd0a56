"""Work shared out among processes: what is lost of it, and what is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from speedcam.crew import TRIES, News, share_out
from tests.builders_crew import Chore

PATIENT_S = 60.0


def done(chores, *, silence_s=PATIENT_S, heard=None, here=lambda _: False):
    """How each ended, by its name."""

    def hear(chore: Chore, news: News) -> None:
        if heard is not None:
            heard.append((chore.name, news.frames))

    crew = share_out(iter(chores), hear, workers=2, silence_s=silence_s, here=here)
    return {
        each.work.name: "lost" if each.lost else "fault" if each.fault else "done" for each in crew
    }


def test_whoever_is_killed_or_faulty_costs_nobody_else_anything(tmp_path: Path) -> None:
    chores = [
        Chore(folder=tmp_path, name="killed once", ends=("killed",)),
        Chore(folder=tmp_path, name="always killed", ends=("killed",) * TRIES),
        Chore(folder=tmp_path, name="fault", ends=("fault",)),
        Chore(folder=tmp_path, name="bug once", ends=("bug",)),
        Chore(folder=tmp_path, name="well"),
    ]
    heard: list[tuple[str, int]] = []
    assert done(chores, heard=heard) == {
        "killed once": "done",
        "always killed": "lost",
        "fault": "fault",
        "bug once": "done",
        "well": "done",
    }
    assert [chore.tries() for chore in chores] == [2, TRIES, 1, 2, 1]
    assert ("well", 1) in heard


def test_whoever_hangs_is_stopped_and_the_work_tried_again(tmp_path: Path) -> None:
    hung = Chore(folder=tmp_path, name="hung", ends=("hung",))
    assert done([hung], silence_s=0.5) == {"hung": "done"}
    assert hung.tries() == 2


def test_what_is_done_here_needs_no_process(tmp_path: Path) -> None:
    chores = [
        Chore(folder=tmp_path, name="well"),
        Chore(folder=tmp_path, name="fault", ends=("fault",)),
    ]
    assert done(chores, here=lambda _: True) == {"well": "done", "fault": "fault"}


PARENT = """
from pathlib import Path
import signal
import sys
from speedcam.crew import share_out
from tests.builders_crew import Chore

if __name__ == "__main__":
    # A shell that runs the tests in the background has them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chore = Chore(folder=Path(sys.argv[1]), name="hung", ends=("hung",))
    list(share_out(iter([chore]), lambda _, __: print("heard", flush=True), workers=1))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "control-c"])
def test_no_worker_outlives_whoever_started_it(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "heard\n"
        (worker,) = children_of(parent.pid, "spawn_main")
        parent.send_signal(end)
    deadline = time.monotonic() + PATIENT_S
    while Path(f"/proc/{worker}").exists() and not is_dead(worker):
        assert time.monotonic() < deadline, "the worker goes on by itself"
        time.sleep(0.02)


def children_of(pid: int, word: str) -> list[int]:
    """Processes started by ``pid`` whose command line holds ``word``."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(c) for c in children if word in Path(f"/proc/{c}/cmdline").read_text()]


def is_dead(pid: int) -> bool:
    """Whether it has ended and only waits to be noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
