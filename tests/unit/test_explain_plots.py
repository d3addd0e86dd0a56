"""What is drawn of the vehicle's features is what the measurement held its contact edge against."""

from pathlib import Path

import numpy as np
import pytest

from speedcam.explain.dossier import Dossier, Survey
from speedcam.explain.plots import feature_speeds_kmh
from speedcam.ground import fit_ground
from speedcam.model import SpeedMeasurement
from speedcam.redo import remeasure
from speedcam.site import Zone
from tests.builders_camera import a_track
from tests.builders_notice import a_passage
from tests.builders_raw import a_measured_site, some_raw

TIMES_S = np.arange(0, 3, 0.04)


@pytest.mark.parametrize("slowing_m_s2", [0.0, 1.5, 3.0])
def test_every_feature_of_a_vehicle_that_brakes_is_shown(slowing_m_s2):
    site = a_measured_site(zone=Zone(near_m=18.0, far_m=34.0))
    track = a_track(61, times_s=TIMES_S, gained_m=-slowing_m_s2 / 2 * TIMES_S**2, noise_px=0.2)
    raw = some_raw(track, site=site)
    ground = fit_ground(site.survey, raw.picture_px, site.drive)
    survey = Survey(site=site, ground=ground, again=remeasure(raw, site))
    dossier = Dossier(passage=a_passage(), raw=raw, folder=Path(), survey=survey, footage=None)
    shown_kmh = feature_speeds_kmh(dossier)
    assert isinstance(raw.speed, SpeedMeasurement)
    assert len(shown_kmh) == len(track.features)
    assert shown_kmh[0] == pytest.approx(raw.speed.speed_kmh, rel=0.05)
    assert np.all(shown_kmh > 0.98 * raw.speed.speed_kmh)
