"""How much of a picture a matte leaves unexplained, at several levels of softness."""

from __future__ import annotations

import math

import numpy as np

from .jit import jit
from .matting import MOMENTS, add_row, move, solve
from .softening import add_scaled, mirrored


@jit(inline="always")
def _root(light, most):
    """Square root of light, clipped to 0..`most`."""
    return np.float32(math.sqrt(min(max(light, np.float32(0.0)), most)))


@jit()
def perceive(rgb, near, most, out):
    """Square root of light `rgb` (H, W, 3), clipped to 0..`most`, at the pixels `near` (H, W): `out` (H, W, 3)."""
    height, width = near.shape
    for y in range(height):
        for x in range(width):
            if near[y, x]:
                for c in range(3):
                    out[y, x, c] = _root(rgb[y, x, c], most)


@jit(inline="always")
def _around(middle, margin, size):
    """First index within a margin around (first, stop), and the one after the last, within 0..size."""
    return max(middle[0] - margin, 0), min(middle[1] + margin, size)


@jit(inline="always")
def _seen_around(rgb, most, centre, corner, size):
    """Cut out the perceptual picture around a patch, relative to the patch's middle, so that sums lose no digits.

    Parameters
    ----------
    rgb, most
        As of `unexplained`.
    centre : (int, int)
    corner : (int, int)
        Row and column where it begins; beyond the border it is mirrored.
    size : (int, int)

    Returns
    -------
    float32 (h, w * 3)
    """
    height, width, _ = rgb.shape
    out = np.empty((size[0], 3 * size[1]), np.float32)
    for v in range(size[0]):
        y = mirrored(corner[0] + v, height)
        for u in range(size[1]):
            x = mirrored(corner[1] + u, width)
            for c in range(3):
                out[v, 3 * u + c] = _root(rgb[y, x, c], most) - _root(rgb[centre[0], centre[1], c], most)
    return out


@jit(inline="always")
def _soften_patch(own, taps, wide, size):
    """Filter down and across with half a symmetric filter; what is filtered is wider than the answer to every side.

    Parameters
    ----------
    own : float32 (h + 2 wide, (w + 2 wide) * 3)
    taps : float32 (T,)
        From the middle.
    wide : int
        How far the filter reaches.
    size : (int, int)

    Returns
    -------
    float32 (h, w * 3)
    """
    rows, columns = size
    across = np.empty(own.shape[1], np.float32)
    seen = np.zeros((rows, 3 * columns), np.float32)
    for v in range(rows):
        across[:] = np.float32(0.0)
        for k in range(2 * wide + 1):
            add_scaled(own[v + k], taps[abs(k - wide)], across)
        for k in range(2 * wide + 1):
            add_scaled(across[3 * k : 3 * (k + columns)], taps[abs(k - wide)], seen[v])
    return seen


@jit(inline="always")
def _add_left(window, band_row, span, left, rows, fit, total):
    """Add what the fits leave of the matte's variance at the pixels asked of one row.

    Parameters
    ----------
    window : float64 (w, MOMENTS)
        Moments of the columns.
    band_row : bool (W,)
    span : (int, int)
        First column asked and the one after the last.
    left : int
        Column of the picture that the window begins with.
    rows : int
        How many rows the window is of.
    fit : (int, float)
        As of `unexplained`.
    total : float
        What was left before.

    Returns
    -------
    float
    """
    reach, ridge = fit
    sums = np.zeros(MOMENTS)
    come = gone = 0
    for x in range(span[0], span[1]):
        come, gone = move(window, come, gone, min(x + reach + 1, band_row.size) - left, x - reach - left, sums)
        if band_row[x]:
            total += solve(sums, (come - gone) * rows, ridge)[4]
    return total


@jit(inline="always")
def _sum_left(seen, matte, band, level, asked, box, fit):
    """Sum what the fits to a patch leave of the matte's variance.

    Parameters
    ----------
    seen : float32 (h, w * 3)
        The softened picture in the box.
    matte, band
        As of `unexplained`.
    level : float
        The matte is taken relative to this.
    asked : ((int, int), (int, int))
        First row of the patch and the one after the last; the same of columns.
    box : ((int, int), (int, int))
        Those with all that the fits need.
    fit : (int, float)
        As of `unexplained`.

    Returns
    -------
    float
    """
    reach, height = fit[0], matte.shape[0]
    top, (left, right) = box[0][0], box[1]
    # The window moves down and across: rows and columns come, and go.
    window = np.zeros((right - left, MOMENTS))
    come = gone = 0
    total = 0.0
    for y in range(asked[0][0], asked[0][1]):
        while come < min(y + reach + 1, height) - top:
            add_row(seen[come], matte[top + come, left:right], level, 1.0, window)
            come += 1
        while gone < y - reach - top:
            add_row(seen[gone], matte[top + gone, left:right], level, -1.0, window)
            gone += 1
        total = _add_left(window, band[y], asked[1], left, come - gone, fit, total)
    return total


@jit(error_model="numpy")
def _unexplained_patch(rgb, most, matte, band, centre, half, fit, taps, wide):
    """Measure what a softened picture leaves unexplained of the matte in one patch.

    Parameters
    ----------
    rgb, most, matte, band, half
        As of `unexplained`.
    centre : (int, int)
    fit : (int, float)
        As of `unexplained`.
    taps : float32 (T,)
        Half of the filter, from its middle.
    wide : int
        How far the filter reaches, pixels.

    Returns
    -------
    float
    """
    height, width = matte.shape
    cy, cx = centre
    asked = _around((cy, cy), half, height), _around((cx, cx), half, width)
    box = _around(asked[0], fit[0], height), _around(asked[1], fit[0], width)
    size = box[0][1] - box[0][0], box[1][1] - box[1][0]
    corner = box[0][0] - wide, box[1][0] - wide
    own = _seen_around(rgb, most, centre, corner, (size[0] + 2 * wide, size[1] + 2 * wide))
    seen = _soften_patch(own, taps, wide, size)
    return _sum_left(seen, matte, band, matte[cy, cx], asked, box, fit)


@jit()
def unexplained(rgb, most, matte, band, centres, half, fit, filters, out):
    """Measure what a softened picture leaves unexplained of the matte, in patches.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear; the picture is its square root.
    most : float32
        More light than this is as much as this.
    matte : float32 (H, W)
    band : bool (H, W)
        Pixels that are asked.
    centres : int64 (P, 2)
        Row and column of each patch's middle.
    half : int
        A patch holds so many pixels before its middle and, with it, after.
    fit : (int, float)
        Reach, the squares of the fits have 2 reach + 1 pixels a side; and ridge, the variance that a colour must have
        before it counts.
    filters : Filters
        Those that soften the picture, S of them; the border mirrors.
    out : float64 (P, S), written
        Sum of what is left of the matte's variance.
    """
    taps, wide = filters
    for job in range(out.size):
        patch, kind = job // out.shape[1], job % out.shape[1]
        centre = centres[patch, 0], centres[patch, 1]
        out[patch, kind] = _unexplained_patch(rgb, most, matte, band, centre, half, fit, taps[kind], wide[kind])
