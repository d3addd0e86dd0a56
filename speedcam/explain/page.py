"""The report as one page that needs nothing else: no script, no second file, no network."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined

from speedcam.explain.dossier import SHORT_ID, Dossier
from speedcam.explain.palette import USE_COLOURS, USE_WORDS
from speedcam.explain.plan import draw_plan
from speedcam.explain.plots import (
    draw_anchors,
    draw_budget,
    draw_positions,
    draw_residuals,
    legend_text,
    uses_shown,
)
from speedcam.explain.sheet import badge_colour, plot_svg
from speedcam.explain.words import account, badge, headline, when, where
from speedcam.model import ExhibitKind, Image
from speedcam.workings import Position, Use

PLOTS = {
    "Position along the road against time": draw_positions,
    "Distance of each position from the line": draw_residuals,
    "Ways to the speed": draw_anchors,
    "Uncertainty budget": draw_budget,
}
PLAN_SIZE_IN = (11.0, 3.4)
JPEG_QUALITY = 88


def page_html(dossier: Dossier, scene: Image | None, source: str) -> str:
    """The whole report.

    Args:
        dossier: Everything there is on the passage.
        scene: The drawn picture of the road (blue-green-red), or None: then as seen from above.
        source: What ``scene`` shows, in words.
    """
    passage = dossier.passage
    raw = next(e for e in passage.exhibits if e.kind is ExhibitKind.RAW)
    return _environment().get_template("page.html").render(
        headline=headline(passage),
        badge=badge(passage),
        colour=badge_colour(dossier),
        where=where(passage),
        when=when(passage),
        id=passage.id,
        short_id=passage.id[:SHORT_ID],
        clip=passage.provenance.clip,
        clip_sha256=passage.provenance.clip_sha256,
        site_sha256=passage.provenance.site_sha256,
        raw_sha256=raw.sha256,
        software=passage.provenance.software,
        scene=_jpeg(scene) if scene is not None else None,
        scene_text=source,
        plan=plot_svg(draw_plan, dossier, PLAN_SIZE_IN) if scene is None else "",
        legend=list(_legend(dossier)),
        account=account(dossier),
        plots=[(name, plot_svg(draw, dossier)) for name, draw in PLOTS.items()],
        rows=list(_rows(dossier)),
    )  # fmt: skip


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("speedcam.explain"), autoescape=True, undefined=StrictUndefined
    )


def _jpeg(picture: Image) -> str:
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return base64.b64encode(content.tobytes()).decode()


def _legend(dossier: Dossier) -> Iterator[tuple[str, str, str]]:
    for use, count in uses_shown(dossier):
        mark = "●" if use in {Use.USED, Use.NOT_FITTED} else "✕"
        yield USE_COLOURS[use], mark, legend_text(use, count)


def _rows(dossier: Dossier) -> Iterator[tuple[str, ...]]:
    """A line of the table for each sighting."""
    positions = dossier.raw.workings.positions
    for sighting, position in zip(dossier.raw.track.sightings, positions, strict=True):
        pixels = [f"{n:.2f}" for n in sighting.contact_px or ()] or ["", ""]
        metres = [f"{n:.3f}" for n in position.road_m or ()] or ["", ""]
        yield (
            str(sighting.frame_index),
            f"{sighting.contact_s:.6f}",
            *pixels,
            *metres,
            *_doubt_and_residual(position),
            USE_WORDS[position.use],
        )


def _doubt_and_residual(position: Position) -> tuple[str, str]:
    doubt = "" if position.weight is None else f"{100 * position.weight**-0.5:.1f}"
    off = "" if position.residual_m is None else f"{100 * position.residual_m:+.1f}"
    return doubt, off
