"""PixelStamps: what one pixel spreads at one blur radius, as steps along the rows; where every point's image is alike.

Reckoning an outline's rows anew for each pixel takes longer than adding its light up. A pixel lies at a whole place, so
at one radius its steps are always the same.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit
from .outline import LEAST_STEP, SHARP, USED, at_height, begin_at, step_down, unit_px
from .scatter import LIGHT_ROUNDING, STEP_ROUNDING, add_up, rounded

# PixelStamps for radii so many to a pixel: half of that is less than any picture shows.
PER_PX = 256


class PixelStamps(NamedTuple):
    """Steps of every radius behind focus, then of every radius in front of it.

    Attributes
    ----------
    first : int64 (2 K + 1,)
        Where the steps of each begin.
    place : int32 (n, 2)
        Rows down and columns to the right of the pixel.
    step : float64 (n,)
        By how much the light per pixel rises there; those of a row add up to 0, and all light to 1.
    """

    first: NDArray[np.int64]
    place: NDArray[np.int32]
    step: NDArray[np.float64]


@jit()
def stamp(tables, header, radius, place, step):
    """Make one stamp.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    header : float64 (HEADER,)
        Of the outline.
    radius : float
        Blur radius, pixels.
    place : int32 (n, 2), overwritten
    step : float64 (n,), overwritten

    Returns
    -------
    int
        How many steps there are.
    """
    unit = unit_px(header, radius, 1.0)
    if unit <= header[SHARP]:
        place[0, 0] = place[0, 1] = place[1, 0] = 0
        place[1, 1] = 1
        step[0], step[1] = 1.0, -1.0
        return 2
    used, reach, count = int(header[USED]), int(math.ceil(unit - 0.5)), 0
    above = np.empty((tables.shape[1], 2))
    begin_at(tables, at_height(header, (-reach - 0.5) / unit), used, above)
    for row in range(-reach, reach + 1):
        below = at_height(header, (row + 0.5) / unit)
        left = 0.0
        for edge in range(used):
            exact, moment = step_down(tables, below, edge, above)
            height = -left if edge == used - 1 else rounded(exact / unit, STEP_ROUNDING)
            left += height
            if height == 0.0 or abs(exact) < LEAST_STEP:
                continue
            position = moment / exact * unit + 0.5
            column = int(math.floor(position))
            after = rounded(height * (position - column), STEP_ROUNDING)
            place[count, 0] = place[count + 1, 0] = row
            place[count, 1], place[count + 1, 1] = column, column + 1
            step[count], step[count + 1] = height - after, after
            count += 2
    return count


@jit(allocates=False, fastmath=QUICK)
def _add_inside(light, first, last, stamps, start, stride, steps):
    """Add a stamp that lies within the picture.

    Parameters
    ----------
    light : tuple of 5 float
        What the pixel spreads.
    first, last : int
        Its steps: from the first to before the last.
    stamps : PixelStamps
    start : int
        Where the pixel is in `steps`.
    stride : int
        From row to row of them.
    steps : float64 (h * (w + 1) * 5,)
    """
    for n in range(first, last):
        at = start + stamps.place[n, 0] * stride + stamps.place[n, 1] * 5
        step = stamps.step[n]
        for c in range(5):
            steps[at + c] += step * light[c]


@jit(allocates=False, fastmath=QUICK)
def _add_beside(light, first, last, stamps, place, size, steps):
    """Add a stamp that reaches beyond the picture: what begins left of it is there from its first column on.

    Parameters
    ----------
    light, first, last, stamps, steps
        As of `_add_inside`.
    place : (int, int)
        Row and column of the pixel.
    size : (int, int)
        Of the picture, h and w.
    """
    for n in range(first, last):
        row, column = place[0] + stamps.place[n, 0], place[1] + stamps.place[n, 1]
        if 0 <= row < size[0] and column <= size[1]:
            at = (row * (size[1] + 1) + max(column, 0)) * 5
            for c in range(5):
                steps[at + c] += stamps.step[n] * light[c]


@jit(allocates=False, fastmath=QUICK)
def _add_stamps(values, radius, active, stamps, origin, size, steps):
    """Add every pixel's stamp to the steps.

    Parameters
    ----------
    values, radius, active, stamps, origin
        As of `scatter_stamps`.
    size : (int, int)
        Of the wanted crop, h and w.
    steps : float64 (h * (w + 1) * 5,)
    """
    most, stride = (stamps.first.size - 1) // 2, (size[1] + 1) * 5
    for source_row in range(radius.shape[0]):
        row = source_row - origin[0]
        for source_column in range(radius.shape[1]):
            if not active[source_row, source_column]:
                continue
            column = source_column - origin[1]
            signed = radius[source_row, source_column]
            number = min(int(abs(signed) * np.float32(PER_PX) + np.float32(0.5)), most - 1)
            reach = number // PER_PX + 2
            if row + reach < 0 or row - reach >= size[0] or column + reach < 0 or column - reach > size[1]:
                continue
            if signed < 0.0:
                number += most
            own = values[source_row, source_column]
            light = (
                rounded(float(own[0]), LIGHT_ROUNDING), rounded(float(own[1]), LIGHT_ROUNDING),
                rounded(float(own[2]), LIGHT_ROUNDING), rounded(float(own[3]), LIGHT_ROUNDING),
                rounded(float(own[4]), LIGHT_ROUNDING),
            )  # fmt: skip
            first, last = stamps.first[number], stamps.first[number + 1]
            if row >= reach and row + reach < size[0] and column >= reach and column + reach <= size[1]:
                _add_inside(light, first, last, stamps, row * stride + column * 5, stride, steps)
            else:
                _add_beside(light, first, last, stamps, (row, column), size, steps)


@jit(fastmath=QUICK)
def scatter_stamps(values, radius, active, stamps, origin, out):
    """Spread each pixel's values by the stamp of its own radius; as `scatter.scatter`.

    Parameters
    ----------
    values : float32 (H, W, 5)
        What is spread; the last is the weight.
    radius : float32 (H, W)
        Signed blur radius in pixels; + behind focus.
    active : bool (H, W)
        Pixels to spread.
    stamps : PixelStamps
    origin : (int, int)
        Row and column of (H, W) where the wanted crop begins.
    out : float32 (h, w, 4), overwritten
        The sums there, divided by that of the weight; 0 where that is 0.
    """
    size = out.shape[0], out.shape[1]
    steps = np.zeros(size[0] * (size[1] + 1) * 5, np.float64)
    _add_stamps(values, radius, active, stamps, origin, size, steps)
    add_up(steps, (0, 1, 2, 3, 4), out)
