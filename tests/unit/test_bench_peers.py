"""What is compared with: each formula stated anew gives the speed that its authors' would."""

import json
from datetime import datetime

import numpy as np
import pytest

from speedcam.homography import apply
from speedcam.model import Direction
from speedcam.record import read_passages
from speedcam.simulate.bodies import bodies
from speedcam.simulate.camera import Camera, project_road
from speedcam.validate.matching import match
from tests.bench.peers.boxes import along_m, box_of, true_boxes
from tests.bench.peers.clips import HARD, hard_clips, surveyed
from tests.bench.peers.formulas import (
    by_count_kmh,
    by_intervals_kmh,
    line_kmh,
    mean_of_steps_kmh,
    plane_m,
)
from tests.bench.peers.ground import Ground, feet_px
from tests.bench.peers.runs import Row
from tests.bench.peers.score import Score, write_passages
from tests.bench.peers.seat import told
from tests.bench.peers.table import HEAD, line, tables
from tests.bench.peers.tools import Labels, Shown
from tests.bench.streets import CLIPS
from tests.builders_site import a_site
from tests.builders_validate import a_vehicle

FPS = 25.0
AT_72_KMH = np.arange(26) * 0.8  # metres after each frame, of 20 m/s
GROUND = Ground(
    fps=FPS,
    px_to_m=((0.05, 0, -5), (0, -0.05, 50), (0, 0, 1)),
    left_m=-4,
    right_m=4,
    near_m=10,
    far_m=40,
)


def a_score(*errors_kmh, n=4, refused=0, extra=0, frames=100, cpu_s=2.0):
    return Score(
        n=n, errors_kmh=errors_kmh, refused=refused, extra=extra, frames=frames, cpu_s=cpu_s
    )


def test_counting_positions_as_intervals_reads_one_part_too_low():
    assert by_count_kmh(list(AT_72_KMH[:25]), FPS) == pytest.approx(72 * 24 / 25)
    assert by_intervals_kmh(list(AT_72_KMH[:25]), FPS) == pytest.approx(72)


def test_counting_positions_reads_a_vehicle_missed_in_every_fourth_frame_too_fast():
    found = [metres for number, metres in enumerate(AT_72_KMH) if number % 4 != 3]
    assert by_count_kmh(found, FPS) == pytest.approx(90)


def test_the_example_shows_nothing_of_whom_it_has_seen_for_less_than_half_a_second():
    assert by_count_kmh(list(AT_72_KMH[:12]), FPS) is None
    assert by_count_kmh(list(AT_72_KMH[:13]), FPS) is not None
    assert by_intervals_kmh(list(AT_72_KMH[:12]), FPS) is None


def test_a_road_drawn_one_unit_too_short_makes_speeds_too_low_by_its_share():
    assert np.ptp(plane_m(8, 25, 1), axis=0).tolist() == [7, 24]
    assert np.ptp(plane_m(8, 25, 0), axis=0).tolist() == [8, 25]


def test_the_mean_of_steps_is_the_speed_until_positions_shake():
    seconds = np.arange(26) / FPS
    still = np.column_stack([np.zeros(26), AT_72_KMH])
    shaken = still + np.column_stack([0.3 * (-1.0) ** np.arange(26), np.zeros(26)])
    assert mean_of_steps_kmh(still, seconds, 10) == pytest.approx(72)
    assert mean_of_steps_kmh(shaken, seconds, 10) == pytest.approx(90)
    assert mean_of_steps_kmh(still[:10], seconds[:10], 10) is None


def test_a_line_minds_neither_missed_frames_nor_the_direction():
    seconds = np.arange(26) / FPS
    kept = np.arange(26) % 4 != 3
    assert line_kmh(AT_72_KMH[kept], seconds[kept]) == pytest.approx(72)
    assert line_kmh(-AT_72_KMH[kept], seconds[kept]) == pytest.approx(72)
    assert line_kmh(AT_72_KMH[:4], seconds[:4]) is None


def test_the_ground_leads_from_pixels_to_the_road_and_back():
    assert GROUND.road_m(np.array([[100.0, 400.0]])).tolist() == [[0.0, 30.0]]
    assert GROUND.pixels(GROUND.corners_m)[0].tolist() == pytest.approx([20, 200])
    assert GROUND.metres_per_pixel() == pytest.approx(0.05)
    assert GROUND.holds(np.array([(0, 9.9), (0, 10), (-4.1, 20)])).tolist() == [False, True, False]
    assert feet_px(np.array([[10.0, 20.0, 30.0, 40.0]])).tolist() == [[20.0, 40.0]]


def test_the_surveyed_road_is_what_the_points_of_the_site_span():
    site = a_site()
    ground = surveyed(site, FPS)
    px, m = (np.array([getattr(p, unit) for p in site.survey.points]) for unit in ("px", "m"))
    assert apply(np.array(ground.px_to_m), px) == pytest.approx(m, abs=0.2)
    assert (ground.left_m, ground.near_m) == tuple(m.min(axis=0))
    assert (ground.right_m, ground.far_m) == tuple(m.max(axis=0))


def test_every_hard_clip_is_one_that_the_renders_make(tmp_path, capsys):
    assert set(HARD) <= set(CLIPS)
    assert list(hard_clips(tmp_path)) == []
    assert capsys.readouterr().err.count("make bench BENCH=renders") == len(HARD)


def test_a_perfect_box_stands_where_the_vehicle_begins():
    camera = Camera(size_px=(1920, 1080), focal_px=2800, height_m=6, pitch_deg=14.6, yaw_deg=0)
    left, top, right, bottom = box_of(camera, bodies()["sedan"], (0.0, 20.0))
    middle = project_road(camera, 0.0, 20.0)
    assert ((left + right) / 2, bottom) == pytest.approx(middle)
    assert 0 < top < bottom - 100
    assert box_of(camera, bodies()["sedan"], (0.0, 70.0)) is None
    assert box_of(camera, bodies()["sedan"], (40.0, 20.0)) is None


@pytest.mark.parametrize(("direction", "at_m"), [("receding", 37.0), ("approaching", 17.0)])
def test_a_vehicle_is_where_its_speed_has_brought_it(direction, at_m):
    vehicle = a_vehicle(kmh=36.0, at_s=5.0, direction=direction)
    assert along_m(vehicle, 6.0) == pytest.approx(at_m)


def test_each_vehicle_of_a_truth_file_has_its_own_place_across_the_road(tmp_path):
    def row(name, x_m, at_s):
        where = {"time_at_25_m_s": at_s, "first_s": at_s - 1, "last_s": at_s + 1, "x_m": x_m}
        return where | {"id": name, "kind": "sedan", "direction": "receding", "speed_kmh": 36.0}

    camera = {"height_m": 6.0, "pitch_deg": 14.6, "yaw_deg": 0.0, "focal_px": 2800.0}
    head = {"image_size": [1920, 1080], "fps": FPS, "camera": camera}
    truth = tmp_path / "x.truth.json"
    truth.write_text(json.dumps(head | {"vehicles": [row(0, 3.0, 2.0), row(1, -3.0, 1.0)]}))
    boxes = true_boxes(truth, 26)
    [(left, _, right, bottom)] = [box for box in boxes[25] if box[2] < 960]
    u, v = project_road(Camera(size_px=(1920, 1080), **camera), -3.0, 25.0)
    assert bottom == pytest.approx(v)
    assert left < u < right


class Telling(Labels):
    """A tool that shows a speed from the third frame on."""

    def __init__(self, *speeds_kmh):
        self.speeds_kmh = iter(speeds_kmh)

    def look(self, boxes, picture):  # noqa: ARG002 - as every tool's
        for foot in feet_px(boxes):
            yield Shown(track=7, foot_px=tuple(foot), kmh=next(self.speeds_kmh))


def a_drive():
    """The job of a vehicle that comes from 40 m to 12 m, a metre in each frame: 90 km/h."""
    feet = GROUND.pixels(np.array([(1.0, 40.0 - metres) for metres in range(28)]))
    boxes = [[[u - 20, v - 30, u + 20, v]] for u, v in feet]
    ground = {name: getattr(GROUND, name) for name in Ground.__slots__}
    return {"boxes": boxes, "size_px": [200, 1000], "ground": ground, "tool": "told"}


def test_a_tool_is_held_against_the_truth_by_the_median_of_what_it_shows(tmp_path):
    tracks = list(told(Telling(None, None, *[80.0] * 20, *[95.0] * 6), a_drive()))
    write_passages(tracks, a_site(), tmp_path / "passages.jsonl")
    [passage] = read_passages(tmp_path / "passages.jsonl")
    assert passage.speed.speed_kmh == 80.0
    assert passage.direction is Direction.APPROACHING
    assert isinstance(passage.at, datetime)
    there = a_vehicle(kmh=90.0, at_s=13 / FPS, direction="approaching")
    [(_, found)] = match([there], [passage]).pairs
    assert found == passage


@pytest.mark.parametrize("shown", [[None] * 28, [0.0] * 28], ids=["never a speed", "always 0"])
def test_a_tool_that_shows_no_speed_has_no_reading(tmp_path, shown):
    write_passages(list(told(Telling(*shown), a_drive())), a_site(), tmp_path / "passages.jsonl")
    assert list(read_passages(tmp_path / "passages.jsonl")) == []


def test_the_figures_count_readings_and_leave_out_who_has_none():
    figures = a_score(-4.0, 1.0, 6.0, n=5, refused=1).figures()
    assert (figures["n"], figures["captured"], figures["refused"]) == (5, 3, 1)
    assert (figures["within_3"], figures["over_3"]) == (1, 1)
    assert (figures["bias_kmh"], figures["max_abs_kmh"]) == (1.0, 6.0)
    assert figures["cpu_ms_per_frame"] == 20.0
    assert a_score().figures()["mean_abs_kmh"] is None


def test_clips_are_pooled_by_their_vehicles():
    scores = {"a": a_score(1.0, frames=100), "b": a_score(-2.0, 3.0, frames=300, cpu_s=6.0)}
    both = Row(tool="norfair", group="usual", scores=scores)
    assert both.score == a_score(1.0, -2.0, 3.0, n=8, frames=400, cpu_s=8.0)


def test_a_tool_that_could_not_be_installed_says_why_in_its_row():
    why = "not installed: no such release"
    row = line(Row(tool="norfair", group="usual", scores={}, failed=why))
    assert why in row
    assert row.count("|") == HEAD.splitlines()[0].count("|")


def test_each_group_has_its_table_and_the_decoder_none():
    def row(tool, group, *errors_kmh):
        return Row(tool=tool, group=group, scores={"a": a_score(*errors_kmh)})

    told = tables([
        row("speedcam", "usual", 0.1), row("norfair", "usual", 5.0), row("decoder", "usual"),
        row("norfair", "perfect", 2.0),
    ])  # fmt: skip
    first, second = told.split("Reading the clips and doing nothing with them: 20.0 ms a frame.")
    assert "| speedcam | 4 | 1 | 0.10 |" in first
    assert "| norfair | 4 | 1 | 5.00 |" in first
    assert "| norfair | 4 | 1 | 2.00 |" in second
    assert "decoder" not in told
