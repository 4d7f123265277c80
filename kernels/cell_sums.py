"""Cells of a render's gain map: sums of what is shown, of what was there, and of what stays where it is."""

from typing import NamedTuple

import numpy as np

from .gained import factor, light_added
from .jit import jit

FAINT = np.float32(1e-6)

ZERO, ONE = np.float32(0.0), np.float32(1.0)
NONE, ALL = (ZERO, ZERO, ZERO), (ONE, ONE, ONE)

Triple = tuple[np.float32, np.float32, np.float32]


class Sums(NamedTuple):
    """Sums over the pixels of a cell: float32 of each channel, or of all."""

    shown: Triple
    """Light of the render."""
    before: Triple
    """Light of the photo."""
    held: Triple
    """Share that stays where it is, times the weight."""
    weight: Triple
    """What the gain map adds, and a little for every pixel."""
    peak: Triple
    """Brightest of the render."""


@jit(inline="always")
def _pixel(picture, row, column):
    """Read a pixel of (H, W, 3), no less than 0."""
    y, x = np.uint64(row), np.uint64(column)
    red, green, blue = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
    return max(red, ZERO), max(green, ZERO), max(blue, ZERO)


@jit(inline="always")
def _plus(one, other):
    """Add up two of three channels."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


@jit(inline="always")
def _brighter(one, other):
    """Find the larger of each of three channels."""
    return max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2])


@jit(inline="always", error_model="numpy")
def _dimmed(light, was, weight, stays):
    """Return what stays of a channel's weight: as much less as there is less light than there was."""
    return weight * (stays * (light / was) if light < was else stays)


@jit(inline="always")
def sum_spread(picture, box):
    """Sum the pixels in a box where nothing stays; as `sum_box`."""
    shown, peak = NONE, NONE
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light = _pixel(picture, y, x)
            shown, peak = _plus(shown, light), _brighter(peak, light)
    return Sums(shown, NONE, NONE, NONE, peak)


@jit(inline="always")
def _weights(rgb, place, line, columns, offsets):
    """Find what a gain map adds to each channel of a pixel, and a little.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    place : (int, int)
        Row and column.
    line, columns
        Stops of the row, and where columns lie among them, as of `gained.factor`.
    offsets
        As of `withheld`.
    """
    (y, x), (base, alternate) = place, offsets
    first = factor(line, columns, x, 0)
    second, third = (factor(line, columns, x, 1), factor(line, columns, x, 2)) if line.shape[1] == 3 else (first, first)
    red = light_added(rgb[y, x, 0], first, base[0], alternate[0])
    green = light_added(rgb[y, x, 1], second, base[1], alternate[1])
    return red + FAINT, green + FAINT, light_added(rgb[y, x, 2], third, base[2], alternate[2]) + FAINT


@jit(inline="always")
def _sum_seen(maps, share, box):
    """Sum what is shown of the pixels in a box, was, its brightest, and what goes; and whether any light is dimmed."""
    shown, before, peak, goes, dims = NONE, NONE, NONE, ZERO, False
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light, was = _pixel(maps[0], y, x), _pixel(maps[1], y, x)
            shown, before, peak = _plus(shown, light), _plus(before, was), _brighter(peak, light)
            goes += ONE - share[np.uint64(y - box[0][0]), np.uint64(x)]
            dims |= (light[0] < was[0]) | (light[1] < was[1]) | (light[2] < was[2])
    return shown, before, peak, goes, dims


@jit(inline="always")
def _sum_held(maps, gain, offsets, share, box):
    """Sum what stays of the pixels in a box, and its weight.

    Parameters
    ----------
    maps, gain, offsets, share, box
        As of `sum_box`.
    """
    held, weight = NONE, NONE
    for y in range(box[0][0], box[0][1]):
        line = gain[0][y - box[0][0]]
        for x in range(box[1][0], box[1][1]):
            stays = share[np.uint64(y - box[0][0]), np.uint64(x)]
            light, was = _pixel(maps[0], y, x), _pixel(maps[1], y, x)
            own = _weights(maps[1], (y, x), line, gain[1], offsets)
            red, green = _dimmed(light[0], was[0], own[0], stays), _dimmed(light[1], was[1], own[1], stays)
            held = _plus(held, (red, green, _dimmed(light[2], was[2], own[2], stays)))
            weight = _plus(weight, own)
    return held, weight


@jit(inline="always")
def sum_box(maps, gain, offsets, share, box):
    """Sum the pixels in a box; where all of it stays, what stays is not weighed.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3))
        `picture` and `rgb` of `withheld`.
    gain : (float32 (h, w, C), (int32 (W,), int32 (W,), float32 (W,)))
        Stops of the rows of `share`, and where columns lie among theirs, as of `gained.columns_of`.
    offsets
        As of `withheld`.
    share : float32 (h, W)
        How much stays at the pixels of its rows.
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.

    Returns
    -------
    Sums
    float32
        Pixels of which something goes, each by the share of it that does.
    """
    shown, before, peak, goes, dims = _sum_seen(maps, share, box)
    if goes == ZERO and not dims:
        return Sums(shown, before, ALL, ALL, peak), goes
    held, weight = _sum_held(maps, gain, offsets, share, box)
    return Sums(shown, before, held, weight, peak), goes
