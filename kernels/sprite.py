"""Lights as sprites: each draws its own image of the aperture, cut by what stands between."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit
from .outline import LEAST_STEP, USED, at_height, begin_at, step_down, unit_px

# A light is drawn no smaller than its pixel.
LEAST_UNIT_PX = 0.5

# Red, green and blue; four are one wide instruction, and the last is not looked at.
LANES = 4


class Stamps(NamedTuple):
    """Images of points of light, as steps from pixel to pixel along each row.

    Attributes
    ----------
    which : int64 (S, C)
        The outline of each in each colour; where there is one, it stands for all.
    radius : float64 (S, C)
        Signed blur radius, pixels of the size that it is drawn at.
    offset : float64 (S, C, 2)
        x, y of its middle, from that of its middle pixel.
    scale : float64 (S,)
        It is drawn in a picture so many times smaller.
    reach : int64 (S,)
        It has 2 reach + 1 rows, and as many columns and one more.
    start : int64 (S + 1,)
        Where each begins in `steps`, and
    first_row : int64 (S + 1,)
        in `spans`.
    steps : float64 (start[S], LANES)
        In full, as sums of those of a bright light leave no streak behind its image.
    spans : int32 (first_row[S], 4)
        The columns of each row in which its steps are: from the one to before the other, and a second such span.
    """

    which: NDArray[np.int64]
    radius: NDArray[np.float64]
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    reach: NDArray[np.int64]
    start: NDArray[np.int64]
    first_row: NDArray[np.int64]
    steps: NDArray[np.float64]
    spans: NDArray[np.int32]


class Patches(NamedTuple):
    """Light on grids of points: of each bundle.

    Attributes
    ----------
    corner : int64 (B, 2)
        Row and column of the first point of each, in the picture that it is drawn in.
    shape : int64 (B, 2)
        Rows and columns of points.
    stride : int64 (B,)
        Pixels from point to point.
    start : int64 (B + 1,)
        Where each begins in `light`.
    light : float32 (start[B], 4)
        Red, green, blue: radiance times pixels of the picture that it is drawn in; and whether there is any.
    """

    corner: NDArray[np.int64]
    shape: NDArray[np.int64]
    stride: NDArray[np.int64]
    start: NDArray[np.int64]
    light: NDArray[np.float32]


class Masks(NamedTuple):
    """What of each bundle's light gets through.

    Attributes
    ----------
    corner, shape : int64 (B, 2)
        First row and column of each in the picture that it is drawn in, and how many; beyond, the border repeats.
    start : int64 (B + 1,)
        Where each begins in `transmitted`; as long as nothing where all gets through.
    transmitted : float32 (start[B],)
    """

    corner: NDArray[np.int64]
    shape: NDArray[np.int64]
    start: NDArray[np.int64]
    transmitted: NDArray[np.float32]


@jit()
def boxes(place, index, box):
    """Find the box around the lights of each group: `box` float64 (G, 4), least and largest y, then x."""
    box[:, ::2], box[:, 1::2] = np.inf, -np.inf
    for light in range(index.size):
        own, x, y = index[light], place[light, 0], place[light, 1]
        box[own, 0], box[own, 1] = min(box[own, 0], y), max(box[own, 1], y)
        box[own, 2], box[own, 3] = min(box[own, 2], x), max(box[own, 3], x)


@jit(fastmath=QUICK)
def gather(place, energy, index, corner, scale, patches):
    """Gather lights on the grids of points of their bundles; a light between points is shared among them.

    Parameters
    ----------
    place : float64 (N, 2)
        x, y in the picture.
    energy : float32 (N, 3)
    index : int64 (N,)
        Each light's bundle.
    corner : int64 (B, 2)
        Row and column of the first point of each bundle, on a grid
    scale : int64 (B, 2)
        so many times coarser than the picture; and so many times smaller it is drawn.
    patches : Patches
        Their light is added to.
    """
    for light in range(index.size):
        own = index[light]
        x = (place[light, 0] + 0.5) / scale[own, 0] - 0.5 - corner[own, 1]
        y = (place[light, 1] + 0.5) / scale[own, 0] - 0.5 - corner[own, 0]
        x0, y0 = int(math.floor(x)), int(math.floor(y))
        density = 1.0 / (scale[own, 1] * scale[own, 1])
        for j in range(2):
            down = y - y0 if j else 1.0 - (y - y0)
            for i in range(2):
                share = down * (x - x0 if i else 1.0 - (x - x0))
                if share > 0.0:
                    k = patches.start[own] + (y0 + j) * patches.shape[own, 1] + x0 + i
                    for channel in range(3):
                        patches.light[k, channel] += np.float32(density * share) * energy[light, channel]
                    patches.light[k, 3] = 1.0


@jit(inline="always", fastmath=QUICK)
def _add_strip(tables, place, used, above, shape, column0, lane, line):
    """Add one strip of an outline to a row of a sprite.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    place : (int, float)
        The strip's lower end, found by `at_height`.
    used : int
        Steps of the outline.
    above : float64 (E, 2)
        Integrals down to the strip's upper end; overwritten by those to its lower.
    shape : (float, float)
        x of the outline's middle, and its unit, pixels.
    column0 : int
        Column where `line` begins.
    lane : int
    line : float64 (side + 1, LANES)
        Steps from pixel to pixel, added to.
    """
    side = line.shape[0] - 1
    for edge in range(used):
        step, moment = step_down(tables, place, edge, above)
        if abs(step) < LEAST_STEP:
            continue
        position = min(max(shape[0] + moment / step * shape[1] + 0.5 - column0, 0.0), side - 1e-9)
        column = int(position)
        after = step * (position - column)
        line[column, lane] += step - after
        line[column + 1, lane] += after


@jit(inline="always")
def _spans(line, spans):
    """Find the columns that hold the steps of a line: before its widest gap, and behind it."""
    first, last = line.shape[0], -1
    gap_first, gap_last, before = 0, 0, -1
    for column in range(line.shape[0]):
        if line[column, 0] == 0.0 and line[column, 1] == 0.0 and line[column, 2] == 0.0:
            continue
        first, last = min(first, column), column
        if before >= 0 and column - before > gap_last - gap_first:
            gap_first, gap_last = before + 1, column
        before = column
    spans[0], spans[1], spans[2], spans[3] = first, last + 1, last + 1, last + 1
    if gap_last > gap_first:
        spans[1], spans[2] = gap_first, gap_last


@jit(inline="always", fastmath=QUICK)
def _draw_row(outlines, strips, stamps, stamp, row, colour, above, line):
    """Draw a row of the image of a point in one colour.

    Parameters
    ----------
    outlines, strips, stamps
        As of `draw_stamps`.
    stamp, row, colour : int
        Which; the row is counted from the middle one.
    above : float64 (E, 2)
        To work in.
    line : float64 (n, LANES)
        Added to.
    """
    header = outlines.psf_headers[stamps.which[stamp, colour]]
    unit = max(unit_px(header, stamps.radius[stamp, colour], stamps.scale[stamp]), LEAST_UNIT_PX)
    per_unit, used, (x, y) = 1.0 / unit, int(header[USED]), stamps.offset[stamp, colour]
    begin_at(outlines.tables, at_height(header, (row - 0.5 - y) * per_unit), used, above)
    for strip in range(strips):
        place = at_height(header, (row - 0.5 + (strip + 1) / strips - y) * per_unit)
        _add_strip(outlines.tables, place, used, above, (x, unit), -stamps.reach[stamp], colour, line)
    for column in range(line.shape[0]):
        line[column, colour] *= per_unit


@jit(fastmath=QUICK)
def draw_stamps(outlines, strips, chosen, stamps):
    """Draw the images of points.

    Parameters
    ----------
    outlines : OutlineTables
    strips : int
        A row of pixels is drawn as so many: with one, a level edge would be off by up to half a pixel.
    chosen : int64 (n,)
        Which of the stamps.
    stamps : Stamps
        Their steps and spans are overwritten. A stamp's light adds up to what the lens lets through.
    """
    above = np.empty((outlines.tables.shape[1], 2))
    for n in range(chosen.size):
        stamp = chosen[n]
        reach = stamps.reach[stamp]
        line = np.zeros((2 * reach + 2, LANES))
        for row in range(2 * reach + 1):
            line[:] = 0.0
            for colour in range(stamps.which.shape[1]):
                _draw_row(outlines, strips, stamps, stamp, row - reach, colour, above, line)
            if stamps.which.shape[1] == 1:
                line[:, 1] = line[:, 2] = line[:, 0]
            first = stamps.start[stamp] + row * line.shape[0]
            stamps.steps[first : first + line.shape[0]] = line
            _spans(line, stamps.spans[stamps.first_row[stamp] + row])


@jit(inline="always", fastmath=QUICK)
def _add_points(patches, bundle, stamps, stamp, row, line):
    """Add what the points of a bundle send into a row, as steps.

    Parameters
    ----------
    patches, stamps
        As in `deposit`.
    bundle, stamp : int
        Which of them.
    row : int
        Counted from that of the bundle's first point.
    line : float64 (w, LANES)
        Begins at the column of the first point, less the stamp's reach; added to.
    """
    reach, stride = stamps.reach[stamp], patches.stride[bundle]
    columns, points, steps = patches.shape[bundle, 1], patches.light, stamps.steps
    first = max(-((reach - row) // stride), 0)
    for j in range(first, min((row + reach) // stride + 1, patches.shape[bundle, 0])):
        of_stamp = row - j * stride + reach
        at = stamps.start[stamp] + of_stamp * (2 * reach + 2)
        spans = stamps.spans[stamps.first_row[stamp] + of_stamp]
        for i in range(columns):
            light = points[np.uint64(patches.start[bundle] + j * columns + i)]
            red, green, blue, is_lit = float(light[0]), float(light[1]), float(light[2]), float(light[3])
            if is_lit <= 0.0:
                continue
            for span in range(0, 4, 2):
                for column in range(spans[span], spans[span + 1]):
                    own, to = steps[np.uint64(at + column)], line[np.uint64(i * stride + column)]
                    a, b, c = to[0] + own[0] * red, to[1] + own[1] * green, to[2] + own[2] * blue
                    d = to[3] + own[3] * is_lit
                    to[0], to[1], to[2], to[3] = a, b, c, d


@jit(inline="always", fastmath=QUICK)
def _add_line(line, at, masks, bundle, corner, out):
    """Add a row of a bundle's light to a picture.

    Parameters
    ----------
    line : float64 (w, LANES)
        Steps from pixel to pixel.
    at : (int, int)
        Row and column of the picture where it begins.
    masks, corner, out
        As in `deposit`.
    bundle : int
        Which of the bundles.
    """
    start, (rows, columns) = masks.start[bundle], masks.shape[bundle]
    masked = masks.start[bundle + 1] > start
    start += min(max(at[0] - masks.corner[bundle, 0], 0), rows - 1) * columns
    red = green = blue = 0.0
    for column in range(line.shape[0]):
        red, green, blue = red + line[column, 0], green + line[column, 1], blue + line[column, 2]
        there = at[1] + column - corner[1]
        if there < 0 or there >= out.shape[1]:
            continue
        seen = np.float32(1.0)
        if masked:
            seen = masks.transmitted[start + min(max(at[1] + column - masks.corner[bundle, 1], 0), columns - 1)]
        arrived = np.float32(max(red, 0.0)), np.float32(max(green, 0.0)), np.float32(max(blue, 0.0))
        for channel in range(3):
            out[at[0] - corner[0], there, channel] += seen * arrived[channel]


@jit(fastmath=QUICK)
def deposit(patches, chosen, stamps, stamp_of, masks, shift, corner, out):
    """Add the light of bundles to a part of a picture.

    Parameters
    ----------
    patches : Patches
    chosen : int64 (n,)
        Which of the bundles.
    stamps : Stamps
    stamp_of : int64 (B,)
        What a point of each bundle looks like.
    masks : Masks
    shift : int64 (B, 2)
        Rows and columns that each bundle is drawn beside its place.
    corner : (int, int)
        Row and column of the picture where the part begins.
    out : float32 (h, w, 3)
        Added to.
    """
    for n in range(chosen.size):
        bundle = chosen[n]
        stamp = stamp_of[bundle]
        reach, stride = stamps.reach[stamp], patches.stride[bundle]
        row0 = patches.corner[bundle, 0] + shift[bundle, 0]
        column0 = patches.corner[bundle, 1] + shift[bundle, 1] - reach
        width = (patches.shape[bundle, 1] - 1) * stride + 2 * reach + 2
        last = row0 + (patches.shape[bundle, 0] - 1) * stride + reach
        if column0 >= corner[1] + out.shape[1] or column0 + width <= corner[1]:
            continue
        line = np.empty((width, LANES))
        for row in range(max(row0 - reach, corner[0]), min(last + 1, corner[0] + out.shape[0])):
            line[:] = 0.0
            _add_points(patches, bundle, stamps, stamp, row - row0, line)
            _add_line(line, (row, column0), masks, bundle, corner, out)


@jit(fastmath=QUICK)
def add_enlarged(coarse, coarse_corner, corner, out):
    """Add a picture of half the size, enlarged by 1/4 and 3/4, to a part of a picture: all light arrives, none else.

    Parameters
    ----------
    coarse : float32 (h, w, 3)
        A pixel more on each side than the part needs.
    coarse_corner, corner : (int, int)
        Row and column, each of its own size, where they begin.
    out : float32 (H, W, 3)
        Added to.
    """
    major, minor = np.float32(0.75), np.float32(0.25)
    line = np.empty((coarse.shape[1], 3), np.float32)
    for row in range(out.shape[0]):
        own, side = (corner[0] + row) // 2, 1 if (corner[0] + row) % 2 else -1
        near, far = coarse[own - coarse_corner[0]], coarse[own + side - coarse_corner[0]]
        for column in range(line.shape[0]):
            for channel in range(3):
                line[column, channel] = major * near[column, channel] + minor * far[column, channel]
        for column in range(out.shape[1]):
            place = corner[1] + column
            x, side = place // 2 - coarse_corner[1], 1 if place % 2 else -1
            for channel in range(3):
                out[row, column, channel] += major * line[x, channel] + minor * line[x + side, channel]
