"""A report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table

from speedcam.validate.figures import Figures
from speedcam.validate.printable import printable
from speedcam.validate.report import ExtraResult, Report, VehicleResult


def show(report: Report, console: Console) -> None:
    """Print the vehicles, the figures and what nobody expected."""
    for part in _parts(report):
        console.print(part)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _vehicles(report)
    yield _figures(report)
    if report.extra:
        yield _extra(report)
    yield outcome(report)


def outcome(report: Report) -> str:
    """The outcome in two or three sentences."""
    pooled = report.pooled
    missed = pooled.n - pooled.captured - pooled.refused
    words = (
        f"{pooled.captured} of {pooled.n} vehicles measured, {pooled.refused} refused, "
        f"{missed} missed. Extra passages: {len(report.extra)}, with a reading: {report.ghosts}."
    )
    if not report.exact:
        words += f" The true speeds are themselves uncertain: {report.truth_uncertainty}."
    return printable(words)


def _vehicles(report: Report) -> Table:
    table = Table(title=printable(f"Vehicles of {report.truth}"), title_justify="left")
    for heading in ("vehicle", "kind", "lane", "direction"):
        table.add_column(heading)
    for heading in ("truth km/h", "reading", "±", "error"):
        table.add_column(heading, justify="right")
    for heading in ("grade", "plate", "why not"):
        table.add_column(heading)
    for vehicle in report.vehicles:
        table.add_row(*map(printable, _vehicle_cells(vehicle)))
    return table


def _vehicle_cells(vehicle: VehicleResult) -> list[str]:
    source = f" ({vehicle.truth_source})" if vehicle.truth_source not in ("truth", "none") else ""
    why = vehicle.refusal or ("missed" if vehicle.outcome == "missed" else "")
    return [
        vehicle.id,
        vehicle.kind,
        vehicle.lane,
        vehicle.direction,
        _number(vehicle.truth_kmh) + source,
        _number(vehicle.reading_kmh),
        _number(vehicle.uncertainty_kmh),
        _number(vehicle.error_kmh, signed=True),
        vehicle.grade or "",
        vehicle.plate,
        why,
    ]


def _figures(report: Report) -> Table:
    table = Table(title="Errors, km/h", title_justify="left")
    table.add_column("group")
    headings = ("n", "measured", "refused", "mean", "median", "p95", "max", "bias", "median %")
    shares = ("within 1", "within 3", "-3 to +2", "over +3", "covered", "grade A")
    for heading in (*headings, *shares):
        table.add_column(heading, justify="right")
    table.add_row("all", *_figure_cells(report.pooled), end_section=True)
    for name, groups in report.groups.items():
        if len(groups) > 1:
            for value, figures in groups.items():
                group = printable(f"{name.removesuffix('_kmh')} {value}")
                table.add_row(group, *_figure_cells(figures))
            table.add_section()
    return table


def _figure_cells(figures: Figures) -> list[str]:
    return [
        str(figures.n),
        str(figures.captured),
        str(figures.refused),
        _number(figures.mean_abs_kmh),
        _number(figures.median_abs_kmh),
        _number(figures.p95_abs_kmh),
        _number(figures.max_abs_kmh),
        _number(figures.bias_kmh, signed=True),
        _number(figures.median_abs_pct),
        _share(figures.within_1),
        _share(figures.within_3),
        _share(figures.within_minus3_plus2),
        _share(figures.over_3),
        _share(figures.coverage),
        _share(figures.grade_a),
    ]


def _extra(report: Report) -> Table:
    table = Table(title="Passages that no vehicle of the truth made", title_justify="left")
    for heading in ("from s", "to s", "reading", "grade", "lane", "direction", "why not", "note"):
        table.add_column(heading, justify="right" if heading in ("from s", "to s") else "left")
    for extra in report.extra:
        table.add_row(*map(printable, _extra_cells(extra)))
    return table


def _extra_cells(extra: ExtraResult) -> list[str]:
    return [
        _number(extra.first_s),
        _number(extra.last_s),
        _number(extra.reading_kmh),
        extra.grade or "",
        extra.lane or "none",
        extra.direction or "unknown",
        extra.refusal or "",
        f"beside vehicle {extra.beside}" if extra.beside else "",
    ]


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return ""
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"
