"""Stamps of a lens with flaws: what a pixel spreads in three colours, made when it is first needed, and kept.

Neighbours mostly share their stamp: its key is the cell of the picture, the blur radius to a small part of a pixel, and
how far colours land apart, as finely. To reckon the outlines' rows anew for each pixel takes many times as long as to
add them up; and colours that are added up together are four numbers of one wide instruction.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .choice import cell_at
from .jit import QUICK, jit
from .outline import LEAST_STEP, SHARP, USED, at_height, begin_at, step_down
from .scatter import LEAST_WEIGHT, LIGHT_ROUNDING, STEP_ROUNDING, box_step, rounded
from .stamps import FUSED

# Blur radii are told apart to so many parts of a pixel, and so is where light lands beside its pixel.
PER_PX, PARTS = 64, 16

# What a key is made of, from the lowest bits up: places beside the pixel across and down, radius, cell.
PLACE_BITS, RADIUS_BITS = 12, 16

# Multiplied by this number, keys that are much alike lie far apart (Knuth, by the golden ratio).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

# Red, green and blue; and once more the green, with which coverage is spread.
LANES = 4

# What `KeptStamps.counts` counts.
STEPS, STAMPS, NEW = 0, 1, 2


class KeptStamps(NamedTuple):
    """Stamps of one size of the picture, found by a key in an open table.

    Attributes
    ----------
    keys : int64 (N,)
        -1 where there is none; N is a power of 2.
    spans : int64 (N, 2)
        Where the steps of each begin and end.
    reach : int32 (N,)
        So many rows and columns from the pixel, no farther, each goes.
    new : int64 (N / 2,)
        Those that are put down and not made yet.
    place : int16 (n, 2)
        Rows down and columns to the right of the pixel.
    step : float32 (n, LANES)
        By how much the light per pixel rises there, in multiples of 2^-22; those of a row add up to 0, and all light
        to 1.
    counts : int64 (3,)
        How many steps are kept, how many stamps, and how many of these are new.
    """

    keys: NDArray[np.int64]
    spans: NDArray[np.int64]
    reach: NDArray[np.int32]
    new: NDArray[np.int64]
    place: NDArray[np.int16]
    step: NDArray[np.float32]
    counts: NDArray[np.int64]


@jit(inline="always")
def _slot(key, keys):
    """Find where a key is, or could be."""
    slot = int((np.uint64(key) * _SPREAD) >> np.uint64(40)) & (keys.size - 1)
    while keys[slot] != key and keys[slot] >= 0:
        slot = (slot + 1) & (keys.size - 1)
    return slot


@jit(inline="always")
def _part(place, per_place):
    """How far beside its pixel light lands, in whole parts of a pixel, as a part of a key."""
    return int(math.floor(place * per_place + 0.5)) + (1 << (PLACE_BITS - 1))


@jit(inline="always")
def _put_down(key, slot, kept):
    """Put a key down, whose stamp is to be made."""
    kept.keys[slot], kept.reach[slot] = key, 0
    kept.new[kept.counts[NEW]] = slot
    kept.counts[STAMPS] += 1
    kept.counts[NEW] += 1


@jit(allocates=False, fastmath=QUICK)
def find(radius, active, origin, lens, cells, first, most_new, kept, slots):
    """Find the stamps of pixels; put down the keys of those that are not there yet.

    Parameters
    ----------
    radius : float32 (H, W)
        Signed, pixels.
    active : bool (H, W)
        The others get -1.
    origin : (int, int)
        Row and column of the picture where the arrays begin.
    lens : tuple of float
        y and x of the middle of the picture, pixels; the square of its half diagonal; by how much more the lens takes
        from the radius in the corner, pixels; and how much farther from the middle light lands, in the colour that
        lands farthest, parts of a pixel to a pixel.
    cells : (float, int, int)
        Side of a cell in pixels; how many lie across and down.
    first : int
        The pixel to begin with, counted row by row.
    most_new : int
        No more are put down.
    kept : KeptStamps
        With none that are new.
    slots : int32 (H, W), overwritten

    Returns
    -------
    int
        The pixel that there was no room for, or how many there are.
    int
        How far the stamps found reach that were made before.
    """
    middle_y, middle_x, corner, curved, per_place = lens
    width, reach, per_cell = radius.shape[1], 0, 1.0 / cells[0]
    last_key, last_slot = np.int64(-1), 0
    for row in range(first // width, radius.shape[0]):
        y = origin[0] + row - middle_y
        of_row = (np.int64(cell_at(origin[0] + row, per_cell, cells[2]) * cells[1]), np.int64(_part(y, per_place)))
        for column in range(max(first - row * width, 0), width):
            if not active[row, column]:
                slots[row, column] = -1
                continue
            x = origin[1] + column - middle_x
            signed = radius[row, column] - curved * (x * x + y * y) / corner
            size = np.int64(math.floor(signed * PER_PX + 0.5)) + (1 << (RADIUS_BITS - 1))
            cell = of_row[0] + cell_at(origin[1] + column, per_cell, cells[1])
            key = (((cell << RADIUS_BITS | size) << PLACE_BITS | of_row[1]) << PLACE_BITS) | _part(x, per_place)
            if key != last_key:
                last_slot = _slot(key, kept.keys)
                if kept.keys[last_slot] != key:
                    if kept.counts[NEW] == most_new:
                        return row * width + column, reach
                    _put_down(key, last_slot, kept)
                reach = max(reach, kept.reach[last_slot])
                last_key = key
            slots[row, column] = last_slot
    return radius.size, reach


@jit(inline="always", fastmath=QUICK)
def _draw_row(tables, below, above, used, shape, lane, line):
    """Add an outline's row to a line of steps.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    below : (int, float)
        The row's lower end, found by `at_height`.
    above : float64 (E, 2)
        Integrals down to the row's upper end; overwritten by those to its lower.
    used : int
        Steps of the outline; the last one takes back what the others leave.
    shape : (float, float)
        How far to the right of the line's beginning the outline's middle lies, and its unit, pixels.
    lane : int
    line : float64 (n, LANES)
    """
    rest, last = 0.0, line.shape[0] - 2
    for edge in range(used):
        exact, moment = step_down(tables, below, edge, above)
        height = -rest if edge == used - 1 else rounded(exact / shape[1], STEP_ROUNDING)
        rest += height
        if height == 0.0 or abs(exact) < LEAST_STEP:
            continue
        position = shape[0] + moment / exact * shape[1] + 0.5
        whole = int(math.floor(position))
        after = rounded(height * (position - whole), STEP_ROUNDING)
        k = min(max(whole, 0), last)
        line[k, lane] += height - after
        line[k + 1, lane] += after


@jit(inline="always")
def _draw_pixel(aside, middle, lane, patch):
    """Draw a light that stays a pixel, wherever that lands: `aside` of the one that it comes from."""
    row, column = int(math.floor(aside[0])), int(math.floor(aside[1]))
    down, across = aside[0] - row, aside[1] - column
    for below in range(2):
        share = down if below else 1.0 - down
        for beside in range(3):
            patch[middle + row + below, middle + column + beside, lane] += share * box_step(across, beside)


@jit(inline="always")
def _draw(tables, header, unit, aside, middle, lane, above, patch):
    """Draw an outline.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    header : float64 (HEADER,)
    unit : float
        Of the outline, pixels.
    aside : (float, float)
        How far down and to the right of the pixel light lands, pixels.
    middle, lane : int
        The pixel's row and column in the patch; where the colour goes.
    above : float64 (E, 2)
        To work in.
    patch : float64 (m, m, LANES)
        Added to.
    """
    if unit <= header[SHARP]:
        _draw_pixel(aside, middle, lane, patch)
        return
    used = int(header[USED])
    first, last = int(math.floor(aside[0] - unit + 0.5)), int(math.ceil(aside[0] + unit - 0.5))
    begin_at(tables, at_height(header, (first - 0.5 - aside[0]) / unit), used, above)
    for row in range(first, last + 1):
        below = at_height(header, (row + 0.5 - aside[0]) / unit)
        _draw_row(tables, below, above, used, (aside[1] + middle, unit), lane, patch[middle + row])


@jit(inline="always")
def _last_of(line):
    """Find the last column of a line in which there is a step; -1 where there is none."""
    column = line.shape[0] - 1
    while column >= 0 and line[column, 0] == 0.0 and line[column, 1] == 0.0 and line[column, 2] == 0.0:
        column -= 1
    return column


@jit(inline="always")
def _keep_row(line, row, middle, lanes, kept):
    """Append the steps of a line to those that are kept, and clear it.

    Parameters
    ----------
    line : float64 (m, LANES)
    row : int
        Counted from the pixel's.
    middle : int
        The pixel's column in the line.
    lanes : (int, int)
        Where green and blue are.
    kept : KeptStamps

    Notes
    -----
    What float32 cannot hold is rounded, and the last step takes back what the others leave: a row adds up to 0.
    """
    count, last = kept.counts[STEPS], _last_of(line)
    red = green = blue = 0.0
    for column in range(last + 1):
        a, b = rounded(line[column, 0], LIGHT_ROUNDING), rounded(line[column, lanes[0]], LIGHT_ROUNDING)
        c = rounded(line[column, lanes[1]], LIGHT_ROUNDING)
        if column == last:
            a, b, c = -red, -green, -blue
        red, green, blue = red + a, green + b, blue + c
        if a != 0.0 or b != 0.0 or c != 0.0:
            kept.place[count, 0], kept.place[count, 1] = row, column - middle
            step = kept.step[count]
            step[0], step[1], step[2], step[3] = a, b, c, b
            count += 1
    line[: last + 1] = 0.0
    kept.counts[STEPS] = count


# Not what its callers are, `fastmath`: what is rounded here would not be.
@jit(allocates=False, fastmath=False)
def make(outlines, which, shapes, reaches, above, patch, kept):
    """Make the stamps that are new, of which there are n.

    Parameters
    ----------
    outlines : OutlineTables
    which : int32 (n, C)
        Outline of each colour; where there is one, it stands for all.
    shapes : float64 (n, C, 3)
        The outline's unit, and how far down and to the right of the pixel light lands, pixels.
    reaches : int32 (n,)
        Rows and columns from the pixel, beyond which there is none of it.
    above : float64 (E, 2)
        To work in.
    patch : float64 (m, m, LANES)
        Zeros, for a stamp while it is made; m > 2 of any reach.
    kept : KeptStamps
        With room for what they spread.
    """
    colours = which.shape[1]
    lanes = (0, 0) if colours == 1 else (1, 2)
    for n in range(kept.counts[NEW]):
        slot, middle = kept.new[n], reaches[n]
        own = patch[: 2 * middle + 1, : 2 * middle + 1]
        for colour in range(colours):
            header = outlines.psf_headers[which[n, colour]]
            aside = shapes[n, colour, 1], shapes[n, colour, 2]
            _draw(outlines.tables, header, shapes[n, colour, 0], aside, middle, colour, above, own)
        kept.spans[slot, 0], kept.reach[slot] = kept.counts[STEPS], middle
        for row in range(own.shape[0]):
            _keep_row(own[row], row - middle, middle, lanes, kept)
        kept.spans[slot, 1] = kept.counts[STEPS]
    kept.counts[NEW] = 0


@jit(inline="always", fastmath=FUSED)
def _add_one(light, weight, span, kept, at, width, steps):
    """Add a stamp to steps.

    Parameters
    ----------
    light : (float, float, float, float)
        Red, green, blue, coverage.
    weight : float
    span : (int, int)
        Where the stamp begins and ends.
    kept : KeptStamps
    at, width : int
        The pixel, and how many a row of steps has.
    steps : float64 (n, 2 * LANES)
    """
    red, green, blue, share = light
    for n in range(span[0], span[1]):
        k = np.uint64(at + kept.place[np.uint64(n), 0] * width + kept.place[np.uint64(n), 1])
        own, to = kept.step[np.uint64(n)], steps[k]
        s, t, u, v = float(own[0]), float(own[1]), float(own[2]), float(own[3])
        a, b, c, d = to[0] + s * red, to[1] + t * green, to[2] + u * blue, to[3] + v * share
        e, f, g, h = to[4] + s * weight, to[5] + t * weight, to[6] + u * weight, to[7] + v * weight
        to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7] = a, b, c, d, e, f, g, h


@jit(allocates=False, fastmath=FUSED)
def add_kept(values, slots, part, kept, margin, steps):
    """Add the stamps of some pixels to steps.

    Parameters
    ----------
    values : float32 (h, w, 5)
        What is spread: colour, coverage, and the weight.
    slots : int32 (h, w)
        Each pixel's stamp; those below 0 are skipped.
    part : (int, int)
        From the one pixel to before the other, counted row by row.
    kept : KeptStamps
    margin : int
        Rows and columns of steps around the pixels: no stamp reaches farther.
    steps : float64 (n, 2 * LANES)
        Of colour and coverage, and of the weight in each colour.
    """
    columns = slots.shape[1]
    width = columns + 2 * margin
    for row in range(part[0] // columns, (part[1] - 1) // columns + 1):
        for column in range(max(part[0] - row * columns, 0), min(part[1] - row * columns, columns)):
            slot = slots[row, column]
            if slot < 0:
                continue
            own = values[row, column]
            light = (
                rounded(float(own[0]), LIGHT_ROUNDING), rounded(float(own[1]), LIGHT_ROUNDING),
                rounded(float(own[2]), LIGHT_ROUNDING), rounded(float(own[3]), LIGHT_ROUNDING),
            )  # fmt: skip
            at, span = (row + margin) * width + column + margin, (kept.spans[slot, 0], kept.spans[slot, 1])
            _add_one(light, rounded(float(own[4]), LIGHT_ROUNDING), span, kept, at, width, steps)


@jit(allocates=False)
def sum_kept(steps, width, corner, out):
    """Sum the steps along each row, and divide by the weight.

    Parameters
    ----------
    steps : float64 (n, 2 * LANES)
        As of `add_kept`.
    width : int
        Of a row of them.
    corner : (int, int)
        Row and column of the steps where what is wanted begins.
    out : float32 (h, w, 4), overwritten
        The sums there, divided by that of the weight; 0 where that is 0.
    """
    for row in range(out.shape[0]):
        k = np.uint64((corner[0] + row) * width)
        red = green = blue = share = 0.0
        of_red = of_green = of_blue = of_share = 0.0
        for column in range(-corner[1], out.shape[1]):
            own = steps[k]
            red, green, blue, share = red + own[0], green + own[1], blue + own[2], share + own[3]
            of_red, of_green, of_blue, of_share = (
                of_red + own[4],
                of_green + own[5],
                of_blue + own[6],
                of_share + own[7],
            )
            k += np.uint64(1)
            if column >= 0:
                to = out[row, column]
                to[0], to[1] = red / max(of_red, LEAST_WEIGHT), green / max(of_green, LEAST_WEIGHT)
                to[2], to[3] = blue / max(of_blue, LEAST_WEIGHT), share / max(of_share, LEAST_WEIGHT)
