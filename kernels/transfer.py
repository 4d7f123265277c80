"""The transfer function of a picture's pixels, from the pupil's table."""

import math

import numba

from .jit import jit


@jit(parallel=True)
def gather(table, start, period, squeeze, scale, response, out):
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
    out : float64 (3, L, L // 2 + 1)
    """
    size = out.shape[1]
    angles, lags = table.shape[0], table.shape[1]
    for row in numba.prange(size):
        base_y = row / size if 2 * row < size else row / size - 1.0
        for column in range(out.shape[2]):
            base_x = column / size if 2 * column < size else column / size - 1.0
            red, green, blue = 0.0, 0.0, 0.0
            for my in range(3):
                fy = base_y + my - 1.0
                for mx in range(3):
                    weight = response[my, row] * response[mx, column]
                    if abs(weight) < 1e-8:
                        continue
                    fx = squeeze * (base_x + mx - 1.0)
                    lag = math.sqrt(math.sqrt(fx * fx + fy * fy) / scale) * (lags - 1)
                    if lag >= lags - 1:
                        continue
                    turn = (math.atan2(-fy, fx) - start) / period
                    turn -= math.floor(turn)
                    angle = 2.0 * min(turn, 1.0 - turn) * (angles - 1)
                    a, b = min(int(angle), angles - 2), int(lag)
                    s, t = angle - a, lag - b
                    near, far = weight * (1.0 - s), weight * s
                    w00, w01, w10, w11 = near * (1.0 - t), near * t, far * (1.0 - t), far * t
                    red += w00 * table[a, b, 0] + w01 * table[a, b + 1, 0]
                    red += w10 * table[a + 1, b, 0] + w11 * table[a + 1, b + 1, 0]
                    green += w00 * table[a, b, 1] + w01 * table[a, b + 1, 1]
                    green += w10 * table[a + 1, b, 1] + w11 * table[a + 1, b + 1, 1]
                    blue += w00 * table[a, b, 2] + w01 * table[a, b + 1, 2]
                    blue += w10 * table[a + 1, b, 2] + w11 * table[a + 1, b + 1, 2]
            out[0, row, column] = red
            out[1, row, column] = green
            out[2, row, column] = blue
