"""Passes over a photo for what is bright in it."""

import numpy as np
from numba import prange

from .enlarge import placed
from .jit import jit


@jit(parallel=True)
def brighter(rgb, extra, level, out):
    """Find the pixels of which any channel of `rgb` + `extra` exceeds a level; return how many there are.

    `extra` (H, W, 3) is of shape (0, 0, 3) when there is none; `out` bool (H, W) is written.
    """
    height, width, _ = rgb.shape
    more = extra.shape[0] > 0
    count = 0
    for y in prange(height):
        for x in range(width):
            peak = max(rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2])
            if more:
                peak = max(rgb[y, x, 0] + extra[y, x, 0], rgb[y, x, 1] + extra[y, x, 1], rgb[y, x, 2] + extra[y, x, 2])
            out[y, x] = peak > level
            count += peak > level
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
    """
    height, width, _ = rgb.shape
    rows, columns, channels = stops.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    count = 0
    for y in prange(height):
        top, down = placed(y, rows, height)
        below = min(top + 1, rows - 1)
        line = np.empty((columns, channels), np.float32)
        for x in range(columns):
            for c in range(channels):
                line[x, c] = stops[top, x, c] + down * (stops[below, x, c] - stops[top, x, c])
        for x in range(width):
            left, across = placed(x, columns, width)
            right = min(left + 1, columns - 1)
            factor = zero  # less one: without offsets, no gain is exactly nothing
            some = False
            for c in range(3):
                if c < channels:
                    stop = line[left, c] + across * (line[right, c] - line[left, c])
                    factor = np.exp2(stop) - one
                more = (max(rgb[y, x, c], zero) + base[c]) * factor + (base[c] - alternate[c])
                if more > zero:
                    extra[y, x, c] = more
                    some = True
            count += some
    return count


@jit(parallel=True)
def least_around(values, ys, xs, reach, out):
    """Find the least of `values` (H, W) in the square of `reach` pixels to every side of each (ys, xs): `out` (N,)."""
    height, width = values.shape
    for n in prange(ys.size):
        least = np.float32(np.inf)
        for y in range(max(ys[n] - reach, 0), min(ys[n] + reach + 1, height)):
            for x in range(max(xs[n] - reach, 0), min(xs[n] + reach + 1, width)):
                least = min(least, values[y, x])
        out[n] = least
