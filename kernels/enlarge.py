"""Linear interpolation between pixel centres."""

import numpy as np
from numba import prange

from .jit import jit


@jit(inline="always")
def placed(index, coarse, fine):
    """Find where a fine pixel's centre lies among `coarse` ones: the one before it, and how far beyond that."""
    position = min(max((index + 0.5) * coarse / fine - 0.5, 0.0), coarse - 1.0)
    before = min(int(position), max(coarse - 2, 0))
    return before, np.float32(position - before)


@jit(parallel=True)
def bilinear(values, out):
    """Enlarge `values` float32 (h, w) to `out` float32 (H, W); the border repeats."""
    rows, columns = values.shape
    height, width = out.shape
    left = np.empty(width, np.int64)
    across = np.empty(width, np.float32)
    for x in range(width):
        left[x], across[x] = placed(x, columns, width)
    for y in prange(height):
        top, down = placed(y, rows, height)
        below = min(top + 1, rows - 1)
        # One more than there are: the last column's neighbour is itself.
        line = np.empty(columns + 1, np.float32)
        for x in range(columns):
            line[x] = values[top, x] + down * (values[below, x] - values[top, x])
        line[columns] = line[columns - 1]
        for x in range(width):
            out[y, x] = line[left[x]] + across[x] * (line[left[x] + 1] - line[left[x]])
