"""Span scatter: every pixel spreads its light over its own image of the aperture."""

import math

import numpy as np

from .jit import QUICK, jit

# A disc of half a pixel lies within its own pixel: what is this sharp stays as it is.
MIN_RADIUS_PX = 0.5

# Less than this is what rounding leaves of the steps.
LEAST_WEIGHT = 1e-9

# Colour, coverage, weight: spelled out in the loop, where a count known only at run time makes every write slower.
CHANNELS = 5


@jit(inline="always", fastmath=QUICK)
def edge_integral(table, rows_per_height, height, side):
    """Integral of one edge of the unit outline down to `height`; linear between the table's rows."""
    rows = table.shape[0] - 1
    position = min(max((height - table[0, 2]) * rows_per_height, 0.0), float(rows))
    row = min(int(position), rows - 1)
    t = position - row
    return table[row, side] + t * (table[row + 1, side] - table[row, side])


@jit(fastmath=QUICK)
def scatter(values, radius, active, outlines, area, top, left, out):
    """Spread each pixel's values evenly over the aperture's image at its own radius.

    Parameters
    ----------
    values : float32 (H, W, CHANNELS)
        What is spread: premultiplied colour, coverage, weight.
    radius : float32 (H, W)
        Signed blur radius in pixels; + behind focus. |radius| below MIN_RADIUS_PX stays in its pixel.
    active : bool (H, W)
        Pixels to spread; the others are skipped.
    outlines : float64 (2, M+1, 3)
        Edge integrals of the unit outline: [0] behind focus, [1] in front. See aperture.outline.
    area : float
        Area of the unit outline.
    top, left : int
        Place of the wanted part in (H, W).
    out : float32 (h, w, CHANNELS - 1)
        Overwritten: the sums there of all but the weight, divided by that of the weight; 0 where that is 0.

    Notes
    -----
    Per row of the aperture's image a span is written as two steps and summed once at the end. The steps lie at the
    mean of the edge over the part of the row that the image covers, and are as high as that part, so that the spans'
    total is the exact area. Sums are float64: differences of bright values would leave streaks in float32.
    """
    height, width = out.shape[0], out.shape[1]
    rows_per_height = (outlines.shape[1] - 1) / (outlines[0, -1, 2] - outlines[0, 0, 2])
    stride = (width + 1) * CHANNELS
    steps = np.zeros(height * stride, np.float64)
    for source_row in range(radius.shape[0]):
        y = source_row - top
        for source_column in range(radius.shape[1]):
            if not active[source_row, source_column]:
                continue
            x = source_column - left
            signed = float(radius[source_row, source_column])
            r = abs(signed)
            if r <= MIN_RADIUS_PX:
                if 0 <= y < height and 0 <= x < width:
                    k = np.uint64(y * stride + x * CHANNELS)
                    for channel in range(CHANNELS):
                        value = float(values[source_row, source_column, channel])
                        steps[k + np.uint64(channel)] += value
                        steps[k + np.uint64(channel + CHANNELS)] -= value
                continue
            first_row = max(int(math.floor(y - r + 0.5)), 0)
            last_row = min(int(math.ceil(y + r - 0.5)), height - 1)
            if first_row > last_row or x + r < -1.0 or x - r > width:
                continue
            table = outlines[0 if signed >= 0.0 else 1]
            scale = 1.0 / (area * r * r)
            v0 = scale * values[source_row, source_column, 0]
            v1 = scale * values[source_row, source_column, 1]
            v2 = scale * values[source_row, source_column, 2]
            v3 = scale * values[source_row, source_column, 3]
            v4 = scale * values[source_row, source_column, 4]
            outline_top, outline_bottom = table[0, 2], table[table.shape[0] - 1, 2]
            upper = (first_row - 0.5 - y) / r
            left_above = edge_integral(table, rows_per_height, upper, 0)
            right_above = edge_integral(table, rows_per_height, upper, 1)
            for row in range(first_row, last_row + 1):
                lower = (row + 0.5 - y) / r
                left_below = edge_integral(table, rows_per_height, lower, 0)
                right_below = edge_integral(table, rows_per_height, lower, 1)
                covered, stretch = 1.0, r * r
                if upper < outline_top or lower > outline_bottom:
                    covered = (min(lower, outline_bottom) - max(upper, outline_top)) * r
                    stretch = r * r / max(covered, 1e-12)
                upper = lower
                if covered <= 0.0:
                    continue
                # A step rises over the pixel it falls in, shared with the next by where in it it lies.
                for side in range(2):
                    if side == 0:
                        position, step = x + (left_below - left_above) * stretch + 0.5, covered
                    else:
                        position, step = x + (right_below - right_above) * stretch + 0.5, -covered
                    if position >= width:
                        continue
                    position = max(position, 0.0)
                    column = int(position)
                    after = step * (position - column)
                    before = step - after
                    k = np.uint64(row * stride + column * CHANNELS)
                    steps[k] += v0 * before
                    steps[k + np.uint64(1)] += v1 * before
                    steps[k + np.uint64(2)] += v2 * before
                    steps[k + np.uint64(3)] += v3 * before
                    steps[k + np.uint64(4)] += v4 * before
                    steps[k + np.uint64(5)] += v0 * after
                    steps[k + np.uint64(6)] += v1 * after
                    steps[k + np.uint64(7)] += v2 * after
                    steps[k + np.uint64(8)] += v3 * after
                    steps[k + np.uint64(9)] += v4 * after
                left_above, right_above = left_below, right_below
    for row in range(height):
        s0 = s1 = s2 = s3 = s4 = 0.0
        k = row * stride
        for x in range(width):
            s0 += steps[k]
            s1 += steps[k + 1]
            s2 += steps[k + 2]
            s3 += steps[k + 3]
            s4 += steps[k + 4]
            k += CHANNELS
            per = 1.0 / s4 if s4 > LEAST_WEIGHT else 0.0
            out[row, x, 0], out[row, x, 1], out[row, x, 2] = per * s0, per * s1, per * s2
            out[row, x, 3] = per * s3
