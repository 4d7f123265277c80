"""Passes that look for lights: what is clipped, and what is seen along rays that leave it."""

import math

import numpy as np
from numba import prange

from .jit import jit


@jit(parallel=True)
def clipped(rgb, extra, levels, out):
    """Find the pixels that a photo clips, and its gain map says are brighter than white; return how many there are.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    extra : float32 (H, W, 3)
        What a gain map adds; of shape (0, 0, 3) without one.
    levels : float32 (3,)
        What clips is at least the first, in all channels. With a gain map, its brightest channel is more than the
        second in truth; where it is more than the third and all are more than the second, one channel need clip only.
    out : bool (H, W), overwritten
    """
    height, width, _ = rgb.shape
    mapped = extra.shape[0] > 0
    count = 0
    for y in prange(height):
        for x in range(width):
            least, most = min(rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]), max(rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2])
            found = least >= levels[0]
            if mapped and most >= levels[0]:
                red, green, blue = (
                    rgb[y, x, 0] + extra[y, x, 0],
                    rgb[y, x, 1] + extra[y, x, 1],
                    rgb[y, x, 2] + extra[y, x, 2],
                )
                peak = max(red, green, blue)
                lamp = peak > levels[2] and min(red, green, blue) > levels[1]
                found = (found and peak > levels[1]) or lamp
            out[y, x] = found
            count += found
    return count


@jit(parallel=True)
def rays(rgb, sides, first_run, rows, starts, stops, order, middle, size, unit, fixed, scaled, seen):
    """Sample a picture along the rays that leave each piece of a mask.

    A ray starts where the piece ends in its direction.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    sides : int
        Rays of a piece, evenly around its middle.
    first_run : int64 (L + 1,)
        Where each piece's runs begin in `order`.
    rows, starts, stops : int32 (R,)
        Row of a run of pixels, its first column and that behind its last.
    order : int64 (R,)
        Runs, piece by piece.
    middle : float64 (L, 2)
        y, x of each piece.
    size : float64 (L,)
        Radius of a disc as large as it, pixels.
    unit : float
        Pixels that the sharpest edge takes.
    fixed, scaled : float64 (J,)
        Distances of the samples from the piece, in units and in radii of it.
    seen : float32 (L, sides, J, 3), overwritten
        Mean of a square of a unit; NaN outside the picture.
    """
    height, width, _ = rgb.shape
    half = int(0.5 * unit)
    turn = 2.0 * math.pi / sides
    for piece in prange(size.size):
        begin = np.full(sides, 0.5)
        for n in range(first_run[piece], first_run[piece + 1]):
            run = order[n]
            y = rows[run] - middle[piece, 0]
            for column in range(starts[run], stops[run]):
                x = column - middle[piece, 1]
                side = int(math.floor((math.atan2(y, x) % (2.0 * math.pi)) / turn)) % sides
                begin[side] = max(begin[side], math.hypot(y, x))
        for side in range(sides):
            down, across = math.sin((side + 0.5) * turn), math.cos((side + 0.5) * turn)
            for j in range(fixed.size):
                away = begin[side] + 0.5 + unit * fixed[j] + size[piece] * scaled[j]
                y = int(round(middle[piece, 0] + down * away))
                x = int(round(middle[piece, 1] + across * away))
                if y < 0 or x < 0 or y >= height or x >= width:
                    for c in range(3):
                        seen[piece, side, j, c] = np.nan
                    continue
                for c in range(3):
                    seen[piece, side, j, c] = 0.0
                count = 0
                for row in range(max(y - half, 0), min(y + half + 1, height)):
                    for column in range(max(x - half, 0), min(x + half + 1, width)):
                        count += 1
                        for c in range(3):
                            seen[piece, side, j, c] += rgb[row, column, c]
                for c in range(3):
                    seen[piece, side, j, c] /= count
