"""A report as one page that needs nothing else, as JSON, and as CSV: three forms of one thing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.report.figures import MEDIAN, P95, V85, Decided, Figures, Report
from services.report.plots import days_svg, rows_svg, speeds_svg, waits_svg
from speedcam import __version__

NOTHING = "–"


def page_html(report: Report) -> str:
    """The report as HTML. Names of sites and officers are text in it, never markup."""
    environment = Environment(
        loader=PackageLoader("services.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    whole = report.whole
    return environment.get_template("report.html").render(
        period=_period(report),
        title=whole.site or ("all sites" if len(report.sites) != 1 else report.sites[0].site),
        headline=_headline(whole),
        tiles=list(_tiles(whole)),
        plots=list(_plots(whole)),
        decisions=_decisions(whole.decisions),
        sites=[_site(each) for each in report.sites] if len(report.sites) > 1 else [],
        software=f"speedcam {__version__}",
    )


def as_json(report: Report) -> str:
    """Every figure of the report, as one JSON document."""
    told = {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "whole": _document(report.whole),
        "sites": [_document(each) for each in report.sites],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_csv(report: Report) -> str:
    """Every figure of the report, one a line: site, figure, value of what, number.

    A cell that a spreadsheet would take for a formula is put behind an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("site", "figure", "of", "number"))
    for figures in report.sites if report.whole.site else (report.whole, *report.sites):
        for figure, of, number in _lines(_document(figures)):
            cells = (figures.site or "all", figure, of)
            writer.writerow([*(f"'{c}" if c[:1] in {*"=+-@\t"} else c for c in cells), number])
    return text.getvalue()


def _document(figures: Figures) -> dict[str, object]:
    return {
        "site": figures.site,
        "passages": figures.passages,
        "measured": figures.measured,
        "speed_v85_kmh": _rounded(figures.speed_below_which(V85)),
        "speed_median_kmh": _rounded(figures.speed_below_which(MEDIAN)),
        "uncertainty_median_kmh": _rounded(figures.doubt_within_which(MEDIAN)),
        "uncertainty_p95_kmh": _rounded(figures.doubt_within_which(P95)),
        "speeds_kmh": {str(kmh): count for kmh, count in sorted(figures.speeds.items())},
        "refusals": dict(sorted(figures.refusals.items())),
        "outcomes": dict(sorted(figures.outcomes.items())),
        "violations": figures.violations,
        "decisions": [asdict(each) for each in figures.decisions],
        "fines": dict(sorted(figures.fines.items())),
        "objections": figures.contested,
        "objections_decided": figures.decided,
        "objections_upheld_for_the_owner": figures.reversed,
        "reversal_rate": _rounded(figures.reversal_rate, 4),
        "notices": len(figures.hours_to_notice),
        "hours_to_notice_median": _rounded(figures.hours_within_which(MEDIAN)),
        "hours_to_notice_p95": _rounded(figures.hours_within_which(P95)),
        "days": {
            str(each.day): {"passages": each.passages, "violations": each.violations}
            for each in figures.days
        },
    }


def _lines(document: dict[str, object]) -> Iterator[tuple[str, str, object]]:
    for figure, value in document.items():
        if figure == "decisions":
            for each in value if isinstance(value, list) else ():
                yield figure, f"{each['by']} {each['verdict']}", each["cases"]
        elif figure == "days":
            for day, counts in value.items() if isinstance(value, dict) else ():
                yield "passages", day, counts["passages"]
                yield "violations", day, counts["violations"]
        elif isinstance(value, dict):
            for of, number in value.items():
                yield figure, of, number
        elif figure != "site":
            yield figure, "", "" if value is None else value


def _headline(whole: Figures) -> str:
    v85 = whole.speed_below_which(V85)
    if v85 is None:
        return "No speed was measured"
    return f"85 of 100 vehicles drove {v85:.0f} km/h or less"


def _period(report: Report) -> str:
    if report.first == report.last:
        return f"{report.first:%-d %B %Y}"
    return f"{report.first:%-d %B %Y} to {report.last:%-d %B %Y}"


def _tiles(whole: Figures) -> Iterator[tuple[str, str]]:
    """The figures that a reader asks for first."""
    yield _number(whole.passages), "passages"
    yield _share(whole.measured, whole.passages), "of them measured"
    yield _number(whole.violations), "violations"
    yield _number(whole.issued), "fines issued"
    yield _kmh(whole.speed_below_which(V85)), "km/h, 85th percentile"
    yield _kmh(whole.speed_below_which(MEDIAN)), "km/h, median"
    yield _doubt(whole.doubt_within_which(MEDIAN)), "km/h, uncertainty, median"
    yield _doubt(whole.doubt_within_which(P95)), "km/h, of 95 of 100 at most"
    yield _number(whole.contested), "fines objected to"
    yield _share(whole.reversed, whole.decided), "of objections won"
    yield _hours(whole.hours_within_which(MEDIAN)), "to the notice, median"
    yield _hours(whole.hours_within_which(P95)), "to 95 of 100 notices"


def _plots(whole: Figures) -> Iterator[tuple[str, str, object]]:
    """Title, caption and drawing of each plot."""
    marks = (
        (whole.speed_below_which(MEDIAN), "half", "half"),
        (whole.speed_below_which(V85), "85 %", "v85"),
    )
    yield (
        "How fast they drove",
        f"{_number(whole.measured)} measured passages; limits are set by the 85th percentile.",
        speeds_svg(whole.speeds, marks),
    )
    yield (
        "Day by day",
        "Passages, and in amber the violations among them.",
        days_svg(whole.days),
    )
    stages = [
        ("passages", whole.passages), ("measured", whole.measured),
        ("violations", whole.violations),
        ("confirmed", sum(d.cases for d in whole.decisions if d.verdict == "confirm")),
        ("fines", whole.issued), ("objected to", whole.contested),
        ("cancelled after", whole.reversed),
    ]  # fmt: skip
    yield "From the road to the end", "How many are left at each step.", rows_svg(stages, "Steps")
    yield (
        "Time to the notice",
        "From the passage to the handing over of the notice, while the drive is remembered.",
        waits_svg(whole.hours_to_notice),
    )
    yield (
        "Why there was no speed",
        "Followed, and not measured, because doubt goes to the driver.",
        rows_svg(_most_first(whole.refusals), "Refusals by reason"),
    )
    yield (
        "Where the fines stand",
        "Today, and not at the end of the period.",
        rows_svg(_most_first(whole.fines), "Fines by state"),
    )


def _most_first(counts: object) -> list[tuple[str, int]]:
    pairs = counts.items() if isinstance(counts, dict) else ()
    return [(k.replace("_", " "), n) for k, n in sorted(pairs, key=lambda kn: (-kn[1], kn[0]))]


def _decisions(decisions: Sequence[Decided]) -> list[tuple[str, ...]]:
    """A line per policy and officer: confirmed, rejected, advised, and the share confirmed."""
    people = sorted({(each.is_policy, each.by) for each in decisions}, reverse=True)
    rows = []
    for is_policy, by in people:
        own = {d.verdict: d.cases for d in decisions if (d.is_policy, d.by) == (is_policy, by)}
        verdicts = [own.get(verdict, 0) for verdict in ("confirm", "reject", "advise")]
        kind = "policy" if is_policy else "officer"
        shares = _share(verdicts[0], sum(verdicts))
        rows.append((by, kind, *map(_number, (*verdicts, sum(verdicts))), shares))
    return rows


def _site(each: Figures) -> tuple[str, ...]:
    return (
        each.site,
        _number(each.passages),
        _share(each.measured, each.passages),
        _kmh(each.speed_below_which(V85)),
        _doubt(each.doubt_within_which(P95)),
        _number(each.violations),
        _share(each.violations, each.measured),
        _number(each.issued),
        _number(each.contested),
        _share(each.reversed, each.decided),
        _hours(each.hours_within_which(MEDIAN)),
    )


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _kmh(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f}"


def _doubt(value: float | None) -> str:
    return NOTHING if value is None else f"± {value:.1f}"


def _share(part: int, whole: int) -> str:
    """Percent; never 100 where one is missing, nor 0 where one is there."""
    if not whole:
        return NOTHING
    percent = 100 * part / whole
    exact = part in {0, whole} or 1 <= percent <= 99
    return f"{percent:.0f} %" if exact else f"{percent:.1f} %"


def _hours(value: float | None) -> str:
    if value is None:
        return NOTHING
    if value < 1:
        return f"{max(1, round(60 * value))} min"
    return f"{value:.0f} h" if value < 48 else f"{value / 24:.0f} days"


def _rounded(value: float | None, decimals: int = 1) -> float | None:
    return None if value is None else round(value, decimals)
