"""``python -m tests.torture.fines``: a rendered clip with damage must prove nothing that is not so.

The clip is damaged in its coded pictures, each time in other places, and processed as
`speedcam process` does. Every reading that may be fined is then held against the sound clip's: it
must rest on no frame that the decoder marked, and say the same speed within both uncertainties.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from speedcam.adapters.video import open_footage
from speedcam.errors import FootageError, SpeedcamError
from speedcam.model import ExhibitKind, Grade, Passage, SpeedMeasurement
from speedcam.process import ClipResult
from speedcam.process_cli import process_files
from speedcam.raw import unpack
from speedcam.site import load_site
from tests.builders_simulate import SimulatedClip, a_clip

TIMES = 20
SEED = 20261127
SAME_S = 1.0
"""Two passages of one place this close in time, at one speed, are of one vehicle."""


def fineable(result: ClipResult) -> list[Passage]:
    """The passages on which somebody may be fined."""
    return [
        passage
        for passage in result.passages
        if isinstance(passage.speed, SpeedMeasurement) and passage.speed.grade is Grade.A
    ]


def damaged(sound: bytes, dice: random.Random) -> bytes:
    """The clip with bits flipped in its coded pictures."""
    bytes_ = bytearray(sound)
    start = sound.index(b"mdat") + 4
    end = sound.find(b"moov", start)
    for _ in range(dice.choice((1, 3, 10, 30))):
        place = dice.randrange(start + (end - start) // 50, end if end > 0 else len(sound))
        bytes_[place] ^= 1 << dice.randrange(8)
    return bytes(bytes_)


def evidence_frames(passage: Passage, folder: Path) -> set[int]:
    """Ordinals of the frames on which a passage's speed and plate rest."""
    (raw,) = (e for e in passage.exhibits if e.kind is ExhibitKind.RAW)
    plates = unpack((folder / raw.path).read_bytes()).plates
    samples = passage.speed.samples if isinstance(passage.speed, SpeedMeasurement) else ()
    return {each.frame_index for each in (*samples, *plates)}


def is_borne_out(passage: Passage, sound: list[Passage]) -> bool:
    """Whether the sound clip shows the same vehicle at the same speed."""
    speed = passage.speed
    assert isinstance(speed, SpeedMeasurement)
    return any(
        abs((passage.at - other.at).total_seconds()) < SAME_S
        and isinstance(other.speed, SpeedMeasurement)
        and abs(speed.speed_kmh - other.speed.speed_kmh)
        <= speed.uncertainty_kmh + other.speed.uncertainty_kmh
        for other in sound
    )


def processed(path: Path, clip: SimulatedClip, out: Path) -> ClipResult | SpeedcamError:
    """What comes of a clip."""
    (result,) = process_files([(path, load_site(clip.site))], out)
    return result


def faults(path: Path, result: ClipResult, sound: list[Passage]) -> Iterator[str]:
    """What is wrong with the readings of a damaged clip."""
    marked = {frame.index for frame in open_footage(path).frames() if frame.corrupt}
    for passage in fineable(result):
        if evidence_frames(passage, result.passages_path.parent) & marked:
            yield f"{path.name}: passage {passage.id} rests on a damaged frame"
        if not is_borne_out(passage, sound):
            yield f"{path.name}: passage {passage.id} says {passage.speed}"


def main(times: int = TIMES) -> int:
    """Damage the clip so many times; how many things went wrong."""
    dice, refused, readings, wrong = random.Random(SEED), 0, 0, 0  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = a_clip(folder, size_px=(1280, 720))
        undamaged = processed(clip.video, clip, folder / "out")
        assert isinstance(undamaged, ClipResult)
        for ordinal in range(times):
            path = folder / f"damaged{ordinal}.mp4"
            path.write_bytes(damaged(clip.video.read_bytes(), dice))
            result = processed(path, clip, folder / "out")
            if isinstance(result, FootageError):
                refused += 1
            elif isinstance(result, ClipResult):
                readings += len(fineable(result))
                for words in faults(path, result, list(undamaged.passages)):
                    wrong += 1
                    sys.stdout.write(f"WRONG {words}\n")
            path.unlink()
    sys.stdout.write(
        f"{times} damaged clips: {refused} refused, {readings} readings of grade A in the others "
        f"({len(fineable(undamaged))} in the sound clip), {wrong} of them wrong\n"
    )
    return wrong


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
