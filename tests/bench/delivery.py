"""Whether a letter is ever lost or repeated: ``python -m tests.bench.delivery``.

First, 1,000 notices through a real mail server that is down for an hour, slow, answers 4xx and 5xx,
and drops connections after the final dot; the clock of the office jumps from one attempt to the
next. Then, 1,000 notices through one that works, while the deliverer is killed at random 200
times. The server counts what it took by Message-ID. The exit code is 1 where a bar does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services import office
from services.clock import SystemClock
from services.model import NoticeState
from services.notifier.habits import Habits
from services.notifier.outbox import notices, tally
from services.notifier.registers import CsvRegister
from services.notifier.senders.smtp import SmtpSender
from services.notifier.senders.smtp_settings import SmtpSettings
from services.notifier.wiring import write_letter
from services.policy import demo_auto_1
from services.ports import Clock
from services.store import Store, open_store
from services.store.issue import plate_of
from tests.bench.office import passages_of
from tests.builders_office import ISSUED, SetClock
from tests.mail_server import MoodyHandler, mail_server

DOWN_FOR = timedelta(hours=1)
MOODS = {
    "well": 60, "slow": 8, "down": 8, "rcpt 450": 6, "data 451": 6, "data 552": 1, "rcpt 550": 1,
    "drop": 5, "drop taken": 5,
}  # fmt: skip
"""How often a session is in each mood, in percent."""

_SINCE = SystemClock().now() - ISSUED

LONGEST_LIFE_S = 0.6
"""Of a deliverer that will be killed; long enough for a few letters."""


class OnTheDay:
    """The machine's clock, put back to the day on which the notices can still be served."""

    def now(self) -> datetime:
        """That instant, aware."""
        return SystemClock().now() - _SINCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of one run.

    Attributes:
        what: What was done to it.
        seed: Chooses moods, or when to kill.
        letters: Notices in the outbox.
        sent: That the office knows to be sent.
        with_a_person: Turned down for good, or kept apart after three unanswered mails.
        lost: Sent for the office, and never taken by the server.
        repeats: Mails that the server took once more, with the Message-ID of the first.
        most_copies: Of one letter.
        may_repeat: Mails that were taken and not acknowledged, or kills.
        took_s: Seconds of the wall's clock.
        holds: Nothing lost, all accounted for, no more repeats than may be.
    """

    what: str
    seed: int
    letters: int
    sent: int
    with_a_person: int
    lost: int
    repeats: int
    most_copies: int
    may_repeat: int
    took_s: float
    holds: bool


def filled(folder: Path, count: int) -> None:
    """An office with so many issued fines, and a register with an owner for each."""
    passages = passages_of(folder / "camera", count, own_pictures=False)
    with (
        open_store(folder / "office", create=True) as store,
        (folder / "owners.csv").open("w") as f,
    ):
        office.receive(store, passages, SetClock())
        office.review(store, demo_auto_1, SetClock())
        issued = office.issue(store, SetClock())
        f.write("plate,name,email\n")
        for ordinal, each in enumerate(issued):
            if each.fine is None:
                raise RuntimeError(each.fault)
            plate = plate_of(each.fine.violation)
            f.write(f"{plate},Owner {ordinal},owner-{ordinal}@example.test\n")


def deliver(store: Store, folder: Path, port: int, clock: Clock) -> None:
    """One round, as the office does it."""
    settings = SmtpSettings(host="127.0.0.1", port=port, tls="none", author="office@police.test")
    habits = Habits(register=CsvRegister(folder / "owners.csv", "AL"))
    office.deliver(store, [SmtpSender(settings, folder)], write_letter, clock, habits)


def through_every_mood(folder: Path, seed: int) -> Proof:
    """Deliver by a server of every mood, until nothing waits any more."""
    dice = random.Random(seed)  # noqa: S311 - the same moods each time
    clock, began = SetClock(), time.monotonic()
    up_from = clock.now() + DOWN_FOR

    def mood() -> str:
        if clock.now() < up_from:
            return "down"
        return dice.choices(list(MOODS), list(MOODS.values()))[0]

    handler = MoodyHandler(mood=mood, slow_s=0.05)
    with mail_server(handler) as port, open_store(folder / "office") as store:
        while tally(store).get(NoticeState.WAITING):
            deliver(store, folder, port, clock)
            clock.pass_time(minutes=5)
        may_repeat = handler.moods["drop taken"]
        return _proof("every mood", seed, store, handler.ids(), may_repeat=may_repeat, began=began)


def killed_at_random(folder: Path, seed: int, kills: int) -> Proof:
    """Deliver by a server that works, and kill the deliverer again and again."""
    dice = random.Random(seed)  # noqa: S311 - the same moments each time
    began, killed = time.monotonic(), 0
    with _server_process(folder / "taken") as port:
        while killed < kills and _waits(folder):
            killed += _killed_after(dice.uniform(0, LONGEST_LIFE_S), folder, port)
        with open_store(folder / "office") as store:
            deliver(store, folder, port, OnTheDay())
    copies = Counter((folder / "taken").read_text().split())
    with open_store(folder / "office") as store:
        return _proof(f"{killed} kills", seed, store, copies, may_repeat=killed, began=began)


def _waits(folder: Path) -> bool:
    with open_store(folder / "office") as store:
        return bool(tally(store).get(NoticeState.WAITING))


def _killed_after(seconds: float, folder: Path, port: int) -> bool:
    """Whether a deliverer was killed at its work; otherwise it had ended it before."""
    child = os.fork()
    if child == 0:
        with open_store(folder / "office") as store:
            deliver(store, folder, port, OnTheDay())
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@contextmanager
def _server_process(taken: Path) -> Iterator[int]:
    """A mail server in a process of its own, that writes down each Message-ID it takes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _serve(taken, writing)
    try:
        with os.fdopen(reading) as told:
            yield int(told.readline())
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(taken: Path, writing: int) -> None:
    class Written(MoodyHandler):
        async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
            answer = await super().handle_DATA(server, session, envelope)
            with taken.open("a") as file:
                file.write(f"{self.mails.pop()['Message-ID']}\n")
            return answer

    with mail_server(Written()) as port:
        os.write(writing, f"{port}\n".encode())
        signal.pause()


def _proof(
    what: str, seed: int, store: Store, copies: Counter[str], *, may_repeat: int, began: float
) -> Proof:
    stand, told = tally(store), notices(store)
    sent = {each.receipt for each in told if each.state is NoticeState.SENT}
    repeats = copies.total() - len(copies)
    lost = len(sent - copies.keys())
    apart = stand.get(NoticeState.FAILED, 0) + stand.get(NoticeState.QUARANTINED, 0)
    whole = len(sent) + apart == len(told)
    return Proof(
        what=what, seed=seed, letters=len(told), sent=len(sent), with_a_person=apart, lost=lost,
        repeats=repeats, most_copies=max(copies.values()), may_repeat=may_repeat,
        took_s=round(time.monotonic() - began, 1),
        holds=whole and not lost and repeats <= may_repeat,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of both runs, as JSON lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.delivery", description=__doc__)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261126)
    options = parser.parse_args(arguments)
    proofs = []
    for run in ("moods", "kills"):
        with tempfile.TemporaryDirectory(prefix="speedcam-bench-") as name:
            folder = Path(name)
            filled(folder, options.letters)
            if run == "kills":
                proof = killed_at_random(folder, options.seed, options.kills)
            else:
                proof = through_every_mood(folder, options.seed)
        proofs.append(proof)
        sys.stdout.write(f"{json.dumps(asdict(proof))}\n")
        sys.stdout.flush()
    return 0 if all(proof.holds for proof in proofs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
