"""A site file becomes a site, or all its faults at once, each on its line."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speedcam.errors import SiteError
from speedcam.model import Direction
from speedcam.site import load_site
from speedcam.site_schema import SiteFile
from tests.builders_site import a_site, a_site_text


def written(folder: Path, text: str) -> Path:
    path = folder / "x.site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> str:
    with pytest.raises(SiteError) as caught:
        load_site(written(folder, text))
    return str(caught.value)


def changed(old: str, new: str) -> tuple[str, int]:
    """The valid file with one change, and the line of the change."""
    text = a_site_text()
    assert text.count(old) == 1, f"{old!r} must name one place"
    return text.replace(old, new), text[: text.index(old)].count("\n") + 1


def test_a_valid_file_becomes_the_site_it_describes(tmp_path):
    assert load_site(written(tmp_path, a_site_text())) == a_site()


def test_optional_parts_may_be_left_out(tmp_path):
    text = a_site_text(certificate="", reason="")
    for line in ("height_m = 6.2", "signs_checked_on = 2026-10-01", "uncertainty_px = 0.5"):
        text = text.replace(line, "")
    site = load_site(written(tmp_path, text.replace("uncertainty_m = 0.01", "")))
    assert (site.survey.lens_height_m, site.certificate, site.signs_checked_on) == (
        None,
        None,
        None,
    )
    assert site.limit_reason == {}
    assert (site.survey.uncertainty_px, site.survey.uncertainty_m) == (0.5, 0.02)


def test_a_survey_may_state_how_far_all_its_metres_may_be_off_together(tmp_path):
    text = a_site_text()
    assert load_site(written(tmp_path, text)).survey.uncertainty_scale == 0
    told = text.replace("uncertainty_px = 0.5", "uncertainty_scale = 0.0002")
    assert load_site(written(tmp_path, told)).survey.uncertainty_scale == 0.0002


def test_no_driver_is_looked_for_unless_the_site_says_where_drivers_sit(tmp_path):
    text = a_site_text()
    assert load_site(written(tmp_path, text)).driver_seat is None
    told = text.replace('road = "SH2"', 'road = "SH2"\ndriver_seat = "left"')
    assert load_site(written(tmp_path, told)).driver_seat == "left"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "x.site.toml"
    path.write_bytes(b"\xef\xbb\xbf" + a_site_text().replace("\n", "\r\n").encode())
    assert load_site(path).lanes == a_site().lanes


def test_a_lane_contains_its_left_edge_and_not_its_right_one():
    site = a_site()
    assert site.lane_at(-4.75, Direction.APPROACHING) == site.lanes[0]
    assert site.lane_at(-1.0, Direction.APPROACHING) is None
    assert site.lane_at(-1.0, Direction.RECEDING) == site.lanes[1]


def test_a_place_says_where_the_vehicle_was_heading():
    assert a_site().place(Direction.RECEDING).towards == "Tiranë"
    assert a_site().place(None).towards == ""


# Each: what is changed, into what, the key that the message names, a piece of the message.
FAULTS = {
    "limit_too_high": ("limit_kmh = 40", "limit_kmh = 400", "lanes[0].limit_kmh", "5 to 150"),
    "limit_too_low": ("limit_kmh = 50", "limit_kmh = 4", "lanes[1].limit_kmh", "5 to 150"),
    "limit_is_text": ("limit_kmh = 40", 'limit_kmh = "40"', "lanes[0].limit_kmh", 'is "40"'),
    "limit_is_a_fraction": ("limit_kmh = 40", "limit_kmh = 40.5", "lanes[0].limit_kmh", "whole"),
    "limit_is_true": ("limit_kmh = 40", "limit_kmh = true", "lanes[0].limit_kmh", "is true"),
    "id_with_blank": ('"AL-DEMO-01"', '"AL DEMO"', "camera.id", "letters A-Z a-z, digits"),
    "id_too_long": ('"AL-DEMO-01"', f'"{"A" * 41}"', "camera.id", "1 to 40"),
    "id_ends_with_line_break": ('"AL-DEMO-01"', '"AL-DEMO-01\\n"', "camera.id", "1 to 40"),
    "name_empty": ('"Demo camera 1"', '""', "camera.name", "in words"),
    "name_of_two_lines": ('"Demo camera 1"', '"a\\nb"', "camera.name", "on one line"),
    "height_zero": ("height_m = 6.2", "height_m = 0", "camera.height_m", "more than 0"),
    "height_below_the_road": ("height_m = 6.2", "height_m = -6", "camera.height_m", "more than 0"),
    "height_infinite": ("height_m = 6.2", "height_m = inf", "camera.height_m", "at most 100"),
    "unknown_key": ("height_m = 6.2", "hight_m = 6.2", "camera.hight_m", "mean `height_m`?"),
    "unknown_key_far_from_any": ("height_m = 6.2", "q = 1", "camera.q", "known here are id, name"),
    "unknown_table": ("[clip]", "[klip]", "klip", "Did you mean `clip`?"),
    "certificate_date_is_text": (
        "valid_until = 2027-06-30",
        'valid_until = "2027-06-30"',
        "camera.certificate.valid_until",
        "without quotation marks",
    ),
    "certificate_date_has_a_time": (
        "valid_until = 2027-06-30",
        "valid_until = 2027-06-30T10:00:00Z",
        "camera.certificate.valid_until",
        "last day",
    ),
    "certificate_expired": (
        "valid_until = 2027-06-30",
        "valid_until = 2026-10-13",
        "camera.certificate.valid_until",
        "before the footage of 2026-10-14",
    ),
    "road_kind_unknown": ('"urban"', '"Urban"', "place.road_kind", '"rural", "main"'),
    "driver_seat_unknown": (
        'road_kind = "urban"',
        'driver_seat = "middle"\nroad_kind = "urban"',
        "place.driver_seat",
        '"left" or "right"',
    ),
    "time_zone_unknown": (
        '"Europe/Tirane"',
        '"Europe/Tirana"',
        "place.timezone",
        "Did you mean `Europe/Tirane`?",
    ),
    "time_zone_is_a_folder": ('"Europe/Tirane"', '"Europe"', "place.timezone", "no IANA"),
    "time_zone_climbs_out": ('"Europe/Tirane"', '"../../etc/passwd"', "place.timezone", "no IANA"),
    "time_zone_empty": ('"Europe/Tirane"', '""', "place.timezone", "no IANA"),
    "language_in_words": ("en = ", "english = ", "place.limit_reason.english", "two-letter"),
    "reason_empty": ('"a school gate is 60 metres ahead"', '""', "place.limit_reason.en", "why"),
    "start_without_offset": ("T08:30:00+02:00", "T08:30:00", "clip.starts_at", "offset from UTC"),
    "start_is_text": (
        "2026-10-14T08:30:00+02:00",
        '"2026-10-14T08:30:00+02:00"',
        "clip.starts_at",
        "without quotation marks",
    ),
    "start_in_another_zone": (
        "2026-10-14T08:30:00+02:00",
        "2026-11-14T08:30:00+02:00",
        "clip.starts_at",
        "write `starts_at = 2026-11-14T08:30:00+01:00`",
    ),
    "start_before_footage": ("2026-10-14T", "1970-01-01T", "clip.starts_at", "no date of digital"),
    "start_at_the_edge_of_time": ("2026-10-14T", "0001-01-01T", "clip.starts_at", "no date of"),
    "scale_known_worse_than_any_tape": (
        "uncertainty_px = 0.5",
        "uncertainty_scale = 0.2",
        "survey.uncertainty_scale",
        "from 0 to 0.02",
    ),
    "uncertainty_0": ("uncertainty_px = 0.5", "uncertainty_px = 0", "survey.uncertainty_px", "0"),
    "point_not_a_number": ("[-4.75, 22.0]", "[-4.75, nan]", "survey.points[2].m[1]", "is NaN"),
    "point_with_one_number": ("[1148.1, 238.63]", "[1148.1]", "survey.points[4].px", "two numbers"),
    "point_twice_in_the_picture": (
        "[886.29, 560.17]",
        "[1219.68, 1012.33]",
        "survey.points[2].px",
        "the same as in points[1]",
    ),
    "point_twice_on_the_road": (
        "m = [-4.75, 43.0]",
        "m = [-4.75, 13.0]",
        "survey.points[4].m",
        "the same as in points[0]",
    ),
    "point_with_unknown_key": (
        "{ px = [1148.1, 238.63], m = [-4.75, 43.0] }",
        "{ px = [1148.1, 238.63], m = [-4.75, 43.0], note = 1 }",
        "survey.points[4].note",
        "known here are px, m",
    ),
    "zone_backwards": ("far_m = 40.0", "far_m = 14", "zone.far_m", "not beyond near_m = 15"),
    "zone_too_far": ("far_m = 40.0", "far_m = 50", "zone.far_m", "surveyed stretch from 13 to 43"),
    "zone_too_near": ("near_m = 15.0", "near_m = 3", "zone.near_m", "between 8.5 and 47.5"),
    "lane_backwards": ("left_m = -4.75", "left_m = 4.75", "lanes[0].right_m", "smaller number"),
    "lane_too_wide": ("right_m = 2.75", "right_m = 27.5", "lanes[1].right_m", "28.5 m wide"),
    "lanes_overlap": ("left_m = -1.0", "left_m = -2.0", "lanes[1].left_m", "lanes[0] by 1 m"),
    "trigger_below_limit": (
        "limit_kmh = 40",
        "trigger_kmh = 39\nlimit_kmh = 40",
        "lanes[0].trigger_kmh",
        "below limit_kmh = 40",
    ),
    "lane_name_twice": ('name = "2"', 'name = "1"', "lanes[1].name", "the name of lanes[0] too"),
    "direction_unknown": ('"receding"', '"leaving"', "lanes[1].direction", "as the camera sees it"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_line_its_key_and_a_remedy(tmp_path, old, new, key, says):
    text, line = changed(old, new)
    if key.endswith("right_m") and old.startswith("left_m"):
        line += 1  # told at the edge below the changed one
    told = [row for row in faults(tmp_path, text).splitlines() if f": {key} " in row]
    assert len(told) == 1
    assert told[0].startswith(f"{tmp_path / 'x.site.toml'}:{line}: {key} ")
    assert says in told[0]
    assert told[0].endswith((".", "?"))


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_makes_no_more_than_the_missing_key_beside_it(tmp_path, name):
    text, _ = changed(*FAULTS[name][:2])
    rows = faults(tmp_path, text).splitlines()
    # A misspelt key is unknown, and the key that was meant is missing.
    assert len(rows) - 1 == 1 + ("is missing" in "".join(rows))


def test_every_fault_is_told_at_once_in_the_order_of_the_lines(tmp_path):
    text = a_site_text()
    for old, new in [
        ("height_m = 6.2", "height_m = -1"),
        ('"Europe/Tirane"', '"Nowhere"'),
        ("px = [886.29, 560.17]", "px = [886.29]"),
        ("far_m = 40.0", "far_m = 4000.0"),
        ("limit_kmh = 40", "limit_kmh = 0"),
        ("left_m = -1.0", "left_m = -1.5"),
    ]:
        text = text.replace(old, new)
    told = faults(tmp_path, text)
    lines = [int(found) for found in re.findall(r"site\.toml:(\d+):", told)]
    assert "has 6 faults" in told
    assert len(lines) == 6
    assert lines == sorted(lines)


@pytest.mark.parametrize("table", ["camera", "place", "clip", "survey", "zone", "lanes"])
def test_a_missing_table_is_told_with_its_header(tmp_path, table):
    parts = {"camera": {"camera": "", "certificate": ""}, "place": {"place": "", "reason": ""}}
    told = faults(tmp_path, a_site_text(**parts.get(table, {table: ""})))
    assert "has 1 fault:" in told
    assert f":1: {table} is missing. Add " in told
    assert f"[{table}]" in told


def test_a_missing_key_is_told_at_the_header_of_its_table(tmp_path):
    text = a_site_text().replace('direction = "receding"\n', "")
    line = text.splitlines().index("[[lanes]]", text.splitlines().index("[[lanes]]") + 1) + 1
    assert f":{line}: lanes[1].direction is missing." in faults(tmp_path, text)


A_LINE_IN_THE_PICTURE = """
[survey]
points = [
  { px = [100.0, 900.0], m = [-4.0, 13.0] },
  { px = [200.0, 800.0], m = [-1.0, 13.0] },
  { px = [300.0, 701.0], m = [-4.0, 43.0] },
  { px = [400.0, 600.0], m = [-1.0, 43.0] },
]
"""

ALL_BUT_ONE_ON_A_LINE = """
[survey]
points = [
  { px = [556.34, 965.41], m = [-4.75, 13.0] },
  { px = [886.29, 560.17], m = [-4.75, 22.0] },
  { px = [1148.1, 238.63], m = [-4.7, 43.0] },
  { px = [1308.06, 577.47], m = [-1.0, 22.0] },
]
"""


@pytest.mark.parametrize(
    ("survey", "unit"),
    [(A_LINE_IN_THE_PICTURE, "px"), (ALL_BUT_ONE_ON_A_LINE, "m")],
    ids=["picture", "road"],
)
def test_points_on_one_line_make_no_plane(tmp_path, survey, unit):
    told = faults(tmp_path, a_site_text(survey=survey))
    line = a_site_text(survey=survey).splitlines().index("points = [") + 1
    assert f":{line}: survey.points lie on one line, all or all but one ({unit}" in told


def test_three_points_are_too_few(tmp_path):
    text = a_site_text()
    kept = text[: text.index("  { px = [1308")] + text[text.index("]\n\n[zone]") :]
    assert "survey.points is a list of 3. Give from 4 to 100 points" in faults(tmp_path, kept)


@pytest.mark.parametrize(
    "swap",
    [lambda x, y: (y, x), lambda x, y: (-x, y), lambda x, y: (x, -y), lambda x, y: (-x, -y)],
    ids=["axes_swapped", "x_to_the_left", "y_towards_the_camera", "turned_round"],
)
def test_a_survey_with_other_axes_is_refused(tmp_path, swap):
    def swapped(found):
        x, y = swap(float(found[1]), float(found[2]))
        return f"m = [{x}, {y}]"

    text = re.sub(r"m = \[([-\d.]+), ([-\d.]+)\]", swapped, a_site_text())
    assert "mirrored or the wrong way round" in faults(tmp_path, text)


def test_more_points_than_anyone_surveys_are_refused_at_once(tmp_path):
    row = "{ px = [1.0, 2.0], m = [3.0, 4.0] },\n"
    told = faults(tmp_path, a_site_text(survey=f"[survey]\npoints = [\n{row * 9000}]\n"))
    assert "has 1 fault:" in told
    assert "is a list of 9000" in told


def test_very_many_faults_are_counted_and_not_all_shown(tmp_path):
    text = "".join(f"key{number} = 1\n" for number in range(5000)) + a_site_text()
    told = faults(tmp_path, text)
    assert "has 5000 faults:" in told
    assert "and 4950 more faults" in told
    assert told.count("\n") < 60


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ":1: the file is empty"),
        (" \n\n", ":1: the file is empty"),
        ("[camera]\nid = AL-1\n", ":2: this is not TOML (Invalid value, at column 6)"),
        ('[camera]\nname = "a\nb"\n', ":2: this is not TOML"),
        ("a = [\n1", ": this is not TOML (Unclosed array, at end of document)"),
        ("[zone]\n[zone]\n", ":2: this is not TOML (Cannot declare"),
        ("day = 2027-02-30\n", ":1: this is not TOML (Invalid date"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "1" * 5000, "is not TOML"),
    ],
    ids=["empty", "blank", "bare", "broken_text", "open", "twice", "no_day", "deep", "huge"],
)
def test_what_is_not_toml_is_told_with_a_remedy(tmp_path, text, says):
    assert says in faults(tmp_path, text)


def test_a_byte_that_is_not_utf8_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.site.toml"
    path.write_bytes(a_site_text().encode("latin-1"))
    line = next(n for n, row in enumerate(a_site_text().splitlines(), 1) if "ë" in row)
    with pytest.raises(SiteError, match=rf":{line}: the byte 0xeb is not UTF-8\. Save"):
        load_site(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SiteError, match=r"does not exist\. Give the path"):
        load_site(tmp_path / "none.site.toml")


def test_a_folder_is_told(tmp_path):
    with pytest.raises(SiteError, match=r"is a folder\. Give the site file"):
        load_site(tmp_path)


def test_a_device_is_never_read():
    with pytest.raises(SiteError, match="not an ordinary file"):
        load_site(Path("/dev/zero"))


def test_a_path_through_a_file_is_told(tmp_path):
    with pytest.raises(SiteError, match="cannot read"):
        load_site(written(tmp_path, "") / "below")


def test_a_file_of_a_hundred_megabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "footage.mp4"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(SiteError, match="larger than 1000000 bytes"):
        load_site(path)


@given(data=st.data())
def test_a_damaged_file_is_a_site_or_a_site_error_and_nothing_else(tmp_path_factory, data):
    text = a_site_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    splice = data.draw(st.sampled_from(["", "\n", "[", "]]", "{", '"', "'", "= 1", "inf", "#"]))
    path = written(tmp_path_factory.getbasetemp(), text[:start] + splice + text[end:])
    with suppress(SiteError):
        load_site(path)


def keys_of(model) -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if hasattr(inner, "model_fields"):
                found |= keys_of(inner)
    return found


def test_every_key_of_a_site_file_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "site-file.md").read_text(encoding="utf-8")
    undocumented = {key for key in keys_of(SiteFile) if f"`{key}`" not in page}
    assert not undocumented


def test_the_example_in_the_documentation_is_a_valid_site(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "site-file.md").read_text(encoding="utf-8")
    example = page.split("```toml\n", 1)[1].split("```", 1)[0]
    assert load_site(written(tmp_path, example)).camera_id == "AL-DEMO-01"
