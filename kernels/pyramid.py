"""Push and pull: averages of what is known, taken down a pyramid and back up into what is not.

S. J. Gortler et al., "The Lumigraph", 1996, section 4.
"""

import numpy as np
from numba import prange

from .jit import QUICK, jit


@jit(inline="always")
def beside(position, last):
    """Find the coarse pixel of a fine one along an axis, and the coarse neighbour that lies to the same side."""
    own = position // 2
    return own, min(max(own + (1 if position % 2 else -1), 0), last)


@jit(inline="always")
def between(coarse, rows, columns, channel):
    """Interpolate a quarter of a coarse pixel beside its middle, between (own, other) rows and columns."""
    major, minor = np.float32(0.75), np.float32(0.25)
    near = major * coarse[rows[0], columns[0], channel] + minor * coarse[rows[0], columns[1], channel]
    far = major * coarse[rows[1], columns[0], channel] + minor * coarse[rows[1], columns[1], channel]
    return major * near + minor * far


@jit(inline="always")
def _add_known(values, weight, place, sums):
    """Add the values of a coarse pixel's 2 x 2, times their weights, to `sums` there; return the sum of the weights."""
    height, width, channels = values.shape
    row, column = place
    total = 0.0
    for y in range(2 * row, min(2 * row + 2, height)):
        for x in range(2 * column, min(2 * column + 2, width)):
            w = weight[y, x]
            if w > 0.0:
                total += w
                for channel in range(channels):
                    sums[row, column, channel] += w * values[y, x, channel]
    return total


@jit(fastmath=QUICK)
def push(values, weight, coarse_values, coarse_weight):
    """Average 2 x 2 pixels by their weight into the next coarser level.

    Parameters
    ----------
    values : float32 (H, W, C)
    weight : float32 (H, W)
        How well each pixel is known, 0..1.
    coarse_values : float32 ((H+1)//2, (W+1)//2, C)
        Overwritten.
    coarse_weight : float32 ((H+1)//2, (W+1)//2)
        Overwritten; one fully known pixel of the four makes the cell known.
    """
    for row in range(coarse_weight.shape[0]):
        for column in range(coarse_weight.shape[1]):
            for channel in range(values.shape[2]):
                coarse_values[row, column, channel] = 0.0
            total = _add_known(values, weight, (row, column), coarse_values)
            if total > 0.0:
                for channel in range(values.shape[2]):
                    coarse_values[row, column, channel] /= total
            coarse_weight[row, column] = min(total, 1.0)


@jit(fastmath=QUICK)
def pull(coarse, values, weight):
    """Fill what a level does not know from the next coarser one, bilinearly, in place.

    Parameters
    ----------
    coarse : float32 ((H+1)//2, (W+1)//2, C)
        Complete.
    values : float32 (H, W, C)
        Completed in place: values * weight + coarse * (1 - weight).
    weight : float32 (H, W)
    """
    height, width, channels = values.shape
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    for y in range(height):
        rows = beside(y, last_row)
        for x in range(width):
            w = weight[y, x]
            if w >= 1.0:
                continue
            columns = beside(x, last_column)
            for channel in range(channels):
                filled = between(coarse, rows, columns, channel)
                values[y, x, channel] = w * values[y, x, channel] + (np.float32(1.0) - w) * filled


@jit(parallel=True)
def pull_at(coarse, ys, xs, out):
    """Look up unknown pixels (ys, xs) in the complete level of half size, as `pull` fills them.

    Parameters
    ----------
    coarse : float32 ((H+1)//2, (W+1)//2, C)
    ys, xs : int64 (N,)
    out : float32 (N, C), written
    """
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    for n in prange(ys.size):
        rows = beside(ys[n], last_row)
        columns = beside(xs[n], last_column)
        for channel in range(coarse.shape[2]):
            out[n, channel] = between(coarse, rows, columns, channel)
