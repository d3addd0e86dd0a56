"""The figures of the rendered benchmark by clip, by condition and pooled, and whom it failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from speedcam.model import Grade
from speedcam.validate.figures import figures
from tests.bench.renders_seen import Ghost, Outcome, Seen, bars

Row = dict[str, Any]
"""The keys of ``speedcam validate --json`` for a group, and :func:`_beside` them."""

_COLUMNS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "n": ("n", str),
    "captured": ("read", str),
    "refused": ("ref", str),
    "grade_a": ("A", lambda share: f"{100 * share:.0f}%"),
    "mean_abs_kmh": ("mean", lambda kmh: f"{kmh:.2f}"),
    "p95_abs_kmh": ("p95", lambda kmh: f"{kmh:.2f}"),
    "max_abs_kmh": ("max", lambda kmh: f"{kmh:.2f}"),
    "bias_kmh": ("bias", lambda kmh: f"{kmh:+.2f}"),
    "over_3": ("over3", lambda share: f"{100 * share:.1f}%"),
    "coverage": ("cover", lambda share: f"{100 * share:.0f}%"),
    "worst_a_kmh": ("A kmh", lambda kmh: f"{kmh:+.2f}"),
    "worst_a_pct": ("A %", lambda pct: f"{pct:+.2f}"),
    "ghosts_a": ("ghA", str),
    "ghosts_b": ("ghB", str),
}


def document(outcomes: Sequence[Outcome], broken: Mapping[str, str]) -> dict[str, Any]:
    """Everything as plain JSON values.

    Args:
        outcomes: The clips that were measured.
        broken: What went wrong, in words, with each clip that was not.
    """
    return {
        "pooled": group(outcomes),
        "clips": {outcome.clip: group([outcome]) for outcome in outcomes},
        "conditions": _grouped(outcomes, lambda outcome: outcome.conditions),
        "sites": _grouped(outcomes, lambda outcome: (outcome.site,)),
        "bars": [asdict(bar) for bar in bars(outcomes)],
        "bad": [row for outcome in outcomes for row in _bad(outcome.vehicles)],
        "ghosts": [asdict(ghost) for outcome in outcomes for ghost in outcome.ghosts],
        "broken": dict(broken),
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def group(outcomes: Sequence[Outcome]) -> Row:
    """The figures of some clips together."""
    vehicles = [vehicle for outcome in outcomes for vehicle in outcome.vehicles]
    ghosts = [ghost for outcome in outcomes for ghost in outcome.ghosts]
    return asdict(figures(vehicles)) | _beside(vehicles, ghosts)


def _beside(vehicles: Iterable[Seen], ghosts: Sequence[Ghost]) -> Row:
    """The grade A furthest off, with its sign, in km/h and in percent; ghosts by grade."""
    fined = [v for v in vehicles if v.grade == Grade.A and v.error_kmh is not None]
    errors = [(v.error_kmh, 100 * v.error_kmh / v.truth_kmh) for v in fined if v.truth_kmh]
    return {
        "worst_a_kmh": max((kmh for kmh, _ in errors), key=abs, default=None),
        "worst_a_pct": max((pct for _, pct in errors), key=abs, default=None),
        "ghosts_a": sum(ghost.grade == Grade.A for ghost in ghosts),
        "ghosts_b": sum(ghost.grade == Grade.B for ghost in ghosts),
    }


def _grouped(
    outcomes: Sequence[Outcome], names: Callable[[Outcome], tuple[str, ...]]
) -> dict[str, Row]:
    every = sorted({name for outcome in outcomes for name in names(outcome)})
    return {name: group([o for o in outcomes if name in names(o)]) for name in every}


def _bad(vehicles: Iterable[Seen]) -> list[Row]:
    return [
        {**asdict(vehicle), "error_kmh": vehicle.error_kmh, "faults": faults}
        for vehicle in vehicles
        if (faults := list(vehicle.faults()))
    ]


def lines(told: Mapping[str, Any]) -> Iterable[str]:
    """The document of :func:`document` as text, a line for each group, bar and bad vehicle."""
    for kind in ("clips", "conditions", "sites"):
        yield heading(kind)
        yield from (line(name, row) for name, row in told[kind].items())
        yield ""
    yield heading("")
    yield line("all", told["pooled"])
    yield ""
    yield from (f"NOT DONE {clip}: {why}" for clip, why in told["broken"].items())
    yield from map(_bad_line, told["bad"])
    yield from map(_ghost_line, told["ghosts"])
    yield from map(_bar_line, told["bars"])


def heading(kind: str) -> str:
    """Names of the columns of :func:`line`."""
    return f"{kind:<32}" + "".join(f"{title:>7}" for title, _ in _COLUMNS.values())


def line(name: str, row: Row) -> str:
    """A group's figures in columns; a dash where there is no reading to speak of."""
    cells = ("-" if row[key] is None else shown(row[key]) for key, (_, shown) in _COLUMNS.items())
    return f"{name:<32}" + "".join(f"{cell:>7}" for cell in cells)


def _bad_line(row: Row) -> str:
    read = "-" if row["reading_kmh"] is None else f"{row['reading_kmh']:.2f} ({row['grade']})"
    return (
        f"BAD {row['clip']} {row['id']} {row['kind']}: truth {row['truth_kmh']:.2f}, read {read}; "
        f"{', '.join(row['faults'])}; {row['refusal'] or 'missed' if read == '-' else row['way']}"
    )


def _ghost_line(row: Row) -> str:
    beside = f"beside {row['beside']}" if row["beside"] else "of nobody"
    return f"GHOST {row['clip']}: {row['reading_kmh']:.2f} ({row['grade']}) {beside}"


def _bar_line(row: Row) -> str:
    verdict = "PASS" if row["holds"] else "FAIL"
    return f"{verdict} {row['name']}: {row['found']:.4g} (wanted {row['wanted']})"
