"""What other doubts would have covered, and what chance alone makes of coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.bench.track_scan import Doubted, covered, covered_by_chance, main, views
from tests.bench.tracks import WANDER_M, groups
from tests.unit.test_bench_tracks import a_file, a_row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One view: the first reads what it drives, the gates time the second 2 km/h slower."""
    folder = tmp_path_factory.mktemp("tracks")
    rows = [a_row(7, 60.0), a_row(8, 60.0, first=400)]
    (folder / "road_left.json").write_text(json.dumps(a_file(rows, [60.0, 58.0])))
    return folder


def doubted(common_kmh: float, own_kmh: float) -> Doubted:
    many = np.ones(400)
    return Doubted(
        error_kmh=np.linspace(-2, 2, 400),
        common_kmh=common_kmh * many,
        own_kmh=own_kmh * many,
        wander_kmh=10 * many,
        change_kmh=many,
        tilt_kmh=500 * many,
    )


def test_the_parts_of_a_doubt_are_together_what_the_tracks_state(folder: Path) -> None:
    (found,) = views(folder)["road_left"]
    (group,) = groups(folder)
    stated = [vehicle.uncertainty_kmh for vehicle in group.report.vehicles]
    assert 2 * np.hypot(*found.parts(WANDER_M)) == pytest.approx(stated)
    assert found.error_kmh == pytest.approx([0.0, 2.0], abs=0.3)


def test_a_tilt_moves_a_speed_as_far_as_geometry_says(folder: Path) -> None:
    """Depression ``a`` of a point ``y`` ahead and ``h`` below: ``y = h / tan a``."""
    (found,) = views(folder)["road_left"]
    height_m, tilt_rad = 5.9, 1e-4
    ends_m = np.array([36.0, 14.0])
    turned_m = height_m / np.tan(np.arctan2(height_m, ends_m) - tilt_rad)
    relative = abs(np.diff(turned_m)[0] / np.diff(ends_m)[0]) - 1
    assert tilt_rad * found.tilt_kmh[0] == pytest.approx(60 * relative, rel=0.05)


def test_a_view_is_covered_by_the_vehicles_whose_error_is_within_their_doubt() -> None:
    assert covered([doubted(0.6, 0.8)], wander_m=0.0) == 1.0
    assert covered([doubted(0.3, 0.4)], wander_m=0.0) == pytest.approx(0.5, abs=0.01)
    assert covered([doubted(0.3, 0.4)], wander_m=0.05) > 0.5
    assert covered([doubted(0.3, 0.4)], wander_m=0.0, change_m_s2=0.5, tilt_rad=1e-3) > 0.5


def test_doubts_of_each_vehicles_own_cover_alike_by_chance_and_shared_ones_do_not() -> None:
    rng = np.random.default_rng(3)
    alone = covered_by_chance([doubted(0.0, 1.0)], rng, wander_m=0.0)
    shared = covered_by_chance([doubted(1.0, 0.5)], rng, wander_m=0.0)
    assert alone == pytest.approx(0.954, abs=0.001)
    assert shared.mean() == pytest.approx(0.954, abs=0.01)
    assert (shared > 0.99).mean() > 0.5
    assert (alone > 0.99).mean() < 0.01


def test_every_wander_has_a_line_and_chances_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "wander 4.5 cm" in shown
    assert shown.count("exactly right") == 2


def test_a_folder_without_tracks_has_nothing_to_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no track files" in capsys.readouterr().err
