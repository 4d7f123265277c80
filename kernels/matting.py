"""A matte's regression on the picture, pixel by pixel of its soft band."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit

MOMENTS = 14


class Filters(NamedTuple):
    """Symmetric filters that soften a picture."""

    taps: NDArray[np.float32]
    """(S, T): half of each, from its middle."""
    reach: NDArray[np.int64]
    """(S,): how far each reaches, pixels."""


@jit(inline="always")
def _add(colour, matte, sign, sums):
    """Add a pixel's colour and matte to the first and second moments of a window, or take them out (sign -1)."""
    r, g, b = colour
    sums[0] += sign * r
    sums[1] += sign * g
    sums[2] += sign * b
    sums[3] += sign * matte
    sums[4] += sign * r * r
    sums[5] += sign * r * g
    sums[6] += sign * r * b
    sums[7] += sign * g * g
    sums[8] += sign * g * b
    sums[9] += sign * b * b
    sums[10] += sign * r * matte
    sums[11] += sign * g * matte
    sums[12] += sign * b * matte
    sums[13] += sign * matte * matte


@jit(error_model="numpy")
def add_row(colours, matte, level, sign, window):
    """Add a row to the moments of each column, or take it out.

    Parameters
    ----------
    colours : float32 (w * 3,)
    matte : float32 (w,)
    level : float
        The matte is taken relative to this.
    sign : float
        1 or -1.
    window : float64 (w, MOMENTS), changed
    """
    for u in range(matte.size):
        r, g, b = np.float64(colours[3 * u]), np.float64(colours[3 * u + 1]), np.float64(colours[3 * u + 2])
        _add((r, g, b), np.float64(matte[u]) - level, sign, window[u])


@jit(inline="always")
def _variances(sums, count, ridge):
    """Variances of a window's colours, with the ridge, and their covariances: rr, rg, rb, gg, gb, bb."""
    r, g, b = sums[0] / count, sums[1] / count, sums[2] / count
    return (
        sums[4] / count - r * r + ridge,
        sums[5] / count - r * g,
        sums[6] / count - r * b,
        sums[7] / count - g * g + ridge,
        sums[8] / count - g * b,
        sums[9] / count - b * b + ridge,
    )


@jit(inline="always")
def _solve_symmetric(matrix, right):
    """Solve a symmetric 3 x 3 system, given as xx, xy, xz, yy, yz, zz, by its cofactors (Cramer's rule)."""
    rr, rg, rb, gg, gb, bb = matrix
    x, y, z = right
    crr, crg, crb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    cgg, cgb, cbb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = rr * crr + rg * crg + rb * crb
    return (
        (crr * x + crg * y + crb * z) / det,
        (crg * x + cgg * y + cgb * z) / det,
        (crb * x + cgb * y + cbb * z) / det,
    )


@jit(inline="always")
def solve(sums, count, ridge):
    """Solve matte = a . colour + b for a window of moments: a (three), b, and what is left of the matte's variance.

    The local linear law of K. He, J. Sun, X. Tang, "Guided image filtering", 2010.
    """
    r, g, b, m = sums[0] / count, sums[1] / count, sums[2] / count, sums[3] / count
    rm, gm, bm = sums[10] / count - r * m, sums[11] / count - g * m, sums[12] / count - b * m
    ar, ag, ab = _solve_symmetric(_variances(sums, count, ridge), (rm, gm, bm))
    left = max(sums[13] / count - m * m - ar * rm - ag * gm - ab * bm, 0.0)
    return ar, ag, ab, m - ar * r - ag * g - ab * b, left


@jit(inline="always")
def move(columns, come, gone, until, since, sums):
    """Move a window along its columns: those before `until` come, those before `since` go.

    Parameters
    ----------
    columns : float64 (w, MOMENTS)
    come, gone : int
        How many columns came and went before.
    until, since : int
    sums : float64 (MOMENTS,), changed
        Of the columns in the window.

    Returns
    -------
    (int, int)
        How many came and went now.
    """
    while come < until:
        for k in range(MOMENTS):
            sums[k] += columns[come, k]
        come += 1
    while gone < since:
        for k in range(MOMENTS):
            sums[k] -= columns[gone, k]
        gone += 1
    return come, gone


@jit(inline="always")
def _columns_of(picture, matte, rows, span, origin, columns):
    """Sum up the moments of each column of a box.

    Parameters
    ----------
    picture, matte
        As of `fit`.
    rows, span : (int, int)
        First row and the one after the last; the same of columns.
    origin : (int, int)
        Colours and the matte are taken relative to this pixel, so that the sums lose no digits.
    columns : float64 (w, MOMENTS), overwritten
    """
    y0, x0 = origin
    r0, g0, b0 = np.float64(picture[y0, x0, 0]), np.float64(picture[y0, x0, 1]), np.float64(picture[y0, x0, 2])
    m0 = np.float64(matte[y0, x0])
    for u in range(span[1] - span[0]):
        for k in range(MOMENTS):
            columns[u, k] = 0.0
    for v in range(rows[0], rows[1]):
        for u in range(span[0], span[1]):
            colour = picture[v, u, 0] - r0, picture[v, u, 1] - g0, picture[v, u, 2] - b0
            _add(colour, matte[v, u] - m0, 1.0, columns[u - span[0]])


@jit(inline="always")
def _anchored(fit, picture, matte, origin):
    """Return b of matte = a . colour + b, for a fit (a, b) that was made relative to a pixel (y, x)."""
    ar, ag, ab, shift = fit
    y, x = origin
    return shift + matte[y, x] - ar * picture[y, x, 0] - ag * picture[y, x, 1] - ab * picture[y, x, 2]


@jit(inline="always")
def _fit_run(picture, matte, y, span, reach, ridge, scratch, out):
    """Fit the pixels of one run.

    Parameters
    ----------
    picture, matte, reach, ridge
        As of `fit`.
    y : int
    span : (int, int)
        First column and the one after the last.
    scratch : (float64 (W, MOMENTS), float64 (MOMENTS,))
        Overwritten.
    out : float32 (n, 4), written
    """
    height, width = matte.shape
    x0, x1 = span
    rows = max(y - reach, 0), min(y + reach + 1, height)
    left = max(x0 - reach, 0)
    # The window moves along the run: a column comes, a column goes.
    columns, sums = scratch
    _columns_of(picture, matte, rows, (left, min(x1 + reach, width)), (y, x0), columns)
    sums[:] = 0.0
    come = gone = 0
    for x in range(x0, x1):
        come, gone = move(columns, come, gone, min(x + reach + 1, width) - left, x - reach - left, sums)
        ar, ag, ab, shift, _ = solve(sums, (come - gone) * (rows[1] - rows[0]), ridge)
        n = x - x0
        out[n, 0], out[n, 1], out[n, 2] = ar, ag, ab
        out[n, 3] = _anchored((ar, ag, ab, shift), picture, matte, (y, x0))


@jit(error_model="numpy", allocates=False)
def _fit_row(picture, matte, y, runs, begins, reach, ridge, scratch, out):
    """Fit the pixels of a row's runs.

    Parameters
    ----------
    picture, matte, runs, begins, reach, ridge, out
        As of `fit`.
    y : int
    scratch
        As of `_fit_run`.
    """
    row_starts, first, stop = runs
    for run in range(row_starts[y], row_starts[y + 1]):
        span = np.int64(first[run]), np.int64(stop[run])
        _fit_run(picture, matte, y, span, reach, ridge, scratch, out[begins[run] : begins[run + 1]])


@jit()
def fit(picture, matte, runs, begins, reach, ridge, rows, out):
    """Fit matte = a . colour + b over the square around each pixel.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    matte : float32 (H, W)
    runs : (int64 (H + 1,), int32 (R,), int32 (R,))
        Pixels where a fit is wanted: number of each row's first run; columns from the first to before the stop.
    begins : int64 (R + 1,)
        How many pixels come before each run, and in all.
    reach : int
        The square has 2 reach + 1 pixels a side; it is cut at the border.
    ridge : float
        Variance that a colour must have before it counts.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (N, 4), written
        a (three), b.
    """
    scratch = np.empty((matte.shape[1], MOMENTS)), np.empty(MOMENTS)
    for y in range(rows[0], rows[1]):
        _fit_row(picture, matte, y, runs, begins, reach, ridge, scratch, out)


@jit(inline="always")
def _differs(picture, at, reach, least):
    """Whether the square around a pixel (y, x) holds two colours that differ by more than the least."""
    y, x = at
    rows = range(max(y - reach, 0), min(y + reach + 1, picture.shape[0]))
    for c in range(3):
        low = high = picture[y, x, c]
        for v in rows:
            for u in range(max(x - reach, 0), min(x + reach + 1, picture.shape[1])):
                low, high = min(low, picture[v, u, c]), max(high, picture[v, u, c])
        if high - low > least:
            return True
    return False


@jit()
def mark_told(picture, runs, reach, least, rows, told):
    """Mark the pixels beside which a picture changes: elsewhere it tells nothing of a matte.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    runs
        As of `fit`: the pixels that are asked.
    reach : int
        The square around a pixel has 2 reach + 1 pixels a side.
    least : float32
        By so much a colour must change.
    rows : (int, int)
        Those that are asked: the first, and the one after the last.
    told : bool (H, W), changed
        Set where the picture changes.
    """
    row_starts, first, stop = runs
    for y in range(rows[0], rows[1]):
        for run in range(row_starts[y], row_starts[y + 1]):
            for x in range(first[run], stop[run]):
                told[y, x] = _differs(picture, (y, x), reach, least)


@jit(allocates=False)
def number_pixels(runs, begins, number):
    """Count the pixels of runs from 1: of `fit` are `runs` and `begins`; `number` int32 (H, W) is written there."""
    row_starts, first, stop = runs
    for y in range(number.shape[0]):
        for run in range(row_starts[y], row_starts[y + 1]):
            for x in range(first[run], stop[run]):
                number[y, x] = begins[run] + x - first[run] + 1


@jit(inline="always")
def _sum_fits(fits, number, y, x):
    """Sum the fits around a pixel: a (three), b, and how many there are."""
    height, width = number.shape
    count = ar = ag = ab = b = 0.0
    for v in range(max(y - 1, 0), min(y + 2, height)):
        for u in range(max(x - 1, 0), min(x + 2, width)):
            k = number[v, u]
            if k > 0:
                count += 1.0
                ar += fits[k - 1, 0]
                ag += fits[k - 1, 1]
                ab += fits[k - 1, 2]
                b += fits[k - 1, 3]
    return ar, ag, ab, b, count


@jit()
def apply(picture, runs, fits, number, rows, matte):
    """Give the matte (H, W), in place, what the mean of the fits around each pixel says of its colour.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    runs
        As of `fit`: the pixels that have fits.
    fits : float32 (N, 4)
        As of `fit`.
    number : int32 (H, W)
        Which of the fits a pixel has, counted from 1, 0 for none.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    matte : float32 (H, W), changed
    """
    row_starts, first, stop = runs
    for y in range(rows[0], rows[1]):
        for run in range(row_starts[y], row_starts[y + 1]):
            for x in range(first[run], stop[run]):
                ar, ag, ab, b, count = _sum_fits(fits, number, y, x)
                value = (ar * picture[y, x, 0] + ag * picture[y, x, 1] + ab * picture[y, x, 2] + b) / count
                matte[y, x] = min(max(value, 0.0), 1.0)
