"""Cameras against one another: what is each one's own, and what they see alike."""

import json
from statistics import NormalDist

import numpy as np
import pytest

from tests.bench.track_views import FEWEST, Seen, between, main
from tests.unit.test_bench_tracks import a_file, a_row

FOOT_M, HEIGHT_M = -20.0, 9.0
VEHICLES = 31
NORMAL = np.array([NormalDist().inv_cdf((i + 0.5) / VEHICLES) for i in range(VEHICLES)])
OTHER_WAY = np.random.default_rng(1).permutation(NORMAL)


def seen(change_m_s2=0.0, grown_m=0.0, *, scale=1.0, near_m=0.0, far_m=27.0, at_s=0.0):
    """A vehicle at 15 m/s that comes nearer, its point ``grown_m`` higher where it is farthest."""
    time_s = np.arange(0.0, (far_m - near_m) / 15.0, 0.06)
    since_s = time_s - time_s.mean()
    y_m = (near_m + far_m) / 2 - 15.0 * since_s - change_m_s2 / 2 * since_s**2
    height_m = grown_m * (y_m - near_m) / (far_m - near_m)
    apparent_m = FOOT_M + (y_m - FOOT_M) * HEIGHT_M / (HEIGHT_M - height_m)
    return Seen(
        time_s=at_s + time_s,
        y_m=scale * apparent_m,
        weight=np.full(len(time_s), 1e4),
        foot_m=FOOT_M,
        height_m=HEIGHT_M,
    )


def test_a_wander_of_each_points_own_is_found_again():
    grown_m = 0.03 * np.column_stack([NORMAL, OTHER_WAY])
    pairs = [(seen(grown_m=one), seen(grown_m=other)) for one, other in grown_m]
    found = between(pairs, ("left", "right"), "box")
    assert found.wander_m == pytest.approx(0.03, rel=0.3)
    assert found.apart == pytest.approx(0.0, abs=0.003)


def test_a_scale_of_one_views_own_is_no_wander():
    pairs = [(seen(), seen(scale=1.01))] * FEWEST
    found = between(pairs, ("left", "right"), "box")
    assert found.apart == pytest.approx(-0.01, abs=0.001)
    assert found.wander_m < 0.005


def test_a_view_that_drifts_is_seen_early_and_late_whatever_the_order_of_the_rows():
    rng = np.random.default_rng(2)
    at_s = rng.permutation(np.linspace(0.0, 3600.0, VEHICLES))
    pairs = [(seen(at_s=at), seen(at_s=at, scale=1 - 0.02 * at / 3600.0)) for at in at_s]
    found = between(pairs, ("left", "right"), "box")
    assert found.apart_early == pytest.approx(0.0025, abs=0.001)
    assert found.apart_late == pytest.approx(0.0175, abs=0.001)


def test_accelerations_that_both_cameras_see_are_found_again():
    pairs = [(seen(change), seen(change)) for change in 0.3 * NORMAL]
    assert between(pairs, ("left", "right"), "box").change_m_s2 == pytest.approx(0.3, rel=0.15)


def test_what_only_one_camera_sees_is_no_acceleration():
    pairs = [(seen(change), seen()) for change in 0.3 * NORMAL]
    assert between(pairs, ("left", "right"), "box").change_m_s2 < 0.1


def test_short_tracks_tell_no_acceleration_and_few_of_them_nothing():
    short = [(seen(far_m=15.0), seen(far_m=15.0))] * FEWEST
    assert between(short, ("left", "right"), "box").change_m_s2 is None
    assert between(short[1:], ("left", "right"), "box") is None
    apart = [(seen(far_m=15.0), seen(near_m=14.0, far_m=27.0))] * FEWEST
    assert between(apart, ("left", "right"), "box") is None


def test_two_views_of_one_road_are_compared_by_vehicle(tmp_path, capsys):
    rows = [a_row(i, 60.0 + i, first=200 * i) for i in range(FEWEST)]
    for view in ("left", "right"):
        file = a_file(rows, [60.0 + i for i in range(FEWEST)])
        (tmp_path / f"road_{view}.json").write_text(json.dumps(file))
    assert main([str(tmp_path)]) == 0
    assert f"left against right, {FEWEST} vehicles, +0.00%" in capsys.readouterr().out


def test_a_single_view_has_nothing_to_be_held_against(tmp_path, capsys):
    (tmp_path / "road_left.json").write_text(json.dumps(a_file([a_row(7, 60.0)], [60.0])))
    assert main([str(tmp_path)]) == 0
    assert "no two views share" in capsys.readouterr().out


def test_a_folder_without_tracks_is_told_in_words(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "no track files" in capsys.readouterr().err
