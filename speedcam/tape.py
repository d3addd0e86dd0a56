"""Marks on a road of which only distances were taped: where they lie, and so a survey.

A tape gives lengths, not coordinates. Which mark lies where follows from all lengths together and
from how the camera sees them: a network adjustment by least squares, as in geodesy, with the
camera of :mod:`speedcam.pose` as one more observer. Nothing is taken as square, or as parallel,
more exactly than is stated. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from speedcam.errors import SurveyError
from speedcam.model import Floats
from speedcam.pose import on_plane, pose_of
from speedcam.pose_fit import fit_camera
from speedcam.site import Survey, SurveyPoint

TAPE_M = 0.02
"""Standard: laying the tape and finding the mark's middle."""
MARK_PX = 1.0
STRAIGHT_M = 0.05
"""How far a mark may lie beside the line between the ends of its own edge."""
SQUARE_M = 0.15
"""How far off the square a line across the road may end, laid out by eye."""
MARK_M = TAPE_M
"""Of an adjusted mark: the tape's own doubt. How well its stroke of paint is seen, MARK_PX says."""
_GAUGE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Taped:
    """A length between two marks, by their indices.

    Attributes:
        ends: Indices of the two marks.
        length_m: As taped.
        along: Along the road; otherwise across it.
    """

    ends: tuple[int, int]
    length_m: float
    along: bool


def survey_by_tape(
    px: Floats, guess_m: Floats, tapes: Sequence[Taped], size_px: tuple[int, int]
) -> Survey:
    """The survey that taped lengths and the picture allow together.

    Args:
        px: ``(n, 2)`` the marks in the picture.
        guess_m: ``(n, 2)`` roughly where they lie: x to the right, y along the road. The nearest
            and the farthest mark with ``x`` nearest 0 keep that ``x``.
        tapes: Two or more lengths.
        size_px: Width and height of the picture.

    Raises:
        SurveyError: Fewer than four marks, or no length along the road.
    """
    if len(px) < 4 or not any(tape.along for tape in tapes):
        raise SurveyError(
            f"{len(px)} marks and {sum(t.along for t in tapes)} lengths along the road were taped. "
            "A survey by tape needs at least four marks and one length along the road."
        )
    adjusted = _adjust(px, guess_m, tapes, size_px)
    points = tuple(
        SurveyPoint(px=(u, v), m=(x, y))
        for (u, v), (x, y) in zip(px.tolist(), adjusted.tolist(), strict=True)
    )
    return Survey(points=points, uncertainty_px=MARK_PX, uncertainty_m=MARK_M, size_px=size_px)


def _adjust(
    px: Floats, guess_m: Floats, tapes: Sequence[Taped], size_px: tuple[int, int]
) -> Floats:
    rough = fit_camera(_rough(px, guess_m), px, guess_m, size_px)
    chains = _chains(tapes)
    base = min(chains, key=lambda chain: float(np.abs(guess_m[chain, 0]).max()))
    anchor, pole = base[np.argmin(guess_m[base, 1])], base[np.argmax(guess_m[base, 1])]

    def residuals(unknown: Floats) -> Floats:
        theta, m = unknown[:10], unknown[10:].reshape(-1, 2)
        camera = (theta[6:] - rough.sightings.prior_mean) / rough.sightings.prior_sd
        seen = (pose_of(theta).image(on_plane(m)) - px).ravel() / MARK_PX
        fixed = np.array([*(m[anchor] - guess_m[anchor]), m[pole, 0] - guess_m[anchor, 0]]) / _GAUGE
        return np.concatenate([seen, camera, _lengths(m, tapes), *_shape(m, chains, tapes), fixed])

    start = np.concatenate([rough.theta, guess_m.ravel()])
    found = least_squares(residuals, start, x_scale="jac", method="trf")
    return np.asarray(found.x[10:].reshape(-1, 2))


def _rough(px: Floats, m: Floats) -> Survey:
    points = tuple(
        SurveyPoint(px=(p[0], p[1]), m=(q[0], q[1]))
        for p, q in zip(px.tolist(), m.tolist(), strict=True)
    )
    return Survey(points=points, uncertainty_px=MARK_PX, uncertainty_m=SQUARE_M)


def _lengths(m: Floats, tapes: Sequence[Taped]) -> Floats:
    return np.array(
        [(np.hypot(*(m[t.ends[0]] - m[t.ends[1]])) - t.length_m) / TAPE_M for t in tapes]
    )


def _shape(m: Floats, chains: Sequence[list[int]], tapes: Sequence[Taped]) -> list[Floats]:
    """Edges are straight, and lines across the road square to it, within what is stated."""
    out = [np.array([m[t.ends[0], 1] - m[t.ends[1], 1] for t in tapes if not t.along]) / SQUARE_M]
    for chain in chains:
        x, y = m[chain].T
        near, far = int(np.argmin(y)), int(np.argmax(y))
        on_line = x[near] + (x[far] - x[near]) * (y - y[near]) / (y[far] - y[near])
        out.append((x - on_line) / STRAIGHT_M)
        # Both edges run along the road.
        out.append(np.array([(x[far] - x[near]) / SQUARE_M]))
    return out


def _chains(tapes: Sequence[Taped]) -> list[list[int]]:
    """Marks that lengths along the road join, each edge by itself."""
    chains: list[set[int]] = []
    for tape in tapes:
        if tape.along:
            joined = [chain for chain in chains if chain & set(tape.ends)]
            chains = [chain for chain in chains if chain not in joined]
            chains.append(set(tape.ends).union(*joined))
    return [sorted(chain) for chain in chains]
