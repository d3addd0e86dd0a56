"""A detector is chosen by name: built in, a network's file, or another package's."""

import pytest

from speedcam.adapters.motion import MotionDetector
from speedcam.detectors import detector_of
from speedcam.errors import DetectorError
from tests.builders_onnx import a_network


def test_motion_is_built_in():
    chosen = detector_of("motion")
    assert (chosen.name, chosen.make) == ("motion", MotionDetector)


def test_results_made_with_another_network_are_known_by_its_name(tmp_path):
    names = []
    for number in (2, 7):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(a_network((1, 2, 30, 40), number))
        names.append(detector_of(f"onnx={path}").name)
    assert names[0] != names[1]


def test_a_network_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DetectorError, match=r"cannot read the network .*none\.onnx"):
        detector_of(f"onnx={tmp_path / 'none.onnx'}")


def test_another_package_may_offer_one(tmp_path, monkeypatch):
    installed = tmp_path / "radar-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: radar\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[speedcam.detectors]\nradar = radar_for_a_test:make_for\n"
    )
    (tmp_path / "radar_for_a_test.py").write_text("def make_for(given):\n    return [given]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    chosen = detector_of("radar=24GHz")
    assert chosen.name == "radar=24GHz"
    assert chosen.make == ["24GHz"]


def test_a_name_that_nobody_offers_is_told_with_those_that_exist():
    with pytest.raises(DetectorError, match=r"'sonar'.*motion, onnx=FILE"):
        detector_of("sonar")
