"""Span scatter: every pixel spreads its light over its own image of the aperture."""

import math

import numba
import numpy as np

# A disc of half a pixel lies within its own pixel: what is this sharp stays as it is.
MIN_RADIUS_PX = 0.5


@numba.njit(cache=True, nogil=True, inline="always")
def edge_integral(table, height, side):
    """Integral of one edge of the unit outline from -1 to `height`; linear between the table's rows."""
    rows = table.shape[0] - 1
    position = min(max((height + 1.0) * 0.5 * rows, 0.0), float(rows))
    row = min(int(position), rows - 1)
    t = position - row
    return table[row, side] + t * (table[row + 1, side] - table[row, side])


@numba.njit(cache=True, nogil=True, inline="always")
def _add_step(line, position, light, sign):
    """Add a step of sign * light at the real abscissa `position` to a row of differences, shared by two pixels."""
    width = line.shape[0] - 1
    column = math.floor(position + 0.5)
    after = position + 0.5 - column  # share of the pixel that lies before the step
    if column >= width:
        return
    if column < 0:
        column, after = 0, 0.0
    for channel in range(light.shape[0]):
        value = sign * light[channel]
        line[column, channel] += value * (1.0 - after)
        line[column + 1, channel] += value * after


@numba.njit(cache=True, nogil=True, parallel=True)
def scatter(values, radius, active, outlines, area, band_rows, out):
    """Spread each pixel's values evenly over the aperture's image at its own radius.

    Parameters
    ----------
    values : float32 (H, W, C)
        What is spread (premultiplied colour, coverage, 1).
    radius : float32 (H, W)
        Signed blur radius in pixels; + behind focus. |radius| below MIN_RADIUS_PX stays in its pixel.
    active : bool (H, W)
        Pixels to spread; the others are skipped.
    outlines : float64 (2, M+1, 2)
        Edge integrals of the unit outline: [0] behind focus, [1] in front. See aperture.outline.
    area : float
        Area of the unit outline.
    band_rows : int
        Output rows per task. The result does not depend on it: each row is summed by one task, in raster order.
    out : float32 (H, W, C)
        The sum, overwritten.

    Notes
    -----
    Per row of the aperture's image a span is written as two steps and summed once at the end. The steps lie at the
    mean of the edge over the row's strip, so that the spans' total is the exact area. Sums are float64: differences
    of bright values would leave streaks in float32.
    """
    height, width, channels = values.shape
    bands = (height + band_rows - 1) // band_rows
    reach = np.zeros(height, np.int64)
    for y in numba.prange(height):
        largest = 0.0
        for x in range(width):
            if active[y, x]:
                largest = max(largest, abs(radius[y, x]))
        reach[y] = int(math.ceil(largest)) + 1
    for band in numba.prange(bands):
        top = band * band_rows
        bottom = min(top + band_rows, height)
        lines = np.zeros((bottom - top, width + 1, channels), np.float64)
        light = np.empty(channels, np.float64)
        for y in range(height):
            if y + reach[y] < top or y - reach[y] >= bottom:
                continue
            for x in range(width):
                if not active[y, x]:
                    continue
                r = max(abs(float(radius[y, x])), MIN_RADIUS_PX)
                first_row = max(int(math.floor(y - r + 0.5)), top)
                last_row = min(int(math.ceil(y + r - 0.5)), bottom - 1)
                if first_row > last_row:
                    continue
                side = 0 if radius[y, x] >= 0.0 else 1
                table = outlines[side]
                weight = 1.0 / (area * r * r)
                for channel in range(channels):
                    light[channel] = weight * values[y, x, channel]
                upper = (first_row - 0.5 - y) / r
                left_above = edge_integral(table, upper, 0)
                right_above = edge_integral(table, upper, 1)
                for row in range(first_row, last_row + 1):
                    lower = (row + 0.5 - y) / r
                    left_below = edge_integral(table, lower, 0)
                    right_below = edge_integral(table, lower, 1)
                    _add_step(lines[row - top], x + (left_below - left_above) * r * r, light, 1.0)
                    _add_step(lines[row - top], x + (right_below - right_above) * r * r, light, -1.0)
                    left_above, right_above = left_below, right_below
        for row in range(bottom - top):
            for channel in range(channels):
                total = 0.0
                for x in range(width):
                    total += lines[row, x, channel]
                    out[top + row, x, channel] = total
