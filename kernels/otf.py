"""The transfer function of a picture's pixels, from the pupil's table."""

import math

from .jit import jit

# A frequency that the pixels keep no more of than this tells nothing.
LEAST_RESPONSE = 1e-8


@jit(inline="always")
def _frequency(n, size):
    """Frequency of a row or column of a transform, cycles per pixel."""
    return n / size if 2 * n < size else n / size - 1.0


@jit(inline="always")
def _angle_row(turn, angles):
    """Row of a table that holds half a period, at so much of a turn through the whole: its second half is mirrored."""
    turn -= math.floor(turn)
    return 2.0 * min(turn, 1.0 - turn) * (angles - 1)


@jit(inline="always")
def _add_bilinear(total, table, angle, lag, weight, channel):
    """Add what a table holds at a place between its rows and columns.

    Parameters
    ----------
    total : float
        What it is added to.
    table : float64 (A, B, 3)
    angle, lag : float
        Row and column, below A - 1 or at it, and below B - 1.
    weight : float
    channel : int

    Returns
    -------
    float
    """
    a, b = min(int(angle), table.shape[0] - 2), int(lag)
    s, t = angle - a, lag - b
    upper, lower = weight * (1.0 - s), weight * s
    total += upper * (1.0 - t) * table[a, b, channel] + upper * t * table[a, b + 1, channel]
    return total + (lower * (1.0 - t) * table[a + 1, b, channel] + lower * t * table[a + 1, b + 1, channel])


@jit()
def gather(table, start, period, squeeze, scale, response, rows, out):
    """Fill the half plane of a real transform with the transfer function, folded at the pixels' frequency.

    Parameters
    ----------
    table : float64 (A, B, 3)
        Transfer from angle `start` over half a `period`, mirrored in its second half and so on; at even steps of the
        square root of the frequency, 0 beyond the last.
    start, period : float
        Radians, counter-clockwise; rows of the picture go down.
    squeeze : float
        The frequencies across count so many times.
    scale : float
        Frequency at the table's end, cycles per pixel.
    response : float64 (3, L)
        What the pixels keep of frequency k/L - 1, k/L and k/L + 1, k as in a transform.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float64 (3, L, L // 2 + 1)

    Notes
    -----
    Sampling repeats a spectrum at the pixels' frequency, and what overlaps adds up: Bracewell, The Fourier Transform
    and Its Applications. Three repeats each way hold all that the pixels keep.
    """
    size = out.shape[1]
    angles, lags = table.shape[0], table.shape[1]
    for row in range(rows[0], rows[1]):
        base_y = _frequency(row, size)
        for column in range(out.shape[2]):
            base_x = _frequency(column, size)
            red, green, blue = 0.0, 0.0, 0.0
            for my in range(3):
                fy = base_y + my - 1.0
                for mx in range(3):
                    weight = response[my, row] * response[mx, column]
                    if abs(weight) < LEAST_RESPONSE:
                        continue
                    fx = squeeze * (base_x + mx - 1.0)
                    lag = math.sqrt(math.sqrt(fx * fx + fy * fy) / scale) * (lags - 1)
                    if lag >= lags - 1:
                        continue
                    angle = _angle_row((math.atan2(-fy, fx) - start) / period, angles)
                    red = _add_bilinear(red, table, angle, lag, weight, 0)
                    green = _add_bilinear(green, table, angle, lag, weight, 1)
                    blue = _add_bilinear(blue, table, angle, lag, weight, 2)
            out[0, row, column] = red
            out[1, row, column] = green
            out[2, row, column] = blue
