"""Half and double size, for what is too blurred to need every pixel."""

import numba
import numpy as np

from .jit import jit


@jit(parallel=True)
def halve(values, radius, active, half_values, half_radius, half_active):
    """Average 2 x 2 pixels; the border repeats.

    Parameters
    ----------
    values : float32 (H, W, C)
    radius : float32 (H, W)
        Signed blur radius in pixels of this size.
    active : bool (H, W)
    half_values, half_radius, half_active
        Of size ((H+1)//2, (W+1)//2), overwritten; the radius in pixels of the half size; active where any of four is.
    """
    height, width, channels = values.shape
    for row in numba.prange(half_radius.shape[0]):
        y0, y1 = 2 * row, min(2 * row + 1, height - 1)
        for column in range(half_radius.shape[1]):
            x0, x1 = 2 * column, min(2 * column + 1, width - 1)
            half_active[row, column] = active[y0, x0] or active[y0, x1] or active[y1, x0] or active[y1, x1]
            half_radius[row, column] = np.float32(0.125) * (
                radius[y0, x0] + radius[y0, x1] + radius[y1, x0] + radius[y1, x1]
            )
            for channel in range(channels):
                half_values[row, column, channel] = np.float32(0.25) * (
                    values[y0, x0, channel]
                    + values[y0, x1, channel]
                    + values[y1, x0, channel]
                    + values[y1, x1, channel]
                )


@jit(parallel=True)
def double(values, out):
    """Enlarge by two along both sides, by cubic convolution (Keys 1981, a = -1/2).

    Parameters
    ----------
    values : float32 ((H+1)//2, (W+1)//2, C)
    out : float32 (H, W, C)
        Overwritten. Pixel centres of the fine size lie a quarter of a coarse pixel beside the coarse ones.
    """
    height, width, channels = out.shape
    rows, columns = values.shape[0], values.shape[1]
    # Taps of the cubic at distances 1.75, 0.75, 0.25, 1.25 from the fine pixel.
    w0, w1, w2, w3 = np.float32(-3 / 128), np.float32(29 / 128), np.float32(111 / 128), np.float32(-9 / 128)
    for y in numba.prange(height):
        row, side = y // 2, (1 if y % 2 else -1)
        r0, r1 = min(max(row + 2 * side, 0), rows - 1), min(max(row + side, 0), rows - 1)
        r3 = min(max(row - side, 0), rows - 1)
        line = np.empty((columns, channels), np.float32)
        for column in range(columns):
            for channel in range(channels):
                line[column, channel] = (
                    w0 * values[r0, column, channel]
                    + w1 * values[r1, column, channel]
                    + w2 * values[row, column, channel]
                    + w3 * values[r3, column, channel]
                )
        for x in range(width):
            column, side = x // 2, (1 if x % 2 else -1)
            c0, c1 = min(max(column + 2 * side, 0), columns - 1), min(max(column + side, 0), columns - 1)
            c3 = min(max(column - side, 0), columns - 1)
            for channel in range(channels):
                out[y, x, channel] = (
                    w0 * line[c0, channel]
                    + w1 * line[c1, channel]
                    + w2 * line[column, channel]
                    + w3 * line[c3, channel]
                )
