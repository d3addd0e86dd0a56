"""Whom a letter goes to, and by which ways it may travel.

The register is asked when the first letter of a fine is about to be handed over, and not before:
by then the case is decided and fined, what was taken back meanwhile is never asked about, and a
register that does not answer keeps no fine from being issued. The answer is kept sealed, so that
each fine is asked about once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from services.fines import Step, tell
from services.model import Channel, Fine
from services.ports import Clock, OwnerRegister
from services.recipient import UNNAMED, Recipient
from services.store.fines import read_file
from services.store.issue import plate_of
from services.store.letters import wait_again
from services.store.recipients import keep_recipient, recipient_of
from services.store.store import Store
from services.words import require_words


def addressee(
    store: Store, fine: Fine, register: OwnerRegister | None, clock: Clock
) -> Recipient | None:
    """Whom the letters of ``fine`` go to, or None where the register knows nobody.

    Raises:
        ProviderDown: The register does not answer.
        Unreachable: Its answer is none.
    """
    known = recipient_of(store, fine.number)
    if known is not None:
        return known
    if fine.driver:
        return named_driver(fine.driver)
    return UNNAMED if register is None else _asked(store, fine, register, clock)


def named_driver(words: str) -> Recipient:
    """The driver as the owner named them: a name, and what stands on the envelope below it."""
    parts = (" ".join(part.split()) for part in words.split(","))
    name, *lines = [part for part in parts if part] or [""]
    return Recipient(name=name, postal_lines=tuple(lines))


def enter_address(
    store: Store, number: str, recipient: Recipient, *, by: str, why: str, clock: Clock
) -> int:
    """Keep whom a person found for the letters of a fine; how many of them wait again.

    Raises:
        CaseError: There is no such fine, nobody is named, or who enters it or why is not said.
    """
    require_words(number, by, why, recipient.name)
    with store.writing() as connection:
        known = read_file(store, connection, number).fine.number
        keep_recipient(store, connection, known, recipient, clock.now())
        step = Step(by=by, why=why, at=clock.now())
        tell(store, connection, known, "entered the address", step)
        return wait_again(connection, known, clock.now())


def ways_to(
    recipient: Recipient,
    pinned: str,
    *,
    order: Iterable[str],
    offered: Collection[str],
    refused: Collection[str],
) -> list[str]:
    """The channels that a letter may travel by, the best first.

    Args:
        recipient: Their own preference goes before the office's.
        pinned: The one channel that it must travel by; any where there is a choice.
        order: The office's order of preference.
        offered: Every channel that it has a sender for.
        refused: Those that turned it down.
    """
    choice = [pinned] if pinned != Channel.ANY else [*recipient.channels, *order]
    return [
        each
        for each in dict.fromkeys(choice)
        if each in offered and each not in refused and recipient.reached_by(each)
    ]


def _asked(store: Store, fine: Fine, register: OwnerRegister, clock: Clock) -> Recipient | None:
    if (country := fine.plate_country) is None:
        return None  # another country's vehicle may bear the same plate
    passage = fine.violation.passage
    day = passage.at.astimezone(ZoneInfo(passage.place.timezone)).date()
    purpose = f"notice of fine {fine.number}"
    # Told before it is asked: no question stays untold, whatever happens next.
    with store.writing() as connection:
        step = Step(by="office", why=purpose, at=clock.now())
        tell(store, connection, fine.number, "asked the register", step)
    found = register.owner(plate_of(fine.violation), country, day, purpose)
    if found is not None:
        with store.writing() as connection:
            keep_recipient(store, connection, fine.number, found, clock.now())
    return found
