"""Linear interpolation between pixel centres."""

import numpy as np
from numba import prange

from .jit import jit


@jit(parallel=True)
def bilinear(values, out):
    """Enlarge `values` float32 (h, w) to `out` float32 (H, W); the border repeats."""
    rows, columns = values.shape
    height, width = out.shape
    left = np.empty(width, np.int64)
    across = np.empty(width, np.float32)
    for x in range(width):
        u = min(max((x + 0.5) * columns / width - 0.5, 0.0), columns - 1.0)
        left[x] = min(int(u), max(columns - 2, 0))
        across[x] = u - left[x]
    for y in prange(height):
        v = min(max((y + 0.5) * rows / height - 0.5, 0.0), rows - 1.0)
        top = min(int(v), max(rows - 2, 0))
        below = min(top + 1, rows - 1)
        down = np.float32(v - top)
        # One more than there are: the last column's neighbour is itself.
        line = np.empty(columns + 1, np.float32)
        for x in range(columns):
            line[x] = values[top, x] + down * (values[below, x] - values[top, x])
        line[columns] = line[columns - 1]
        for x in range(width):
            out[y, x] = line[left[x]] + across[x] * (line[left[x] + 1] - line[left[x]])
