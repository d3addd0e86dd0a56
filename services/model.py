"""The office's values, one richer type per stage: Violation, Decision, Fine, Letter.

All are frozen. Money is integer minor units. Days are local dates of the site; instants are
aware ``datetime`` values in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from services.stretch import Stretch
from speedcam.model import Passage, PlateReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in integer minor units.

    Attributes:
        minor: Minor units; the lek has none in use, so 1000 ALL is ``Money(minor=1000)``.
        currency: ISO 4217 code.
    """

    minor: int
    currency: str

    def __str__(self) -> str:
        return f"{Decimal(self.minor).scaleb(-decimals(self.currency))} {self.currency}"


_WITHOUT_MINOR = frozenset({"ALL"})
"""Currencies whose minor unit is not in use; every other one has two decimals."""


def decimals(currency: str) -> int:
    """How many decimals an amount in ``currency`` has."""
    return 0 if currency in _WITHOUT_MINOR else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """Which edition of the law decided, so that it can be found and replayed."""

    pack: str
    pack_version: str
    pack_sha256: str
    verified: bool


class Outcome(StrEnum):
    """What the law makes of a violation, the mildest first."""

    ADVISORY = "advisory"
    """A warning that costs nothing."""
    COURSE = "course"
    """A course is offered."""
    FINE = "fine"
    REPORT = "report"
    """A prosecutor or another authority is told; no amount follows by itself."""
    COURT = "court"


class OffenceKind(StrEnum):
    """What kind of offence a camera can prove."""

    SPEED = "speed"
    WRONG_WAY = "wrong_way"
    SECTION = "section"
    """Too fast on average between two cameras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A passage that the pack of its day says was too fast, or against its lane's direction.

    Attributes:
        key: Deterministic; the same passage and offence give the same key.
        passage: The proof.
        offence: Code of the offence in the pack.
        reference: Legal reference ("neni 140/8").
        measured_kmh: As measured.
        uncertainty_kmh: Expanded, k = 2.
        tolerance_kmh: What the law deducts.
        retained_kmh: What counts; never above measured minus uncertainty.
        limit_kmh: In force there and then.
        over_kmh: ``retained_kmh - limit_kmh``, more than 0 for a speed.
        amount_min: The band's minimum, with what the hour adds; None: the law sets no amount
            here, and no fine can be issued.
        amount_max: The band's maximum likewise.
        points: Penalty points on the licence that the band carries.
        suspension_months: Range of a licence suspension, or None.
        needs_person: The pack lets no policy decide this case.
        source: Edition of the law.
        kind: What kind of offence.
        entry: The passage where the section began, ``passage`` being where it ended; else None.
        outcome: What the law makes of it.
        stretch: The way between both passages and the time for it; None where there is no
            entry, and in a case that was opened before it was kept.
    """

    key: str
    passage: Passage
    offence: str
    reference: str
    measured_kmh: Decimal
    uncertainty_kmh: Decimal
    tolerance_kmh: Decimal
    retained_kmh: Decimal
    limit_kmh: int
    over_kmh: Decimal
    amount_min: Money | None
    amount_max: Money | None
    points: int
    suspension_months: tuple[int, int] | None
    needs_person: bool
    source: RuleSource
    kind: OffenceKind = OffenceKind.SPEED
    entry: Passage | None = None
    outcome: Outcome = Outcome.FINE
    stretch: Stretch | None = None

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every passage that is its proof, in order of time."""
        return (self.entry, self.passage) if self.entry else (self.passage,)

    @property
    def country(self) -> str | None:
        """Whose plate it is, as every passage of the proof tells it (ISO 3166-1 alpha-2), or None.

        Of several countries whose plates spell the same, none is likelier than another.
        """
        seen = set(map(_told_by, self.passages))
        return seen.pop() if len(seen) == 1 else None


def _told_by(passage: Passage) -> str | None:
    return passage.plate.told_country if isinstance(passage.plate, PlateReading) else None


class Verdict(StrEnum):
    """What was decided about a violation."""

    CONFIRM = "confirm"
    REJECT = "reject"
    ADVISE = "advise"
    """A first warning that costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who let a violation become a fine, or stopped it, and why.

    Attributes:
        verdict: Confirm, reject, or advise.
        by: Officer id, or the policy's name.
        is_policy: Decided by a named policy and not by a person; the notice says so.
        at: When.
        why: The reason in words.
        second: Another officer who agreed; empty where one was enough.
        amount: What two officers set above the least that the law names; None: the least.
        country: Whose plate it is, as the officer states (ISO 3166-1 alpha-2); empty where the
            officer states nothing, and the plate must tell it.
    """

    verdict: Verdict
    by: str
    is_policy: bool
    at: datetime
    why: str
    second: str = ""
    amount: Money | None = None
    country: str = ""

    def __post_init__(self) -> None:
        alone = self.is_policy or not self.second.strip() or self.second == self.by
        if self.amount is not None and (alone or self.verdict is not Verdict.CONFIRM):
            raise ValueError("two different officers confirm an amount above the minimum")
        if self.country and self.is_policy:
            raise ValueError("an officer states whose plate it is, and no policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Dates and amounts, computed once at issue and never again.

    Attributes:
        issued_on: Local day of issue; day 1 of every term.
        reduced_until: Last day of the reduced amount.
        reduced: The reduced amount.
        full_from: First day of the full amount.
        full_until: Last day without interest.
        full: The full amount.
        late_pct_per_day: Percent of the full amount added each day after ``full_until``.
        late_cap_days: After so many days nothing more is added.
        late_cap: The amount that it can reach.
        late_at_once: The whole of ``late_cap`` is due from the first late day on, not by days.
        serve_until: Last day to serve the notice; None: the law names none, or it is not known.
        prescribed_after: Last day on which it may be pursued; None likewise.
        object_until: Last day to object that the notice promises.
        erase_on: Day on which the pictures are erased.
    """

    issued_on: date
    reduced_until: date
    reduced: Money
    full_from: date
    full_until: date
    full: Money
    late_pct_per_day: int
    late_cap_days: int
    late_cap: Money
    object_until: date
    erase_on: date
    late_at_once: bool = False
    serve_until: date | None = None
    prescribed_after: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fine:
    """A decided violation with its amount; frozen at issue.

    Attributes:
        number: Public and random (Crockford base 32, ``AL26-K7Q2-M9XD``), never a counter.
        violation: What it is for.
        decision: Who confirmed it. There is no fine without one.
        amount: The full amount.
        points: Penalty points.
        terms: Dates and amounts.
        reference: Creditor reference for the payment (ISO 11649, ``RF…``).
        issued_at: When.
        driver: Who drove, as the owner named them; empty while the owner answers for it.
    """

    number: str
    violation: Violation
    decision: Decision
    amount: Money
    points: int
    terms: Terms
    reference: str
    issued_at: datetime
    driver: str = ""

    def __post_init__(self) -> None:
        if self.decision.verdict is not Verdict.CONFIRM:
            raise ValueError(f"fine {self.number} needs a decision that confirms it")

    @property
    def plate_country(self) -> str | None:
        """Whose register knows the plate, or None: nobody told, so that none may be asked."""
        return self.decision.country or self.violation.country


class Channel(StrEnum):
    """How a letter travels. A sender of another package may name a channel of its own."""

    ANY = "any"
    """By whatever reaches the recipient; decided when it is handed over."""
    FOLDER = "folder"
    CONSOLE = "console"
    EMAIL = "email"
    SMS = "sms"
    PORTAL = "portal"
    POST = "post"
    WEBHOOK = "webhook"


class NoticeState(StrEnum):
    """Where a notice stands on its way."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    """Turned down for good by every way there is; a person must look."""
    QUARANTINED = "quarantined"
    """Fails the same way again and again, or ends its worker: kept away from the others."""
    UNADDRESSED = "unaddressed"
    """Nobody is known to send it to."""
    WITHDRAWN = "withdrawn"
    """Its fine asks for nothing any more, so it is not handed over."""


class LetterKind(StrEnum):
    """What a letter tells the person it goes to."""

    NOTICE = "notice"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    """A payment arrived."""
    WITHDRAWAL = "withdrawal"
    """We were wrong, or it is no longer owed: nothing is to be paid."""
    OBJECTION_RECEIVED = "objection_received"
    OBJECTION_ANSWERED = "objection_answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A rendered letter: the same facts as HTML, as plain text, and the least of them as SMS.

    Attributes:
        kind: What it tells.
        languages: ISO 639 codes, in the order of the letter.
        subject: One line.
        html: A whole document with the photo inline, where it shows one.
        text: Plain text.
        sms: One part of a short message, in the letter's first language.
        photo: The redacted photo's JPEG bytes; empty where the letter shows none.
        photo_alt: What the photo proves, in words; empty likewise.
        page: Address of the page where notices are opened, which it names; empty: it names none.
    """

    kind: LetterKind
    languages: tuple[str, ...]
    subject: str
    html: str
    text: str
    sms: str
    photo: bytes
    photo_alt: str
    page: str = ""
