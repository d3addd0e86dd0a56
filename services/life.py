"""The life of a violation and its fine: every state, every act, one frozen table. Pure.

What time alone decides (discounted, due, overdue) is no state: :mod:`services.account` computes
it from the clock.

    detected ─► in review ─► rejected | advisory
                         └─► validated ─► issued ─► served ─► paid ─► refunded
    open: issued, served, part paid, contested, upheld, enforcement, on hold
    open ─► cancelled | transferred | written off
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from services.errors import CaseError
from services.worded import worded


class State(StrEnum):
    """Where a violation, or the fine that came of it, stands."""

    DETECTED = "detected"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    ADVISORY = "advisory"
    VALIDATED = "validated"
    ISSUED = "issued"
    SERVED = "served"
    PART_PAID = "part_paid"
    PAID = "paid"
    CONTESTED = "contested"
    UPHELD = "upheld"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    ON_HOLD = "on_hold"
    ENFORCEMENT = "enforcement"
    WRITTEN_OFF = "written_off"
    REFUNDED = "refunded"


class Act(StrEnum):
    """What moves it on. Each is done by somebody, at an instant, for a reason."""

    TAKE_UP = "take_up"
    REJECT = "reject"
    ADVISE = "advise"
    VALIDATE = "validate"
    ISSUE = "issue"
    SERVE = "serve"
    PAY_PART = "pay_part"
    PAY = "pay"
    CONTEST = "contest"
    UPHOLD = "uphold"
    CANCEL = "cancel"
    TRANSFER = "transfer"
    HOLD = "hold"
    RELEASE = "release"
    ENFORCE = "enforce"
    WRITE_OFF = "write_off"
    REFUND = "refund"


_S, _A = State, Act

HOLDABLE: Final = frozenset(
    {_S.ISSUED, _S.SERVED, _S.PART_PAID, _S.CONTESTED, _S.UPHELD, _S.ENFORCEMENT}
)
"""What an incident can stop, and where its end leads back to."""

OPEN: Final = HOLDABLE | {_S.ON_HOLD}
"""Something may still be owed."""

PAYABLE: Final = OPEN - {_S.CONTESTED, _S.ON_HOLD}
"""A payment moves these. While a fine is contested or on hold its money waits with it."""

REMINDED: Final = frozenset({_S.SERVED, _S.PART_PAID, _S.UPHELD})
"""The terms run: whoever owes something is reminded before it grows."""

OWES_NOTHING: Final = frozenset({_S.CANCELLED, _S.TRANSFERRED, _S.WRITTEN_OFF, _S.REFUNDED})
"""Whatever is paid on these goes back to who paid it."""

_TABLE: Final[tuple[tuple[frozenset[State], Act, State], ...]] = (
    (frozenset({_S.DETECTED}), _A.TAKE_UP, _S.IN_REVIEW),
    (frozenset({_S.DETECTED, _S.IN_REVIEW, _S.VALIDATED}), _A.REJECT, _S.REJECTED),
    (frozenset({_S.IN_REVIEW}), _A.ADVISE, _S.ADVISORY),
    (frozenset({_S.IN_REVIEW}), _A.VALIDATE, _S.VALIDATED),
    (frozenset({_S.VALIDATED}), _A.ISSUE, _S.ISSUED),
    (frozenset({_S.ISSUED}), _A.SERVE, _S.SERVED),
    (frozenset({_S.PART_PAID}), _A.SERVE, _S.PART_PAID),
    (frozenset({_S.ISSUED, _S.SERVED, _S.PART_PAID, _S.UPHELD}), _A.PAY_PART, _S.PART_PAID),
    (frozenset({_S.ENFORCEMENT}), _A.PAY_PART, _S.ENFORCEMENT),
    (PAYABLE, _A.PAY, _S.PAID),
    (frozenset({_S.ISSUED, _S.SERVED, _S.PART_PAID, _S.ENFORCEMENT}), _A.CONTEST, _S.CONTESTED),
    (frozenset({_S.CONTESTED}), _A.UPHOLD, _S.UPHELD),
    (OPEN, _A.CANCEL, _S.CANCELLED),
    (
        frozenset({_S.ISSUED, _S.SERVED, _S.PART_PAID, _S.CONTESTED}),
        _A.TRANSFER,
        _S.TRANSFERRED,
    ),
    (HOLDABLE, _A.HOLD, _S.ON_HOLD),
    *((frozenset({_S.ON_HOLD}), _A.RELEASE, state) for state in sorted(HOLDABLE)),
    (frozenset({_S.SERVED, _S.PART_PAID, _S.UPHELD}), _A.ENFORCE, _S.ENFORCEMENT),
    (OPEN, _A.WRITE_OFF, _S.WRITTEN_OFF),
    (frozenset({_S.PAID}), _A.REFUND, _S.REFUNDED),
)

TRANSITIONS: Final = frozenset((start, act, end) for starts, act, end in _TABLE for start in starts)
"""Every (state, act, next state) there is. What is not here cannot happen."""


def acts_on(state: State) -> tuple[Act, ...]:
    """What may be done to something in ``state``, in order of name."""
    return tuple(sorted({act for start, act, _ in TRANSITIONS if start is state}))


def after(state: State, act: Act, *, back_to: State | None = None) -> State:
    """The state that ``act`` leads to.

    Args:
        state: Where it stands.
        act: What is done.
        back_to: For a release alone: the state that the hold interrupted.

    Raises:
        CaseError: The table does not have it.
    """
    ends = {end for start, done, end in TRANSITIONS if (start, done) == (state, act)}
    if len(ends) > 1:
        ends &= {back_to}
    if not ends:
        possible = ", ".join(acts_on(state)) or worded("nothing: this is its end")
        raise CaseError(
            worded(
                "it is {state}, which '{act}' does not apply to. Possible: {possible}.",
                state=state.replace("_", " "),
                act=act,
                possible=possible,
            )
        )
    return ends.pop()
