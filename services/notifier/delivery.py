"""Delivery: each letter that is due goes by the best way there is, and what became of it is kept.

What went wrong decides what is done next:

    refused                  the next channel that reaches the recipient; then a person
    unreachable              again, after twice as long as last time; then as if refused
    the provider is down     the next provider of the channel; else later, and it counts for nothing
    it may have been taken   again, later, and no other provider meanwhile; three times at most
    a fault of a program     again; after the third time in quarantine, so that the others go on
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.account import day_of
from services.errors import (
    OfficeError,
    ProviderDown,
    Refused,
    SettingsError,
    StoreUnavailable,
    Unclear,
    Unreachable,
)
from services.lapse import lapse_of
from services.ledger.prove import signed_before
from services.letters import is_moot
from services.life import State
from services.model import Fine, LetterKind, NoticeState
from services.notifier.addressing import addressee, ways_to
from services.notifier.habits import Habits
from services.notifier.happened import happened
from services.notifier.outbox import (
    Claim,
    Delivered,
    Ending,
    claim_next,
    given_back,
    notices,
    settle,
)
from services.notifier.photo import photo_of
from services.notifier.workers import worker
from services.ports import Clock, LetterRenderer, Sender
from services.recipient import Dispatch, Recipient, Telling
from services.service_term import over
from services.store.fines import FineFile, read_file
from services.store.store import Store

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 12
"""About a day and a half with these pauses; then another way, or a person."""

DOWN_PAUSE = timedelta(minutes=5)
UNCLEAR_PAUSE = timedelta(minutes=10)
UNCLEAR = "the connection ended when all was handed over: it may have been taken"
MOST_SAME = 3
"""So often may a program fail in the same way, or a letter be taken perhaps."""


def deliver(
    store: Store,
    senders: Iterable[Sender],
    render: LetterRenderer,
    clock: Clock,
    habits: Habits | None = None,
) -> tuple[Delivered, ...]:
    """Hand over every letter that is due; what became of each that was tried.

    Args:
        store: Holds the outbox.
        senders: Those of one channel stand in for each other, in this order.
        render: Writes the letters.
        clock: Decides what is due.
        habits: How; without a register or quiet hours by default.
    """
    rounds = _Round(store, senders, render, clock, habits or Habits())
    with worker(store, clock):
        tried = rounds.run()
    known = {each.key: each for each in notices(store, tried)}
    return tuple(known[key] for key in tried)


class _Round:
    """One round of deliveries; a provider that was down is not asked again in it."""

    def __init__(
        self,
        store: Store,
        senders: Iterable[Sender],
        render: LetterRenderer,
        clock: Clock,
        habits: Habits,
    ) -> None:
        self.store, self.render, self.clock, self.habits = store, render, clock, habits
        self.down: dict[int, str] = {}
        self.by_channel: dict[str, list[Sender]] = {}
        for sender in senders:
            self.by_channel.setdefault(sender.channel, []).append(sender)

    def run(self) -> list[str]:
        """Try what is due, until nothing is or nobody takes anything; the keys in turn."""
        tried: dict[str, None] = {}
        while not self.habits.stopped() and self._somebody_takes():
            claim = claim_next(self.store, self.by_channel, self.clock.now())
            if claim is None:
                break
            with given_back(self.store, claim):
                ending = self._ending(claim)
            settle(self.store, claim, ending, self.clock.now())
            self.habits.told(claim, ending)
            tried[claim.key] = None
        return list(tried)

    def _somebody_takes(self) -> bool:
        return any(id(each) not in self.down for some in self.by_channel.values() for each in some)

    def _ending(self, claim: Claim) -> Ending:
        """Hand a letter over; whatever happens to it stays with it."""
        try:
            return self._handed_over(claim)
        except StoreUnavailable:
            raise
        except (ProviderDown, SettingsError) as error:
            return self._later(claim, str(error), DOWN_PAUSE, counts=False)
        except Unreachable as error:
            return self._unreachable(claim, str(error))
        except OfficeError as error:
            return Ending(state=NoticeState.FAILED, fault=str(error))
        except Exception as error:  # noqa: BLE001 - the outermost loop: the others go on
            # Its words may hold what stands in the letter.
            return self._repeated(claim, f"a program failed: {type(error).__name__}", DOWN_PAUSE)

    def _handed_over(self, claim: Claim) -> Ending:
        with self.store.reading() as connection:
            file = read_file(self.store, connection, claim.fine_number)
        if why := _in_vain(claim, file, self.clock.now()):
            return Ending(state=NoticeState.WITHDRAWN, fault=why)
        fine = file.fine
        recipient = self._recipient(fine)
        if recipient is None:
            return _unaddressed("the register knows nobody for this plate on that day")
        ways = ways_to(
            recipient,
            claim.channel,
            order=self.habits.order or list(self.by_channel),
            offered=self.by_channel,
            refused=claim.refused,
        )
        if not ways:
            return _unaddressed("no channel of this office reaches the recipient")
        return self._by(ways[0], claim, fine, recipient, last=len(ways) == 1)

    def _recipient(self, fine: Fine) -> Recipient | None:
        register = self.habits.register
        if fault := self.down.get(id(register)):
            raise ProviderDown(fault)
        try:
            return addressee(self.store, fine, register, self.clock)
        except ProviderDown as error:
            self.down[id(register)] = str(error)
            raise

    def _by(
        self, channel: str, claim: Claim, fine: Fine, recipient: Recipient, *, last: bool
    ) -> Ending:
        zone, now = fine.violation.passage.place.timezone, self.clock.now()
        if self.habits.quiet and (over := self.habits.quiet.over_at(channel, now, zone)):
            return _put_off(claim, "quiet hours", over, counts=False)
        dispatch = self._dispatch(claim, fine, recipient)
        if stopped := self._stopped_meanwhile(claim):
            return stopped
        try:
            return self._offered(channel, claim, dispatch)
        except Refused as error:
            return self._refused(channel, str(error), last=last)
        except (ProviderDown, SettingsError, StoreUnavailable):
            raise
        except Unreachable as error:
            if claim.attempts >= MOST_ATTEMPTS:
                return self._refused(channel, str(error), last=last)
            return self._unreachable(claim, str(error), by=_name(channel))

    def _stopped_meanwhile(self, claim: Claim) -> Ending | None:
        """What was done to the fine since: a register alone may take a minute to answer."""
        with self.store.reading() as connection:
            file = read_file(self.store, connection, claim.fine_number)
        if why := _in_vain(claim, file, self.clock.now()):
            return Ending(state=NoticeState.WITHDRAWN, fault=why)
        if file.state is State.ON_HOLD:
            return self._later(claim, "the fine is on hold", DOWN_PAUSE, counts=False)
        return None

    def _dispatch(self, claim: Claim, fine: Fine, recipient: Recipient) -> Dispatch:
        # The other kinds show no picture, and can be written when it is erased.
        photo = photo_of(self.store, fine) if claim.kind is LetterKind.NOTICE else b""
        telling = Telling(
            kind=claim.kind,
            occasion=happened(self.store, claim, fine, self.clock),
            language=recipient.language,
            signed=signed_before(self.store, fine.number),
        )
        letter = self.render(fine, photo, telling)
        address = (recipient.name, *recipient.postal_lines)
        return Dispatch(
            key=claim.key,
            number=fine.number,
            issued_at=fine.issued_at,
            letter=letter,
            recipient=recipient,
            kind=claim.kind,
            print_pdf=lambda: self.habits.print_letter(letter, fine, recipient=address),
        )

    def _offered(self, channel: str, claim: Claim, dispatch: Dispatch) -> Ending:
        """Offer a letter to the providers of a channel, one after the other."""
        faults = []
        for sender in self.by_channel.get(channel, ()):
            if fault := self.down.get(id(sender)):
                faults.append(fault)
                continue
            try:
                receipt = sender.send(dispatch)
            except (ProviderDown, SettingsError) as error:
                self.down[id(sender)] = str(error)
                faults.append(str(error))
            except Unclear:
                # Another provider could not tell that it is the same letter.
                return self._repeated(claim, UNCLEAR, UNCLEAR_PAUSE, by=_name(channel))
            else:
                return Ending(
                    state=NoticeState.SENT, by=_name(channel), channel=channel, receipt=receipt
                )
        raise ProviderDown(" ".join(dict.fromkeys(faults)))

    def _refused(self, channel: str, fault: str, *, last: bool) -> Ending:
        state = NoticeState.FAILED if last else NoticeState.WAITING
        return Ending(state=state, by=_name(channel), fault=fault, refused=channel)

    def _unreachable(self, claim: Claim, fault: str, by: str = "office") -> Ending:
        if claim.attempts >= MOST_ATTEMPTS:
            return Ending(state=NoticeState.FAILED, by=by, fault=fault)
        pause = min(FIRST_PAUSE * 2 ** (claim.attempts - 1), LONGEST_PAUSE)
        return self._later(claim, fault, pause, by=by)

    def _repeated(self, claim: Claim, fault: str, pause: timedelta, by: str = "office") -> Ending:
        """What may be tried a few times, and not for ever."""
        times = claim.same_faults + 1 if claim.fault.startswith(fault) else 1
        if times >= MOST_SAME:
            return Ending(state=NoticeState.QUARANTINED, by=by, fault=fault, same_faults=times)
        return self._later(claim, fault, pause, by=by, same_faults=times)

    def _later(
        self,
        claim: Claim,
        fault: str,
        pause: timedelta,
        *,
        by: str = "office",
        counts: bool = True,
        same_faults: int = 0,
    ) -> Ending:
        """Put a letter off for the pause and up to a quarter more."""
        not_before = self.clock.now() + pause * (1 + self.habits.jitter() / 4)
        return _put_off(claim, fault, not_before, by=by, counts=counts, same_faults=same_faults)


def _put_off(
    claim: Claim,
    fault: str,
    not_before: datetime,
    *,
    by: str = "office",
    counts: bool = True,
    same_faults: int = 0,
) -> Ending:
    if claim.fault.startswith(UNCLEAR) and not fault.startswith(UNCLEAR):
        # How often it may have been taken is not forgotten over another fault.
        fault, same_faults = f"{UNCLEAR}; then: {fault}", claim.same_faults
    return Ending(
        state=NoticeState.WAITING,
        by=by,
        fault=fault,
        not_before=not_before,
        counts=counts,
        same_faults=same_faults,
    )


def _in_vain(claim: Claim, file: FineFile, now: datetime) -> str:
    """Why a letter may not leave any more; empty where it may."""
    if is_moot(claim.kind, file.state):
        return f"the fine is {file.state}"
    terms, day = file.fine.terms, day_of(now, file.zone)
    if claim.kind is LetterKind.REMINDER:
        return lapse_of(terms, file.state, day, served_on=file.served_on) or ""
    unserved = claim.kind is LetterKind.NOTICE and file.served_on is None
    return over(terms.serve_until, day) if unserved else ""


def _unaddressed(why: str) -> Ending:
    return Ending(
        state=NoticeState.UNADDRESSED,
        fault=f"{why}. Find the address, enter it with `speedcam notify address`.",
        counts=False,
    )


def _name(channel: str) -> str:
    return f"sender {channel}"
