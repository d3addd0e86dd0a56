"""Homographies between planes by the normalised direct linear transform.

Hartley and Zisserman, *Multiple View Geometry*, 2nd ed., algorithm 4.2. A first guess for the
camera's fit: it knows neither lenses nor uncertainties.
"""

from __future__ import annotations

import numpy as np

from speedcam.model import Floats


def fit_homography(source: Floats, target: Floats) -> Floats:
    """``(3, 3)`` homography that maps ``(n, 2)`` points to ``(n, 2)`` points, n of 4 or more."""
    from_source, from_target = _normaliser(source), _normaliser(target)
    x, y = apply(from_source, source).T
    u, v = apply(from_target, target).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate(
        [
            np.column_stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u]),
            np.column_stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v]),
        ]
    )
    normalised = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    homography = np.linalg.inv(from_target) @ normalised @ from_source
    return np.asarray(homography / homography[2, 2])


def apply(homography: Floats, points: Floats) -> Floats:
    """``(n, 2)`` points after the homography."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _normaliser(points: Floats) -> Floats:
    """Moves the centroid to 0 and the mean distance from it to sqrt(2)."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.hypot(*(points - centre).T).mean()
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
