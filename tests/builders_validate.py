"""Builders for truths and for the passages that a camera would make of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from speedcam.model import (
    Direction,
    Grade,
    Passage,
    PlateReading,
    Provenance,
    Reason,
    Refusal,
    Sample,
    SpeedMeasurement,
)
from speedcam.validate.truth import Crossing, TruthVehicle
from tests.builders_site import a_site

LINE_M = 27.0
STARTS_AT = datetime(2026, 10, 14, 6, 30, tzinfo=UTC)


def a_vehicle(
    *,
    id: str = "0",  # noqa: A002 - the name of the attribute
    kmh: float | None = 60.0,
    at_s: float = 5.0,
    direction: str = "receding",
    lane: str | None = "2",
    kind: str = "sedan",
    plate: str | None = "AA123BB",
) -> TruthVehicle:
    """A vehicle that crosses 27 m at ``at_s``, in view from 13 to 43 m."""
    speed_ms = (kmh or 50.0) / 3.6
    return TruthVehicle(
        id=id,
        kind=kind,
        direction=Direction(direction),
        lane=lane,
        speed_kmh=kmh,
        speed_source="truth" if kmh else "none",
        first_s=at_s - 14 / speed_ms,
        last_s=at_s + 16 / speed_ms,
        crossing=Crossing(y_m=LINE_M, time_s=at_s),
        x_m=None,
        plate=plate,
    )


def a_sighted(
    *,
    x_m: float | None = 1.0,
    first_s: float = 4.0,
    last_s: float = 6.0,
    direction: str = "receding",
    id: str = "0",  # noqa: A002 - the name of the attribute
) -> TruthVehicle:
    """A vehicle of a reference: in view for some time, somewhere across the road."""
    return TruthVehicle(
        id=id,
        kind="",
        direction=Direction(direction),
        lane=None,
        speed_kmh=50.0,
        speed_source="auto",
        first_s=first_s,
        last_s=last_s,
        crossing=None,
        x_m=x_m,
        plate=None,
    )


def a_passage(
    *,
    id: str = "p",  # noqa: A002 - the name of the attribute
    kmh: float = 60.0,
    at_s: float = 5.0,
    direction: str | None = "receding",
    lane: str | None = "2",
    x_m: float = 1.0,
    speed: SpeedMeasurement | Refusal | None = None,
    plate: PlateReading | Refusal | None = None,
    uncertainty_kmh: float = 1.0,
    grade: Grade = Grade.A,
) -> Passage:
    """A passage that crosses 27 m at ``at_s`` and was followed from 15 to 40 m."""
    facing = Direction(direction) if direction else None
    measured = a_measurement(
        kmh=kmh,
        at_s=at_s,
        direction=direction or "receding",
        x_m=x_m,
        uncertainty_kmh=uncertainty_kmh,
        grade=grade,
    )
    samples = measured.samples
    return Passage(
        id=id,
        place=a_site().place(facing),
        lane=lane,
        direction=facing,
        limit_kmh=50,
        at=STARTS_AT + timedelta(seconds=samples[-1].time_s),
        first_s=samples[0].time_s,
        last_s=samples[-1].time_s,
        position_m=(x_m, LINE_M),
        speed=speed or measured,
        plate=plate,
        exhibits=(),
        provenance=Provenance(
            clip="x.mp4",
            clip_sha256="0" * 64,
            site_sha256="0" * 64,
            software="speedcam 0",
            track_ordinal=0,
        ),
    )


def a_measurement(
    *,
    kmh: float = 60.0,
    at_s: float = 5.0,
    direction: str = "receding",
    x_m: float = 1.0,
    uncertainty_kmh: float = 1.0,
    grade: Grade = Grade.A,
    stretch_m: tuple[float, float] = (15.0, 40.0),
) -> SpeedMeasurement:
    """A straight drive through 27 m at ``at_s``, sampled along ``stretch_m``."""
    sign = 1 if direction == "receding" else -1
    near_m, far_m = stretch_m
    along = [near_m + (far_m - near_m) * step / 10 for step in range(11)][::sign]
    times = [at_s + sign * (y_m - LINE_M) / (kmh / 3.6) for y_m in along]
    return SpeedMeasurement(
        speed_kmh=kmh,
        uncertainty_kmh=uncertainty_kmh,
        grade=grade,
        direction=Direction(direction),
        anchors=(),
        over_m=far_m - near_m,
        over_s=times[-1] - times[0],
        samples=tuple(
            Sample(frame_index=n, time_s=time_s, u_px=0.0, v_px=0.0, x_m=x_m, y_m=y_m)
            for n, (time_s, y_m) in enumerate(zip(times, along, strict=True))
        ),
    )


def a_refusal() -> Refusal:
    """A track that was too scattered to measure."""
    return Refusal(reason=Reason.SCATTERED, numbers={"rms_m": 0.5})
