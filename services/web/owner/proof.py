"""How anyone can compute the speed of a notice again.

Two positions, the time between and a plot, all from the positions that the passage keeps; of an
average speed the certified distance and the time. No picture is opened for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from markupsafe import Markup

from services.model import Fine
from services.notifier.complete import exhibit_of
from services.notifier.country import Country
from services.notifier.language import NO_BREAK, Language, number_in, unit_in
from services.rules.engine import KMH_PER_MPH
from services.stretch import Stretch
from services.web.plots import Axes, Motion, motion_svg
from speedcam.model import (
    KMH_PER_M_S,
    Exhibit,
    ExhibitKind,
    Passage,
    Refusal,
    Sample,
    SpeedMeasurement,
)

ROWS = 10
"""Positions in the table beside the plot; all of them are in the export."""

_TENTH, _CENTIMETRE, _MILLISECOND = Decimal("0.1"), Decimal("0.01"), Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The check that needs no program, ready to print.

    Attributes:
        distance: Metres along the road from the first position to the last.
        seconds: Between the two.
        factor: Turns metres per second into the unit of the law.
        speed: What the three of them give, with its unit.
        positions: How many positions the measurement used.
        motion: What the plot shows.
        rows: Time and distance of some positions, from the first to the last.
        mark: The decimal mark.
        stills: Metres and second of the footage that can be read off each of the two stills, or
            None where there are none to show.
    """

    distance: str
    seconds: str
    factor: str
    speed: str
    positions: str
    motion: Motion
    rows: tuple[tuple[str, str], ...]
    mark: str
    stills: tuple[tuple[str, str], tuple[str, str]] | None

    def plot(self, label: str, time: str, distance: str, off_cm: str) -> Markup:
        """Position against time with the measured speed and its uncertainty, as SVG."""
        axes = Axes(time=time, distance=distance, off_cm=off_cm, mark=self.mark)
        return motion_svg(self.motion, label, axes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """The same for an average speed, with nothing to plot."""

    distance: str
    seconds: str
    factor: str
    speed: str


def proof_of(fine: Fine, country: Country, language: Language) -> Proof | Division | None:
    """The proof of a fine's speed; None where its passage keeps no two positions."""
    if fine.violation.stretch:
        return _division(fine.violation.stretch, country, language)
    speed = fine.violation.passage.speed
    if isinstance(speed, Refusal) or not _moved(speed.samples):
        return None

    def number(value: Decimal) -> str:
        return number_in(language, value, country.country)

    first, last = speed.samples[0], speed.samples[-1]
    # Computed from the rounded figures, so that whoever does it again gets the same.
    metres = _rounded(abs(last.y_m - first.y_m), _CENTIMETRE)
    seconds = _rounded(last.time_s - first.time_s, _MILLISECOND)
    factor = _factor(country)
    result = (metres / seconds * factor).quantize(_TENTH, ROUND_HALF_UP)
    motion = _motion(speed)
    return Proof(
        distance=number(metres),
        seconds=number(seconds),
        factor=number(factor),
        speed=f"{number(result)}{NO_BREAK}{unit_in(language, country.unit)}",
        positions=number(Decimal(len(speed.samples))),
        motion=motion,
        rows=tuple(
            (number(_rounded(s, _MILLISECOND)), number(_rounded(m, _CENTIMETRE)))
            for s, m in _some(motion.points)
        ),
        mark=number(_TENTH)[1],
        stills=_stills(fine.violation.passage, speed, number),
    )


def _stills(
    passage: Passage, speed: SpeedMeasurement, number: Callable[[Decimal], str]
) -> tuple[tuple[str, str], tuple[str, str]] | None:
    ends = exhibit_of(passage, ExhibitKind.SHOWN_FIRST), exhibit_of(passage, ExhibitKind.SHOWN_LAST)
    if not (ends[0] and ends[1]):
        return None

    def read(sample: Sample, still: Exhibit) -> tuple[str, str]:
        metres, seconds = _rounded(sample.y_m, _TENTH), _rounded(still.time_s, _MILLISECOND)
        return number(metres), number(seconds)

    return read(speed.samples[0], ends[0]), read(speed.samples[-1], ends[1])


def _division(stretch: Stretch, country: Country, language: Language) -> Division:
    factor = _factor(country)
    average = (stretch.distance_m * factor / stretch.seconds).quantize(_TENTH, ROUND_FLOOR)
    distance, seconds, times, speed = (
        number_in(language, value, country.country)
        for value in (stretch.distance_m, stretch.seconds, factor, average)
    )
    return Division(
        distance=distance,
        seconds=seconds,
        factor=times,
        speed=f"{speed}{NO_BREAK}{unit_in(language, country.unit)}",
    )


def _moved(samples: Sequence[Sample]) -> bool:
    return len(samples) > 1 and samples[-1].time_s - samples[0].time_s >= float(_MILLISECOND)


def _motion(speed: SpeedMeasurement) -> Motion:
    """The positions from the first one on, forwards whichever way the vehicle drove."""
    first, last = speed.samples[0], speed.samples[-1]
    way = 1 if last.y_m >= first.y_m else -1
    return Motion(
        points=tuple((s.time_s - first.time_s, way * (s.y_m - first.y_m)) for s in speed.samples),
        speed_m_s=speed.speed_kmh / KMH_PER_M_S,
        uncertainty_m_s=speed.uncertainty_kmh / KMH_PER_M_S,
    )


def _factor(country: Country) -> Decimal:
    per_m_s = Decimal(str(KMH_PER_M_S))
    return per_m_s if country.unit == "km/h" else _rounded(per_m_s / KMH_PER_MPH, _MILLISECOND)


def _some(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most :data:`ROWS` points, evenly taken, both ends among them."""
    if len(points) <= ROWS:
        return list(points)
    return [points[round(row * (len(points) - 1) / (ROWS - 1))] for row in range(ROWS)]


def _rounded(value: float | Decimal, step: Decimal) -> Decimal:
    return Decimal(value).quantize(step, ROUND_HALF_UP)
