"""Span scatter: every pixel spreads its light over its own image of the aperture."""

import math

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem

from .jit import QUICK, jit
from .outline import SHARP, USED, at_height, integral, unit_px

# Less than this is what rounding leaves of the steps.
LEAST_WEIGHT = 1e-9

# A step lower than this, in units of all light, is what rounding leaves of one.
LEAST_STEP = 1e-12


@jit(fastmath=QUICK)
def scatter(values, radius, which, tables, frames, scale, magnified, top, left, channels, zeros, out):
    """Spread each pixel's values over its own outline at its own radius.

    Parameters
    ----------
    values : float32 (H, W, C)
        What is spread; the last is the weight.
    radius : float32 (H, W)
        Signed blur radius in pixels; + behind focus.
    which : int32 (H, W)
        Each pixel's outline; pixels below 0 are skipped.
    tables : float64 (R, E, 2)
        Steps of the outlines, one after the other; see outline.
    frames : float64 (K, FRAME)
    scale : float
        The outlines were traced for a picture so many times as large.
    magnified : (float, float, float)
        y and x of the middle of the picture, counted as the arrays are, and how much farther from it light lands than
        where it comes from.
    top, left : int
        Place of the wanted part in (H, W).
    channels : tuple of int
        Which of the values are spread this time; the last is the weight's. The others are written to `out` in the same
        place.
    zeros : tuple of float
        As many as channels. Tuples, so that the loops over them are unrolled, and what they hold stays in registers.
    out : float32 (h, w, C - 1)
        The sums there, divided by that of the weight; 0 where that is 0.

    Notes
    -----
    A step lies at its mean over the row of pixels, and is as high as its part of the row, so that all add up to the
    outline's own light. They are summed once, at the end, in float64: differences of bright values would leave streaks
    in float32.
    """
    height, width = out.shape[0], out.shape[1]
    count = len(channels)
    stride = (width + 1) * count
    steps = np.zeros(height * stride, np.float64)
    above = np.empty((tables.shape[1], 2))
    for source_row in range(radius.shape[0]):
        y = source_row - top + magnified[2] * (source_row - magnified[0])
        for source_column in range(radius.shape[1]):
            if which[source_row, source_column] < 0:
                continue
            x = source_column - left + magnified[2] * (source_column - magnified[1])
            frame = frames[which[source_row, source_column]]
            unit = unit_px(frame, float(radius[source_row, source_column]), scale)
            if unit <= frame[SHARP]:
                # The pixel itself, wherever it lands: in part beside where it was when colours are drawn apart.
                row, column = int(math.floor(y)), int(math.floor(x))
                down, across = y - row, x - column
                for below in range(2):
                    share = down if below else 1.0 - down
                    if share == 0.0 or not 0 <= row + below < height:
                        continue
                    for beside in range(3):
                        # Up over the first two columns and down over the next: -1 where both meet.
                        step = 1.0 - across if beside == 0 else (2.0 * across - 1.0 if beside == 1 else -across)
                        place = column + beside
                        if step == 0.0 or place > width:
                            continue
                        k = np.uint64((row + below) * stride + max(place, 0) * count)
                        for c in range(count):
                            steps[k + np.uint64(c)] += share * step * values[source_row, source_column, channels[c]]
                continue
            first_row = max(int(math.floor(y - unit + 0.5)), 0)
            last_row = min(int(math.ceil(y + unit - 0.5)), height - 1)
            if first_row > last_row or x + unit < -1.0 or x - unit > width:
                continue
            per_unit, used = 1.0 / unit, int(frame[USED])
            light = zeros
            for c in range(count):
                value = per_unit * float(values[source_row, source_column, channels[c]])
                light = tuple_setitem(light, c, value)  # pyright: ignore[reportCallIssue]
            row_above, t = at_height(frame, (first_row - 0.5 - y) * per_unit)
            for edge in range(used):
                above[edge, 0] = integral(tables, row_above, t, edge, 0)
                above[edge, 1] = integral(tables, row_above, t, edge, 1)
            for row in range(first_row, last_row + 1):
                row_below, t = at_height(frame, (row + 0.5 - y) * per_unit)
                for edge in range(used):
                    sum_below = integral(tables, row_below, t, edge, 0)
                    moment_below = integral(tables, row_below, t, edge, 1)
                    step, moment = sum_below - above[edge, 0], moment_below - above[edge, 1]
                    above[edge, 0] = sum_below
                    above[edge, 1] = moment_below
                    if abs(step) < LEAST_STEP:
                        continue
                    # A step rises over the pixel it falls in, shared with the next by where in it it lies.
                    position = x + moment / step * unit + 0.5
                    if position >= width:
                        continue
                    position = max(position, 0.0)
                    column = int(position)
                    after = step * (position - column)
                    before = step - after
                    k = np.uint64(row * stride + column * count)
                    for c in range(count):
                        steps[k + np.uint64(c)] += light[c] * before
                    for c in range(count):
                        steps[k + np.uint64(c + count)] += light[c] * after
    total = np.empty(count)
    for row in range(height):
        total[:] = 0.0
        k = row * stride
        for x in range(width):
            for c in range(count):
                total[c] += steps[k + c]
            k += count
            per = 1.0 / total[count - 1] if total[count - 1] > LEAST_WEIGHT else 0.0
            for c in range(count - 1):
                out[row, x, channels[c]] = per * total[c]
