"""Blocks of what stands before lights, and which cells of lights they may touch."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit

# Side of the blocks in which a piece says how near and how far what it covers is.
BLOCK_PX = 4

# A ray's coverage is read between pixels, and where it crosses is found to half a pixel.
AROUND_BLOCK_PX = 1.5


class Cells(NamedTuple):
    """Boxes of lights of one depth.

    Attributes
    ----------
    box : float64 (C, 4)
        Least and largest y, then x, of their places in the picture.
    radius, behind : float64 (C,)
        As of `BundleArrays`.
    aside : float64 (C,)
        Their rays come through the pupil no farther from its middle, in units of its radius.
    """

    box: NDArray[np.float64]
    radius: NDArray[np.float64]
    behind: NDArray[np.float64]
    aside: NDArray[np.float64]


@jit(fastmath=QUICK)
def blocks(coverage, dioptres, back, inner, near, far):
    """Find the depths of what a piece covers, in blocks of its inner pixels and those beside them.

    Parameters
    ----------
    coverage, dioptres, back, inner
        As of `OccluderArrays`.
    near, far : float32 (b, c), overwritten
        Largest and smallest dioptres; -inf and inf where nothing is covered.
    """
    near[:], far[:] = -np.inf, np.inf
    height, width = coverage.shape
    for row in range(max(inner[0] - 1, 0), min(inner[1] + 1, height)):
        y = min(max(row - inner[0], 0) // BLOCK_PX, near.shape[0] - 1)
        for column in range(max(inner[2] - 1, 0), min(inner[3] + 1, width)):
            if coverage[row, column] > 0.0:
                x = min(max(column - inner[2], 0) // BLOCK_PX, near.shape[1] - 1)
                near[y, x] = max(near[y, x], dioptres[row, column])
                far[y, x] = min(far[y, x], dioptres[row, column])
                if back[row, column] > -np.inf:
                    far[y, x] = min(far[y, x], back[row, column])


@jit(inline="always", fastmath=QUICK)
def _spread(cells, cell, near, far, lens):
    """Farthest from a cell that its rays cross what lies between two depths and before it, and that one's blur.

    Parameters
    ----------
    cells : Cells
    cell : int
        Which of them.
    near, far : float32
        The depths, dioptres.
    lens : (float, float)
        Focus in dioptres; pixels of the picture per dioptre.

    Returns
    -------
    (float, float)
        Pixels of the picture.
    """
    one = (lens[0] - near) * lens[1]
    other = (lens[0] - max(far, cells.behind[cell])) * lens[1]
    radius = cells.radius[cell]
    return cells.aside[cell] * max(abs(radius - one), abs(radius - other)), max(abs(one), abs(other))


@jit(inline="always", fastmath=QUICK)
def blocks_within(first, last, origin, scale, count):
    """Blocks of a line that may hold pixels of the picture from the one to the other.

    Parameters
    ----------
    first, last : float
        Pixels of the picture.
    origin : int
        Where the blocks begin, in pixels of the piece's level.
    scale : int
        Pixels of the picture for one of the level.
    count : int
        Blocks of the line.

    Returns
    -------
    (int, int)
        The first, and the one after the last.
    """
    begin = ((first + 0.5) / scale - 0.5 - origin - AROUND_BLOCK_PX) / BLOCK_PX
    end = ((last + 0.5) / scale - 0.5 - origin + AROUND_BLOCK_PX) / BLOCK_PX
    return int(min(max(math.floor(begin), 0), count)), int(min(max(math.floor(end) + 1, 0), count))


@jit(inline="always", fastmath=QUICK)
def _apart(block, origin, scale, least, most):
    """Pixels of the picture between a block of a line and a span.

    Parameters
    ----------
    block : int
    origin, scale
        As of `blocks_within`.
    least, most : float
        The span, pixels of the picture.

    Returns
    -------
    float
        0 where they touch.
    """
    first = (origin + block * BLOCK_PX - AROUND_BLOCK_PX) * scale
    return max(first - most, least - first - (BLOCK_PX + 2.0 * AROUND_BLOCK_PX) * scale, 0.0)


@jit(fastmath=QUICK)
def touch(cells, near, far, origin, scale, lens, largest):
    """Find the blur of what of a piece may cut a ray of each cell.

    Parameters
    ----------
    cells : Cells
    near, far : float32 (b, c)
        As of `blocks`.
    origin : (int, int)
        Row and column, in pixels of the piece's level, where the blocks begin.
    scale : int
        Pixels of the picture for one of the level.
    lens : (float, float)
        Focus in dioptres, and pixels of the picture per dioptre.
    largest : float64 (C,), overwritten
        Largest blur radius, pixels of the picture, of what may cut the cell's light; -1 where nothing does.
    """
    nearest, farthest = near.max(), far.min()
    for cell in range(cells.radius.size):
        largest[cell] = -1.0
        behind = cells.behind[cell]
        if nearest <= behind:
            continue
        top, bottom, left, right = cells.box[cell]
        most, _ = _spread(cells, cell, nearest, farthest, lens)
        rows = blocks_within(top - most, bottom + most, origin[0], scale, near.shape[0])
        columns = blocks_within(left - most, right + most, origin[1], scale, near.shape[1])
        for y in range(rows[0], rows[1]):
            down = _apart(y, origin[0], scale, top, bottom)
            for x in range(columns[0], columns[1]):
                if near[y, x] <= behind:
                    continue
                spread, blur = _spread(cells, cell, near[y, x], far[y, x], lens)
                if down <= spread and _apart(x, origin[1], scale, left, right) <= spread:
                    largest[cell] = max(largest[cell], blur)
