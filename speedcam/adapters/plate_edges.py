"""The ends of a plate's white field, and of its blue bands, to a fraction of a pixel.

Everything here works on a profile: the mean, along the plate, of rows in which the bands bear no
sign (stars, letters of the country). Positions are in samples of that profile.
"""

from __future__ import annotations

import numpy as np

from speedcam.model import Floats

BAND_PER_FIELD = 40.0 / 440.0
"""Unit of the edge's window: a band of the commonest plate, which is one stem and its gap."""

LIGHT_PER_LEVEL = 1.5
"""Exponent from grey levels to what is blurred: between light (2.2 in sRGB and BT.709), which lens
and pixels blur, and levels (1), which scaling and coding blur."""
_INWARD = 0.6
"""How far into the white field an edge's window reaches, in widths of a band: one stem."""
_ROUGH_PLACES = np.linspace(-0.6, 0.6, 17)
_PLACES = np.linspace(-0.3, 0.3, 17)
"""Places of an edge that are tried, first and then, around where it seems to be, in bands."""
_GAPS = np.array([0.2, 0.3, 0.4, 0.55])
"""Widths of the white between band and letter that are tried, in widths of a band."""
_BLURS = np.linspace(0.06, 0.42, 7)
"""Blurs of an edge that are tried, in widths of a band."""
_MAX_MISFIT = 0.15
"""Weighted residual of a clear edge, as a share of its step."""
_NEAR = 0.5
"""How far from an edge its pixels count, in widths of a band."""
_MIN_STEP = 25.0
"""Levels of luma that the field must be brighter than its bands."""
MIN_BLUE = 18.0
"""Levels of blue over red by which a band must stand out from the white field."""
_SHARES = np.arange(-0.05, 0.30, 0.002)
"""Where a band's blue is looked at, outwards from the field's end, as a share of the field."""
_INSIDE_BAND = 0.075
"""Up to here, as a share of the field, is blue on every type of plate, if its rim is not thick."""
_SPILL = 0.04
"""How far beyond a band its blue is blurred, as a share of the field: 2 px of a field of 50 px."""
_GREY = 0.25
"""Colour beyond the band, over the band's own, that still counts as none."""
_OPPOSITE = 0.5
"""Colour beyond the band that is so much the opposite of blue that its end shows by itself."""


def white_edges(
    inner: Floats, bands: tuple[float, float], light_per_level: float = LIGHT_PER_LEVEL
) -> tuple[float, float] | None:
    """Both ends of the white field in samples, or None where they are not clear.

    Lens and pixels blur light, and levels are made of it afterwards. Half of the light between
    white and blue is well above half of the levels, so that in levels the field seems longer: by
    0.4 to 0.7 px at a blur of 0.5 to 1 px. What was blurred afterwards does not.

    Args:
        inner: ``(columns, 3)`` the profile, blue-green-red.
        bands: Where the field ends, roughly.
        light_per_level: Exponent from levels to light; 1 looks at levels.
    """
    luma = inner @ (0.114, 0.587, 0.299)
    left, right = bands
    for places in (_ROUGH_PLACES, _PLACES):
        field = right - left
        white = _white_level(luma, left, right)
        # So scaled that near white a level stays a level.
        light = white + white * ((luma / white) ** light_per_level - 1) / light_per_level
        fitted_left = _fit_edge(light, left, field, white, places, side=-1)
        fitted_right = _fit_edge(light, right, field, white, places, side=1)
        if fitted_left is None or fitted_right is None:
            return None
        left, right = fitted_left, fitted_right
    return left, right


def _white_level(luma: Floats, left: float, right: float) -> float:
    """Luma of the white field, seen purest between the groups of characters."""
    inside = luma[round(left) : round(right)]
    return max(1.0, float(np.sort(inside)[-max(1, len(inside) // 25) :].mean()))


def _fit_edge(
    luma: Floats, start: float, field: float, white: float, tried: Floats, *, side: int
) -> float | None:
    """Least-squares place of letter → white → band → surroundings, blurred, near ``start``.

    The other three levels are free and the band's width is known from the field's, so that
    neither a dark or bright car beyond the band nor the first letter's stem beside it can pull
    the edge.
    """
    band = BAND_PER_FIELD * field
    outward = side * (np.arange(len(luma)) - start)
    window = (outward > -_INWARD * band) & (outward < 2.2 * band)
    x, y = np.asarray(outward[window], np.float64), luma[window] - white
    if len(x) < 12:
        return None
    # What lies far from the edge counts less: on one side the letter's inside, on the other the
    # band's own sign, the plate's rim and its holder.
    root = np.exp(-0.25 * np.square(x / (_NEAR * band)))
    places = tried * band
    basis = _steps(x, places, band)
    basis *= root
    weighted = root * y
    seen, gram = basis @ weighted, basis @ basis.transpose(0, 2, 1)
    levels = np.linalg.solve(gram + 1e-3 * np.eye(3), seen[..., None])[..., 0]
    # The squared residuals, without a residual for each of the grid's fits.
    explained = np.sum(levels * (2 * seen - np.einsum("gij,gj->gi", gram, levels)), axis=1)
    error = np.maximum(weighted @ weighted - explained, 0.0) / np.sum(root**2)
    # No letter is brighter than the white and no band either: such fits explain nothing.
    error[(levels[:, 0] > 0.1 * _MIN_STEP) | (levels[:, 1] > -_MIN_STEP)] = np.inf
    row = error.reshape(len(places), -1).min(axis=1)
    at = int(row.argmin())
    if not 0 < at < len(places) - 1 or not np.isfinite(row[at - 1 : at + 2]).all():
        return None
    if np.sqrt(row[at]) > _MAX_MISFIT * -levels[int(error.argmin()), 1]:
        return None
    bend = row[at - 1] - 2 * row[at] + row[at + 1]
    shift = 0.5 * (row[at - 1] - row[at + 1]) / bend if bend > 0 else 0.0
    return start + side * float(places[at] + shift * (places[1] - places[0]))


def _steps(x: Floats, places: Floats, band: float) -> Floats:
    """``(grid, 3, n)``: the letter until its end, and the steps into the band and out of it.

    The grid is every place with every blur and every gap between letter and band, in this order.
    """
    shape = (len(places), len(_BLURS), len(_GAPS))
    blur = (_BLURS * band)[:, None]
    basis = np.empty((*shape, 3, len(x)))
    into, out_of = (_step(x, (places + at)[:, None, None], blur) for at in (0.0, band))
    ends = places[:, None, None] - _GAPS * band
    basis[..., 0, :] = 1.0 - _step(x, ends[..., None], blur[..., None])
    # Neither depends on the gap.
    basis[..., 1, :], basis[..., 2, :] = into[:, :, None], out_of[:, :, None]
    return basis.reshape(-1, 3, len(x))


def _step(x: Floats, at: Floats, blur: Floats) -> Floats:
    """From 0 to 1 at ``at``: the logistic curve, 1 % from a Gaussian blur's at most."""
    z = (at - x) * (1.702 / blur)
    np.clip(z, -40, 40, out=z)
    np.exp(z, out=z)
    z += 1.0
    return np.asarray(np.reciprocal(z, out=z))


def band_share(inner: Floats, white: tuple[float, float]) -> float | None:
    """Width of the blue bands over the field's length, or None where it cannot be told.

    Video keeps colour at half the resolution and blurs it, so that a band's blue reaches too far
    on both sides, by a pixel where it is small. Its centre stays where it is: half a band's width
    from the field's end, which luma shows sharply. That a decoder may set all colour half a pixel
    aside evens out between the two bands. Where the plate's surroundings are coloured
    themselves, the two colours run into each other: on a red or yellow body half-way between
    both is the end, on a blue one nothing is known.

    Args:
        inner: ``(columns, 3)`` the profile, blue-green-red.
        white: The ends of the field, as :func:`white_edges` found them in levels: in these
            colour is blurred as well, so that what moves the one moves the other.
    """
    blue = inner[:, 0] - inner[:, 2]
    blue = blue - _neutral(inner, blue, white)
    field = white[1] - white[0]
    left, right = _band_width(blue, white[0], -field), _band_width(blue, white[1], field)
    return (left + right) / 2 if left and right else None


def _neutral(inner: Floats, blue: Floats, white: tuple[float, float]) -> float:
    """Blue over red where the field is whitest: the light's own colour."""
    inside = slice(round(white[0]), round(white[1]))
    luma = inner[inside].mean(axis=1)
    whitest = luma.argsort()[-max(1, len(luma) // 10) :]
    return float(np.median(blue[inside][whitest]))


def _band_width(blue: Floats, start: float, field: float) -> float | None:
    """Twice the way from ``start`` to the centre of the blue, over ``field``; its sign is outwards.

    The blue is summed up to a little beyond where it has fallen by half.
    """
    level = np.interp(start + _SHARES * field, np.arange(len(blue)), blue)
    peak = int(np.where((_SHARES > 0) & (_SHARES < _INSIDE_BAND), level, -np.inf).argmax())
    fallen = np.flatnonzero(level[peak:] < level[peak] / 2)
    if level[peak] < MIN_BLUE or not len(fallen):
        return None
    outward = _SHARES - _SHARES[peak + fallen[0]]
    beyond = level[(outward > _SPILL) & (outward < 2 * _SPILL)]
    if not len(beyond):
        return None
    other = float(beyond.mean()) / level[peak]
    if other < -_OPPOSITE:
        return _crossed(level, peak, level[peak] * (1 + other) / 2)
    if abs(other) > _GREY:
        return None
    weight = np.maximum(level, 0.0) * (outward < _SPILL)
    return float(2 * (weight @ _SHARES) / weight.sum())


def _crossed(level: Floats, peak: int, half: float) -> float:
    """Where the blue ends against a red or yellow body: half-way from the one to the other."""
    after = peak + int(np.argmax(level[peak:] < half))
    before, now = level[after - 1], level[after]
    return float(
        _SHARES[after] - (half - now) / (before - now) * (_SHARES[after] - _SHARES[after - 1])
    )
