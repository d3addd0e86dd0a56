"""The pictures that prove a passage: drawn, sealed by their hash, and kept before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

import numpy as np

from speedcam.adapters import evidence
from speedcam.adapters.evidence import Facts, RoadMarks
from speedcam.ground import Ground
from speedcam.model import (
    Box,
    Direction,
    Exhibit,
    ExhibitKind,
    Frame,
    Image,
    Passage,
    PlateReading,
    PlateSighting,
    Sighting,
    SpeedMeasurement,
    Track,
    VehicleClass,
)
from speedcam.ports import ExhibitStore, Redactor
from speedcam.site import Site
from speedcam.subject import Subject, stands_clear


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A passage that was measured, with the frames that show it."""

    passage: Passage
    speed: SpeedMeasurement
    frames: Mapping[float, Frame]
    beside: Callable[[Sighting], Sequence[Box]]

    def picture(self, sighting: Sighting) -> Image:
        return self.frames[sighting.time_s].colour()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWitness:
    """A :class:`speedcam.ports.Witness` that keeps JPEG pictures in a folder.

    Attributes:
        site: Whose lanes and zone are drawn.
        ground: Where they lie in the picture.
        store: Where pictures are kept.
        folder_name: What a passage calls that folder, relative to its own file.
        redactor: Hides everybody else in the picture for the notice.
    """

    site: Site
    ground: Ground
    store: ExhibitStore
    folder_name: str
    redactor: Redactor

    def __call__(
        self,
        passage: Passage,
        frames: Mapping[float, Frame],
        track: Track,
        plates: Sequence[PlateSighting],
        beside: Callable[[Sighting], Sequence[Box]],
    ) -> tuple[Exhibit, ...]:
        """Two stills, the plate where it was found, and the redacted photo."""
        if not isinstance(passage.speed, SpeedMeasurement):
            return ()
        case = _Case(passage=passage, speed=passage.speed, frames=frames, beside=beside)
        seen = {sighting.frame_index: sighting for sighting in track.sightings}
        first, last = (seen[case.speed.samples[end].frame_index] for end in (0, -1))
        stills = (
            self._still(
                ExhibitKind.STILL_FIRST, "Matja: fillimi / Measurement: start", case, first
            ),
            self._still(ExhibitKind.STILL_LAST, "Matja: fundi / Measurement: end", case, last),
        )
        found = [self._plate(case, seen[plate.frame_index], plate) for plate in plates[-1:]]
        return (*stills, *found, *self._public(case, seen, (first, last), plates))

    def _public(
        self,
        case: _Case,
        seen: Mapping[int, Sighting],
        ends: Sequence[Sighting],
        plates: Sequence[PlateSighting],
    ) -> Iterator[Exhibit]:
        """The photo: the measured frame whose plate was read and is the widest.

        Nearer to the camera than the measured stretch plates are wider still, but the notice says
        that this is what was measured.
        """
        measured = {sample.frame_index for sample in case.speed.samples}
        shown = [plate for plate in plates if plate.frame_index in measured]
        if shown:
            yield self._photo(case, seen[shown[-1].frame_index], shown[-1])
            return
        # In an outline that is shared, the photo would uncover a neighbour as well.
        alone = [sighting for sighting in ends if not sighting.merged]
        if alone:
            yield self._photo(case, max(alone, key=lambda sighting: sighting.box.area), None)

    def _still(self, kind: ExhibitKind, title: str, case: _Case, sighting: Sighting) -> Exhibit:
        picture = evidence.still(
            case.picture(sighting),
            self._facts(case, sighting),
            title=title,
            vehicle=sighting.box,
            contact_px=sighting.contact_px,
            road=self._marks(case),
        )
        return self._keep(kind, case, sighting, picture)

    def _plate(self, case: _Case, sighting: Sighting, plate: PlateSighting) -> Exhibit:
        reading = case.passage.plate
        picture = evidence.plate_crop(
            case.picture(sighting),
            self._facts(case, sighting),
            title="Targa / Plate",
            corners_px=np.array(plate.corners_px),
            text=reading.text if isinstance(reading, PlateReading) else "",
        )
        return self._keep(ExhibitKind.PLATE, case, sighting, picture)

    def _photo(self, case: _Case, sighting: Sighting, plate: PlateSighting | None) -> Exhibit:
        picture = evidence.photo(
            case.picture(sighting),
            self._facts(case, sighting),
            subject=self._subject(case, sighting, plate),
            redactor=self.redactor,
        )
        return self._keep(ExhibitKind.PHOTO, case, sighting, picture)

    def _subject(self, case: _Case, sighting: Sighting, plate: PlateSighting | None) -> Subject:
        vehicle = case.passage.vehicle
        return Subject(
            vehicle=sighting.box,
            plate=_around(plate) if plate else None,
            kind=vehicle.kind if vehicle else VehicleClass.UNKNOWN,
            front=case.speed.direction is Direction.APPROACHING,
            clear=stands_clear(sighting, case.speed.samples, self.ground),
            others=tuple(case.beside(sighting)),
            nearest_px_per_m=self._nearest_px_per_m(case.picture(sighting), sighting.box),
        )

    def _nearest_px_per_m(self, picture: Image, vehicle: Box) -> float:
        """Pixels of a metre on the road at the lower edge of what the photo shows."""
        left, _, right, bottom = evidence.surroundings(vehicle, picture.shape[1], picture.shape[0])
        middle = (left + right) / 2
        ends_m = self.ground.road(np.array([[middle - 5.0, bottom], [middle + 5.0, bottom]]))
        return 10.0 / float(np.hypot(*(ends_m[1] - ends_m[0])))

    def _facts(self, case: _Case, sighting: Sighting) -> Facts:
        started = self.site.clip_starts_at.astimezone(UTC)
        return Facts(
            place=case.passage.place,
            lane=case.passage.lane,
            direction=case.passage.direction,
            limit_kmh=case.passage.limit_kmh,
            speed=case.speed,
            at=started + timedelta(seconds=sighting.time_s),
            frame_index=sighting.frame_index,
            time_s=sighting.time_s,
            clip_sha256=case.passage.provenance.clip_sha256,
        )

    def _marks(self, case: _Case) -> RoadMarks:
        lane = next(lane for lane in self.site.lanes if lane.name == case.passage.lane)
        samples = case.speed.samples
        return RoadMarks(
            to_px=self._to_px,
            left_m=lane.left_m,
            right_m=lane.right_m,
            near_m=self.site.zone.near_m,
            far_m=self.site.zone.far_m,
            measured_m=(samples[0].y_m, samples[-1].y_m),
        )

    def _to_px(self, x_m: float, y_m: float) -> tuple[float, float]:
        u, v = self.ground.image(np.array([[x_m, y_m]]))[0]
        return float(u), float(v)

    def _keep(self, kind: ExhibitKind, case: _Case, sighting: Sighting, picture: Image) -> Exhibit:
        name = f"{case.passage.id}-{kind}.jpg"
        _, sha256 = self.store.keep(name, evidence.encode_jpeg(picture))
        return Exhibit(
            kind=kind,
            path=f"{self.folder_name}/{name}",
            sha256=sha256,
            time_s=sighting.time_s,
            frame_index=sighting.frame_index,
        )


def _around(plate: PlateSighting) -> Box:
    u, v = zip(*plate.corners_px, strict=True)
    return Box(left=min(u), top=min(v), right=max(u), bottom=max(v))
