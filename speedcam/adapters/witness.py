"""The pictures that prove a passage: drawn, sealed by their hash, and kept before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

import numpy as np

from speedcam.adapters import evidence
from speedcam.adapters.evidence import Facts, RoadMarks
from speedcam.adapters.film import encode_mp4, moments
from speedcam.adapters.redact import block_px
from speedcam.adapters.shown import FILM_PX, Taken, coarsened, resized, under
from speedcam.adapters.veil import Veil, veil_of
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
from speedcam.subject import Subject, plate_from_afar, stands_clear

SHOWN = frozenset({ExhibitKind.SHOWN_FIRST, ExhibitKind.SHOWN_LAST})
TYPE_SCALE = 1.7
"""The metres on what the owner sees, for a page that shows a still as wide as a telephone."""
WIDER = 1.2
"""An outline so much wider on the road than in the photo holds somebody else: of nine vehicles in
the sample clips their own was at most 1.14 times as wide, one with a neighbour 1.37 and more."""
_STILLS = (
    (ExhibitKind.STILL_FIRST, ExhibitKind.SHOWN_FIRST, "Matja: fillimi / Measurement: start"),
    (ExhibitKind.STILL_LAST, ExhibitKind.SHOWN_LAST, "Matja: fundi / Measurement: end"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A passage that was measured, with the frames that show it.

    Attributes:
        ends: Where the measured stretch begins and ends.
    """

    passage: Passage
    speed: SpeedMeasurement
    frames: Mapping[float, Frame]
    track: Track
    ends: tuple[Sighting, Sighting]
    beside: Callable[[Sighting], Sequence[Box]]
    recall: Callable[[Mapping[float, int]], Iterable[Frame]]

    def picture(self, sighting: Sighting) -> Image:
        return self.frames[sighting.time_s].colour()

    def small(self, sightings: Sequence[Sighting], size_px: tuple[int, int]) -> list[Image]:
        """Their frames in another size; whole ones fill the memory, and go one by one."""
        frames = self.recall({each.time_s: each.frame_index for each in sightings})
        found = {frame.time_s: resized(frame.colour(), size_px) for frame in frames}
        return [found[each.time_s] for each in sightings]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWitness:
    """A :class:`speedcam.ports.Witness` that keeps JPEG pictures in a folder.

    Attributes:
        site: Whose lanes and zone are drawn.
        ground: Where they lie in the picture.
        store: Where pictures are kept.
        folder_name: What a passage calls that folder, relative to its own file.
        redactor: Hides everybody else in the picture for the notice.
        driver: Looks for the driver in it; None: no picture of a driver is made.
    """

    site: Site
    ground: Ground
    store: ExhibitStore
    folder_name: str
    redactor: Redactor
    driver: Callable[[Passage, Taken], Image | None] | None = None

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
        """Two stills, the plate where it was found, the redacted photo, and what goes with it."""
        if not isinstance(passage.speed, SpeedMeasurement):
            return ()
        seen = {sighting.frame_index: sighting for sighting in track.sightings}
        samples = passage.speed.samples
        case = _Case(
            passage=passage,
            speed=passage.speed,
            frames=frames,
            track=track,
            ends=(seen[samples[0].frame_index], seen[samples[-1].frame_index]),
            beside=beside,
            recall=recall,
        )
        stills = [
            self._still(kind, title, case, end, case.picture(end))
            for (kind, _, title), end in zip(_STILLS, case.ends, strict=True)
        ]
        found = [self._plate(case, seen[plate.frame_index], plate) for plate in plates[-1:]]
        return (*stills, *found, *self._public(case, seen, plates))

    def _public(
        self, case: _Case, seen: Mapping[int, Sighting], plates: Sequence[PlateSighting]
    ) -> Iterator[Exhibit]:
        """The photo: the measured frame whose plate was read and is the widest.

        Nearer to the camera than the measured stretch plates are wider still, but the notice says
        that this is what was measured.
        """
        measured = {sample.frame_index for sample in case.speed.samples}
        shown = [plate for plate in plates if plate.frame_index in measured]
        if shown:
            taken = self._taken(case, seen[shown[-1].frame_index], shown[-1])
        else:
            # In an outline that is shared, the photo would uncover a neighbour as well.
            alone = [sighting for sighting in case.ends if not sighting.merged]
            if not alone:
                return
            taken = self._taken(case, max(alone, key=lambda sighting: sighting.box.area), None)
        yield self._photo(case, taken)
        yield from self._driver(case, taken)
        yield from self._beside_photo(case, taken)

    def _driver(self, case: _Case, taken: Taken) -> Iterator[Exhibit]:
        """The driver alone, where the site asks for it and nobody else can be in it."""
        seen = self.driver(case.passage, taken) if self.driver else None
        if seen is not None:
            drawn = evidence.driver(seen, self._facts(case, taken.sighting))
            content = evidence.encode_jpeg(drawn)
            yield self._keep(ExhibitKind.DRIVER, case, taken.sighting, content)

    def _beside_photo(self, case: _Case, taken: Taken) -> Iterator[Exhibit]:
        """Both stills and the film, hidden like the photo."""
        view = moments(case.track.sightings, taken.sighting.time_s)
        if len(view) < 2:
            return
        height, width = taken.picture.shape[:2]
        scale = FILM_PX / width
        small = case.small(view, (FILM_PX, round(scale * height)))
        whole = replace(taken.subject, nearest_px_per_m=self._at_bottom_px_per_m(width, height))
        veil = veil_of(small, taken.vehicle(), block_px(small[0].shape[0], whole.scaled(scale)))
        for (_, kind, title), end in zip(_STILLS, case.ends, strict=True):
            hidden = self._hidden(case, veil, taken, end)
            yield self._still(kind, title, case, end, hidden)
        yield self._film(case, veil, taken, view, small)

    def _hidden(self, case: _Case, veil: Veil, taken: Taken, sighting: Sighting) -> Image:
        """The whole frame with everybody hidden."""
        if sighting == taken.sighting:
            return taken.under(veil)
        coarse = coarsened(case.picture(sighting), self._px_per_m(sighting.box))
        return under(veil, coarse, self._subject_from_afar(case, taken, sighting))

    def _film(
        self,
        case: _Case,
        veil: Veil,
        taken: Taken,
        view: Sequence[Sighting],
        small: Sequence[Image],
    ) -> Exhibit:
        scale = FILM_PX / taken.picture.shape[1]
        pictures = []
        for sighting, picture in zip(view, small, strict=True):
            subject = self._subject_from_afar(case, taken, sighting).scaled(scale)
            coarse = coarsened(picture, scale * self._px_per_m(sighting.box))
            hidden = under(veil, coarse, subject)
            pictures.append(evidence.film_frame(hidden, self._facts(case, sighting)))
        return self._keep(ExhibitKind.FILM, case, view[0], encode_mp4(pictures), "mp4")

    def _still(
        self, kind: ExhibitKind, title: str, case: _Case, sighting: Sighting, picture: Image
    ) -> Exhibit:
        drawn = evidence.still(
            picture,
            self._facts(case, sighting),
            title=title,
            vehicle=sighting.box,
            contact_px=sighting.contact_px,
            road=replace(self._marks(case), type_scale=TYPE_SCALE if kind in SHOWN else 1.0),
        )
        return self._keep(kind, case, sighting, evidence.encode_jpeg(drawn))

    def _plate(self, case: _Case, sighting: Sighting, plate: PlateSighting) -> Exhibit:
        reading = case.passage.plate
        picture = evidence.plate_crop(
            case.picture(sighting),
            self._facts(case, sighting),
            title="Targa / Plate",
            corners_px=np.array(plate.corners_px),
            text=reading.text if isinstance(reading, PlateReading) else "",
        )
        return self._keep(ExhibitKind.PLATE, case, sighting, evidence.encode_jpeg(picture))

    def _taken(self, case: _Case, sighting: Sighting, plate: PlateSighting | None) -> Taken:
        picture = case.picture(sighting)
        subject = self._subject(case, sighting, _around(plate) if plate else None, picture.shape)
        return Taken(
            sighting=sighting,
            picture=picture,
            subject=subject,
            shown=self.redactor.shown(picture, subject),
        )

    def _photo(self, case: _Case, taken: Taken) -> Exhibit:
        picture = evidence.photo(
            taken.picture,
            self._facts(case, taken.sighting),
            subject=taken.subject,
            redactor=self.redactor,
            shown=taken.shown,
        )
        return self._keep(ExhibitKind.PHOTO, case, taken.sighting, evidence.encode_jpeg(picture))

    def _subject_from_afar(self, case: _Case, taken: Taken, sighting: Sighting) -> Subject:
        """The vehicle in a frame in which nobody looked for its plate; doubtful frames hide it."""
        plate = plate_from_afar(taken.subject, sighting.box)
        subject = self._subject(case, sighting, plate, taken.picture.shape)
        damaged = sighting.corrupt or sighting.adrift
        wide = self._width_m(sighting.box) > WIDER * self._width_m(taken.subject.vehicle)
        return replace(subject, clear=subject.clear and not (damaged or wide))

    def _subject(
        self, case: _Case, sighting: Sighting, plate: Box | None, shape: tuple[int, ...]
    ) -> Subject:
        vehicle = case.passage.vehicle
        return Subject(
            vehicle=sighting.box,
            plate=plate,
            kind=vehicle.kind if vehicle else VehicleClass.UNKNOWN,
            front=case.speed.direction is Direction.APPROACHING,
            clear=stands_clear(sighting, case.speed.samples, self.ground),
            others=tuple(case.beside(sighting)),
            nearest_px_per_m=self._nearest_px_per_m(shape, sighting.box),
        )

    def _nearest_px_per_m(self, shape: tuple[int, ...], vehicle: Box) -> float:
        """Pixels of a metre on the road at the lower edge of what the photo shows."""
        left, _, right, bottom = evidence.surroundings(vehicle, shape[1], shape[0])
        return self._across_px_per_m((left + right) / 2, bottom)

    def _px_per_m(self, vehicle: Box) -> float:
        """The same where the vehicle stands."""
        return self._across_px_per_m((vehicle.left + vehicle.right) / 2, vehicle.bottom)

    def _width_m(self, vehicle: Box) -> float:
        return vehicle.width / self._px_per_m(vehicle)

    def _at_bottom_px_per_m(self, width: int, height: int) -> float:
        """The same where the whole picture comes nearest to the camera."""
        return self._across_px_per_m(width / 2, height)

    def _across_px_per_m(self, u: float, v: float) -> float:
        ends_m = self.ground.road(np.array([[u - 5.0, v], [u + 5.0, v]]))
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
            to_px=self.ground.image,
            left_m=lane.left_m,
            right_m=lane.right_m,
            near_m=self.site.zone.near_m,
            far_m=self.site.zone.far_m,
            measured_m=(samples[0].y_m, samples[-1].y_m),
        )

    def _keep(
        self,
        kind: ExhibitKind,
        case: _Case,
        sighting: Sighting,
        content: bytes,
        suffix: str = "jpg",
    ) -> Exhibit:
        name = f"{case.passage.id}-{kind}.{suffix}"
        _, sha256 = self.store.keep(name, content)
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
