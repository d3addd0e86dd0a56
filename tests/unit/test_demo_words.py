"""What the demo tells one to type."""

import pytest

from services.demo import typed


@pytest.fixture
def python(tmp_path):
    """The Python of an environment that has the command beside it."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "speedcam").touch(mode=0o755)
    return programs / "python"


def test_a_command_that_the_shell_finds_is_typed_by_its_name(python, monkeypatch):
    monkeypatch.setenv("PATH", str(python.parent))
    assert typed(python) == "speedcam"


def test_another_is_typed_as_in_the_readme(python, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert typed(python) == ".venv/bin/speedcam"


def test_from_elsewhere_it_is_typed_by_its_path(python, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert typed(python) == str(python.with_name("speedcam"))


def test_another_of_that_name_is_not_the_one(python, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "speedcam").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other))
    monkeypatch.chdir(tmp_path)
    assert typed(python) == ".venv/bin/speedcam"
