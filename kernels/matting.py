"""A matte's regression on the picture, pixel by pixel of its soft band."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .jit import jit

MOMENTS = 14


@jit()
def add(r, g, b, m, sign, sums):
    """Add a pixel's colour and matte to the first and second moments of a window, or take them out."""
    sums[0] += sign * r
    sums[1] += sign * g
    sums[2] += sign * b
    sums[3] += sign * m
    sums[4] += sign * r * r
    sums[5] += sign * r * g
    sums[6] += sign * r * b
    sums[7] += sign * g * g
    sums[8] += sign * g * b
    sums[9] += sign * b * b
    sums[10] += sign * r * m
    sums[11] += sign * g * m
    sums[12] += sign * b * m
    sums[13] += sign * m * m


@jit()
def add_row(colours, matte, level, sign, window):
    """Add a row (w * 3,), (w,) to the moments of each column (w, 14), or take it out; the matte relative to `level`."""
    for u in range(matte.size):
        r, g, b = np.float64(colours[3 * u]), np.float64(colours[3 * u + 1]), np.float64(colours[3 * u + 2])
        add(r, g, b, np.float64(matte[u]) - level, sign, window[u])


@jit()
def solve(sums, count, ridge):
    """Solve matte = a . colour + b for a window of moments: a (three), b, and what is left of the matte's variance."""
    sr, sg, sb, sm = sums[0] / count, sums[1] / count, sums[2] / count, sums[3] / count
    rr = sums[4] / count - sr * sr + ridge
    rg, rb = sums[5] / count - sr * sg, sums[6] / count - sr * sb
    gg = sums[7] / count - sg * sg + ridge
    gb = sums[8] / count - sg * sb
    bb = sums[9] / count - sb * sb + ridge
    rm, gm, bm = sums[10] / count - sr * sm, sums[11] / count - sg * sm, sums[12] / count - sb * sm
    # Cofactors of the symmetric 3 x 3.
    crr, crg, crb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    cgg, cgb, cbb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = rr * crr + rg * crg + rb * crb
    ar = (crr * rm + crg * gm + crb * bm) / det
    ag = (crg * rm + cgg * gm + cgb * bm) / det
    ab = (crb * rm + cgb * gm + cbb * bm) / det
    left = max(sums[13] / count - sm * sm - ar * rm - ag * gm - ab * bm, 0.0)
    return ar, ag, ab, sm - ar * sr - ag * sg - ab * sb, left


@jit(parallel=True)
def fit(picture, matte, row_starts, first, stop, begins, reach, ridge, out):
    """Fit matte = a . colour + b over the square around each pixel.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    matte : float32 (H, W)
    row_starts, first, stop : int64 (H + 1,), int32 (R,), int32 (R,)
        Pixels where a fit is wanted, as runs: number of each row's first run; columns from `first` to before `stop`.
    begins : int64 (R + 1,)
        How many pixels come before each run, and in all.
    reach : int
        The square has 2 reach + 1 pixels a side; it is cut at the border.
    ridge : float
        Variance that a colour must have before it counts.
    out : float32 (N, 4)
        a (three), b.
    """
    height, width = matte.shape
    for row in prange(height):
        y = np.int64(row)
        top, bottom = max(y - reach, 0), min(y + reach + 1, height)
        sums = np.empty(MOMENTS)
        for run in range(row_starts[y], row_starts[y + 1]):
            x0, x1 = np.int64(first[run]), np.int64(stop[run])
            # Relative to a pixel of the run, so that the sums lose no digits.
            r0, g0, b0 = np.float64(picture[y, x0, 0]), np.float64(picture[y, x0, 1]), np.float64(picture[y, x0, 2])
            m0 = np.float64(matte[y, x0])
            left, right = max(x0 - reach, 0), min(x1 + reach, width)
            # The window moves along the run: a column comes, a column goes.
            columns = np.zeros((right - left, MOMENTS))
            for v in range(top, bottom):
                for u in range(left, right):
                    r, g, b = picture[v, u, 0] - r0, picture[v, u, 1] - g0, picture[v, u, 2] - b0
                    add(r, g, b, matte[v, u] - m0, 1.0, columns[u - left])
            sums[:] = 0.0
            come, gone = left, left
            for x in range(x0, x1):
                while come < min(x + reach + 1, width):
                    for k in range(MOMENTS):
                        sums[k] += columns[come - left, k]
                    come += 1
                while gone < x - reach:
                    for k in range(MOMENTS):
                        sums[k] -= columns[gone - left, k]
                    gone += 1
                ar, ag, ab, shift, _ = solve(sums, (come - gone) * (bottom - top), ridge)
                n = begins[run] + x - x0
                out[n, 0], out[n, 1], out[n, 2] = ar, ag, ab
                out[n, 3] = shift + m0 - ar * r0 - ag * g0 - ab * b0


@jit()
def root(light, most):
    """Square root of light, clipped to 0..`most`."""
    return np.float32(math.sqrt(min(max(light, np.float32(0.0)), most)))


@jit(parallel=True)
def perceive(rgb, near, most, out):
    """Square root of light `rgb` (H, W, 3), clipped to 0..`most`, at the pixels `near` (H, W): `out` (H, W, 3)."""
    height, width = near.shape
    for y in prange(height):
        for x in range(width):
            if near[y, x]:
                for c in range(3):
                    out[y, x, c] = root(rgb[y, x, c], most)


@jit()
def mirrored(k, size):
    """Index within 0..size of one beyond it, as in mirrors at both borders."""
    if 0 <= k < size:
        return k
    k %= 2 * size
    return k if k < size else 2 * size - 1 - k


@jit(parallel=True)
def unexplained(rgb, most, matte, band, centres, half, reach, ridge, taps, tap_reach, out):
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
        Row and column; a patch holds `half` pixels before and after.
    reach : int
        The squares of the fits have 2 reach + 1 pixels a side.
    ridge : float
        Variance that a colour must have before it counts.
    taps : float32 (S, T)
        Half of each filter that softens the picture, from its middle; the border mirrors.
    tap_reach : int64 (S,)
        How far each filter reaches.
    out : float64 (P, S), written
        Sum of what is left of the matte's variance.
    """
    height, width = matte.shape
    for job in prange(out.size):
        patch, kind = job // taps.shape[0], job % taps.shape[0]
        cy, cx = centres[patch, 0], centres[patch, 1]
        y0, y1 = max(cy - half, 0), min(cy + half, height)
        x0, x1 = max(cx - half, 0), min(cx + half, width)
        top, bottom = max(y0 - reach, 0), min(y1 + reach, height)
        left, right = max(x0 - reach, 0), min(x1 + reach, width)
        rows, columns, wide = bottom - top, right - left, tap_reach[kind]
        # Colours relative to the patch's middle, so that the sums lose no digits.
        own = np.empty((rows + 2 * wide, 3 * (columns + 2 * wide)), np.float32)
        for v in range(rows + 2 * wide):
            y = mirrored(top + v - wide, height)
            for u in range(columns + 2 * wide):
                x = mirrored(left + u - wide, width)
                for c in range(3):
                    own[v, 3 * u + c] = root(rgb[y, x, c], most) - root(rgb[cy, cx, c], most)
        across = np.empty(own.shape[1], np.float32)
        seen = np.zeros((rows, 3 * columns), np.float32)
        for v in range(rows):
            across[:] = np.float32(0.0)
            for k in range(2 * wide + 1):
                tap, line = taps[kind, abs(k - wide)], own[v + k]
                for i in range(across.size):
                    across[i] += tap * line[i]
            target = seen[v]
            for k in range(2 * wide + 1):
                tap, line = taps[kind, abs(k - wide)], across[3 * k : 3 * (k + columns)]
                for i in range(target.size):
                    target[i] += tap * line[i]
        total = 0.0
        # The window moves down and across: rows and columns come, and go.
        window = np.zeros((columns, MOMENTS))
        sums = np.empty(MOMENTS)
        row_come, row_gone = 0, 0
        for y in range(y0, y1):
            while row_come < min(y + reach + 1, height) - top:
                add_row(seen[row_come], matte[top + row_come, left:right], matte[cy, cx], 1.0, window)
                row_come += 1
            while row_gone < y - reach - top:
                add_row(seen[row_gone], matte[top + row_gone, left:right], matte[cy, cx], -1.0, window)
                row_gone += 1
            sums[:] = 0.0
            come, gone = 0, 0
            for x in range(x0, x1):
                while come < min(x + reach + 1, width) - left:
                    for k in range(MOMENTS):
                        sums[k] += window[come, k]
                    come += 1
                while gone < x - reach - left:
                    for k in range(MOMENTS):
                        sums[k] -= window[gone, k]
                    gone += 1
                if band[y, x]:
                    total += solve(sums, (come - gone) * (row_come - row_gone), ridge)[4]
        out[patch, kind] = total


@jit(parallel=True)
def apply(picture, fits, number, matte):
    """Give the matte (H, W), in place, what the mean of the fits around each pixel says of its colour.

    `number` (H, W) int32 says which of the `fits` a pixel has, counted from 1, 0 for none.
    """
    height, width = matte.shape
    for row in prange(height):
        y = np.int64(row)
        for x in range(width):
            if number[y, x] == 0:
                continue
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
            value = (ar * picture[y, x, 0] + ag * picture[y, x, 1] + ab * picture[y, x, 2] + b) / count
            matte[y, x] = min(max(value, 0.0), 1.0)


@jit(parallel=True)
def soften(values, taps, row_starts, first, stop, axis, out):
    """Filter (H, W) along an axis with symmetric taps, in the runs of each row only; the border repeats."""
    height, width = values.shape
    reach = taps.size // 2
    for row in prange(height):
        y = np.int64(row)
        for run in range(row_starts[y], row_starts[y + 1]):
            target = out[y, first[run] : stop[run]]
            target[:] = np.float32(0.0)
            if axis == 0:
                for k in range(taps.size):
                    line = values[min(max(y + k - reach, 0), height - 1), first[run] : stop[run]]
                    for i in range(target.size):
                        target[i] += taps[k] * line[i]
            else:
                padded = np.empty(target.size + 2 * reach, np.float32)
                for i in range(padded.size):
                    padded[i] = values[y, min(max(first[run] + i - reach, 0), width - 1)]
                for k in range(taps.size):
                    line = padded[k : k + target.size]
                    for i in range(target.size):
                        target[i] += taps[k] * line[i]


@jit(parallel=True)
def correct(matte, given, softened, row_starts, first, stop):
    """Add to the matte what it lacks, softened, of the given one; all (H, W), in the runs of each row only."""
    for row in prange(matte.shape[0]):
        y = np.int64(row)
        for run in range(row_starts[y], row_starts[y + 1]):
            for x in range(first[run], stop[run]):
                value = matte[y, x] + given[y, x] - softened[y, x]
                matte[y, x] = min(max(value, np.float32(0.0)), np.float32(1.0))


@jit(parallel=True)
def soften_picture(picture, taps, near, axis, out):
    """Filter (H, W, 3) along an axis with symmetric taps, at the pixels `near` (H, W) only; the border mirrors."""
    height, width = near.shape
    reach = taps.size // 2
    down, right = 1 - axis, axis
    for y in prange(height):
        for x in range(width):
            if not near[y, x]:
                continue
            r = g = b = 0.0
            for k in range(-reach, reach + 1):
                v, u = mirrored(np.int64(y) + down * k, height), mirrored(x + right * k, width)
                r += taps[k + reach] * picture[v, u, 0]
                g += taps[k + reach] * picture[v, u, 1]
                b += taps[k + reach] * picture[v, u, 2]
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r, g, b
