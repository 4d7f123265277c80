"""What a gain map adds to a photo's light, reckoned where it is looked at: ISO 21496-1."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .enlarge import mixed, placed
from .jit import jit

ZERO, ONE = np.float32(0.0), np.float32(1.0)


class Gains(NamedTuple):
    """What leads from a photo to its radiance: (rgb + base) * 2**stops - alternate.

    Attributes
    ----------
    stops : float32 (h, w, 1 or 3)
        Enlarged linearly between pixel centres; the border repeats. Of shape (0, 0, 1) where there is no gain map.
    base, alternate : float32 (3,)
    """

    stops: NDArray[np.float32]
    base: NDArray[np.float32]
    alternate: NDArray[np.float32]


@jit(inline="always")
def mix_rows(stops, row, height, line):
    """Interpolate a map (h, w, C) down to a row of a picture of a height: `line` (w, C)."""
    top, down = placed(row, stops.shape[0], height)
    below = min(top + 1, stops.shape[0] - 1)
    for x in range(stops.shape[1]):
        for c in range(stops.shape[2]):
            line[x, c] = mixed(stops[top, x, c], stops[below, x, c], down)


@jit(inline="always")
def columns_of(stops, width):
    """Find where the columns of a picture lie in a map: the one before and after, int32 (W,), and how far beyond."""
    before, after, across = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.float32)
    last = np.int32(stops.shape[1] - 1)
    for x in range(width):
        before[x], across[x] = placed(x, stops.shape[1], width)
        after[x] = min(before[x] + 1, last)
    return before, after, across


@jit(inline="always")
def _factor_of(stops):
    """Factor of a gain, less one: so that no gain is exactly nothing."""
    return np.exp2(stops) - ONE if stops != ZERO else ZERO


@jit(inline="always")
def factor(line, columns, x, c):
    """Factor of a gain, less one, in a column of a picture: `line` as of `mix_rows`, `columns` as of `columns_of`."""
    before, after = np.uint32(columns[0][x]), np.uint32(columns[1][x])
    return _factor_of(mixed(line[before, c], line[after, c], columns[2][x]))


@jit(inline="always")
def light_added(light, factor, base, alternate):
    """Radiance that is added to a channel's light, no less than 0; the factor is that of the gain, less one."""
    return max((max(light, ZERO) + base) * factor + (base - alternate), ZERO)


@jit(inline="always")
def added_at(rgb, gains, y, x, c):
    """Radiance that is added to a channel of a pixel; to the bit as `add_gain` has it.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    gains : Gains
    y, x, c : int
        Row, column and channel.
    """
    stops, base, alternate = gains
    top, down = placed(y, stops.shape[0], rgb.shape[0])
    left, across = placed(x, stops.shape[1], rgb.shape[1])
    below, right = min(top + 1, stops.shape[0] - 1), min(left + 1, stops.shape[1] - 1)
    k = c if stops.shape[2] == 3 else 0
    before = mixed(stops[top, left, k], stops[below, left, k], down)
    after = mixed(stops[top, right, k], stops[below, right, k], down)
    return light_added(rgb[y, x, c], _factor_of(mixed(before, after, across)), base[c], alternate[c])


@jit(inline="always")
def _row(light, line, columns, gains, extra):
    """Write what is added to the light of a row.

    Parameters
    ----------
    light : float32 (W, 3)
    line, columns
        As of `factor`.
    gains : Gains
    extra : float32 (W, 3), overwritten
    """
    factor_here = ZERO
    for x in range(extra.shape[0]):
        for c in range(3):
            if c < line.shape[1]:
                factor_here = factor(line, columns, x, c)
            extra[x, c] = light_added(light[x, c], factor_here, gains.base[c], gains.alternate[c])


@jit()
def add_gain(rgb, gains, corner, extra):
    """Write what a gain map adds to a box of a photo.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    gains : Gains
    corner : (int, int)
        Row and column where the box begins.
    extra : float32 (h, w, 3), overwritten
    """
    stops, left, right = gains.stops, corner[1], corner[1] + extra.shape[1]
    before, after, across = columns_of(stops, rgb.shape[1])
    columns = before[left:right], after[left:right], across[left:right]
    line = np.empty((stops.shape[1], stops.shape[2]), np.float32)
    for row in range(extra.shape[0]):
        mix_rows(stops, corner[0] + row, rgb.shape[0], line)
        _row(rgb[corner[0] + row, left:right], line, columns, gains, extra[row])


@jit()
def gain_at(rgb, gains, ys, xs, extra):
    """Write what a gain map adds to some pixels of a photo.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    gains : Gains
    ys, xs : int64 (N,)
    extra : float32 (N, 3), overwritten
    """
    for n in range(ys.size):
        for c in range(3):
            extra[n, c] = added_at(rgb, gains, ys[n], xs[n], c)


@jit()
def brightest(rgb, gains, rows):
    """Find how bright a photo's channels are with what a gain map adds, and whether it adds anything, in some rows.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    gains : Gains
    rows : (int, int)
        The first, and the one after the last.

    Returns
    -------
    float32
    bool
    """
    most, adds = np.float32(-np.inf), False
    columns = columns_of(gains.stops, rgb.shape[1])
    line = np.empty((gains.stops.shape[1], gains.stops.shape[2]), np.float32)
    extra = np.empty((rgb.shape[1], 3), np.float32)
    for y in range(rows[0], rows[1]):
        mix_rows(gains.stops, y, rgb.shape[0], line)
        _row(rgb[y], line, columns, gains, extra)
        for x in range(rgb.shape[1]):
            for c in range(3):
                most = max(most, rgb[y, x, c] + extra[x, c])
                adds |= extra[x, c] > ZERO
    return most, adds
