"""One connection measured: each passage is on the disk before the next one is looked for.

A live clip is what one connection brings, for 55 minutes at most. Who is in view when it ends is
told of by nobody: a vehicle that two clips saw could be told of twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from speedcam import process
from speedcam.adapters.exhibits import FolderExhibits
from speedcam.clips import MakeCamera
from speedcam.disk import append_whole, make_folder, sync_folder, write_durably
from speedcam.errors import FootageError
from speedcam.live.footage import OPENING, OPENING_S, LiveFootage, at_hand, fed_decoder
from speedcam.live.machine_clock import machine_clock
from speedcam.live.reception import Reception
from speedcam.live.ring import KEPT_S
from speedcam.live.status import State, Status
from speedcam.model import (
    Box,
    Exhibit,
    ExhibitKind,
    Frame,
    Passage,
    PlateSighting,
    Reason,
    Refusal,
    Sighting,
    SpeedMeasurement,
    Track,
)
from speedcam.pipeline import Camera, passages
from speedcam.record import dumps
from speedcam.segments import Segment
from speedcam.site import Site

STRETCH_S = 3300.0
"""What is kept of each frame to steady the next ones fills some 20 MB by then."""
RUN_OUT_S = 15.0
CLIP = "clip.json"
LONGEST_S = 45.0
"""Who was in view for longer is not measured: his first frames are about to be deleted."""
LATEST_S = KEPT_S - 15.0
"""The same where measuring is so far behind. Some time goes by before his pictures are made."""
MOST_FOOTAGE_BYTES = 32 * 1024 * 1024
"""An office takes no larger exhibit: then the pictures and the raw data must do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What a stretch is measured with.

    Attributes:
        name: Of the stream.
        site: As the site file is now.
        make_camera: Makes the camera.
        detector: What its detector is called.
        key_id: Of the key that signs; empty where nobody does.
        status: Where it is told how the stream fares.
        alarm: Told what the log should say.
        opening_s: Of the stream, for a first look.
        stretch_s: Longest clip.
    """

    name: str
    site: Site
    make_camera: MakeCamera
    detector: str
    key_id: str
    status: Status
    alarm: Callable[[str], None]
    opening_s: float = OPENING_S
    stretch_s: float = STRETCH_S


def measure_stretch(watching: Watching, reception: Reception, out: Path) -> None:
    """Measure what a connection brings, until it ends, into a folder of its own below ``out``.

    Raises:
        SpeedcamError: The stream is none that can be measured here.
    """
    watching.status.state = State.OPENING
    reception.wait_for(watching.opening_s)
    watching.status.connections += 1
    site = _at_this_hour(watching.site, reception)
    folder = out / f"{watching.name}-{site.clip_starts_at:%Y%m%dT%H%M%SZ}"
    make_folder(folder)
    excerpt = reception.ring.excerpt(0.0, watching.opening_s)
    about = _about(watching, site, excerpt.content)
    write_durably(folder / CLIP, about)
    opening = at_hand(folder / OPENING, excerpt.content)
    with fed_decoder(folder, reception.backlog) as decoder:
        decoder.facts()
        require_same_size(out, site, opening.size)
        sha256 = hashlib.sha256(about).hexdigest()
        desk = _Desk(
            watching=watching,
            reception=reception,
            site=site,
            folder=folder,
            dropped_before=watching.status.dropped,
        )
        footage = LiveFootage(
            reception, decoder, opening, folder=folder, sha256=sha256, watch=desk.note
        )
        del opening  # whose decoder ends with the first look at it
        run = process.run_of(site, footage, watching.detector, watching.key_id)
        write_durably(folder / process.RUN, json.dumps({**run, "live": True}).encode())
        desk.measure(footage)
    if reception.why:
        raise reception.why


def _at_this_hour(site: Site, reception: Reception) -> Site:
    """The site with the instant at which the stream's first picture came, and this clock."""
    since_s = time.monotonic() - reception.stamps.zero_s
    began = datetime.now(UTC) - timedelta(seconds=since_s)
    clock = machine_clock(began.astimezone(ZoneInfo(site.timezone)).date())
    return replace(site, clip_starts_at=began, clock=clock)


def _about(watching: Watching, site: Site, opening: bytes) -> bytes:
    """What says which clip this is; its SHA-256 stands for the clip's."""
    told = {
        "what": "live clip",
        "stream": watching.name,
        "camera": site.camera_id,
        "site_sha256": site.sha256,
        "starts_at": site.clip_starts_at.isoformat(),
        "clock_off_s": site.clock.offset_s if site.clock else None,
        "opening_sha256": hashlib.sha256(opening).hexdigest(),
    }
    return json.dumps(told, sort_keys=True).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Where passages of a stretch are written down."""

    watching: Watching
    reception: Reception
    site: Site
    folder: Path
    dropped_before: int

    def measure(self, footage: LiveFootage) -> None:
        """Write down everybody who passes, until the stream ends or the stretch does."""
        camera = self.watching.make_camera(self.site, footage.size, self.folder)
        camera = replace(camera, witness=_Witness(camera=camera, desk=self))
        end_s = self.watching.stretch_s
        segment = Segment(end_s=end_s, until_s=end_s + RUN_OUT_S)
        self.watching.status.state = State.MEASURING
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        record = os.open(self.folder / process.PASSAGES, flags, 0o600)
        try:
            sync_folder(self.folder)
            self.watching.status.stretch = str(self.folder)
            found = passages(
                camera, footage, alarm=self.watching.alarm, segment=segment, live=self.doubt
            )
            for passage in found:
                self._write(record, passage)
                footage.forget()
        finally:
            os.close(record)

    def _write(self, record: int, passage: Passage) -> None:
        append_whole(record, f"{dumps(passage)}\n".encode())
        late_s = (datetime.now(UTC) - passage.at).total_seconds()
        self.watching.status.count(_outcome(passage), late_s)

    def note(self, frame: Frame) -> None:
        """Take in that a frame was decoded."""
        status, reception = self.watching.status, self.reception
        status.frames += 1
        status.dropped = self.dropped_before + reception.backlog.dropped
        status.lag_s = max(0.0, reception.newest_s - frame.time_s)
        status.measured_s = time.monotonic()
        status.clock_off = reception.stamps.off

    def doubt(self, track: Track) -> Refusal | None:
        """Why somebody cannot be measured by the stream's stamps, or not any more."""
        return too_long_ago(track, self.reception.newest_s) or self.reception.stamps.doubt()


def too_long_ago(track: Track, newest_s: float) -> Refusal | None:
    """Why nothing may be left of somebody's first frames by the time his pictures are made.

    Args:
        track: As he was followed.
        newest_s: When the picture is shown that came last.
    """
    first_s, last_s = track.sightings[0].time_s, track.sightings[-1].time_s
    if last_s - first_s > LONGEST_S:
        return Refusal.rounded(Reason.TIME_UNSURE, in_view_s=last_s - first_s, kept_s=LONGEST_S)
    if newest_s - first_s > LATEST_S:
        return Refusal.rounded(Reason.TIME_UNSURE, late_s=newest_s - first_s, kept_s=LATEST_S)
    return None


def _outcome(passage: Passage) -> str:
    speed = passage.speed
    return str(speed.grade if isinstance(speed, SpeedMeasurement) else speed.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Witness:
    """A :class:`speedcam.ports.Witness` that keeps what came as well: a stream comes once."""

    camera: Camera
    desk: _Desk

    def __call__(
        self,
        passage: Passage,
        frames: Mapping[float, Frame],
        track: Track,
        plates: Sequence[PlateSighting],
        beside: Callable[[Sighting], Sequence[Box]],
        *,
        recall: Callable[[Mapping[float, int]], Iterable[Frame]],
    ) -> tuple[Exhibit, ...]:
        made = self.camera.witness(passage, frames, track, plates, beside, recall=recall)
        return (*made, *self._footage(passage, track)) if made else made

    def _footage(self, passage: Passage, track: Track) -> Iterator[Exhibit]:
        first, last = track.sightings[0], track.sightings[-1]
        excerpt = self.desk.reception.ring.excerpt(first.time_s, last.time_s)
        if len(excerpt.content) > MOST_FOOTAGE_BYTES:
            return
        store = FolderExhibits(folder=self.desk.folder / process.EXHIBITS)
        name = f"{passage.id}-{ExhibitKind.FOOTAGE}.ts"
        _, sha256 = store.keep(name, excerpt.content)
        yield Exhibit(
            kind=ExhibitKind.FOOTAGE,
            path=f"{process.EXHIBITS}/{name}",
            sha256=sha256,
            time_s=first.time_s,
            frame_index=first.frame_index,
        )


def require_same_size(out: Path, site: Site, size: tuple[int, int]) -> None:
    """Remember the size of a site's pictures; another one ends measuring until the site changes.

    Raises:
        FootageError: The pictures are of another size than before, by the same site file.
    """
    path = out / process.RUN
    told = json.loads(path.read_bytes()) if path.exists() else {}
    if told.get("site_sha256") != site.sha256 or not told.get("size_px"):
        told = {"site_sha256": site.sha256, "size_px": size}
        write_durably(path, json.dumps(told).encode())
    if tuple(told["size_px"]) != size:
        was = "x".join(map(str, told["size_px"]))
        raise FootageError(
            f"{out.name}: its pictures are {size[0]}x{size[1]} now and were {was} when the camera "
            "was surveyed. Nothing is measured. Set the camera back, or survey it again and change "
            "the site file.",
            "size_change",
        )
