"""Builders for erasing: offices in which something ended long ago, and rules for it."""

from __future__ import annotations

from datetime import timedelta

from services import office
from services.erasure import erase_due
from services.fines import act_on
from services.life import Act, State
from services.notifier.habits import Habits
from services.policy import demo_auto_1
from services.recipient import Recipient
from services.retention import Rule
from services.store.recipients import keep_recipient
from tests.builders_fines import a_step
from tests.builders_office import a_passage, on_disk

PLATE = "AA271ZQ"
OWNER = Recipient(
    name="Zamirabela Qendrestare",
    postal_lines=("Rruga e Hijeshise 271", "1001 Tirane"),
    language="sq",
)
WORDS = "my cousin Perlatjon Xhufimani was driving"
PLANTED = (PLATE, "Zamirabela", "Qendrestare", "Hijeshise", "Perlatjon", "Xhufimani")
"""What nobody may find after an erasure."""

RULES = (Rule(id="closed-30", states=frozenset({State.CANCELLED, State.PAID}), days=30),)


def a_closed_fine(store, clock, *names, render, senders):
    """A fine for each name, written to its owner, contested and cancelled; their numbers."""
    camera = store.folder.parent / f"camera-{names[0]}"
    plates = {name: PLATE if name == "planted" else f"AA{i:03}BB" for i, name in enumerate(names)}
    passages = [a_passage(f"p-{name}", plate=plate) for name, plate in plates.items()]
    office.receive(store, on_disk(camera, *passages), clock)
    office.review(store, demo_auto_1, clock)
    issued = [each.fine for each in office.issue(store, clock)]
    of = {fine.violation.passage.plate.text: fine.number for fine in issued}
    numbers = [of[plate] for plate in plates.values()]
    for number in numbers:
        with store.writing() as connection:
            keep_recipient(store, connection, number, OWNER, clock.now())
    office.deliver(store, senders, render, clock, Habits())
    for number in numbers:
        act_on(store, number, Act.CONTEST, a_step(clock.now(), by="owner", why=WORDS, second=""))
        act_on(store, number, Act.CANCEL, a_step(clock.now(), why=f"{WORDS}: believed"))
    office.deliver(store, senders, render, clock, Habits())
    return numbers


def erased_after(store, clock, days=31, rules=RULES, **options):
    """What is erased, or kept though its time is over, so many days later."""
    clock.at += timedelta(days=days)
    step = a_step(clock.now(), why="the term is over", second="")
    return [each for each in erase_due(store, rules, step, **options) if each.rule]
