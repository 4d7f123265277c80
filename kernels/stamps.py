"""PixelStamps: what one pixel spreads at one blur radius, as steps along the rows; where every point's image is alike.

Reckoning an outline's rows anew for each pixel takes longer than adding its light up. A pixel lies at a whole place, so
at one radius its steps are always the same.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .outline import LEAST_STEP, SHARP, USED, at_height, begin_at, step_down, unit_px
from .scatter import LEAST_WEIGHT, LIGHT_ROUNDING, STEP_ROUNDING, rounded

# Stamps for radii so many to a pixel: an edge is off by half of that at most.
PER_PX = 256


# Products of light and steps are exact, fused with a sum or not; differences of rounded numbers must stay as they are.
FUSED = {"contract"}


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


@jit(inline="always", fastmath=FUSED)
def _add_inside(light, span, stamps, at, width, steps):
    """Add a stamp that lies within the picture to steps of four channels.

    Parameters
    ----------
    light : (float, float, float, float)
    span : (int, int)
        Where the stamp begins and ends.
    stamps : PixelStamps
    at, width : int
        The pixel, and how many a row of steps has.
    steps : float64 (n, 4)
    """
    red, green, blue, share = light
    for n in range(span[0], span[1], 2):
        k = at + stamps.place[n, 0] * width + stamps.place[n, 1]
        one, two = steps[np.uint64(k)], steps[np.uint64(k + 1)]
        before, after = stamps.step[n], stamps.step[n + 1]
        a, b, c, d = before * red, before * green, before * blue, before * share
        e, f, g, h = after * red, after * green, after * blue, after * share
        a, b, c, d = a + one[0], b + one[1], c + one[2], d + one[3]
        e, f, g, h = e + two[0], f + two[1], g + two[2], h + two[3]
        one[0], one[1], one[2], one[3] = a, b, c, d
        two[0], two[1], two[2], two[3] = e, f, g, h


@jit(inline="always", fastmath=FUSED)
def _add_rest_inside(light, span, stamps, at, width, steps):
    """Add a stamp that lies within the picture to steps of one channel.

    Parameters
    ----------
    light : float
    span, stamps, at, width
        As of `_add_inside`.
    steps : float64 (n,)
    """
    for n in range(span[0], span[1]):
        steps[np.uint64(at + stamps.place[n, 0] * width + stamps.place[n, 1])] += stamps.step[n] * light


@jit(inline="always", fastmath=FUSED)
def _add_beside(light, rest, span, stamps, place, size, steps):
    """Add a stamp that reaches beyond the picture: what begins left of it is there from its first column on.

    Parameters
    ----------
    light, rest : (float, float, float, float), float
    span : (int, int)
        Where the stamp begins and ends.
    stamps : PixelStamps
    place, size : (int, int)
        Row and column of the pixel, and those of the picture.
    steps : (float64 (n, 4), float64 (n,))
    """
    for n in range(span[0], span[1]):
        row, column = place[0] + stamps.place[n, 0], place[1] + stamps.place[n, 1]
        if 0 <= row < size[0] and column <= size[1]:
            at = row * (size[1] + 1) + max(column, 0)
            for c in range(4):
                steps[0][at, c] += stamps.step[n] * light[c]
            steps[1][at] += stamps.step[n] * rest


@jit(allocates=False, fastmath=FUSED)
def _add_stamps(values, radius, active, stamps, origin, size, steps):
    """Add every pixel's stamp to the steps; as `scatter`.

    Parameters
    ----------
    values, radius, active, stamps, origin
        As of `scatter_stamps`.
    size : (int, int)
        Of the picture.
    steps : (float64 (n, 4), float64 (n,))
        Of all but the weight; and of what the weight is more than the coverage.
    """
    most, width = (stamps.first.size - 1) // 2, size[1] + 1
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
            )  # fmt: skip
            rest = rounded(float(own[4]), LIGHT_ROUNDING) - light[3]
            span = stamps.first[number], stamps.first[number + 1]
            if row >= reach and row + reach < size[0] and column >= reach and column + reach <= size[1]:
                at = row * width + column
                if own[3] > 0.0:
                    _add_inside(light, span, stamps, at, width, steps[0])
                if rest != 0.0:
                    _add_rest_inside(rest, span, stamps, at, width, steps[1])
            else:
                _add_beside(light, rest, span, stamps, (row, column), size, steps)


@jit(allocates=False)
def _add_up(steps, out):
    """Sum the steps along each row, and divide by the weight: coverage, and what it is more; as `scatter.add_up`."""
    k = np.uint64(0)
    for row in range(out.shape[0]):
        red = green = blue = share = rest = 0.0
        for x in range(out.shape[1]):
            own = steps[0][k]
            red, green, blue, share = red + own[0], green + own[1], blue + own[2], share + own[3]
            rest += steps[1][k]
            weight = share + rest
            per = 1.0 / max(weight, LEAST_WEIGHT)
            a, b, c, d = per * red, per * green, per * blue, per * share
            out[row, x, 0], out[row, x, 1], out[row, x, 2], out[row, x, 3] = a, b, c, d
            k += np.uint64(1)
        k += np.uint64(1)


@jit()
def scatter_stamps(values, radius, active, stamps, origin, out):
    """Spread each pixel's values by the stamp of its own radius; as `scatter.scatter`.

    Parameters
    ----------
    values : float32 (H, W, 5)
        What is spread; the last two are the coverage and, no less than it, the weight. Where nothing is covered, there
        is no colour either.
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
    count = size[0] * (size[1] + 1)
    # The weight is the coverage, for the most part: what it is more is kept apart.
    steps = np.zeros((count, 4), np.float64), np.zeros(count, np.float64)
    _add_stamps(values, radius, active, stamps, origin, size, steps)
    _add_up(steps, out)
