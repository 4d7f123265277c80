"""Passes over a photo for what is bright in it."""

import numpy as np

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
