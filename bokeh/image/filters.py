"""What is most and least around each pixel, and areas that grow and shrink: exact, and quick on small pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray


def spread(lines: NDArray, reach: int, join: np.ufunc) -> None:
    """Join each line with those so far before and after it, in place: twice as far with each step."""
    for earlier, later in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        done = 0
        while done < reach:
            step = min(done + 1, reach - done)
            to, source = (
                slice(side.start and side.start * step, side.stop and side.stop * step) for side in (earlier, later)
            )
            join(lines[to], lines[source], out=lines[to])
            done += step


def highest(values: FloatArray, side: int) -> FloatArray:
    """Return the largest of the square of an odd side around each pixel of a plane (h, w), as far as it is there."""
    return _around(values, side, np.maximum)


def lowest(values: FloatArray, side: int) -> FloatArray:
    """Return the smallest of the square of an odd side around each pixel of a plane (h, w), as far as it is there."""
    return _around(values, side, np.minimum)


def opened(values: FloatArray, side: int) -> FloatArray:
    """Return a plane without what is higher than its surroundings, and has no room for a square of an odd side."""
    return highest(lowest(values, side), side)


def _around(values: FloatArray, side: int, join: np.ufunc) -> FloatArray:
    found = np.array(values, np.float32, order="C")
    spread(found, side // 2, join)
    spread(found.T, side // 2, join)
    return found


def shrunk(mask: BoolArray, steps: int) -> BoolArray:
    """Take off a mask what has something else beside it, above or below, so many times; the border is nothing else."""
    left = np.array(mask)
    for _ in range(steps):
        before = np.array(left)
        left[1:] &= before[:-1]
        left[:-1] &= before[1:]
        left[:, 1:] &= before[:, :-1]
        left[:, :-1] &= before[:, 1:]
    return left


def grown_within(mask: BoolArray, steps: int, within: BoolArray, *, corners: bool = False) -> BoolArray:
    """Add to a mask what touches it, by a side or also by a corner, and lies within another one, so many times."""
    found = np.array(mask)
    for _ in range(steps):
        more = np.array(found)
        spread(more, 1, np.logical_or)
        if corners:
            spread(more.T, 1, np.logical_or)
        else:
            more[:, 1:] |= found[:, :-1]
            more[:, :-1] |= found[:, 1:]
        found |= more & within
    return found
