"""The whole camera on one page: footage in, passages out, as generators.

A vehicle that was not measured above the limit of its lane leaves a passage without a plate and
without a picture: nobody looks for them. Every vehicle leaves the raw data of its measurement.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from speedcam.ahead import Ahead
from speedcam.anchors import anchor_by_plate, as_fast_as_its_plate, same_vehicle
from speedcam.cadence import Cadence
from speedcam.contact import ContactFinder, far_blur_m
from speedcam.ground import Ground
from speedcam.handover import its_own
from speedcam.limits import Limit
from speedcam.model import (
    Box,
    Conditions,
    Detection,
    Direction,
    Exhibit,
    Floats,
    Frame,
    Grade,
    Passage,
    PlateReading,
    PlateSighting,
    Provenance,
    Reason,
    Refusal,
    Sighting,
    SpeedMeasurement,
    Track,
    Vehicle,
    VehicleClass,
)
from speedcam.outlines import Outlines
from speedcam.plate import shows, vote, width_px
from speedcam.plate_place import plate_place
from speedcam.ports import (
    Detector,
    FrameSource,
    Look,
    MakeDetector,
    PlateReader,
    RawKeeper,
    Sealer,
    Witness,
)
from speedcam.raw import RawData, as_kept
from speedcam.segments import WHOLE, Segment
from speedcam.site import Lane, Site
from speedcam.size import kind_of, vehicle_size
from speedcam.software import software
from speedcam.speed import TOO_LITTLE, ends_at_its_edge, measure, seen_alone
from speedcam.stages import Stopwatch
from speedcam.steady import Alarm, SteadyFootage
from speedcam.thinned import Timed, timed, timed_at_once
from speedcam.track import Pixel, Tracker
from speedcam.workings import workings

GLIMPSES = 25
"""Frames whose median is taken as the empty road: a lane is free in most of them."""

PLATE_FRAMES = 9
"""Frames in which a plate is looked for: enough for a vote and for a slope."""

NEAR = 0.6
"""Share of its largest width at which a vehicle is near enough for its plate to be read."""

BESIDE_LANES_M = 0.5
"""How far beside its lanes a site still takes notice of a vehicle."""

ONE_VEHICLE_M = 2.9
"""An outline no wider than this on the road is one vehicle: lorries are 2.55 m wide."""

ORDINALS = 10**9
"""So many tracks a segment can have, and far more: each vehicle of a clip has a number of its own,
whatever the other segments hold."""

WAITING = 4
"""Vehicles of a stream that wait, at most, while the pictures of another one are made."""

LEAD_M = 12.0
"""How far beyond the zone, and half as far beside it, vehicles are followed."""


def unsigned(passage: Passage, raw: RawData) -> tuple[Exhibit, ...]:  # noqa: ARG001 - the port
    """The :class:`speedcam.ports.Sealer` of a camera without a key: no seal."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One site's camera with what it uses.

    Attributes:
        site: Where it stands.
        ground: The road plane there.
        make_detector: Makes what finds motion.
        reader: Reads plates.
        witness: Makes exhibits.
        keep_raw: Keeps the raw data.
        detector: What ``make_detector`` is called: results of another one are not these.
        seal: Signs passages.
    """

    site: Site
    ground: Ground
    make_detector: MakeDetector
    reader: PlateReader
    witness: Witness
    keep_raw: RawKeeper
    detector: str = "motion"
    seal: Sealer = unsigned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Road:
    """The road as the tracker asks for it: the surveyed plane and the empty scene."""

    finder: ContactFinder
    detector: Detector

    def place_m(self, feet: Sequence[Pixel]) -> tuple[float, float]:
        x_m, y_m = np.median(self.finder.ground.road(np.array(feet, dtype=np.float64)), axis=0)
        return float(x_m), float(y_m)

    def beyond_lens_m(self, px: Floats) -> Floats:
        ground = self.finder.ground
        return np.asarray(ground.road(np.asarray(px, np.float64))[:, 1] - ground.lens_m[1])

    def contact(self, frame: Frame, box: Box, across_m: float) -> Pixel | None:
        scene = self.detector
        found = self.finder.find(frame.luma, scene.still, scene.gain, box, across_m, lit=scene.lit)
        return (found[0] - frame.shake_px[0], found[1] - frame.shake_px[1]) if found else None


def passages(
    camera: Camera,
    footage: FrameSource,
    watch: Callable[[Frame], None] = lambda _: None,
    alarm: Alarm = lambda _: None,
    *,
    segment: Segment = WHOLE,
    clock: Stopwatch | None = None,
    live: Callable[[Track], Refusal | None] | None = None,
) -> Iterator[Passage]:
    """Every vehicle that passed, in the order in which they left.

    Args:
        camera: The site's camera.
        footage: What it recorded.
        watch: Called with each frame, for progress.
        alarm: Told, in one sentence, when the camera no longer stands as surveyed.
        segment: Who passed then, and who was in view at its end.
        clock: Is told where the time goes.
        live: Of a stream, which cannot be waited for: why somebody cannot be measured by its
            stamps, or None. None for footage that is at hand whole.
    """
    clock = clock or Stopwatch()
    footage = SteadyFootage(footage, camera.site.reference_frame, alarm)
    cadence, outlines, ahead = Cadence(), Outlines(), Ahead[Timed](WAITING)

    def shown(frame: Frame) -> None:
        ahead.go_on()
        watch(frame)

    followed = clock.over(
        "tracks", _follow(camera, footage, shown, cadence, outlines, segment=segment)
    )
    tracks = (its_own(track, camera.ground) for track in followed)
    road = camera.ground.road
    if live is None:
        yield from observed(camera, footage, timed(tracks, cadence, road), outlines, segment)
        return
    # A stream does not wait while pictures are made of somebody.
    with closing(ahead.of(timed_at_once(tracks, cadence, road, live))) as vehicles:
        yield from observed(camera, footage, vehicles, outlines, segment)


def observed(
    camera: Camera,
    footage: FrameSource,
    vehicles: Iterable[Timed],
    outlines: Outlines,
    segment: Segment = WHOLE,
) -> Iterator[Passage]:
    """The passage that each vehicle of the segment leaves, in their order.

    Args:
        camera: The site's camera.
        footage: What it recorded.
        vehicles: As they were followed. One whose clock had to be rebuilt is not proven, and so
            its plate is not looked for.
        outlines: What else moved. Where that is forgotten nobody could be hidden: no picture is
            taken then.
        segment: Of others it is only remembered that they were measured.
    """
    measured: list[SpeedMeasurement] = []
    for seen in vehicles:
        track = as_kept(seen.track)
        if not _concerns(camera, track):
            continue
        verdict = _verdict(camera, seen, track, outlines)
        verdict = replace(verdict, speed=_once(verdict.speed, measured))
        told = verdict.doubt or verdict.speed
        if segment.answers_for(track.sightings[0].time_s, track.sightings[-1].time_s):
            passage = _observe(camera, footage, track, verdict, outlines)
            yield passage
            told = passage.speed
        if isinstance(verdict.speed, SpeedMeasurement) and told is not verdict.doubt:
            measured = [*measured[-20:], verdict.speed]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What a track says before its plate was looked for.

    Attributes:
        speed: The reading, or why there is none.
        doubt: What it comes to unless the plate agrees: it may be of a mirror image.
        proves: Whether the plate is looked for, and pictures are taken.
    """

    speed: SpeedMeasurement | Refusal
    doubt: Refusal | None = None
    proves: bool = True


def _verdict(camera: Camera, seen: Timed, track: Track, outlines: Outlines) -> _Verdict:
    proves = not seen.rebuilt and outlines.hold(track)
    speed = measure(track, camera.ground, camera.site.zone)
    if isinstance(speed, Refusal) and seen.unsure is None:
        high = measure(track, camera.ground, camera.site.zone, plate_decides=True)
        if isinstance(high, SpeedMeasurement):
            return _Verdict(speed=high, doubt=speed, proves=proves)
    return _Verdict(speed=_in_time(seen, speed), proves=proves)


def _in_time(seen: Timed, speed: SpeedMeasurement | Refusal) -> SpeedMeasurement | Refusal:
    """The speed, unless it rests on a clock that is not sure."""
    if seen.unsure is None or (isinstance(speed, Refusal) and speed.reason in TOO_LITTLE):
        return speed
    return seen.unsure


def _follow(
    camera: Camera,
    footage: SteadyFootage,
    watch: Callable[[Frame], None],
    cadence: Cadence,
    outlines: Outlines,
    *,
    segment: Segment,
) -> Iterator[Track]:
    blur_m = far_blur_m(camera.ground, sum(_across(camera.site)) / 2, camera.site.zone.far_m)
    finder = ContactFinder(ground=camera.ground, blur_m=blur_m)

    def is_wide(box: Box) -> bool:
        return finder.width_m(box) > ONE_VEHICLE_M

    detector = camera.make_detector(footage.glimpses(GLIMPSES, segment), is_wide)
    row_s = camera.site.readout_s / footage.size[1]
    road = _Road(finder=finder, detector=detector)
    tracker = Tracker(road, row_s, first_ordinal=segment.number * ORDINALS)
    waiting: deque[Track] = deque()
    for frame in footage.frames(segment):
        over = frame.time_s >= segment.end_s and not tracker.sees_from_before(segment.end_s)
        if over and not waiting:
            break
        watch(frame)
        if cadence.is_repeat(frame):
            continue
        detections = detector.detect(frame)
        outlines.note(frame, detections)
        waiting.extend(tracker.step(frame, _near_zone(camera, detections)))
        yield from _settled(footage, waiting)
    # Who is still in view at the end of a run-out stands there, and is the next segment's.
    if segment.end_s == inf:
        waiting.extend(tracker.finish())
    yield from _settled(footage, waiting)


def _settled(footage: SteadyFootage, waiting: deque[Track]) -> Iterator[Track]:
    """Those that waited longest, as long as it is known how the camera stood meanwhile."""
    while waiting and (track := footage.settled(waiting[0])):
        waiting.popleft()
        yield track


def _near_zone(camera: Camera, detections: Sequence[Detection]) -> list[Detection]:
    """What stands in or near the measuring zone: the rest is nobody's business."""
    if not detections:
        return []
    zone = camera.site.zone
    left, right = _across(camera.site)
    feet = np.array([_foot(detection.box) for detection in detections])
    x_m, y_m = camera.ground.road(feet).T
    near = (y_m > zone.near_m - LEAD_M) & (y_m < zone.far_m + LEAD_M)
    beside = (x_m > left - LEAD_M / 2) & (x_m < right + LEAD_M / 2)
    return [detection for detection, here in zip(detections, near & beside, strict=True) if here]


def _across(site: Site) -> tuple[float, float]:
    """Where the lanes begin and end across the road, in metres."""
    return min(lane.left_m for lane in site.lanes), max(lane.right_m for lane in site.lanes)


def _foot(box: Box) -> tuple[float, float]:
    """Middle of the lower edge, in pixels."""
    return (box.left + box.right) / 2, box.bottom


def _concerns(camera: Camera, track: Track) -> bool:
    """Whether the vehicle was ever on the site's lanes within the measuring zone."""
    site = camera.site
    left, right = _across(site)
    x_m, y_m = _feet(camera, track.sightings).T
    inside = (x_m > left - BESIDE_LANES_M) & (x_m < right + BESIDE_LANES_M)
    inside &= (y_m > site.zone.near_m) & (y_m < site.zone.far_m)
    return bool(inside.any())


def _once(
    speed: SpeedMeasurement | Refusal, measured: Sequence[SpeedMeasurement]
) -> SpeedMeasurement | Refusal:
    """The measurement, unless its vehicle was measured already: nobody passes twice at once."""
    if isinstance(speed, SpeedMeasurement) and any(same_vehicle(speed, m) for m in measured):
        return Refusal(reason=Reason.MEASURED_TWICE, numbers={"kmh": round(speed.speed_kmh, 1)})
    return speed


def _observe(
    camera: Camera,
    footage: FrameSource,
    track: Track,
    verdict: _Verdict,
    outlines: Outlines,
) -> Passage:
    passage = _within_lanes(_passage(camera, footage, track, verdict.speed))
    passage = replace(passage, vehicle=_vehicle(camera, track, passage.direction, outlines))
    plates: tuple[PlateSighting, ...] = ()
    if verdict.proves and _triggers(camera.site, passage):
        passage, plates = _prove(
            camera, footage, track, passage, doubt=verdict.doubt, outlines=outlines
        )
    elif verdict.doubt:
        passage = replace(passage, speed=verdict.doubt)
    raw = RawData(
        passage_id=passage.id,
        provenance=passage.provenance,
        picture_px=footage.size,
        calibration=camera.ground.calibration,
        track=track,
        plates=plates,
        speed=_without_samples(passage.speed),
        workings=workings(track, camera.ground, camera.site.zone, passage.speed),
    )
    proven = replace(passage, exhibits=(*passage.exhibits, camera.keep_raw(raw)))
    return replace(proven, exhibits=(*proven.exhibits, *camera.seal(proven, raw)))


def _vehicle(
    camera: Camera, track: Track, direction: Direction | None, outlines: Outlines
) -> Vehicle:
    """What passed: as the detector named it, else as large as it is."""
    size = vehicle_size(track, camera.ground, direction)
    named, by_size = outlines.named(track), kind_of(size)
    if named:
        return Vehicle(kind=named, by="detector", size=size)
    known = by_size is not VehicleClass.UNKNOWN
    return Vehicle(kind=by_size, by="size" if known else None, size=size)


def _without_samples(speed: SpeedMeasurement | Refusal) -> SpeedMeasurement | Refusal:
    return replace(speed, samples=()) if isinstance(speed, SpeedMeasurement) else speed


def _within_lanes(passage: Passage) -> Passage:
    """The passage, refused where it was measured beside every lane."""
    if isinstance(passage.speed, Refusal) or passage.lane is not None:
        return passage
    x_m = round(passage.position_m[0], 2)
    return replace(passage, speed=Refusal(reason=Reason.OUTSIDE_LANES, numbers={"x_m": x_m}))


def _passage(
    camera: Camera, footage: FrameSource, track: Track, speed: SpeedMeasurement | Refusal
) -> Passage:
    site, first, last = camera.site, track.sightings[0], track.sightings[-1]
    feet = _feet(camera, track.sightings)
    direction: Direction | None
    if isinstance(speed, SpeedMeasurement):
        direction, end_s = speed.direction, speed.samples[-1].time_s
        x_m, y_m = np.median([[s.x_m, s.y_m] for s in speed.samples], axis=0)
    else:
        direction, end_s = _heading(feet[:, 1]), last.time_s
        x_m, y_m = np.median(feet, axis=0)
    lane = site.lane_at(float(x_m), direction) if direction else None
    against = None if lane else _lane_against(site, speed)
    lane = lane or against
    at = site.clip_starts_at.astimezone(UTC) + timedelta(seconds=end_s)
    limit = _limit(site, lane, at) if lane else None
    return Passage(
        id=_identity(footage, site, track),
        place=site.place(direction),
        lane=lane.name if lane else None,
        direction=direction,
        limit_kmh=limit.limit_kmh if limit else None,
        at=at,
        first_s=first.time_s,
        last_s=last.time_s,
        position_m=(float(x_m), float(y_m)),
        speed=speed,
        plate=None,
        exhibits=(),
        provenance=Provenance(
            clip=footage.path.name,
            clip_sha256=footage.sha256,
            site_sha256=site.sha256,
            software=software(),
            track_ordinal=track.ordinal,
        ),
        conditions=Conditions(
            weather=site.weather,
            limit_rule=limit.in_words() if limit else "",
            limit_mph=limit.limit_mph if limit else None,
            against_lane=against is not None,
        ),
    )


def _lane_against(site: Site, speed: SpeedMeasurement | Refusal) -> Lane | None:
    """The lane against whose direction the vehicle drove all along, or None."""
    if isinstance(speed, Refusal):
        return None
    across_m = [sample.x_m for sample in speed.samples]
    return site.lane_against(min(across_m), max(across_m), speed.direction)


def _limit(site: Site, lane: Lane, at: datetime) -> Limit:
    """The lane's limit at this instant. This camera tells no classes of vehicle apart."""
    return lane.limit(at.astimezone(ZoneInfo(site.timezone)), None, site.weather)


def _triggers(site: Site, passage: Passage) -> bool:
    """Whether somebody may be pursued: against a lane, or above its trigger beyond all doubt."""
    speed = passage.speed
    lane = next((lane for lane in site.lanes if lane.name == passage.lane), None)
    if isinstance(speed, Refusal) or lane is None:
        return False
    if passage.conditions.against_lane:
        return True
    trigger_kmh = _limit(site, lane, passage.at).trigger_kmh
    return speed.speed_kmh - speed.uncertainty_kmh > trigger_kmh


def _prove(
    camera: Camera,
    footage: FrameSource,
    track: Track,
    passage: Passage,
    *,
    doubt: Refusal | None,
    outlines: Outlines,
) -> tuple[Passage, tuple[PlateSighting, ...]]:
    """Read the plate, let it confirm the speed, and keep the pictures; where the plate was."""
    speed = passage.speed
    if isinstance(speed, Refusal):
        return passage, ()
    looks = _plate_looks(track.sightings)
    ends = {speed.samples[0].frame_index, speed.samples[-1].frame_index}
    shown = [*looks, *(s for s in track.sightings if s.frame_index in ends)]
    wanted = {sighting.time_s: sighting.frame_index for sighting in shown}
    frames = {frame.time_s: frame for frame in footage.recall(wanted)}
    plates = _read_plates(camera, frames, looks)
    reading = vote(plates)
    if isinstance(reading, PlateReading):
        # A line of letters that is not this plate must neither confirm the speed nor be shown.
        plates = [plate for plate in plates if shows(plate.text, reading.text)]
    row_s = camera.site.readout_s / footage.size[1]
    early_s = _early_s(track, row_s)
    surveyed = tuple(
        _as_surveyed(plate, frames[plate.time_s], row_s, early_s[plate.frame_index])
        for plate in plates
    )
    ends_there = ends_at_its_edge(track, speed, camera.ground)
    anchored = anchor_by_plate(speed, surveyed, camera.ground, ends_there=ends_there)
    told = anchored if seen_alone(track, speed) else speed
    if doubt and not (_is_evidence(told) or as_fast_as_its_plate(speed, surveyed, camera.ground)):
        told = doubt
    confirmed = replace(passage, speed=told, plate=reading)
    if not (_triggers(camera.site, confirmed) and _is_evidence(confirmed.speed)):
        return replace(confirmed, plate=None), ()
    exhibits = camera.witness(
        confirmed, frames, track, plates, outlines.beside, recall=footage.recall
    )
    return replace(confirmed, exhibits=exhibits), surveyed


def _early_s(track: Track, row_s: float) -> dict[int, float]:
    """By how much each frame was taken before its time stamp says, but for its rows."""

    def row(sighting: Sighting) -> float:
        return sighting.contact_px[1] if sighting.contact_px else sighting.box.bottom

    return {s.frame_index: s.time_s + row(s) * row_s - s.contact_s for s in track.sightings}


def _as_surveyed(plate: PlateSighting, frame: Frame, row_s: float, early_s: float) -> PlateSighting:
    """The plate at the instant of its rows, where the surveyed camera would see it."""
    du, dv = frame.shake_px

    def steady(px: tuple[float, float]) -> tuple[float, float]:
        return px[0] - du, px[1] - dv

    edges = plate.white_edges_px
    row = float(np.mean([v for _, v in plate.corners_px])) + dv
    return replace(
        plate,
        time_s=plate.time_s + row * row_s - early_s,
        corners_px=tuple(map(steady, plate.corners_px)),
        white_edges_px=(steady(edges[0]), steady(edges[1])) if edges else None,
    )


def _is_evidence(speed: SpeedMeasurement | Refusal) -> bool:
    """Whether anybody may be fined on it: otherwise no plate and no picture is kept."""
    return isinstance(speed, SpeedMeasurement) and speed.grade is Grade.A


def _plate_looks(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Sightings spread over the part of the track in which the vehicle is large and whole."""
    whole = [s for s in sightings if not (s.merged or s.touches_border or s.corrupt)]
    if not whole:
        return []
    large = max(s.box.width for s in whole)
    return _spread([s for s in whole if s.box.width > NEAR * large], PLATE_FRAMES)


def _read_plates(
    camera: Camera, frames: dict[float, Frame], looks: Sequence[Sighting]
) -> list[PlateSighting]:
    """The plate wherever it was found, the widest last of those that were read."""
    x_m = _median_x_m(camera, looks)
    seen = [_look(camera, frames[sighting.time_s], sighting, x_m) for sighting in looks]
    plates = camera.reader.read_track(seen)
    return sorted(plates, key=lambda plate: (bool(plate.text), width_px(plate)))


def _median_x_m(camera: Camera, sightings: Sequence[Sighting]) -> float:
    """Where across the road the vehicle drives, by its contact where that was seen."""
    by_contact = [sighting for sighting in sightings if sighting.contact_px]
    if not sightings:
        return 0.0
    return float(np.median(_feet(camera, by_contact or sightings)[:, 0]))


def _look(camera: Camera, frame: Frame, sighting: Sighting, x_m: float) -> Look:
    # The middle of an outline is off the vehicle's by half of its shadow.
    y_m = float(_feet(camera, [sighting])[0, 1])
    place = plate_place(camera.ground, (x_m, y_m), frame.shake_px)
    return Look(frame=frame, vehicle=sighting.box, place=place)


def _feet(camera: Camera, sightings: Sequence[Sighting]) -> Floats:
    """``(n, 2)`` metres on the road under the middle of each box's lower edge."""
    px = [sighting.contact_px or _foot(sighting.box) for sighting in sightings]
    return camera.ground.road(np.array(px, dtype=np.float64))


def _heading(y_m: Floats) -> Direction | None:
    third = max(1, len(y_m) // 3)
    moved_m = float(np.median(y_m[-third:]) - np.median(y_m[:third]))
    if abs(moved_m) < 1:
        return None
    return Direction.RECEDING if moved_m > 0 else Direction.APPROACHING


def _identity(footage: FrameSource, site: Site, track: Track) -> str:
    """The same for the same footage, camera and track, whenever and wherever it is run."""
    text = f"passage/1|{footage.sha256}|{site.camera_id}|{track.ordinal}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


Item = TypeVar("Item")


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """Up to ``count`` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    places = np.linspace(0, len(items) - 1, count).round().astype(int)
    return [items[place] for place in places]
