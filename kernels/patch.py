"""Single pixels of what a pyramid of averages fills."""

import numpy as np
from numba import prange

from .jit import jit


@jit(parallel=True)
def pull_at(half, ys, xs, out):
    """Look up unknown pixels (ys, xs) in the complete level of half size, as `pyramid.pull` fills them.

    Parameters
    ----------
    half : float32 ((H+1)//2, (W+1)//2, C)
    ys, xs : int64 (N,)
    out : float32 (N, C), written
    """
    last_row, last_column = half.shape[0] - 1, half.shape[1] - 1
    major, minor = np.float32(0.75), np.float32(0.25)
    for n in prange(ys.size):
        y, x = ys[n], xs[n]
        row, column = y // 2, x // 2
        other_row = min(max(row + (1 if y % 2 else -1), 0), last_row)
        other_column = min(max(column + (1 if x % 2 else -1), 0), last_column)
        for c in range(half.shape[2]):
            near = major * half[row, column, c] + minor * half[row, other_column, c]
            far = major * half[other_row, column, c] + minor * half[other_row, other_column, c]
            out[n, c] = major * near + minor * far
