"""Ask for notices as a stranger: ``python -m tests.torture.strangers``.

Whoever types a number that there is, one that there is none of, or one that was erased must get
one and the same answer after the same time: otherwise a stranger learns which numbers were ever
given. How well the times tell two kinds apart is the area under the ROC curve (Hanley and McNeil,
*Radiology* 143, 1982): a half where they tell nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from http import HTTPStatus
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
from fastapi.testclient import TestClient
from scipy.stats import rankdata

from services.notifier.senders.folder import FolderSender
from services.numbers import new_number
from services.store import open_store
from services.web.app import create_app
from tests.builders_erasure import a_closed_fine, erased_after
from tests.builders_fines import an_issued_fine, without_waiting
from tests.builders_office import SetClock, a_letter

TIMES = 2000
SEED = 20261127
BETWEEN = (0.45, 0.55)
UNKNOWN, WRONG_PLATE, ERASED = "no such number", "another plate", "erased"
FINES = 40


def told_apart(one: Sequence[float], other: Sequence[float]) -> float:
    """The area under the ROC curve of telling ``other`` from ``one`` by size; ties count half."""
    ranks = rankdata(np.concatenate([one, other]))[len(one) :]
    wins = ranks.sum() - len(other) * (len(other) + 1) / 2
    return float(wins / (len(one) * len(other)))


def asked(times: int, seed: int, folder: Path) -> tuple[dict[str, list[float]], int]:
    """Seconds that each kind of question took, and how many different answers there were."""
    dice, clock = Random(seed), SetClock()  # noqa: S311 - to be repeated
    seconds: dict[str, list[float]] = {UNKNOWN: [], WRONG_PLATE: [], ERASED: []}
    answers = set()
    with open_store(folder / "office", create=True) as opened:
        store = without_waiting(opened)
        names = [f"n{each}" for each in range(FINES)]
        senders = [FolderSender(store.sent)]
        gone = a_closed_fine(store, clock, *names, render=a_letter, senders=senders)
        plates = {number: store.fine(number).violation.passage.plate.text for number in gone}
        erased = erased_after(store, clock)
        assert [each.kept for each in erased] == [""] * FINES
        there = [an_issued_fine(store, clock, plate=f"BB{n:03}CC") for n in range(FINES)]
        client = TestClient(create_app(store, secret=b"s" * 32, clock=clock))
        token = client.get("/").text.split('name="token" value="')[1].split('"')[0]
        turns = [kind for kind in seconds for _ in range(times)]
        dice.shuffle(turns)
        for turn, kind in enumerate(turns):
            number, plate = _question(kind, dice, there, plates)
            # From a network of its own, so that nobody has to wait.
            client._transport.client = (f"10.{turn >> 8 & 255}.{turn & 255}.1", 50_000)  # noqa: SLF001
            form = {"token": token, "lang": "en", "number": number, "plate": plate}
            began = time.perf_counter()
            answer = client.post("/notice", data=form)
            seconds[kind].append(time.perf_counter() - began)
            assert answer.status_code == HTTPStatus.NOT_FOUND  # else nothing was asked, or told
            answers.add((answer.status_code, answer.content, *sorted(answer.headers.items())))
    return seconds, len(answers)


def _question(
    kind: str, dice: Random, there: Sequence[str], gone: dict[str, str]
) -> tuple[str, str]:
    other = f"ZZ{dice.randrange(1000):03}ZZ"
    if kind == UNKNOWN:
        return new_number("AL", 2026), other
    if kind == WRONG_PLATE:
        return dice.choice(there), other
    return dice.choice(list(gone.items()))


def main(arguments: Sequence[str] = ()) -> int:
    """Say what the times and answers tell; 0 where they tell nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.strangers", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="speedcam-torture-") as folder:
        seconds, answers = asked(options.times, options.seed, Path(folder))
    areas = {pair: told_apart(*map(seconds.__getitem__, pair)) for pair in combinations(seconds, 2)}
    told = "; ".join(f"{a} / {b}: {area:.3f}" for (a, b), area in areas.items())
    sys.stderr.write(
        f"strangers: {options.times} questions of each kind, {answers} different answers, told "
        f"apart by time {told}, seed {options.seed}\n"
    )
    low, high = BETWEEN
    return int(answers > 1 or not all(low <= area <= high for area in areas.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
