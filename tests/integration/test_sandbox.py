"""The decoder's sandbox: the same frames come out, and nothing else does."""

import gc
import json
import os
import socket
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from speedcam.adapters import sandbox, wire
from speedcam.adapters.sandbox import SLOTS, Launched, open_sandboxed
from speedcam.adapters.video import open_footage
from speedcam.confine import SYSCALLS, filter_program
from speedcam.errors import FootageError
from speedcam.jail import has_bubblewrap, launch
from speedcam.process_cli import process_files
from tests.builders_footage import write_growing, write_video
from tests.builders_site import a_site

PROBES = Path(__file__).parents[1] / "sandbox_probes.py"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="module")
def both(clip):
    return open_sandboxed(clip), open_footage(clip)


def assert_same(frames, originals):
    assert len(frames) == len(originals)
    for frame, original in zip(frames, originals, strict=True):
        assert (frame.index, frame.time_s) == (original.index, original.time_s)
        assert frame.corrupt == original.corrupt
        np.testing.assert_array_equal(frame.luma, original.luma)
        np.testing.assert_array_equal(frame.colour(), original.colour())


def test_it_says_the_same_of_the_clip(both):
    confined, inside = both
    for name in ("path", "size", "sha256", "frame_count", "duration_s"):
        assert getattr(confined, name) == getattr(inside, name)


def test_more_frames_than_there_are_slots_can_be_kept(both):
    confined, inside = both
    frames = list(confined.frames())
    assert len(frames) > 2 * SLOTS
    assert_same(frames, list(inside.frames()))


def test_frames_are_recalled_while_others_are_awaited(both):
    confined, inside = both
    originals = list(inside.frames())
    for frame in confined.frames():
        if frame.index in {5, 30}:
            wanted = {originals[i].time_s: i for i in (frame.index, 2, 41)}
            found = list(confined.recall(wanted))
            assert_same(found, [originals[i] for i in sorted(wanted.values())])


def test_glimpses_are_the_same(both):
    confined, inside = both
    for one, other in zip(confined.glimpses(9), inside.glimpses(9), strict=True):
        np.testing.assert_array_equal(one, other)


def test_key_frames_are_told_of_however_many_there_are(tmp_path):
    """A long clip has many, and the decoder may load nothing any more to tell them apart."""
    clip = write_video(tmp_path / "keys.mp4", times_ms=range(0, 8000, 40), key_every=1)
    here, there = open_footage(clip).stamps_s(), open_sandboxed(clip).stamps_s()
    assert len(here[1]) == 200
    assert [stamps.tolist() for stamps in there] == [stamps.tolist() for stamps in here]


def test_the_pixels_cannot_be_written_to(both):
    with pytest.raises(ValueError, match="read-only"):
        next(both[0].frames()).luma[0, 0] = 1


def test_what_is_wrong_with_footage_is_said_as_if_it_were_decoded_here(tmp_path):
    path = write_growing(tmp_path / "grow.ts")
    with pytest.raises(FootageError) as inside:
        list(open_footage(path).frames())
    with pytest.raises(FootageError) as confined:
        list(open_sandboxed(path).frames())
    assert (str(confined.value), confined.value.code) == (str(inside.value), inside.value.code)


def test_no_decoder_outlives_its_footage(clip):
    footage = open_sandboxed(clip)
    next(footage.frames())
    (decoder,) = footage.idle
    process = decoder._process  # noqa: SLF001 - a process is all that could be left
    del footage, decoder
    gc.collect()
    assert process.returncode is not None


HELLO = wire.HELLO + b"\1"
FACTS = wire.FACTS_FORM.pack(wire.FACTS, 320, 240, 50, 2.0)


def picture(slot, time_s=0.0, index=0):
    return wire.PICTURE_FORM.pack(wire.PICTURE, slot, index, time_s, False)


LAST = SLOTS - 1
"""The slot that is lent first."""


def liar(*packets, end="sys.stdin.read()"):
    """A launcher of a decoder that says just this and then does what ``end`` does."""
    code = (
        "import json, os, signal, socket, sys, time\n"
        "told = json.loads(sys.argv[-1])\n"
        "control = socket.socket(fileno=told['control'])\n"
        f"for packet in {packets!r}: control.send(packet)\n"
        f"{end}\n"
    )

    def launched(errand, descriptors):
        command = [sys.executable, "-I", "-S", "-c", code, errand]
        return Launched(
            subprocess.Popen(
                command, pass_fds=descriptors, stdin=subprocess.PIPE, stderr=subprocess.PIPE
            ),
            "",
        )

    return launched


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the liar's own standard input
@pytest.mark.parametrize(
    ("packets", "code"),
    [
        pytest.param([b"nonsense"], "decoder_broke_rules", id="no facts"),
        pytest.param([FACTS[:-1]], "decoder_broke_rules", id="short"),
        pytest.param(
            [wire.FACTS_FORM.pack(wire.FACTS, 1 << 20, 1 << 20, 1, 1)], "picture_size", id="huge"
        ),
        pytest.param(
            [wire.FACTS_FORM.pack(wire.FACTS, 0, 240, 1, 1)], "picture_size", id="nothing"
        ),
        pytest.param(
            [wire.FACTS_FORM.pack(wire.FACTS, 9, 9, 1, float("nan"))],
            "decoder_broke_rules",
            id="not a length",
        ),
        pytest.param([FACTS, picture(SLOTS)], "decoder_broke_rules", id="beyond the memory"),
        pytest.param([FACTS, picture(0)], "decoder_broke_rules", id="not its slot"),
        pytest.param([FACTS, picture(LAST), picture(LAST)], "decoder_broke_rules", id="twice"),
        pytest.param(
            [FACTS, picture(LAST, float("inf"))], "decoder_broke_rules", id="no time at all"
        ),
        pytest.param([FACTS, picture(LAST, 1), picture(LAST - 1, 1)], "time", id="time stands"),
        pytest.param([FACTS, b"Px"], "decoder_broke_rules", id="short picture"),
        pytest.param([FACTS, wire.ERROR + b"\x1b[2J"], "decoder_broke_rules", id="no reason"),
        pytest.param([FACTS, wire.ERROR + b"bad \x1b[2J [damaged]"], "damaged", id="a reason"),
    ],
)
def test_a_decoder_that_was_taken_over_is_caught(clip, packets, code):
    with pytest.raises(FootageError) as caught:
        list(open_sandboxed(clip, launcher=liar(HELLO, *packets)).frames())
    assert caught.value.code == code
    assert "\x1b" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "packets",
    [
        pytest.param([picture(LAST, 1.0, 25)], id="fewer"),
        pytest.param([picture(LAST, 1.0, 25), picture(LAST - 1, 3.0, 75)], id="others"),
        pytest.param([picture(LAST, 1.0, 24), picture(LAST - 1, 2.0, 50)], id="other ordinals"),
        pytest.param([picture(LAST, 2.0, 50), picture(LAST - 1, 1.0, 25)], id="another order"),
        pytest.param(
            [picture(LAST, 1.0, 25), picture(LAST - 1, 2.0, 50), picture(LAST - 2, 3.0, 75)],
            id="more",
        ),
    ],
)
def test_a_decoder_that_brings_other_frames_back_is_caught(clip, packets):
    footage = open_sandboxed(clip, launcher=liar(HELLO, FACTS, *packets, wire.END))
    with pytest.raises(FootageError, match="than were asked for"):
        list(footage.recall({1.0: 25, 2.0: 50}))


def crash(name):
    return f"os.kill(os.getpid(), signal.{name}); time.sleep(9)"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL", "SIGXCPU"])
def test_a_decoder_that_dies_is_an_error_of_its_clip(clip, name):
    with pytest.raises(FootageError, match=rf"clip\.mp4: its decoder died \({name}\)") as caught:
        list(open_sandboxed(clip, launcher=liar(HELLO, FACTS, end=crash(name))).frames())
    assert caught.value.code == "decoder_died"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_decoder_that_hangs_is_stopped(clip, monkeypatch):
    monkeypatch.setattr(sandbox, "WAIT_S", 0.3)
    with pytest.raises(FootageError) as caught:
        list(open_sandboxed(clip, launcher=liar(HELLO)).frames())
    assert caught.value.code == "too_slow"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_after_a_dead_decoder_the_other_clips_go_on(clip, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    opener = partial(open_sandboxed, launcher=liar(HELLO, FACTS[:0], end=crash("SIGSEGV")))
    results = process_files([(clip, a_site()), (text, a_site())], tmp_path / "out", opener=opener)
    assert [result.code for result in results] == ["decoder_died", "container"]


def test_the_filter_allows_what_is_listed_and_nothing_else():
    steps = list(struct.iter_unpack("=HBBI", filter_program("x86_64")))
    allowed = {number: index + 1 + jump for index, (code, jump, _, number) in enumerate(steps)
               if code == 0x15 and index > 3}  # fmt: skip
    assert set(allowed) == set(SYSCALLS["x86_64"].values())
    assert {steps[target][3] for target in allowed.values()} == {0x7FFF0000}
    assert [step[3] for step in steps[-2:]] == [0x00050001, 0x7FFF0000]


def probed(tmp_path, *, outer, filtered=True):
    """The names of what succeeded inside the sandbox."""
    told = {"parent": os.getpid(), "home": str(Path.home()), "secret": "SPEEDCAM_PROBE"}
    os.environ[told["secret"]] = "known to this process alone"
    (tmp_path / "clip").write_bytes(b"clip")
    memory = sandbox._sealed_memory(4096)  # noqa: SLF001
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (
        ours,
        theirs,
        (tmp_path / "clip").open("rb") as file,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        told["abstract"] = f"speedcam-{os.getpid()}"
        abstract.bind("\0" + told["abstract"])
        abstract.listen()
        told |= {"port": server.getsockname()[1], "control": theirs.fileno(), "clip": file.fileno()}
        told |= {"pool": memory, "filtered": filtered}
        given = (theirs.fileno(), file.fileno(), memory)
        with launch(PROBES.read_text(), json.dumps(told), given, outer=outer) as process:
            theirs.close()
            ours.settimeout(60)
            said = dict(map(json.loads, iter(partial(ours.recv, 4096), b"")))
            lost = process.stderr.read().decode()
    os.close(memory)
    del os.environ[told["secret"]]
    said.setdefault("run another program", True)
    assert len(said) >= 15, lost
    return {name for name, succeeded in said.items() if succeeded}


@pytest.mark.parametrize(
    "outer", [pytest.param(True, id="bubblewrap"), pytest.param(False, id="without it")]
)
def test_nothing_that_a_decoder_may_try_succeeds(tmp_path, outer):
    if outer and not has_bubblewrap():
        pytest.skip("bubblewrap is missing, or may not make namespaces here")
    assert probed(tmp_path, outer=outer) == set()


def test_hostile_files_and_some_mutants_end_as_they_must():
    command = [sys.executable, "-m", "tests.torture.footage", "200"]
    root = Path(__file__).parents[2]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "200 mutants" in result.stdout
