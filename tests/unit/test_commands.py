"""The command line loads a command when it is wanted, and no other."""

import subprocess
import sys

import pytest

from speedcam.cli import OWN, build
from speedcam.plugins import added

HEAVY = ("cv2", "scipy", "sqlalchemy", "onnxruntime", "fastapi")


@pytest.mark.parametrize("arguments", [["--version"], ["keys", "--help"], ["no-such-command"]])
def test_what_is_not_asked_for_is_not_loaded(arguments):
    code = (
        f"import sys; from speedcam.cli import run; run({arguments}); "
        f"sys.exit(','.join({set(HEAVY)} & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("offer", [*OWN, *added()], ids=lambda offer: offer.entry.name)
def test_every_command_that_is_offered_is_there_and_says_what_it_does(offer):
    command = build().commands[offer.entry.name]
    assert command.name == offer.entry.name
    assert command.help
