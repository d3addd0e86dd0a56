"""What is said of a passage's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speedcam.explain.words import clock
from speedcam.model import Track
from tests.builders_camera import a_track


def taken_late(*, per_row_s: float, per_step_s: float) -> Track:
    """Rows are exposed one after the other, and of five pictures each is later than the last."""
    track = a_track(60)
    sightings = (
        replace(s, contact_s=s.time_s + per_row_s * s.box.bottom + per_step_s * (k % 5))
        for k, s in enumerate(track.sightings)
    )
    return replace(track, sightings=tuple(sightings))


@pytest.mark.parametrize("per_row_s", [0.0, 2e-5])
def test_of_true_stamps_nothing_is_said(per_row_s: float) -> None:
    assert clock(taken_late(per_row_s=per_row_s, per_step_s=0.0)) == ""


@pytest.mark.parametrize("per_row_s", [0.0, 2e-5])
def test_that_pictures_were_taken_at_other_instants_is_said(per_row_s: float) -> None:
    said = clock(taken_late(per_row_s=per_row_s, per_step_s=0.005))
    assert said.startswith(("The stamps are up to 20 ms off", "The stamps are up to 21 ms off"))
