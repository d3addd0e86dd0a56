"""A comparison as one page that needs nothing else: no script, no second file, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from speedcam import __version__
from speedcam.validate.bounds import share_beyond_at_most
from speedcam.validate.figures import Figures, figures
from speedcam.validate.plots import PLOTS, plot_svg, points
from speedcam.validate.printable import printable
from speedcam.validate.report import ExtraResult, Report, VehicleResult

GROUP_NAMES = {
    "direction": "direction",
    "kind": "class",
    "lane": "lane",
    "speed_band_kmh": "true speed, km/h",
    "grade": "grade",
    "truth_source": "source of the truth",
}

NOTHING = "–"


def page_html(report: Report) -> str:
    """The whole report as HTML; names from the files are text in it, never markup."""
    compared = [vehicle for vehicle in report.vehicles if vehicle.error_kmh is not None]
    plots = [Markup(plot_svg(draw, points(compared))) for draw in PLOTS] if compared else []  # noqa: S704 - made here, and holds no text from the files
    return _environment().get_template("report.html").render(
        truth=report.truth,
        uncertainty=report.truth_uncertainty,
        headline=_headline(report),
        tiles=list(_tiles(report)),
        limits=_once(_limits(report)),
        plots=list(zip(_captions(report.pooled), plots, strict=False)),
        groups=_once(_groups(report)),
        refusals=sorted(report.refusals.items(), key=lambda item: (-item[1], item[0])),
        vehicles=[_vehicle(vehicle) for vehicle in report.vehicles],
        extra=[_extra(extra) for extra in report.extra],
        ghosts=report.ghosts,
        software=f"speedcam {__version__}",
    )  # fmt: skip


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("speedcam.validate"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _headline(report: Report) -> str:
    median = report.pooled.median_abs_kmh
    if median is None:
        return "Nothing to compare"
    standard = "truth" if report.exact else "reference"
    return f"Half of the readings are within {median:.2f} km/h of the {standard}"


def _tiles(report: Report) -> Iterator[tuple[str, str]]:
    """The figures that a reader asks for first."""
    pooled = report.pooled
    yield f"{pooled.captured} of {pooled.n}", "vehicles measured"
    yield str(pooled.refused), "refused, with a reason"
    yield str(pooled.n - pooled.captured - pooled.refused), "missed"
    yield str(report.ghosts), "readings of no vehicle"
    yield _percent(pooled.grade_a), "of the readings grade A"
    yield _kmh(pooled.mean_abs_kmh), "mean error, km/h"
    yield _kmh(pooled.p95_abs_kmh), "95th percentile, km/h"
    yield _kmh(pooled.max_abs_kmh), "largest error, km/h"
    yield _kmh(pooled.bias_kmh, signed=True), "bias, km/h"
    yield _percent(pooled.coverage), "within the uncertainty"


def _limits(report: Report) -> Iterator[tuple[str, ...]]:
    """Per limit and grade: how many keep it, and how many might not with 95 % confidence."""
    yield from _limit_rows("all readings", report.pooled, report.vehicles)
    for grade in sorted(report.grades):
        if len(report.grades) > 1:
            own = [vehicle for vehicle in report.vehicles if vehicle.grade == grade]
            yield from _limit_rows(f"grade {grade}", figures(own), own)


def _limit_rows(
    name: str, made: Figures, vehicles: tuple[VehicleResult, ...] | list[VehicleResult]
) -> Iterator[tuple[str, ...]]:
    compared = sum(vehicle.error_kmh is not None for vehicle in vehicles)
    keeping = {
        "±1 km/h or 1 %": made.within_1,
        "±3 km/h or 3 %": made.within_3,
        "−3 to +2 km/h": made.within_minus3_plus2,
        "not above +3 km/h": None if made.over_3 is None else 1 - made.over_3,
    }
    for limit, share in keeping.items():
        if share is not None:
            kept = round(share * compared)
            bound = share_beyond_at_most(compared - kept, compared)
            yield name, limit, f"{kept} of {compared}", _percent(share), f"{100 * bound:.1f} %"


def _captions(pooled: Figures) -> Iterator[str]:
    yield (
        "Each mark is a vehicle. Its bar is the expanded uncertainty of reading and truth "
        "together (k = 2): an honest bar reaches zero 95 times in 100. "
        "Dashed: the limits; one that is not there lies outside the plot."
    )
    yield (
        "The bias, and the limits between which 95 % of the differences should lie, with what "
        f"each might be off (shaded): {_kmh(pooled.bias_kmh, signed=True)} km/h, from "
        f"{_kmh(pooled.loa_low_kmh, signed=True)} to {_kmh(pooled.loa_high_kmh, signed=True)}."
    )
    yield (
        "To the right of zero the driver loses, to the left the driver gains. "
        "Dashed: the limits. What lies beyond the plot is counted in its outermost bars."
    )
    yield (
        "Up to 1 the error is within the stated uncertainty. Bars crowded to the left of the "
        "curve: it is stated too large; many beyond 1: too small."
    )


def _groups(report: Report) -> Iterator[tuple[str, ...]]:
    yield "all", "", *_figure_cells(report.pooled)
    for name, groups in report.groups.items():
        if len(groups) > 1:
            for value, made in groups.items():
                yield GROUP_NAMES[name], value, *_figure_cells(made)


def _once(rows: Iterable[tuple[str, ...]]) -> list[tuple[bool, tuple[str, ...]]]:
    """The rows with a name only where it begins, and whether it does."""
    last = None
    told = []
    for row in rows:
        begins = row[0] != last
        told.append((begins, row if begins else ("", *row[1:])))
        last = row[0]
    return told


def _figure_cells(made: Figures) -> tuple[str, ...]:
    return (
        str(made.n),
        str(made.captured),
        str(made.refused),
        _kmh(made.bias_kmh, signed=True),
        _kmh(made.mean_abs_kmh),
        _kmh(made.median_abs_kmh),
        _kmh(made.p95_abs_kmh),
        _kmh(made.max_abs_kmh),
        _percent(made.within_1),
        _percent(made.within_3),
        _percent(made.within_minus3_plus2),
        _percent(made.over_3),
        _percent(made.coverage),
        _percent(made.grade_a),
    )


def _vehicle(vehicle: VehicleResult) -> tuple[str, ...]:
    return (
        vehicle.id,
        vehicle.kind,
        vehicle.direction,
        vehicle.lane,
        _kmh(vehicle.truth_kmh) + _doubt(vehicle.truth_uncertainty_kmh),
        _kmh(vehicle.reading_kmh) + _doubt(vehicle.uncertainty_kmh),
        _kmh(vehicle.error_kmh, signed=True),
        _kmh(vehicle.e_n),
        vehicle.grade or "",
        vehicle.refusal or ("missed" if vehicle.outcome == "missed" else ""),
    )


def _extra(extra: ExtraResult) -> tuple[str, ...]:
    span = "" if extra.first_s is None else f"{extra.first_s:.2f} to {extra.last_s:.2f}"
    return (
        span or extra.passage_id,
        extra.direction or "unknown",
        extra.lane or "none",
        _kmh(extra.reading_kmh) + _doubt(extra.uncertainty_kmh),
        extra.grade or "",
        extra.refusal or "",
        f"beside vehicle {extra.beside}" if extra.beside else "",
    )


def _kmh(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return NOTHING
    return f"{value:+.2f}".replace("-", "−") if signed else f"{value:.2f}"


def _doubt(value: float | None) -> str:
    return f" ± {value:.2f}" if value else ""


def _percent(value: float | None) -> str:
    """Whole percent, but never 100 % where one is missing, nor 0 % where one is there."""
    if value is None:
        return NOTHING
    percent = 100 * value
    whole = percent in (0, 100) or 1 <= percent <= 99
    return f"{percent:.0f} %" if whole else f"{percent:.1f} %"
