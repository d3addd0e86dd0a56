"""``speedcam keys``, ``bundle``, ``verify`` and ``replay``, as they are typed."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from speedcam.cli import run
from speedcam.model import Passage
from speedcam.seal.__main__ import main as alone
from speedcam.seal.keys import load_public_key, load_signing_key
from speedcam.seal.registry import parse_registry
from tests.builders_office import AT
from tests.builders_seals import a_sealed_passage, written

SPAN = ["--from", "2026-01-01T00:00:00+01:00", "--until", "2028-01-01T00:00:00+01:00"]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What commands made: keys with their registry, and the bundle of a passage."""

    keys: Path
    passage: Passage
    bundle: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    keys, bundle = folder / "keys", folder / "b.zip"
    assert run(["keys", "root", "--out", str(keys)]) == 0
    assert run(["keys", "new", "cam-1", "--out", str(keys)]) == 0
    certify(keys)
    passage = a_sealed_passage(folder, load_signing_key(keys / "cam-1.key"))
    passages = str(written(folder, passage))
    assert run(["bundle", passages, passage.id[:6], "--out", str(bundle)]) == 0
    return Made(keys=keys, passage=passage, bundle=bundle)


@pytest.fixture
def keys(made, tmp_path):
    """The keys, to be changed."""
    return Path(shutil.copytree(made.keys, tmp_path / "keys"))


def certify(keys, *more):
    names = [str(keys / "cam-1.pub"), "--root", str(keys / "root.key")]
    registry = ["--registry", str(keys / "registry.json"), "--site", "AL-DEMO-01"]
    assert run(["keys", "certify", *names, *registry, *SPAN, *more]) == 0


def trusted(keys):
    return ["--registry", str(keys / "registry.json"), "--root", str(keys / "root.pub")]


def registry_in(keys):
    content = (keys / "registry.json").read_bytes()
    return parse_registry(content, load_public_key(keys / "root.pub"))


def test_what_commands_made_is_verified_and_replayed(made, capsys):
    assert run(["verify", str(made.bundle), *trusted(made.keys), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    outcomes = {each["about"]: each["outcome"] for each in told["checks"]}
    assert outcomes["footage"] == "withheld"
    assert outcomes["signature"] == outcomes["exhibit plate"] == "ok"
    assert run(["replay", str(made.bundle)]) == 0
    assert made.passage.speed.text() in capsys.readouterr().out


def test_another_clip_is_not_replayed(made, tmp_path, capsys):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"another clip")
    assert run(["replay", str(made.bundle), "--video", str(clip)]) == 1
    assert "footage: its SHA-256 is not the one" in capsys.readouterr().out


def test_a_revoked_key_is_listed_as_such_and_verifies_nothing_later(made, keys, capsys):
    key = load_public_key(keys / "cam-1.pub").id
    root = ["--root", str(keys / "root.key"), "--registry", str(keys / "registry.json")]
    assert run(["keys", "revoke", key, *root, "--at", AT.isoformat()]) == 0
    assert run(["keys", "list", *trusted(keys)]) == 0
    assert capsys.readouterr().out == f"{key}\tcam-1\tAL-DEMO-01\trevoked\t\n"
    assert run(["verify", str(made.bundle), *trusted(keys)]) == 1
    assert "revoked as of 2026-10-14 06:30:12 UTC" in capsys.readouterr().out


def test_certifying_again_changes_the_entry_and_only_then_the_number(keys):
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


def test_a_stranger_verifies_with_a_part_of_the_program_that_opens_no_footage(made, tmp_path):
    assert alone(["verify", str(made.bundle), *trusted(made.keys)]) == 0
    assert alone(["replay", str(made.bundle)]) == 0
    (tmp_path / "b.zip").write_bytes(b"PK")
    assert alone(["verify", str(tmp_path / "b.zip"), *trusted(made.keys)]) == 2
    code = "import sys, speedcam.seal.__main__; sys.exit(bool({'cv2', 'av'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
