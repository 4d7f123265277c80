"""Outlines as tables: what the scatter and the sprites draw of the light that a point sends through the pupil.

An outline is cut into rows. In each, the light of a point is laid out as steps up and down along x; a circle has one
up at its left edge and one down at its right. A table holds, from the outline's top down to each row's end, the
integral of each step's height (column 0), and of its height times its x (column 1). So the light in any strip of rows,
and where it lies, is one difference, exact at any size. Lengths are in the unit that the header gives (`OFFSET`,
`GROWTH`); the steps of a row add up to 0, and all light to 1.

A header says where an outline's table begins, and how it is scaled.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit

# Columns of a header: first row in the tables; number of rows; y of the top; rows per unit of height.
FIRST, ROWS, TOP, PER_HEIGHT = 0, 1, 2, 3
# The unit of length in pixels: what it is for a blur radius of 0, and by how much it grows with the radius.
OFFSET, GROWTH = 4, 5
# Where the unit is no longer than this, pixels, all light stays in its pixel.
SHARP = 6
# How many of the steps of a row are used; the others are 0.
USED = 7
HEADER = 8

# A step lower than this, in units of all light, is what rounding leaves of one.
LEAST_STEP = 1e-12


class OutlineTables(NamedTuple):
    """Outlines, one after the other.

    Attributes
    ----------
    tables : float64 (R, E, 2)
        Integrals of E steps, over heights and over height times x.
    psf_headers : float64 (K, HEADER)
        Of each outline.
    """

    tables: NDArray[np.float64]
    psf_headers: NDArray[np.float64]


@jit(inline="always", fastmath=QUICK)
def unit_px(header, radius, scale):
    """Length of an outline's unit at a blur radius, in pixels of a picture `scale` times smaller than the traced."""
    return header[OFFSET] / scale + header[GROWTH] * abs(radius)


@jit(inline="always", fastmath=QUICK)
def at_height(header, height):
    """Find a height in an outline's table: the row before it, and how far beyond that; ends at top and bottom."""
    rows = header[ROWS]
    position = min(max((height - header[TOP]) * header[PER_HEIGHT], 0.0), rows)
    row = min(int(position), int(rows) - 1)
    return int(header[FIRST]) + row, position - row


@jit(inline="always", fastmath=QUICK)
def _integral(tables, place, edge, column):
    """Integral of one step from the outline's top down to a place found by `at_height`; linear between rows."""
    row, t = place
    before = tables[row, edge, column]
    return before + t * (tables[row + 1, edge, column] - before)


@jit(inline="always", fastmath=QUICK)
def begin_at(tables, place, used, above):
    """Write the integrals of the first `used` steps down to a place: `above` (E, 2)."""
    for edge in range(used):
        above[edge, 0] = _integral(tables, place, edge, 0)
        above[edge, 1] = _integral(tables, place, edge, 1)


@jit(inline="always", fastmath=QUICK)
def step_down(tables, place, edge, above):
    """Height of a step, and that times its x, from where `above` (E, 2) ends down to a place; `above` goes on there."""
    sum_below = _integral(tables, place, edge, 0)
    moment_below = _integral(tables, place, edge, 1)
    step, moment = sum_below - above[edge, 0], moment_below - above[edge, 1]
    above[edge, 0] = sum_below
    above[edge, 1] = moment_below
    return step, moment
