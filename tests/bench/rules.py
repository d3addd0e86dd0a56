"""``python -m tests.bench.rules``: how many passages a second one core judges, by country."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from services.rules.catalogue import load_editions, pack_for
from services.rules.edition import Edition
from services.rules.engine import judge, local_day
from speedcam.model import Passage
from tests.builders_office import a_passage, a_place

PASSAGES = 5000
RUNS = 3


def traffic(edition: Edition) -> list[Passage]:
    """Passages from lawful to very fast, all of them with a plate and pictures."""
    place = a_place(timezone=edition.pack.timezone)
    conditions = replace(a_passage().conditions, limit_mph=25)
    return [
        a_passage(f"p-{n}", kmh=30 + n * 7 % 1000 / 10, place=place, conditions=conditions)
        for n in range(PASSAGES)
    ]


def per_second(passages: list[Passage]) -> float:
    """Passages judged in a second of processor time, the choice of the pack included."""
    law, best_s = load_editions(), float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        for passage in passages:
            judge(passage, pack_for(law, local_day(passage), passage.place.timezone), "key")
        best_s = min(best_s, time.process_time() - began)
    return len(passages) / best_s


if __name__ == "__main__":
    for each in load_editions():
        if each.pack.to is None:
            row = {"pack": each.pack.id, "passages_per_s": round(per_second(traffic(each)))}
            print(json.dumps(row), flush=True)  # noqa: T201 - its data
