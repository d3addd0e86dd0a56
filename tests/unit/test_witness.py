"""The photo of a notice is a frame that was measured, and the best of them."""

from dataclasses import replace

import numpy as np
import pytest

from speedcam.adapters.exhibits import FolderExhibits
from speedcam.adapters.film import moments
from speedcam.adapters.redact import MosaicRedactor
from speedcam.adapters.witness import PictureWitness
from speedcam.ground import fit_ground
from speedcam.model import ExhibitKind, Frame, PlateSighting
from speedcam.speed import measure
from tests.builders_camera import a_track
from tests.builders_notice import a_passage
from tests.builders_raw import a_measured_site

SITE = a_measured_site()
GROUND = fit_ground(SITE.survey, (1920, 1080), SITE.drive)
TRACK = a_track(noise_px=0.3, from_m=44.0, to_m=13.0)
SPEED = measure(TRACK, GROUND, SITE.zone)
MEASURED = [sample.frame_index for sample in SPEED.samples]
BEYOND = [s.frame_index for s in TRACK.sightings if s.frame_index > MEASURED[-1]]
"""Nearer to the camera than the measured stretch, so that plates look largest there."""


def a_frame(sighting) -> Frame:
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    return Frame(
        index=sighting.frame_index,
        time_s=sighting.time_s,
        luma=picture[..., 0],
        corrupt=False,
        colour=lambda: picture,
    )


FRAMES = {sighting.time_s: a_frame(sighting) for sighting in TRACK.sightings}
SEEN = {sighting.frame_index: sighting for sighting in TRACK.sightings}


def a_plate(frame, text="AA000BB") -> PlateSighting:
    box = SEEN[frame].box
    left, top = box.left + 30, box.bottom - 40
    corners = ((left, top), (left + 60, top), (left + 60, top + 13), (left, top + 13))
    return PlateSighting(
        frame_index=frame,
        time_s=SEEN[frame].time_s,
        corners_px=corners,
        text=text,
        character_confidence=(0.9,) * len(text),
    )


def again(index_at):
    return (FRAMES[time_s] for time_s in index_at)


def exhibits(folder, *plates, track=TRACK, driver=None):
    """What is kept of a passage whose plate was found so; the widest that was read is last."""
    witness = PictureWitness(
        site=SITE,
        ground=GROUND,
        store=FolderExhibits(folder=folder),
        folder_name="exhibits",
        redactor=MosaicRedactor(),
        driver=driver,
    )
    passage = a_passage(speed=SPEED, lane=SITE.lanes[0].name)
    kept = witness(passage, FRAMES, track, plates, lambda _: (), recall=again)
    return {exhibit.kind: exhibit for exhibit in kept}


def test_the_photo_is_the_last_of_the_frames_that_were_measured(tmp_path):
    plates = [a_plate(frame) for frame in (MEASURED[3], MEASURED[-2], BEYOND[0], BEYOND[1])]
    kept = exhibits(tmp_path, *plates)
    assert kept[ExhibitKind.PHOTO].frame_index == MEASURED[-2]
    assert kept[ExhibitKind.PLATE].frame_index == BEYOND[1]


@pytest.mark.parametrize("frames", [(), (BEYOND[0], BEYOND[1])], ids=["no plate", "beyond"])
def test_without_a_plate_in_them_the_photo_is_one_of_their_ends(frames, tmp_path):
    kept = exhibits(tmp_path, *map(a_plate, frames))
    assert kept[ExhibitKind.PHOTO].frame_index in {MEASURED[0], MEASURED[-1]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return exhibits(tmp_path_factory.mktemp("exhibits"), a_plate(MEASURED[5]))


def test_the_stills_are_both_ends_of_the_measured_stretch(kept):
    assert kept[ExhibitKind.STILL_FIRST].frame_index == MEASURED[0]
    assert kept[ExhibitKind.STILL_LAST].frame_index == MEASURED[-1]


def test_what_may_be_shown_beside_the_photo_is_of_the_same_moments(kept):
    assert kept[ExhibitKind.SHOWN_FIRST].frame_index == MEASURED[0]
    assert kept[ExhibitKind.SHOWN_LAST].frame_index == MEASURED[-1]
    shown = moments(TRACK.sightings, SEEN[MEASURED[5]].time_s)
    assert kept[ExhibitKind.FILM].frame_index == shown[0].frame_index


def test_nothing_is_shown_where_there_can_be_no_photo(tmp_path):
    shared = replace(TRACK, sightings=tuple(replace(s, merged=True) for s in TRACK.sightings))
    kept = exhibits(tmp_path, track=shared)
    assert set(kept) == {ExhibitKind.STILL_FIRST, ExhibitKind.STILL_LAST}


def test_no_picture_of_a_driver_is_made_unless_the_site_asks_for_it(kept):
    assert ExhibitKind.DRIVER not in kept


def test_the_driver_is_shown_in_the_frame_of_the_photo_or_not_at_all(tmp_path):
    def sees(_passage, taken):
        return taken.picture[:240, :160]

    for look, is_kept in ((sees, True), (lambda *_: None, False)):
        kept = exhibits(tmp_path, a_plate(MEASURED[5]), driver=look)
        assert (ExhibitKind.DRIVER in kept) is is_kept
        assert not is_kept or kept[ExhibitKind.DRIVER].frame_index == MEASURED[5]
