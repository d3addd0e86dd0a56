"""What became of the vehicles of a clip, and what the benchmark asks of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from speedcam.model import Grade
from speedcam.validate.figures import Pair

MOSTLY_SEEN = 0.2
"""A vehicle whose contact end is hidden for a smaller share of its time counts as unoccluded."""

CAPTURE = 0.98
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Pair):
    """One vehicle: what is true of it and what was read.

    Attributes:
        clip: Where it drove.
        id: Its name in the clip's truth.
        kind: What it is.
        plate: Whether its plate was read right, in the words of ``speedcam validate``.
        occluded: Share of its time in the zone in which its contact end is hidden, 0 to 1.
        way: How it drives, "constant" unless the truth says otherwise.
        doubtful: Whether the clip's conditions make a refusal as good as a right reading.
    """

    clip: str
    id: str
    kind: str
    plate: str
    occluded: float
    way: str
    doubtful: bool

    def beyond(self, limit: float) -> bool:
        """Whether the reading is wrong by more than ``limit`` km/h and more than ``limit`` %."""
        if self.error_kmh is None or self.truth_kmh is None:
            return False
        return abs(self.error_kmh) > limit * max(1.0, self.truth_kmh / 100) + _ROUNDING

    @property
    def is_fined_wrongly(self) -> bool:
        """A grade A whose error is beyond 1 km/h and 1 %."""
        return self.grade == Grade.A and self.beyond(1)

    @property
    def is_over(self) -> bool:
        """A reading of any grade that is more than 3 km/h too much."""
        return self.error_kmh is not None and self.error_kmh > 3 + _ROUNDING

    @property
    def is_wrong_in_doubt(self) -> bool:
        """A reading beyond 3 km/h and 3 % where it should have been right or refused."""
        return self.doubtful and self.beyond(3)

    @property
    def is_plain(self) -> bool:
        """Nothing excuses that it has no reading: in view, at a steady speed, in no doubt.

        A bicycle may be read; nobody is missing a speed that no limit is for.
        """
        seen = self.occluded < MOSTLY_SEEN and self.kind != "bicycle"
        return seen and self.way == "constant" and not self.doubtful

    @property
    def is_lost(self) -> bool:
        """A plain vehicle without a reading."""
        return self.is_plain and self.reading_kmh is None

    def faults(self) -> Iterator[str]:
        """Why it counts as bad, in words."""
        found = {
            "grade A beyond 1": self.is_fined_wrongly,
            "over by 3": self.is_over,
            "wrong in doubt": self.is_wrong_in_doubt,
            "not captured": self.is_lost,
        }
        return (words for words, holds in found.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A reading that belongs to no vehicle; ``beside`` names one it may be a second reading of."""

    clip: str
    reading_kmh: float
    grade: str | None
    beside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A clip's vehicles and ghosts, and what the work cost in processor seconds."""

    clip: str
    site: str
    conditions: tuple[str, ...]
    vehicles: tuple[Seen, ...]
    ghosts: tuple[Ghost, ...]
    render_cpu_s: float
    process_cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One thing that the benchmark asks for, and whether it holds."""

    name: str
    wanted: str
    found: float
    holds: bool


def bars(outcomes: Sequence[Outcome]) -> tuple[Bar, ...]:
    """What is asked of all clips together."""
    vehicles = [vehicle for outcome in outcomes for vehicle in outcome.vehicles]
    ghosts = sum(ghost.grade == Grade.A for outcome in outcomes for ghost in outcome.ghosts)
    return (
        _none("grade A beyond 1 km/h and 1 %", sum(v.is_fined_wrongly for v in vehicles)),
        _none("readings over by more than 3 km/h", sum(v.is_over for v in vehicles)),
        _none(
            "readings in doubt beyond 3 km/h and 3 %", sum(v.is_wrong_in_doubt for v in vehicles)
        ),
        _none("ghosts of grade A", ghosts),
        _captured([vehicle for vehicle in vehicles if vehicle.is_plain]),
    )


def _none(name: str, found: int) -> Bar:
    return Bar(name=name, wanted="0", found=found, holds=found == 0)


def _captured(plain: Sequence[Seen]) -> Bar:
    """Without a plain vehicle nothing is shown, and the bar does not hold."""
    share = 1 - sum(vehicle.is_lost for vehicle in plain) / len(plain) if plain else 0.0
    return Bar(
        name=f"share of {len(plain)} unoccluded vehicles captured",
        wanted=f">= {CAPTURE}",
        found=share,
        holds=share >= CAPTURE,
    )
