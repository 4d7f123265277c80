"""Passes over a photo for what is bright in it."""

import numpy as np

from .enlarge import mixed, placed
from .jit import jit


@jit()
def brighter(rgb, level, out):
    """Find the pixels of `rgb` (H, W, 3) of which any channel exceeds a level: `out` bool (H, W); return how many."""
    height, width, _ = rgb.shape
    count = 0
    for y in range(height):
        for x in range(width):
            out[y, x] = max(rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]) > level
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
def _factor(line, at, c):
    """Factor of a gain, less one, between columns of a row of a map: `at` is the one before, the one after, a share."""
    stops = mixed(line[np.uint32(at[0]), c], line[np.uint32(at[1]), c], at[2])
    return np.exp2(stops) - np.float32(1.0) if stops != 0.0 else np.float32(0.0)


@jit(inline="always")
def _gain_row(rgb, line, columns, offsets, extra):
    """Write what a row of a map adds to a row of the photo, where it adds; return how many pixels get any.

    Parameters
    ----------
    rgb, extra : float32 (W, 3)
    line : float32 (w, 1 or 3)
    columns : (int32 (W,), int32 (W,), float32 (W,))
        Of each pixel the column of the map before, the one after, and how far it lies beyond the first.
    offsets : (float32 (3,), float32 (3,))
    """
    (base, alternate), (before, after, across) = offsets, columns
    zero = np.float32(0.0)
    count = 0
    for x in range(rgb.shape[0]):
        factor, some = zero, False
        for c in range(3):
            if c < line.shape[1]:
                factor = _factor(line, (before[x], after[x], across[x]), c)
            more = _gained(rgb[x, c], factor, base[c], alternate[c])
            some |= more > zero  # set in a branch, numba takes it for a circle under Python 3.12 and newer
            if more > zero:
                extra[x, c] = more
        count += some
    return count


@jit()
def gain(rgb, stops, offsets, rows, extra):
    """Write what a gain map adds to a photo, where it adds; return how many pixels get any.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    stops : float32 (h, w, 1 or 3)
        Enlarged linearly between pixel centres; the border repeats.
    offsets : (float32 (3,), float32 (3,))
        Base and alternate: radiance is (rgb + base) * 2**stops - alternate.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    extra : float32 (H, W, 3)
        All 0; written where it is more.

    Notes
    -----
    The formula is that of ISO 21496-1.
    """
    height, width, last = rgb.shape[0], rgb.shape[1], np.int32(stops.shape[1] - 1)
    before, after, across = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.float32)
    for x in range(width):
        before[x], across[x] = placed(x, stops.shape[1], width)
        after[x] = min(before[x] + 1, last)
    columns = before, after, across
    count = 0
    for y in range(rows[0], rows[1]):
        line = np.empty((stops.shape[1], stops.shape[2]), np.float32)
        _mix_rows(stops, y, height, line)
        count += _gain_row(rgb[y], line, columns, offsets, extra[y])
    return count


@jit()
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
    for n in range(ys.size):
        least = np.float32(np.inf)
        for y in range(max(ys[n] - reach, 0), min(ys[n] + reach + 1, height)):
            for x in range(max(xs[n] - reach, 0), min(xs[n] + reach + 1, width)):
                least = min(least, values[y, x])
        out[n] = least
