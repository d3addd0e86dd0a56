"""The report as a page: whole, plain, the same every time, and deaf to what names say."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner

from speedcam.model import Grade
from speedcam.record import dumps
from speedcam.validate.bounds import share_beyond_at_most
from speedcam.validate.cli import validate_command
from speedcam.validate.figures import Pair
from speedcam.validate.page import page_html
from speedcam.validate.plots import PLOTS, plot_svg, points
from speedcam.validate.report import compare
from speedcam.validate.truth import Truth
from tests.builders_validate import a_passage, a_refusal, a_vehicle

HOSTILE = '\x1b[31m\u202e</td></svg><script>alert(1)</script><img src=x onerror="x">{{ 7*7 }}$x_y$'


def a_truth(*vehicles) -> Truth:
    return Truth(name="x.truth.json", exact=True, uncertainty="exact", vehicles=vehicles)


def a_report(*errors, name="2"):
    vehicles = [
        a_vehicle(id=f"{name}{n}", at_s=5.0 * n, kmh=60.0 + n, lane=name, kind=name)
        for n, _ in enumerate(errors)
    ]
    passages = [
        a_passage(id=f"p{n}", at_s=5.0 * n, kmh=60.0 + n + error, lane=name)
        for n, error in enumerate(errors)
    ]
    return compare(a_truth(*vehicles), passages)


class Tags(HTMLParser):
    """Every tag with its attributes, as a browser would see them."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def tags(page):
    reader = Tags()
    reader.feed(page)
    return reader.found


def test_the_page_needs_nothing_else():
    page = page_html(a_report(0.1, -0.2, 0.3))
    assert "script" not in {tag for tag, _ in tags(page)}
    links = [a.get(key) for _, a in tags(page) for key in ("src", "href", "xlink:href") if key in a]
    assert all(link.startswith("#") for link in links)
    assert "<svg" in page


def test_the_same_comparison_gives_the_same_page():
    assert page_html(a_report(0.1, -0.2, 4)) == page_html(a_report(0.1, -0.2, 4))


def test_no_name_in_a_file_becomes_markup_or_turns_the_writing():
    page = page_html(a_report(0.1, -0.2, name=HOSTILE))
    found = [tag for tag, _ in tags(page)]
    assert "script" not in found
    assert "img" not in found
    assert not {"\x1b", "\u202e"} & set(page)
    assert "49" not in re.findall(r"<td[^>]*>([^<]*49[^<]*)</td>", page)
    assert "&lt;script&gt;" in page


def test_the_tags_of_the_page_do_not_depend_on_the_names():
    plain, hostile = (page_html(a_report(0.1, -0.2, name=name)) for name in ("2", HOSTILE))
    assert [tag for tag, _ in tags(plain)] == [tag for tag, _ in tags(hostile)]


def test_nothing_to_compare_is_said_and_nothing_drawn():
    page = page_html(compare(a_truth(a_vehicle()), [a_passage(speed=a_refusal())]))
    assert "Nothing to compare" in page
    assert "<svg" not in page
    assert "scattered (rms_m 0.5)" in page


def test_ghosts_are_listed_apart_and_enter_no_figure():
    report = compare(a_truth(a_vehicle()), [a_passage(), a_passage(id="g", at_s=60, kmh=177.25)])
    page = page_html(report)
    assert (report.ghosts, report.pooled.captured, report.pooled.max_abs_kmh) == (1, 1, 0)
    assert "with a reading: 1" in page
    assert page.count("177.25") == 1


@pytest.mark.parametrize(
    "errors",
    [[0.0], [0.01, 0.01], [80.0], [0.1, -0.2, 70], [5] * 150, [-40, 30, 1e-6]],
    ids=str,
)
@pytest.mark.parametrize("draw", PLOTS, ids=lambda draw: draw.__name__)
def test_every_plot_can_be_drawn_of_any_errors(draw, errors):
    pairs = [
        Pair(truth_kmh=60.0 + n, reading_kmh=60.0 + n + error, uncertainty_kmh=1.0, grade=Grade.B)
        for n, error in enumerate(errors)
    ]
    svg = ET.fromstring(plot_svg(draw, points(pairs)))  # noqa: S314 - made a line above
    assert svg.tag.endswith("svg")


@pytest.mark.parametrize("draw", PLOTS, ids=lambda draw: draw.__name__)
def test_every_plot_can_be_drawn_without_a_stated_uncertainty(draw):
    pair = Pair(truth_kmh=60.0, reading_kmh=61.0)
    assert plot_svg(draw, points([pair])).startswith("<svg")


@pytest.mark.parametrize(
    ("beyond", "n", "share"),
    [(0, 300, 0.00994), (0, 3000, 0.000998), (1, 100, 0.0466), (5, 5, 1.0), (0, 0, 1.0)],
)
def test_a_sample_proves_what_clopper_and_pearson_say(beyond, n, share):
    assert share_beyond_at_most(beyond, n) == pytest.approx(share, rel=0.01)


def run(*arguments):
    app = typer.Typer()
    app.command()(validate_command)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path):
    passages, truth = tmp_path / "passages.jsonl", tmp_path / "x.truth.json"
    passages.write_text(dumps(a_passage(kmh=61)) + "\n")
    row = {"id": 1, "direction": "receding", "speed_kmh": 60, "time_at_27_m_s": 5, "first_s": 4, "last_s": 6}  # fmt: skip  # noqa: E501
    truth.write_text(json.dumps({"vehicles": [row]}))
    return passages, truth


def test_a_report_is_a_page_and_the_same_figures_as_json_prints(files, tmp_path):
    folder = tmp_path / "new" / "report"
    result = run(*files, "--report", folder)
    assert result.exit_code == 0
    assert result.stdout.split() == [str(folder / "report.html"), str(folder / "report.json")]
    assert (folder / "report.json").read_text() == run(*files, "--json").stdout
    assert (folder / "report.html").read_text(encoding="utf-8").endswith("</html>")


def test_a_report_of_bad_input_writes_nothing(files, tmp_path):
    files[1].write_text("{}")
    assert run(*files, "--report", tmp_path / "report").exit_code == 2
    assert not (tmp_path / "report").exists()
