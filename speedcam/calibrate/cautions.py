"""What speaks against a site although nothing contradicts its survey. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from speedcam.calibrate.forecast import Forecast
from speedcam.flatness import flatness
from speedcam.site import Site
from speedcam.speed import MOST_UNCERTAIN, MOST_UNCERTAIN_KMH
from speedcam.survey_checks import Fitted, scale_is_taped

ENOUGH_POINTS = 8
LARGE_RESIDUALS = 1.5


def missing_papers(site: Site) -> Iterator[str]:
    """What a fine needs besides a measurement; the office asks the same of every passage."""
    if site.certificate is None:
        yield "the site file states no certificate of the device (camera.certificate)."
    if site.clock is None:
        yield "nobody recorded that the clock was checked (camera.clock)."
    if site.signs_checked_on is None:
        yield "nobody recorded that the warning signs stand (place.signs_checked_on)."
    elif site.signs_checked_on > site.clip_starts_at.date():
        yield f"the warning signs were seen on {site.signs_checked_on}, after the footage."


def camera_moved(how: str) -> str:
    """Why nothing is measured by a camera that does not stand as surveyed."""
    return (
        f"The camera does not stand as surveyed ({how}). Survey it again and keep a new "
        "camera.reference_frame; or show a frame of the surveyed view."
    )


def too_uncertain(told: Forecast, from_kmh: int) -> str:
    """Why vehicles are refused from some speed on, with the source that is largest at ``told``."""
    largest = max(told.budget, key=lambda doubt: doubt.standard_kmh)
    return (
        f"From {from_kmh} km/h on even a speed through the whole zone is uncertain by more than "
        f"{MOST_UNCERTAIN_KMH:g} km/h, above 100 km/h {100 * MOST_UNCERTAIN:g} % (k = 2), and the "
        f"vehicle is refused. The largest source in lane {told.lane}: {largest.name}. Survey more "
        "points, and more exactly, raise the lens, or choose a longer zone."
    )


def cautions(site: Site, fitted: Fitted) -> Iterator[str]:
    """What should be better about the survey itself, in sentences with a remedy."""
    if not (site.survey.focal_px or site.drive or scale_is_taped(fitted)):
        yield (
            "nothing checks the scale along the road: a survey with all distances along it wrong "
            "by one factor would look as good. Tape two points far apart along the road "
            "(survey.checks), state camera.focal_px, or make a reference drive."
        )
    if len(site.survey.points) < ENOUGH_POINTS:
        yield f"{len(site.survey.points)} points are few: with 8 to 12 a slip of one shows."


def cautions_of_the_fit(fitted: Fitted) -> Iterator[str]:
    """What should be better by the fit; where something contradicts it, these would mislead."""
    if not flatness(fitted.fit).is_told:
        yield (
            "the points cannot tell whether the road is flat. Survey two or more midway between "
            "the ends of the zone, to a centimetre."
        )
    if fitted.fit.excess > LARGE_RESIDUALS:
        yield (
            f"the points miss the fit by {fitted.fit.excess:.1f} times what their stated "
            "uncertainties explain; the uncertainty of every speed was widened to match."
        )
