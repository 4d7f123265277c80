"""How steep the edges of a picture are, cell by cell, at one scale after the other."""

import numpy as np

from .jit import QUICK, jit


@jit(fastmath=QUICK)
def grey(colour, cell, rows, out, brightest):
    """Average the channels.

    Parameters
    ----------
    colour : float32 (H, W, 3)
    cell : int
        Side of a cell.
    rows : (int, int)
        Rows of cells that are made: the first, and the one after the last.
    out : float32 (H, W)
        Overwritten.
    brightest : float32 (h, w)
        Overwritten: the largest value of any channel in each cell.
    """
    height, width = out.shape
    whole, columns = brightest.shape
    for row in range(rows[0], rows[1]):
        if row < whole:
            brightest[row] = 0.0
        for y in range(row * cell, min((row + 1) * cell, height)):
            for x in range(width):
                r, g, b = colour[y, x, 0], colour[y, x, 1], colour[y, x, 2]
                out[y, x] = (r + g + b) * np.float32(1.0 / 3.0)
                column = x // cell
                if row < whole and column < columns:
                    brightest[row, column] = max(brightest[row, column], r, g, b)


@jit(inline="always", fastmath=QUICK)
def _smooth_down(values, taps, top, line):
    """Sum rows from `top` on, each times its tap, into the middle of `line` (W + 2 n,); its ends repeat the border."""
    height, width = values.shape
    reach = taps.size // 2
    for n in range(taps.size):
        y = min(max(top + n, 0), height - 1)
        for x in range(width):
            line[x + reach] += taps[n] * values[y, x]
    line[:reach] = line[reach]
    line[width + reach :] = line[width + reach - 1]


@jit(fastmath=QUICK)
def smooth(values, taps, every, rows, out):
    """Smooth a picture along both axes, and keep every so many pixels; beyond the border it stays as it is there.

    Parameters
    ----------
    values : float32 (H, W)
    taps : float32 (2 n + 1,)
    every : int
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (ceil(H / every), ceil(W / every))
        Overwritten.
    """
    reach = taps.size // 2
    for row in range(rows[0], rows[1]):
        line = np.zeros(values.shape[1] + 2 * reach, np.float32)
        _smooth_down(values, taps, row * every - reach, line)
        for column in range(out.shape[1]):
            total = np.float32(0.0)
            for n in range(taps.size):
                total += taps[n] * line[column * every + n]
            out[row, column] = total


@jit(inline="always", fastmath=QUICK)
def _squared_slope(values, y, x):
    """Squared gradient at a pixel by central differences, times 4."""
    down = values[y + 1, x] - values[y - 1, x]
    across = values[y, x + 1] - values[y, x - 1]
    return down * down + across * across


@jit(fastmath=QUICK)
def steepest(values, cell, rows, out):
    """Find the steepest place of each cell; the picture's border is none.

    Parameters
    ----------
    values : float32 (H, W)
    cell : int
        Side of a cell.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (h, w)
        Overwritten: the largest squared gradient, per pixel.
    """
    height, width = values.shape
    for row in range(rows[0], rows[1]):
        for column in range(out.shape[1]):
            most = np.float32(0.0)
            for y in range(max(row * cell, 1), min((row + 1) * cell, height - 1)):
                for x in range(max(column * cell, 1), min((column + 1) * cell, width - 1)):
                    most = max(most, _squared_slope(values, y, x))
            out[row, column] = np.float32(0.25) * most
