"""How long the office keeps what it knows of a person: rules that it states itself.

    # OFFICE/retention.toml
    [[rule]]
    id = "no-fine"
    states = ["rejected", "advisory"]
    days = 30

A case that ended so is erased when so many whole days have passed since anything was done to it.
A closed fine is erased on the day that its letters promised, whether a rule names it or not; other
cases that no rule names are kept. No term is ours: the law of the country and the office's own
data protection officer set them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.errors import SettingsError
from services.life import State
from speedcam.form_faults import form_faults

FILE = "retention.toml"
PROMISED = "promised"
"""The rule that every office has: the day of erasure that the letters of a fine name."""

ENDED: Final = frozenset(
    {
        State.REJECTED,
        State.ADVISORY,
        State.PAID,
        State.CANCELLED,
        State.TRANSFERRED,
        State.WRITTEN_OFF,
        State.REFUNDED,
    }
)
"""Nothing is owed and nothing waits; only these are ever erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is erased when.

    Attributes:
        id: By which the ledger names it.
        states: Of cases and fines.
        days: Whole days since anything was done to it.
    """

    id: str
    states: frozenset[State]
    days: int

    def is_due(self, last_done: datetime, now: datetime) -> bool:
        """Whether its time is over: so many whole days, and the rest of the last one."""
        return now - last_done >= timedelta(days=self.days + 1)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,23}$")
    states: list[State] = Field(min_length=1)
    days: int = Field(ge=1, strict=True)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: list[_Table] = Field(min_length=1)


def rules_of(office: Path) -> tuple[Rule, ...]:
    """The rules of an office; none where it states none.

    Raises:
        SettingsError: They have faults.
    """
    path = office / FILE
    return read_rules(path) if path.exists() else ()


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file.

    Raises:
        SettingsError: There are none, or they have faults.
    """
    try:
        told = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(
            f"cannot read {path}: {error.strerror}. docs/erasure.md shows how to write rules."
        ) from None
    except ValueError as error:
        told_why = form_faults(error) if isinstance(error, ValidationError) else error
        raise SettingsError(f"{path} is no file of rules: {told_why}.") from None
    rules = tuple(
        Rule(id=each.id, states=frozenset(each.states), days=each.days) for each in told.rule
    )
    _require_clear(path, rules)
    return rules


def rule_for(rules: Sequence[Rule], state: State) -> Rule | None:
    """The rule for what ended so, or None: it is kept."""
    return next((rule for rule in rules if state in rule.states), None)


def _require_clear(path: Path, rules: Sequence[Rule]) -> None:
    named = [state for rule in rules for state in rule.states]
    open_ones = sorted(set(named) - ENDED)
    twice = sorted({state for state in named if named.count(state) > 1})
    if any(rule.id == PROMISED for rule in rules):
        raise SettingsError(
            f"{path}: {PROMISED!r} is what every office does anyway; give the rule another id."
        )
    if open_ones or twice:
        told = f"{', '.join(open_ones)} did not end" if open_ones else f"{twice[0]} has two rules"
        raise SettingsError(
            f"{path}: {told}. A rule names states from {', '.join(sorted(ENDED))}, each once."
        )
