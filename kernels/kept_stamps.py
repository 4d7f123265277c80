"""Stamps of a lens with flaws: what a pixel spreads through one outline, made when it is first needed, and kept.

Neighbours mostly share an outline, and a blur radius to within a small part of a pixel. To reckon the outline's rows
anew for each takes several times as long as to add them up.
"""

import math
from typing import NamedTuple

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem
from numpy.typing import NDArray

from .jit import QUICK, jit
from .outline import LEAST_STEP, SHARP, USED, at_height, begin_at, step_down, unit_px
from .scatter import LIGHT_ROUNDING, STEP_ROUNDING, box_step, rounded

# Blur radii are told apart to so many parts of a pixel, and so is where light lands beside its pixel.
PER_PX, PARTS = 64, 16

# What a key is made of, from the lowest bits up: places beside the pixel down and across, radius, outline.
_PLACE_BITS, _RADIUS_BITS = 4, 13

MOST_RADIUS = (1 << _RADIUS_BITS) - 1
"""The largest blur radius that has a stamp, in parts of a pixel."""

# Multiplied by this number, keys that are much alike lie far apart (Knuth, by the golden ratio).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class KeptStamps(NamedTuple):
    """Stamps, found by a key in an open table; all are forgotten when there is no room.

    Attributes
    ----------
    keys : int64 (N,)
        -1 where there is none; N is a power of 2.
    spans : int64 (N, 2)
        Where the steps of each begin and end.
    place : int32 (n, 2)
        Rows down and columns to the right of the pixel.
    step : float64 (n,)
        By how much the light per pixel rises there; those of a row add up to 0, and all light to 1.
    line : float64 (m,)
        Zeros, for a row's steps while it is made.
    counts : int64 (2,)
        How many steps are kept, and how many stamps.
    """

    keys: NDArray[np.int64]
    spans: NDArray[np.int64]
    place: NDArray[np.int32]
    step: NDArray[np.float64]
    line: NDArray[np.float64]
    counts: NDArray[np.int64]


@jit(allocates=False, fastmath=QUICK)
def largest_unit(radius, which, psf_headers, scale):
    """Find the largest unit of the outlines of some pixels, in pixels; arguments as of `add_kept`."""
    largest = 0.0
    for row in range(radius.shape[0]):
        for column in range(radius.shape[1]):
            number = which[row, column]
            if number >= 0:
                largest = max(largest, unit_px(psf_headers[number], float(radius[row, column]), scale))
    return largest


@jit(inline="always", fastmath=QUICK)
def _draw_row(tables, below, above, used, shape, left, line):
    """Add an outline's row to a line of steps.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    below : (int, float)
        The row's lower end, found by `at_height`.
    above : float64 (E, 2)
        Integrals down to the row's upper end; overwritten by those to its lower.
    used : int
        Steps of the outline; the last one takes back what the others leave.
    shape : (float, float)
        How far to the right of the pixel the outline's middle lies, and its unit, pixels.
    left : int
        Column, counted from the pixel's, that the line begins at.
    line : float64 (n,)
    """
    rest, last = 0.0, line.size - 2
    for edge in range(used):
        exact, moment = step_down(tables, below, edge, above)
        height = -rest if edge == used - 1 else rounded(exact / shape[1], STEP_ROUNDING)
        rest += height
        if height == 0.0 or abs(exact) < LEAST_STEP:
            continue
        position = shape[0] + moment / exact * shape[1] + 0.5
        whole = int(math.floor(position))
        after = rounded(height * (position - whole), STEP_ROUNDING)
        k = min(max(whole - left, 0), last)
        line[k] += height - after
        line[k + 1] += after


@jit(inline="always")
def _keep_row(row, left, width, kept):
    """Append the steps of a row to those that are kept, and clear it."""
    count = kept.counts[0]
    for k in range(width):
        if kept.line[k] != 0.0:
            kept.place[count, 0], kept.place[count, 1] = row, left + k
            kept.step[count] = kept.line[k]
            kept.line[k] = 0.0
            count += 1
    kept.counts[0] = count


@jit(inline="always")
def _draw_pixel(aside, kept):
    """Keep the stamp of a light that stays a pixel, wherever that lands: `aside` of the one where it was."""
    for below in range(2):
        share = aside[0] if below else 1.0 - aside[0]
        if share > 0.0:
            rest = 0.0
            for beside in range(3):
                step = -rest if beside == 2 else rounded(share * box_step(aside[1], beside), STEP_ROUNDING)
                rest += step
                kept.line[beside] = step
            _keep_row(below, 0, 3, kept)


@jit(inline="always")
def _draw(tables, header, unit, aside, above, kept):
    """Keep an outline's stamp.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    header : float64 (HEADER,)
    unit, aside, above, kept
        As of `_made`.
    """
    if unit <= header[SHARP]:
        _draw_pixel(aside, kept)
        return
    used, left = int(header[USED]), int(math.floor(aside[1] - unit)) - 1
    width = int(math.ceil(aside[1] + unit)) + 4 - left
    first, last = int(math.floor(aside[0] - unit + 0.5)), int(math.ceil(aside[0] + unit - 0.5))
    begin_at(tables, at_height(header, (first - 0.5 - aside[0]) / unit), used, above)
    for row in range(first, last + 1):
        below = at_height(header, (row + 0.5 - aside[0]) / unit)
        _draw_row(tables, below, above, used, (aside[1], unit), left, kept.line[:width])
        _keep_row(row, left, width, kept)


@jit(inline="always")
def _slot(key, kept):
    """Find where a key is, or could be."""
    slot = int((np.uint64(key) * _SPREAD) >> np.uint64(40)) & (kept.keys.size - 1)
    while kept.keys[slot] != key and kept.keys[slot] >= 0:
        slot = (slot + 1) & (kept.keys.size - 1)
    return slot


# Not what its caller is, `fastmath`: what is rounded here would not be.
@jit(allocates=False, fastmath=False)
def _made(key, outlines, unit, aside, above, kept):
    """Make the stamp of a key; return its slot.

    Parameters
    ----------
    key : int
    outlines : (float64 (R, E, 2), float64 (HEADER,))
        Tables, and the header of the outline.
    unit : float
        Of the outline, pixels.
    aside : (float, float)
        How far down and to the right of the pixel light lands, pixels.
    above : float64 (E, 2)
        To work in.
    kept : KeptStamps
    """
    rows = 2 * int(unit) + 6
    if kept.counts[0] + rows * rows > kept.step.size or 2 * kept.counts[1] > kept.keys.size:
        kept.keys[:] = -1
        kept.counts[:] = 0
    slot, first = _slot(key, kept), kept.counts[0]
    _draw(outlines[0], outlines[1], unit, aside, above, kept)
    kept.keys[slot], kept.spans[slot, 0], kept.spans[slot, 1] = key, first, kept.counts[0]
    kept.counts[1] += 1
    return slot


@jit(inline="always")
def _parts(place):
    """Take a place in pixels apart: whole pixels, and parts of one."""
    parts = int(math.floor(place * PARTS + 0.5))
    return parts >> _PLACE_BITS, parts & (PARTS - 1)


@jit(fastmath=QUICK)
def add_kept(values, radius, which, outlines, scale, magnified, channels, margin, kept, steps):
    """Add every pixel's stamp to steps; as `scatter.scatter`, but for parts of a pixel.

    Parameters
    ----------
    values, radius, which, outlines, scale, magnified
        As of `scatter.scatter`.
    channels : (tuple of int, tuple of float)
        Which of the values are spread, and as many zeros.
    margin : int
        Rows and columns of steps around the pixels: no stamp reaches farther.
    kept : KeptStamps
        Of these outlines and this scale; with room for any one stamp.
    steps : float64 (n,)
        A row of them has so many of each channel as there are columns with the margins.
    """
    tables, psf_headers = outlines
    above, count = np.empty((tables.shape[1], 2)), len(channels[0])
    width = radius.shape[1] + 2 * margin
    for row in range(radius.shape[0]):
        down = _parts(magnified[2] * (row - magnified[0]))
        for column in range(radius.shape[1]):
            number = which[row, column]
            if number < 0:
                continue
            across = _parts(magnified[2] * (column - magnified[1]))
            size = min(int(abs(radius[row, column]) * np.float32(PER_PX) + np.float32(0.5)), MOST_RADIUS)
            key = (((np.int64(number) << _RADIUS_BITS | size) << _PLACE_BITS | down[1]) << _PLACE_BITS) | across[1]
            slot = _slot(key, kept)
            if kept.keys[slot] != key:
                unit = unit_px(psf_headers[number], size / PER_PX, scale)
                aside = down[1] / PARTS, across[1] / PARTS
                slot = _made(key, (tables, psf_headers[number]), unit, aside, above, kept)
            light = channels[1]
            for c in range(count):
                value = rounded(float(values[row, column, channels[0][c]]), LIGHT_ROUNDING)
                light = tuple_setitem(light, c, value)  # pyright: ignore[reportCallIssue]
            at = (row + margin + down[0]) * width + column + margin + across[0]
            for n in range(kept.spans[slot, 0], kept.spans[slot, 1]):
                k = np.uint64((at + kept.place[n, 0] * width + kept.place[n, 1]) * count)
                for c in range(count):
                    steps[k + np.uint64(c)] += kept.step[n] * light[c]
