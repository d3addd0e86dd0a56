"""Marks on a road of which only distances were taped: where they lie, and so a survey.

A tape gives lengths, not coordinates. Which mark lies where follows from all lengths together: a
network adjustment by least squares, as in geodesy (:mod:`speedcam.network`). Its marks err
together: neighbours share lengths, and all share the tape's own scale. The survey keeps their
covariance, and the camera's fit weighs them by it; what lengths leave open, that fit tells. Nothing
is taken as square, or as parallel, more exactly than is stated. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.optimize import least_squares

from speedcam.errors import SurveyError
from speedcam.model import Floats
from speedcam.network import free_network
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
TAPE_SCALE = 0.0002
"""Standard, relative, shared by all lengths of one tape: 0.012 % for the 6.3 mm that class II
allows of 30 m (2014/32/EU, annex X), 0.010 % for steel up to 15 K off, both rectangular, and some
for the pull."""
MARK_M = TAPE_M
"""Of an adjusted mark, where messages name one number. The fit has the marks' whole covariance."""
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
    px: Floats,
    guess_m: Floats,
    tapes: Sequence[Taped],
    size_px: tuple[int, int],
    uncertainty_scale: float = TAPE_SCALE,
) -> Survey:
    """The survey that taped lengths and the picture allow together.

    Args:
        px: ``(n, 2)`` the marks in the picture.
        guess_m: ``(n, 2)`` roughly where they lie: x to the right, y along the road.
        tapes: Two or more lengths.
        size_px: Width and height of the picture.
        uncertainty_scale: Of the tape, relative and standard.

    Raises:
        SurveyError: Fewer than four marks, or no length along the road.
    """
    if len(px) < 4 or not any(tape.along for tape in tapes):
        raise SurveyError(
            f"{len(px)} marks and {sum(t.along for t in tapes)} lengths along the road were taped. "
            "A survey by tape needs at least four marks and one length along the road."
        )
    chains = _chains(tapes, guess_m)
    conditions = partial(_conditions, tapes=tapes, chains=chains)
    # The picture says where the derivatives are taken; the fit that follows must not see it twice.
    near_m = _with_camera(px, guess_m, conditions, chains[0], size_px)
    network = free_network(conditions, near_m)
    return replace(
        _survey(px, network.m, MARK_M, size_px),
        covariance_m2=tuple(map(tuple, network.covariance_m2.tolist())),
        uncertainty_scale=uncertainty_scale,
    )


def _with_camera(
    px: Floats,
    guess_m: Floats,
    conditions: Callable[[Floats], Floats],
    base: list[int],
    size_px: tuple[int, int],
) -> Floats:
    """``(n, 2)`` the marks as tape and picture put them together."""
    rough = fit_camera(_survey(px, guess_m, SQUARE_M, size_px), px, guess_m, size_px)
    anchor, pole = base[0], base[-1]

    def residuals(unknown: Floats) -> Floats:
        theta, m = unknown[:10], unknown[10:].reshape(-1, 2)
        camera = (theta[6:] - rough.sightings.prior_mean) / rough.sightings.prior_sd
        seen = (pose_of(theta).image(on_plane(m)) - px).ravel() / MARK_PX
        fixed = np.array([*(m[anchor] - guess_m[anchor]), m[pole, 0] - guess_m[anchor, 0]]) / _GAUGE
        return np.concatenate([seen, camera, conditions(m), fixed])

    start = np.concatenate([rough.theta, guess_m.ravel()])
    found = least_squares(residuals, start, x_scale="jac", method="trf")
    return np.asarray(found.x[10:].reshape(-1, 2))


def _survey(px: Floats, m: Floats, uncertainty_m: float, size_px: tuple[int, int]) -> Survey:
    points = tuple(
        SurveyPoint(px=(u, v), m=(x, y))
        for (u, v), (x, y) in zip(px.tolist(), m.tolist(), strict=True)
    )
    return Survey(
        points=points, uncertainty_px=MARK_PX, uncertainty_m=uncertainty_m, size_px=size_px
    )


def _conditions(m: Floats, tapes: Sequence[Taped], chains: Sequence[list[int]]) -> Floats:
    """Standardised: lengths, and shapes within what is stated, wherever the network lies."""
    spans = np.array([m[tape.ends[0]] - m[tape.ends[1]] for tape in tapes])
    lengths = np.hypot(*spans.T) - [tape.length_m for tape in tapes]
    along = _chord(m, chains[0])[1]
    slants = spans[[not tape.along for tape in tapes]] @ along
    beside = [_beside(m, chain) for chain in chains]
    turned = [_turned(m, chain, along) for chain in chains[1:]]
    return np.concatenate([lengths / TAPE_M, slants / SQUARE_M, *beside, np.array(turned)])


def _beside(m: Floats, chain: list[int]) -> Floats:
    """Standardised: how far each mark of an edge lies beside the line between the edge's ends."""
    start, along = _chord(m, chain)
    return np.asarray(_cross(along, m[chain] - start) / STRAIGHT_M)


def _turned(m: Floats, chain: list[int], along: Floats) -> float:
    """Standardised: by how much an edge's far end lies beside the direction of the road."""
    start, own = _chord(m, chain)
    return float(_cross(along, own * np.max((m[chain] - start) @ own)) / SQUARE_M)


def _chord(m: Floats, chain: list[int]) -> tuple[Floats, Floats]:
    """The near end of an edge, and the direction of its far end, of length 1."""
    near, far = m[chain[0]], m[chain[-1]]
    return near, (far - near) / np.hypot(*(far - near))


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def _chains(tapes: Sequence[Taped], guess_m: Floats) -> list[list[int]]:
    """Marks that lengths along the road join: each edge by itself, from near to far.

    First the one nearest to ``x`` = 0: others are parallel to it, and lines across square to it.
    """
    chains: list[set[int]] = []
    for tape in tapes:
        if tape.along:
            joined = [chain for chain in chains if chain & set(tape.ends)]
            chains = [chain for chain in chains if chain not in joined]
            chains.append(set(tape.ends).union(*joined))
    edges = [sorted(chain, key=lambda mark: float(guess_m[mark, 1])) for chain in chains]
    return sorted(edges, key=lambda edge: float(np.abs(guess_m[edge, 0]).max()))
