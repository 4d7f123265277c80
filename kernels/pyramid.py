"""Push and pull: averages of what is known, taken down a pyramid and back up into what is not.

S. J. Gortler et al., "The Lumigraph", 1996, section 4.
"""

import numpy as np

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
def _mean_of_known(values, weights, places, channel):
    """Average a channel of four pixels by their weights, of which not all are 0; what is unknown may hold anything."""
    (y0, y1), (x0, x1) = places
    a, b, c, d = weights
    none = np.float32(0.0)
    one = a * values[y0, x0, channel] if a > none else none
    two = b * values[y0, x1, channel] if b > none else none
    three = c * values[y1, x0, channel] if c > none else none
    four = d * values[y1, x1, channel] if d > none else none
    return ((one + two) + (three + four)) / ((a + b) + (c + d))


@jit(inline="always")
def _weights_of_four(weight, row, column):
    """Find the four pixels of a coarse one, two rows and two columns, and their weights; 0 beyond the border."""
    height, width = weight.shape
    y0, x0 = 2 * row, 2 * column
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    none = np.float32(0.0)
    b = weight[y0, x1] if x1 > x0 else none
    c = weight[y1, x0] if y1 > y0 else none
    d = weight[y1, x1] if y1 > y0 and x1 > x0 else none
    return ((y0, y1), (x0, x1)), (weight[y0, x0], b, c, d)


@jit(fastmath=QUICK, error_model="numpy")
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
            places, (a, b, c, d) = _weights_of_four(weight, row, column)
            total = (a + b) + (c + d)
            coarse_weight[row, column] = min(total, np.float32(1.0))
            for channel in range(values.shape[2]):
                known = total > 0.0
                mean = _mean_of_known(values, (a, b, c, d), places, channel) if known else np.float32(0.0)
                coarse_values[row, column, channel] = mean


@jit(fastmath=QUICK)
def pull(coarse, top, values, weight):
    """Fill what rows of a level do not know from the next coarser one, bilinearly, in place.

    Parameters
    ----------
    coarse : float32 ((H+1)//2, (W+1)//2, C)
        Complete.
    top : int
        Row of the level that the others begin at.
    values : float32 (h, W, C)
        Completed in place: values * weight + coarse * (1 - weight).
    weight : float32 (h, W)
    """
    height, width, channels = values.shape
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    for y in range(height):
        rows = beside(top + y, last_row)
        for x in range(width):
            w = weight[y, x]
            if w >= 1.0:
                continue
            columns = beside(x, last_column)
            for channel in range(channels):
                filled = between(coarse, rows, columns, channel)
                values[y, x, channel] = w * values[y, x, channel] + (np.float32(1.0) - w) * filled


@jit()
def pull_at(coarse, ys, xs, out):
    """Look up unknown pixels (ys, xs) in the complete level of half size, as `pull` fills them.

    Parameters
    ----------
    coarse : float32 ((H+1)//2, (W+1)//2, C)
    ys, xs : int64 (N,)
    out : float32 (N, C), written
    """
    last_row, last_column = coarse.shape[0] - 1, coarse.shape[1] - 1
    for n in range(ys.size):
        rows = beside(ys[n], last_row)
        columns = beside(xs[n], last_column)
        for channel in range(coarse.shape[2]):
            out[n, channel] = between(coarse, rows, columns, channel)
