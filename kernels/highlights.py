"""Passes over a photo for what is bright in it."""

import numpy as np
from numba import prange

from .enlarge import mixed, placed
from .jit import jit


@jit(inline="always")
def _peak(rgb, extra, y, x):
    """Return the brightest channel of a pixel, with what was clipped of it; `extra` may be of shape (0, 0, 3)."""
    if extra.shape[0] == 0:
        return max(rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2])
    return max(rgb[y, x, 0] + extra[y, x, 0], rgb[y, x, 1] + extra[y, x, 1], rgb[y, x, 2] + extra[y, x, 2])


@jit(parallel=True)
def brighter(rgb, extra, level, out):
    """Find the pixels of which any channel of `rgb` + `extra` exceeds a level; return how many there are.

    `extra` (H, W, 3) is of shape (0, 0, 3) when there is none; `out` bool (H, W) is written.
    """
    height, width, _ = rgb.shape
    count = 0
    for y in prange(height):
        for x in range(width):
            out[y, x] = _peak(rgb, extra, y, x) > level
            count += out[y, x]
    return count


@jit(inline="always")
def _mix_rows(stops, row, height, line):
    """Interpolate a map (h, w, C) down to a row of a picture of a height: `line` (w, C)."""
    top, down = placed(row, stops.shape[0], height)
    below = min(top + 1, stops.shape[0] - 1)
    for x in range(stops.shape[1]):
        for c in range(stops.shape[2]):
            line[x, c] = mixed(stops[top, x, c], stops[below, x, c], down)


@jit(inline="always")
def _gained(light, factor, base, alternate):
    """Radiance that a gain adds to light; the factor is that of the gain, less one."""
    # Less one: without offsets, no gain is exactly nothing.
    return (max(light, np.float32(0.0)) + base) * factor + (base - alternate)


@jit(inline="always")
def _gain_row(rgb, line, offsets, extra):
    """Write what a row of a map adds to a row of the photo, where it adds; return how many pixels get any.

    Parameters are rows of those of `gain`: (W, 3), (w, 1 or 3), and both offsets (3,).
    """
    base, alternate = offsets
    width, (columns, channels) = rgb.shape[0], line.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    count = 0
    for x in range(width):
        left, across = placed(x, columns, width)
        right = min(left + 1, columns - 1)
        factor, some = zero, False
        for c in range(3):
            if c < channels:
                factor = np.exp2(mixed(line[left, c], line[right, c], across)) - one
            more = _gained(rgb[x, c], factor, base[c], alternate[c])
            some |= more > zero  # set in a branch, numba takes it for a circle under Python 3.12 and newer
            if more > zero:
                extra[x, c] = more
        count += some
    return count


@jit(parallel=True)
def gain(rgb, stops, base, alternate, extra):
    """Write what a gain map adds to a photo, where it adds; return how many pixels get any.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    stops : float32 (h, w, 1 or 3)
        Enlarged linearly between pixel centres; the border repeats.
    base, alternate : float32 (3,)
        Offsets: radiance is (rgb + base) * 2**stops - alternate.
    extra : float32 (H, W, 3)
        All 0; written where it is more.

    Notes
    -----
    The formula is that of ISO 21496-1.
    """
    height = rgb.shape[0]
    count = 0
    for y in prange(height):
        line = np.empty((stops.shape[1], stops.shape[2]), np.float32)
        _mix_rows(stops, y, height, line)
        count += _gain_row(rgb[y], line, (base, alternate), extra[y])
    return count


@jit(parallel=True)
def least_around(values, ys, xs, reach, out):
    """Find the least value around each of some pixels.

    Parameters
    ----------
    values : float32 (H, W)
    ys, xs : int64 (N,)
        The pixels.
    reach : int
        Half width of the square that is looked at, pixels.
    out : float32 (N,), written
    """
    height, width = values.shape
    for n in prange(ys.size):
        least = np.float32(np.inf)
        for y in range(max(ys[n] - reach, 0), min(ys[n] + reach + 1, height)):
            for x in range(max(xs[n] - reach, 0), min(xs[n] + reach + 1, width)):
                least = min(least, values[y, x])
        out[n] = least


@jit(inline="always")
def _own_ring(runs, around, reach, owner):
    """Write which piece's ring covers each pixel of a row (W,), 0 for none; where rings overlap, the highest label.

    Parameters
    ----------
    runs : (int64 (H + 1,), int32 (R,), int32 (R,), int32 (R,))
        As of `ring_sums`.
    around : (int, int)
        First run that the row lies near to, and the one after the last.
    reach : int
        Pixels to every side.
    owner : int32 (W,), overwritten
    """
    _, first, stop, label = runs
    owner[:] = 0
    for n in range(around[0], around[1]):
        for x in range(max(first[n] - reach, 0), min(stop[n] + reach, owner.size)):
            owner[x] = max(owner[x], label[n])


@jit(parallel=True)
def ring_sums(rgb, inner, runs, reach, total, count):
    """Sum the mean of the channels in the ring around each piece of a mask.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    inner : bool (H, W)
        In no ring.
    runs : (int64 (H + 1,), int32 (R,), int32 (R,), int32 (R,))
        The pieces: number of each row's first run; columns from the first to before the stop; label, from 1.
        Where rings overlap, the highest label counts.
    reach : int
        Outer reach of the ring, pixels to every side.
    total, count : float64 (B, L)
        Sum and number of pixels per band of rows and label; 0 before.
    """
    height, width, _ = rgb.shape
    bands = total.shape[0]
    for band in prange(bands):
        owner = np.empty(width, np.int32)
        for y in range(band * height // bands, (band + 1) * height // bands):
            around = runs[0][max(y - reach, 0)], runs[0][min(y + reach + 1, height)]
            if around[0] == around[1]:
                continue
            _own_ring(runs, around, reach, owner)
            for x in range(width):
                if owner[x] > 0 and not inner[y, x]:
                    total[band, owner[x]] += (rgb[y, x, 0] + rgb[y, x, 1] + rgb[y, x, 2]) / np.float32(3.0)
                    count[band, owner[x]] += 1.0
