"""Span scatter: every pixel spreads its light over its own image of the aperture."""

import math

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from .jit import QUICK, jit
from .outline import LEAST_STEP, SHARP, USED, at_height, begin_at, step_down, unit_px

# Light of less weight than this in all gives way to what lies behind: rounding would show in its colour.
LEAST_WEIGHT = 2e-4

# Adding and taking away such a number rounds to multiples of 2^-22, and of 2^-24. Products of light and of a step so
# rounded are exact in float64, and so are their sums, in any order, as long as they stay below 128: no tile changes a
# bit.
LIGHT_ROUNDING, STEP_ROUNDING = 3.0 * 2.0**29, 3.0 * 2.0**27


@jit(fastmath=False)
def rounded(value, rounding):
    """Round to what adding and taking away a number leaves.

    A function by itself that says that it is not `fastmath`: it would take over its caller's, which takes both out.
    """
    return (value + rounding) - rounding


@jit(inline="always", fastmath=QUICK)
def _light_of(values, row, column, channels, per_unit, zeros):
    """Read what a pixel spreads, per unit of an outline's width.

    Parameters
    ----------
    values : float32 (H, W, C)
    row, column : int
    channels : tuple of int
        Of the values.
    per_unit : float
        1 / pixels.
    zeros : tuple of float
        As many as channels.

    Returns
    -------
    tuple of float
    """
    light = zeros
    for c in range(len(channels)):
        value = rounded(per_unit * float(values[row, column, channels[c]]), LIGHT_ROUNDING)
        light = tuple_setitem(light, c, value)  # pyright: ignore[reportCallIssue]
    return light


@jit(inline="always", fastmath=QUICK)
def _add_step(steps, start, light, before, after):
    """Add a step's rise over a pixel and the next.

    Parameters
    ----------
    steps : float64 (n,)
    start : int
        Where the pixel's channels begin.
    light : tuple of float
        Of each channel.
    before, after : float
        How much of the step falls to the pixel, and to the next.
    """
    k, count = np.uint64(start), len(light)
    for c in range(count):
        steps[k + np.uint64(c)] += light[c] * before
    for c in range(count):
        steps[k + np.uint64(c + count)] += light[c] * after


@jit(inline="always", fastmath=QUICK)
def box_step(across, beside):
    """Step of a box one pixel wide in the first of three pixels, the second or the third, `across` beyond the first.

    It goes up over the first two and down over the last two: by the overlap of each with the box's two sides.
    """
    return 1.0 - across if beside == 0 else (2.0 * across - 1.0 if beside == 1 else -across)


@jit(inline="always", fastmath=QUICK)
def _draw_pixel(light, place, aside, steps, size):
    """Add a light that stays a pixel, wherever that lands: beside where it was when colours are drawn apart.

    Parameters
    ----------
    light : tuple of float
        Of each channel.
    place : (int, int)
        Row and column of the pixel.
    aside : (float, float)
        How far down and to the right of it its middle lands, pixels.
    steps : float64 (h * (w + 1) * C,)
    size : (int, int)
        h and w.
    """
    height, width = size
    count = len(light)
    first_row, first_column = int(math.floor(aside[0])), int(math.floor(aside[1]))
    down = rounded(aside[0] - first_row, STEP_ROUNDING)
    across = rounded(aside[1] - first_column, STEP_ROUNDING)
    for below in range(2):
        share = down if below else 1.0 - down
        row = place[0] + first_row + below
        if share == 0.0 or not 0 <= row < height:
            continue
        left = 0.0
        for beside in range(3):
            step = -left if beside == 2 else rounded(share * box_step(across, beside), STEP_ROUNDING)
            left += step
            column = place[1] + first_column + beside
            if step == 0.0 or column > width:
                continue
            k = np.uint64(row * (width + 1) * count + max(column, 0) * count)
            for c in range(count):
                steps[k + np.uint64(c)] += step * light[c]


@jit(inline="always", fastmath=QUICK)
def _draw_row(light, column, shape, place, used, tables, above, line, steps, width):
    """Add one row of an outline.

    Parameters
    ----------
    light : tuple of float
        Of each channel, per unit of the outline.
    column : int
        The pixel's.
    shape : (float, float)
        How far to the right of it the outline's middle lies, and its unit, pixels.
    place : (int, float)
        The row's lower end, found by `at_height`.
    used : int
        Steps of the outline; the last one takes back what the others leave.
    tables : float64 (R, E, 2)
    above : float64 (E, 2)
        Integrals down to the row's upper end; overwritten by those to its lower.
    line : int
        Where the row begins in `steps`.
    steps : float64 (n,)
    width : int
        Pixels of a row.
    """
    left = 0.0
    for edge in range(used):
        exact, moment = step_down(tables, place, edge, above)
        if edge == used - 1:
            step = -left
        else:
            step = rounded(exact, STEP_ROUNDING)
            left += step
        if step == 0.0 or abs(exact) < LEAST_STEP:
            continue
        # A step rises over the pixel it falls in, shared with the next by where in it it lies.
        position = shape[0] + moment / exact * shape[1] + 0.5
        whole = int(math.floor(position))
        after = rounded(step * (position - whole), STEP_ROUNDING)
        there = column + whole
        if there >= width:
            continue
        if there < 0:
            there, after = 0, 0.0
        _add_step(steps, line + there * len(light), light, step - after, after)


@jit(fastmath=QUICK)
def add_up(steps, width, corner, channels, out):
    """Sum the steps along each row, and divide by the weight.

    Parameters
    ----------
    steps : float64 (n,)
        Of so many channels, one pixel after the other.
    width : int
        Pixels of a row of them.
    corner : (int, int)
        Row and column of the steps where what is wanted begins.
    channels : tuple of int
        As of `scatter`.
    out : float32 (h, w, C - 1)
        As of `scatter`.
    """
    count = len(channels)
    total = np.empty(count)
    for row in range(out.shape[0]):
        total[:] = 0.0
        k = (corner[0] + row) * width * count
        for _ in range(corner[1]):
            for c in range(count):
                total[c] += steps[k + c]
            k += count
        for x in range(out.shape[1]):
            for c in range(count):
                total[c] += steps[k + c]
            k += count
            per = 1.0 / max(total[count - 1], LEAST_WEIGHT)
            for c in range(count - 1):
                out[row, x, channels[c]] = per * total[c]


@jit(fastmath=QUICK)
def scatter(values, radius, which, outlines, scale, magnified, origin, channels, zeros, out):
    """Spread each pixel's values over its own outline at its own radius: splatting of circles of confusion.

    Parameters
    ----------
    values : float32 (H, W, C)
        What is spread; the last is the weight.
    radius : float32 (H, W)
        Signed blur radius in pixels; + behind focus.
    which : int32 (H, W)
        Each pixel's outline; pixels below 0 are skipped.
    outlines : OutlineTables
    scale : float
        The outlines were traced for a picture so many times as large.
    magnified : (float, float, float)
        y and x of the middle of the picture, counted as the arrays are, and how much farther from it light lands than
        where it comes from.
    origin : (int, int)
        Row and column of (H, W) where the wanted crop begins.
    channels : tuple of int
        Which of the values are spread this time; the last is the weight's. The others are written to `out` in the same
        place.
    zeros : tuple of float
        As many as channels. Tuples, so that the loops over them are unrolled, and what they hold stays in registers.
    out : float32 (h, w, C - 1)
        The sums there, divided by that of the weight; 0 where that is 0.

    Notes
    -----
    A step lies at its mean over the row of pixels, and is as high as its share of the row, so that all add up to the
    outline's own light. They are summed once, at the end, in float64 (a summed-area table's idea, along one axis: Crow
    1984): differences of bright values would leave streaks in float32.
    """
    tables, psf_headers = outlines
    height, width = out.shape[0], out.shape[1]
    count = len(channels)
    stride = (width + 1) * count
    steps = np.zeros(height * stride, np.float64)
    above = np.empty((tables.shape[1], 2))
    for source_row in range(radius.shape[0]):
        # Where light lands beside its pixel is the same in every tile.
        own_row, down = source_row - origin[0], magnified[2] * (source_row - magnified[0])
        for source_column in range(radius.shape[1]):
            if which[source_row, source_column] < 0:
                continue
            own_column, across = source_column - origin[1], magnified[2] * (source_column - magnified[1])
            header = psf_headers[which[source_row, source_column]]
            unit = unit_px(header, float(radius[source_row, source_column]), scale)
            if unit <= header[SHARP]:
                light = _light_of(values, source_row, source_column, channels, 1.0, zeros)
                _draw_pixel(light, (own_row, own_column), (down, across), steps, (height, width))
                continue
            first_row = max(own_row + int(math.floor(down - unit + 0.5)), 0)
            last_row = min(own_row + int(math.ceil(down + unit - 0.5)), height - 1)
            if first_row > last_row or own_column + across + unit < -1.0 or own_column + across - unit > width:
                continue
            per_unit, used = 1.0 / unit, int(header[USED])
            light = _light_of(values, source_row, source_column, channels, per_unit, zeros)
            begin_at(tables, at_height(header, (first_row - own_row - 0.5 - down) * per_unit), used, above)
            for row in range(first_row, last_row + 1):
                place = at_height(header, (row - own_row + 0.5 - down) * per_unit)
                line = row * stride
                _draw_row(light, own_column, (across, unit), place, used, tables, above, line, steps, width)
    add_up(steps, width + 1, (0, 0), channels, out)
