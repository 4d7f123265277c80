"""Passes that look for lights: what is clipped, how deep, and what is seen along rays that leave it."""

import math

import numpy as np

from .gained import added_at
from .jit import jit


@jit(inline="always")
def _is_lamp(rgb, gains, place, levels, clips):
    """Whether a pixel that clips in some channel is a lamp by what a gain map adds.

    Parameters
    ----------
    rgb, gains, levels
        As of `clipped`.
    place : (int, int)
        Row and column.
    clips : bool
        Whether all of its channels do.
    """
    y, x = place
    red, green = rgb[y, x, 0] + added_at(rgb, gains, y, x, 0), rgb[y, x, 1] + added_at(rgb, gains, y, x, 1)
    blue = rgb[y, x, 2] + added_at(rgb, gains, y, x, 2)
    peak = max(red, green, blue)
    coloured = peak > levels[2] and min(red, green, blue) > levels[1]
    return (clips and peak > levels[1]) or coloured


@jit()
def clipped(rgb, gains, levels, rows, out):
    """Find the pixels that a photo clips, and its gain map says are brighter than white; return how many there are.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    gains : Gains
    levels : float32 (3,)
        What clips is at least the first, in all channels. With a gain map, its brightest channel is more than the
        second in truth; where it is more than the third and all are more than the second, one channel need clip only.
    rows : (int, int)
        Those that are looked at: the first, and the one after the last.
    out : bool (H, W), overwritten there
    """
    mapped = gains.stops.shape[0] > 0
    count = 0
    for y in range(rows[0], rows[1]):
        for x in range(rgb.shape[1]):
            red, green, blue = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            clips = min(red, green, blue) >= levels[0]
            some = max(red, green, blue) >= levels[0]
            out[y, x] = _is_lamp(rgb, gains, (y, x), levels, clips) if mapped and some else clips
            count += out[y, x]
    return count


@jit(inline="always")
def _ends(runs, piece, middle, begin):
    """Find how far a piece reaches from its middle on each of its sides, pixels: `begin` (sides,), overwritten."""
    first_run, rows, starts, stops = runs
    turn = 2.0 * math.pi / begin.size
    begin[:] = 0.5
    for run in range(first_run[piece], first_run[piece + 1]):
        y = rows[run] - middle[0]
        for column in range(starts[run], stops[run]):
            x = column - middle[1]
            side = int(math.floor((math.atan2(y, x) % (2.0 * math.pi)) / turn)) % begin.size
            begin[side] = max(begin[side], math.hypot(y, x))


@jit(inline="always")
def _mean_around(rgb, at, half, mean):
    """Average the square of half a width around a pixel (y, x): `mean` (3,); NaN where that is outside the picture."""
    (y, x), (height, width, _) = at, rgb.shape
    mean[:] = 0.0
    count = 0
    if y >= 0 and x >= 0 and y < height and x < width:
        for row in range(max(y - half, 0), min(y + half + 1, height)):
            for column in range(max(x - half, 0), min(x + half + 1, width)):
                count += 1
                for c in range(3):
                    mean[c] += rgb[row, column, c]
    for c in range(3):
        mean[c] = mean[c] / count if count > 0 else np.nan


@jit()
def rays(rgb, runs, middle, size, unit, away, seen):
    """Sample a picture along the rays that leave each piece of a mask, evenly around its middle.

    A ray starts where the piece ends in its direction.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    runs : (int64 (L + 1,), int32 (R,), int32 (R,), int32 (R,))
        The pieces: the first run of each, and of all; of each run its row, its first column and that behind its last.
    middle : float64 (L, 2)
        y, x of each piece.
    size : float64 (L,)
        Radius of a disc as large as it, pixels.
    unit : float
        Pixels that the sharpest edge takes.
    away : (float64 (J,), float64 (J,))
        Distances of the samples from the piece: so many units, and so many radii of it.
    seen : float32 (L, rays, J, 3), overwritten
        Mean of a square of a unit; NaN outside the picture.
    """
    sides, half = seen.shape[1], int(0.5 * unit)
    for piece in range(size.size):
        begin = np.empty(sides)
        _ends(runs, piece, middle[piece], begin)
        for side in range(sides):
            turn = (side + 0.5) * (2.0 * math.pi / sides)
            down, across = math.sin(turn), math.cos(turn)
            for j in range(seen.shape[2]):
                far = begin[side] + 0.5 + unit * away[0][j] + size[piece] * away[1][j]
                at = int(round(middle[piece, 0] + down * far)), int(round(middle[piece, 1] + across * far))
                _mean_around(rgb, at, half, seen[piece, side, j])


@jit(inline="always")
def _fill_spot(rows, columns, size, away):
    """Find how far each pixel of a spot is from what is above and below it: `away` (h, w), overwritten.

    `away` is that of its box and one pixel around; outside the spot it is 0, outside the picture large.
    """
    top, left, (height, width) = rows.min() - 1, columns.min() - 1, away.shape
    far = height + width + 1
    away[:] = 0
    for y in range(height):
        for x in range(width):
            if y + top < 0 or x + left < 0 or y + top >= size[0] or x + left >= size[1]:
                away[y, x] = far
    for k in range(rows.size):
        away[rows[k] - top, columns[k] - left] = far
    for x in range(width):
        for y in range(1, height):
            away[y, x] = min(away[y, x], away[y - 1, x] + 1)
        for y in range(height - 2, -1, -1):
            away[y, x] = min(away[y, x], away[y + 1, x] + 1)


@jit(inline="always")
def _least(line, x):
    """Find the distance to the nearest border, of which `line` holds the part along the columns."""
    least = line[x] * line[x]
    for aside in range(1, line.size):
        if aside * aside >= least:
            break
        for to in (x - aside, x + aside):
            if to >= 0 and to < line.size:
                least = min(least, aside * aside + line[to] * line[to])
    return math.sqrt(least)


@jit()
def inward(rows, columns, starts, size, out):
    """Find the distance of each pixel from the border of its spot; where the frame cuts it, it has none.

    Parameters
    ----------
    rows, columns : int64 (K,)
        The pixels, spot by spot.
    starts : int64 (L + 1,)
        The first pixel of each spot, and of all.
    size : (int, int)
        Height and width of the picture.
    out : float64 (K,), overwritten
        Pixels.
    """
    for spot in range(starts.size - 1):
        y, x = rows[starts[spot] : starts[spot + 1]], columns[starts[spot] : starts[spot + 1]]
        away = np.empty((y.max() - y.min() + 3, x.max() - x.min() + 3), np.int64)
        _fill_spot(y, x, size, away)
        top, left = y.min() - 1, x.min() - 1
        for k in range(y.size):
            out[starts[spot] + k] = _least(away[y[k] - top], x[k] - left)
