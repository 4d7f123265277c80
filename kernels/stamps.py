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

# Stamps for radii so many to a pixel: an edge is off by half of that at most. Of larger ones fewer will do.
PER_PX, FINE_PX, PER_LARGE_PX = 256, 12, 16


# Products of light and steps are exact, fused with a sum or not; differences of rounded numbers must stay as they are.
FUSED = {"contract"}


class PixelStamps(NamedTuple):
    """Steps of every radius behind focus, then of every radius in front of it.

    Attributes
    ----------
    first : int64 (2 K + 1,)
        Where the steps of each begin; which is which, `stamp_number` says.
    place : int32 (n, 2)
        Rows down and columns to the right of the pixel.
    step : float64 (n,)
        By how much the light per pixel rises there; those of a row add up to 0, and all light to 1.
    """

    first: NDArray[np.int64]
    place: NDArray[np.int32]
    step: NDArray[np.float64]


@jit(inline="always")
def stamp_number(radius):
    """Find the number of the stamp that is next to a blur radius, float32 >= 0."""
    fine = min(radius, np.float32(FINE_PX))
    return int(fine * np.float32(PER_PX) + (radius - fine) * np.float32(PER_LARGE_PX) + np.float32(0.5))


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


@jit()
def make_stamps(tables, psf_headers, radii, stamps):
    """Make the stamps of some radii.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    psf_headers : float64 (2, HEADER)
        Of the outline behind focus, and of that in front of it.
    radii : float64 (K,)
        Pixels.
    stamps : PixelStamps
        Overwritten; with room for more steps than there are.
    """
    stamps.first[0] = count = 0
    for side in range(2):
        for n in range(radii.size):
            count += stamp(tables, psf_headers[side], radii[n], stamps.place[count:], stamps.step[count:])
            stamps.first[side * radii.size + n + 1] = count


@jit(inline="always", fastmath=FUSED)
def _add_one(light, span, stamps, at, width, steps):
    """Add a stamp to steps of four channels.

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
    places, heights = stamps.place, stamps.step
    for n in range(span[0], span[1], 2):
        k = np.uint64(at + places[np.uint64(n), 0] * width + places[np.uint64(n), 1])
        one, two = steps[k], steps[k + np.uint64(1)]
        before, after = heights[np.uint64(n)], heights[np.uint64(n + 1)]
        a, b, c, d = before * red, before * green, before * blue, before * share
        e, f, g, h = after * red, after * green, after * blue, after * share
        a, b, c, d = a + one[0], b + one[1], c + one[2], d + one[3]
        e, f, g, h = e + two[0], f + two[1], g + two[2], h + two[3]
        one[0], one[1], one[2], one[3] = a, b, c, d
        two[0], two[1], two[2], two[3] = e, f, g, h


@jit(inline="always", fastmath=FUSED)
def _add_one_rest(light, span, stamps, at, width, steps):
    """Add a stamp to steps of one channel.

    Parameters
    ----------
    light : float
    span, stamps, at, width
        As of `_add_one`.
    steps : float64 (n,)
    """
    places, heights = stamps.place, stamps.step
    for n in range(span[0], span[1]):
        k = np.uint64(at + places[np.uint64(n), 0] * width + places[np.uint64(n), 1])
        steps[k] += heights[np.uint64(n)] * light


@jit(inline="always")
def _find(radius, stamps):
    """Find the stamp of a signed blur radius: where its steps begin and end."""
    most = (stamps.first.size - 1) // 2
    number = min(stamp_number(abs(radius)), most - 1) + (most if radius < 0.0 else 0)
    return stamps.first[number], stamps.first[number + 1]


@jit(allocates=False, fastmath=FUSED)
def add_stamps(values, radius, active, stamps, margin, steps):
    """Add every pixel's stamp to the steps of four channels.

    A kernel by itself: inlined beside other loops its arithmetic is not taken together into wide instructions.

    Parameters
    ----------
    values : float32 (h, w, 5)
        What is spread; the last two are the coverage and, no less than it, the weight. Where nothing is covered, there
        is no colour either.
    radius : float32 (h, w)
        Signed blur radius in pixels; + behind focus.
    active : bool (h, w)
        Pixels to spread.
    stamps : PixelStamps
    margin : int
        Rows and columns of steps around the pixels: no stamp reaches farther.
    steps : float64 (n, 4)
        Of all but the weight.
    """
    width = radius.shape[1] + 2 * margin
    for row in range(radius.shape[0]):
        for column in range(radius.shape[1]):
            own = values[row, column]
            if active[row, column] and own[3] > 0.0:
                light = (
                    rounded(float(own[0]), LIGHT_ROUNDING), rounded(float(own[1]), LIGHT_ROUNDING),
                    rounded(float(own[2]), LIGHT_ROUNDING), rounded(float(own[3]), LIGHT_ROUNDING),
                )  # fmt: skip
                at = (row + margin) * width + column + margin
                _add_one(light, _find(radius[row, column], stamps), stamps, at, width, steps)


@jit(allocates=False, fastmath=FUSED)
def add_rest(values, radius, active, stamps, margin, steps):
    """Add what each pixel's weight is more than its coverage.

    Parameters
    ----------
    values, radius, active, stamps, margin
        As of `add_stamps`.
    steps : float64 (n,)
    """
    width = radius.shape[1] + 2 * margin
    for row in range(radius.shape[0]):
        for column in range(radius.shape[1]):
            own = values[row, column]
            if active[row, column] and own[4] != own[3]:
                rest = rounded(float(own[4]), LIGHT_ROUNDING) - rounded(float(own[3]), LIGHT_ROUNDING)
                at = (row + margin) * width + column + margin
                _add_one_rest(rest, _find(radius[row, column], stamps), stamps, at, width, steps)


@jit(allocates=False)
def add_up(steps, width, corner, out):
    """Sum the steps along each row, and divide by the weight.

    Parameters
    ----------
    steps : (float64 (n, 4), float64 (n,))
        As of `add_stamps` and `add_rest`.
    width : int
        Of a row of them.
    corner : (int, int)
        Row and column of the steps where what is wanted begins.
    out : float32 (h, w, 4), overwritten
        The sums there, divided by that of the weight; 0 where that is 0.
    """
    for row in range(out.shape[0]):
        k = np.uint64((corner[0] + row) * width)
        red = green = blue = share = rest = 0.0
        for _ in range(corner[1]):
            own = steps[0][k]
            red, green, blue, share = red + own[0], green + own[1], blue + own[2], share + own[3]
            rest += steps[1][k]
            k += np.uint64(1)
        for x in range(out.shape[1]):
            own = steps[0][k]
            red, green, blue, share = red + own[0], green + own[1], blue + own[2], share + own[3]
            rest += steps[1][k]
            per = 1.0 / max(share + rest, LEAST_WEIGHT)
            a, b, c, d = per * red, per * green, per * blue, per * share
            out[row, x, 0], out[row, x, 1], out[row, x, 2], out[row, x, 3] = a, b, c, d
            k += np.uint64(1)
