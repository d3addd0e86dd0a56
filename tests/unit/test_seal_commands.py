"""``speedcam keys``, ``bundle``, ``verify`` and ``replay``, as they are typed."""

import json
import subprocess
import sys

import pytest

from speedcam.cli import run
from speedcam.seal.__main__ import main as alone
from speedcam.seal.keys import load_public_key, load_signing_key
from speedcam.seal.registry import parse_registry
from tests.builders_office import AT
from tests.builders_seals import a_sealed_passage, written

SPAN = ["--from", "2026-01-01T00:00:00+01:00", "--until", "2028-01-01T00:00:00+01:00"]


@pytest.fixture
def keys(tmp_path):
    """A root and a camera that it vouches for, all made by commands; how to be trusted."""
    folder = tmp_path / "keys"
    assert run(["keys", "root", "--out", str(folder)]) == 0
    assert run(["keys", "new", "cam-1", "--out", str(folder)]) == 0
    certify(folder)
    return folder


def certify(folder, *more):
    names = [str(folder / "cam-1.pub"), "--root", str(folder / "root.key")]
    registry = ["--registry", str(folder / "registry.json"), "--site", "AL-DEMO-01"]
    assert run(["keys", "certify", *names, *registry, *SPAN, *more]) == 0


def trusted(folder):
    return ["--registry", str(folder / "registry.json"), "--root", str(folder / "root.pub")]


def registry_in(folder):
    content = (folder / "registry.json").read_bytes()
    return parse_registry(content, load_public_key(folder / "root.pub"))


def test_from_new_keys_to_a_verified_and_replayed_bundle(keys, tmp_path, capsys):
    camera = tmp_path / "camera"
    passage = a_sealed_passage(camera, load_signing_key(keys / "cam-1.key"))
    passages, out = written(camera, passage), tmp_path / "b.zip"
    assert run(["bundle", str(passages), passage.id[:6], "--out", str(out)]) == 0
    capsys.readouterr()
    assert run(["verify", str(out), *trusted(keys), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert {"about": "footage", "outcome": "withheld"}.items() <= told["checks"][13].items()
    assert run(["replay", str(out)]) == 0
    assert passage.speed.text() in capsys.readouterr().out


def test_another_clip_is_not_replayed(keys, tmp_path, capsys):
    camera = tmp_path / "camera"
    passage = a_sealed_passage(camera, load_signing_key(keys / "cam-1.key"))
    out, clip = tmp_path / "b.zip", tmp_path / "clip.mp4"
    clip.write_bytes(b"another clip")
    arguments = ["bundle", str(written(camera, passage)), passage.id, "--out", str(out)]
    assert run(arguments) == 0
    assert run(["replay", str(out), "--video", str(clip)]) == 1
    assert "footage: its SHA-256 is not the one" in capsys.readouterr().out


def test_a_revoked_key_is_listed_as_such_and_verifies_nothing_later(keys, tmp_path, capsys):
    camera = tmp_path / "camera"
    passage = a_sealed_passage(camera, load_signing_key(keys / "cam-1.key"))
    out = tmp_path / "b.zip"
    assert run(["bundle", str(written(camera, passage)), passage.id, "--out", str(out)]) == 0
    key = load_public_key(keys / "cam-1.pub").id
    root = ["--root", str(keys / "root.key"), "--registry", str(keys / "registry.json")]
    assert run(["keys", "revoke", key, *root, "--at", AT.isoformat()]) == 0
    capsys.readouterr()
    assert run(["keys", "list", *trusted(keys)]) == 0
    assert capsys.readouterr().out == f"{key}\tcam-1\tAL-DEMO-01\trevoked\t\n"
    assert run(["verify", str(out), *trusted(keys)]) == 1
    assert "revoked as of 2026-10-14 06:30:12 UTC" in capsys.readouterr().out


def test_certifying_again_changes_the_entry_and_only_then_the_number(keys):
    assert registry_in(keys).number == 1
    certify(keys)
    assert registry_in(keys).number == 1
    certify(keys, "--site", "AL-DEMO-02", "--demo")
    (entry,) = registry_in(keys).cameras
    assert registry_in(keys).number == 2
    assert entry.sites == ("AL-DEMO-01", "AL-DEMO-02")
    assert entry.demo


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "new", "a/b"],
        ["keys", "list", "--registry", "none.json", "--root", "none.pub"],
        ["verify", "none.zip", "--registry", "none.json", "--root", "none.pub"],
        ["replay", "none.zip"],
        ["process", "clip.mp4", "--site", "none.toml", "--out", "o", "--key", "none.key"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_cannot_be_read_is_named_without_a_traceback(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith("speedcam: ")


def test_a_stranger_verifies_with_a_part_of_the_program_that_opens_no_footage(keys, tmp_path):
    camera = tmp_path / "camera"
    passage = a_sealed_passage(camera, load_signing_key(keys / "cam-1.key"))
    out = tmp_path / "b.zip"
    assert run(["bundle", str(written(camera, passage)), passage.id, "--out", str(out)]) == 0
    assert alone(["verify", str(out), *trusted(keys)]) == 0
    assert alone(["replay", str(out)]) == 0
    out.write_bytes(b"PK")
    assert alone(["verify", str(out), *trusted(keys)]) == 2
    code = "import sys, speedcam.seal.__main__; sys.exit(bool({'cv2', 'av'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
