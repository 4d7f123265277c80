"""A loop that makes a picture smaller, by triangles as wide as the reduction."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit


class Taps(NamedTuple):
    """What the pixels of a smaller picture are made of, along one side."""

    first: NDArray[np.int64]
    """(n,): the first pixel of the larger picture that each looks at."""
    share: NDArray[np.float32]
    """(n, K): how much that and those after it count."""


@jit(fastmath=QUICK, allocates=False)
def _mix_rows(values, first, share, line):
    """Mix rows of a picture, (H, W C) each as one line, from one on: `line` (W C,), overwritten."""
    line[:] = np.float32(0.0)
    for k in range(share.size):
        own = share[k]
        for x in range(line.size):
            line[x] += own * values[first + k, x]


@jit(fastmath=QUICK, allocates=False)
def _mix_columns(line, channels, taps, row):
    """Mix the pixels of a line (W C,), channels side by side: `row` (C, w), written."""
    for x in range(row.shape[1]):
        for c in range(channels):
            total = np.float32(0.0)
            for k in range(taps.share.shape[1]):
                total += taps.share[x, k] * line[(taps.first[x] + k) * channels + c]
            row[c, x] = total


@jit()
def shrink(values, down, across, rows, out):
    """Make rows, (first, stop), of a smaller picture: `out` float32 (C, h, w) of `values` float32 (H, W C).

    Parameters
    ----------
    values : float32 (H, W C)
        A row is a line: the channels of a pixel stand side by side.
    down, across : Taps
        Of which rows and columns each pixel is made.
    rows : (int, int)
    out : float32 (C, h, w), written
    """
    line = np.empty(values.shape[1], np.float32)
    for y in range(rows[0], rows[1]):
        _mix_rows(values, down.first[y], down.share[y], line)
        _mix_columns(line, out.shape[0], across, out[:, y])
