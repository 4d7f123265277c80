"""Loops over depth maps: holes, and bands of the 8-bit code."""

import math

import numpy as np

from .jit import jit
from .pyramid import beside, between

STRAIGHT, DIAGONAL = np.float32(1.0), np.float32(1.4142135)
"""Pixels to a neighbour."""

DIRECTIONS = 8
"""In which a hole's surroundings are looked at: to the neighbours."""


@jit(inline="always")
def _swept(index, size, step):
    """Find the pixel whose turn it is in a sweep along an axis: forth, or back where the step is negative."""
    return index if step >= 0 else size - 1 - index


@jit()
def first_seen(depth, step_y, step_x, value, distance):
    """Carry the last known depth along one direction.

    Parameters
    ----------
    depth : float32 (h, w)
        Dioptres; NaN where it is unknown.
    step_y, step_x : int
        From a pixel to the next one, -1, 0 or 1 each.
    value : float32 (h, w), written
        Dioptres of the last known depth before each pixel; left as it is where there is none.
    distance : float32 (h, w), written
        Pixels to it; 0 where the border is met before any depth.
    """
    h, w = depth.shape
    length = math.sqrt(step_y * step_y + step_x * step_x)
    for i in range(h):
        y = _swept(i, h, step_y)
        for j in range(w):
            x = _swept(j, w, step_x)
            py, px = y - step_y, x - step_x
            distance[y, x] = 0.0
            if py < 0 or py >= h or px < 0 or px >= w:
                continue
            if not math.isnan(depth[py, px]):
                value[y, x] = depth[py, px]
                distance[y, x] = length
            elif distance[py, px] > 0.0:
                value[y, x] = value[py, px]
                distance[y, x] = distance[py, px] + length


@jit(inline="always")
def _continued(values, distances, place, reach, spread):
    """Average, by the inverse square of the distance, the depths seen from a pixel that belong to the farthest surface.

    Parameters
    ----------
    values, distances, reach, spread
        As of `fill_holes`.
    place : (int, int)

    Returns
    -------
    float
        Dioptres; NaN when nothing was seen.

    Notes
    -----
    D. Shepard, "A two-dimensional interpolation function for irregularly-spaced data", 1968.
    """
    y, x = place
    nearest = far = np.inf
    for k in range(DIRECTIONS):
        if distances[k, y, x] > 0.0:
            nearest = min(nearest, distances[k, y, x])
    limit = 3.0 * nearest + reach
    for k in range(DIRECTIONS):
        if 0.0 < distances[k, y, x] <= limit:
            far = min(far, values[k, y, x])
    total = weight = 0.0
    for k in range(DIRECTIONS):
        if 0.0 < distances[k, y, x] <= limit and values[k, y, x] <= far + spread:
            own = 1.0 / (distances[k, y, x] * distances[k, y, x])
            total += own * values[k, y, x]
            weight += own
    return total / weight if weight > 0.0 else np.nan


@jit()
def fill_holes(depth, values, distances, reach, spread):
    """Fill the NaN of a map in place from what was seen in eight directions, the farther side first.

    Parameters
    ----------
    depth : float32 (h, w), filled
        Dioptres.
    values, distances : float32 (8, h, w)
        As from `first_seen`.
    reach : float
        A direction counts within three times the nearest one plus this, pixels.
    spread : float
        Depths within so many dioptres of the farthest belong to its surface and are averaged.
    """
    h, w = depth.shape
    for y in range(h):
        for x in range(w):
            if math.isnan(depth[y, x]):
                depth[y, x] = _continued(values, distances, (y, x), reach, spread)


@jit(inline="always")
def _half_way(dy, dx):
    """Pixels to the line half way to a neighbour."""
    return np.float32(0.5) * (DIAGONAL if dy != 0 and dx != 0 else STRAIGHT)


@jit(inline="always")
def _beside(code, y, x, linked):
    """Look at a pixel's eight neighbours: which have its code, a bit each; pixels to the next code down, and up."""
    h, w = code.shape
    lower = higher = np.float32(np.inf)
    same, bit = 0, 1
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if dy == 0 and dx == 0:
                continue
            v, u = y + dy, x + dx
            if 0 <= v < h and 0 <= u < w:
                rise = code[v, u] - code[y, x]
                if rise == 0:
                    same |= bit
                elif 0 < rise <= linked:
                    higher = min(higher, _half_way(dy, dx))
                elif -linked <= rise < 0:
                    lower = min(lower, _half_way(dy, dx))
            bit *= 2
    return same, lower, higher


@jit(inline="always")
def _least_beside(away, y, x, bits):
    """Shorten a pixel's way by those of the neighbours whose bits are set."""
    least = away[y, x]
    if bits & 1:
        least = min(least, away[y - 1, x - 1] + DIAGONAL)
    if bits & 2:
        least = min(least, away[y - 1, x] + STRAIGHT)
    if bits & 4:
        least = min(least, away[y - 1, x + 1] + DIAGONAL)
    if bits & 8:
        least = min(least, away[y, x - 1] + STRAIGHT)
    if bits & 16:
        least = min(least, away[y, x + 1] + STRAIGHT)
    if bits & 32:
        least = min(least, away[y + 1, x - 1] + DIAGONAL)
    if bits & 64:
        least = min(least, away[y + 1, x] + STRAIGHT)
    if bits & 128:
        least = min(least, away[y + 1, x + 1] + DIAGONAL)
    return least


@jit(inline="always")
def _sweep(away, same, step):
    """Carry distances (h, w) along their plateaus in raster order, or against it where the step is negative."""
    h, w = same.shape
    for j in range(h):
        y = _swept(j, h, step)
        for i in range(w):
            x = _swept(i, w, step)
            bits = same[y, x]
            # No way along the plateau is shorter than one pixel and half a step.
            if bits != 0 and away[y, x] > STRAIGHT:
                away[y, x] = _least_beside(away, y, x, bits)


@jit()
def next_codes(code, linked, away):
    """Measure how far each pixel is from the next lower and the next higher code of its surface.

    Parameters
    ----------
    code : int32 (h, w)
    linked : int
        Neighbours that differ by more codes than this lie on two surfaces.
    away : float32 (2, h, w), written
        Pixels to the line down and up to the next code, along the plateau; inf where there is none.

    Notes
    -----
    A chamfer distance within each plateau, by sweeps forth and back (G. Borgefors, "Distance transformations in
    digital images", 1986); the second pair goes round corners.
    """
    h, w = code.shape
    same = np.empty((h, w), np.uint8)
    for y in range(h):
        for x in range(w):
            same[y, x], away[0, y, x], away[1, y, x] = _beside(code, y, x, linked)
    for side in range(2):
        for sweep in range(4):
            _sweep(away[side], same, 1 if sweep % 2 == 0 else -1)


@jit(inline="always")
def _lean(values, codes, y, x, before, keep, jump):
    """Draw a pixel's value towards that of the pixel `before` it in the row, unless a jump lies between them.

    Parameters
    ----------
    values : float32 (h, w), changed
    codes, keep, jump
        As of `smooth_rows`.
    y, x, before : int
        Row, and the two columns.
    """
    if abs(codes[y, x] - codes[y, before]) <= jump:
        values[y, x] += keep * (values[y, before] - values[y, x])


@jit()
def smooth_rows(values, codes, jump, keep):
    """Smooth each row of `values` in place, forth and back, never across a jump of `codes`.

    Parameters
    ----------
    values : float32 (h, w), changed
    codes : float32 (h, w)
    jump : float32
        More than this between neighbours is a jump.
    keep : float32
        How much of the value before stays per pixel, 0..1: exp(-1 / length).
    """
    h, w = values.shape
    for y in range(h):
        for x in range(1, w):
            _lean(values, codes, y, x, x - 1, keep, jump)
        for x in range(w - 2, -1, -1):
            _lean(values, codes, y, x, x + 1, keep, jump)


@jit(inline="always")
def _add_to_side(depth, sides, at):
    """Add a pixel's depth to the sums of one side, (sums, how many), at a cell."""
    sides[0][at[0], at[1], 0] += depth
    sides[1][at] += np.float32(1.0)


@jit(inline="always")
def _close_side(side, at):
    """Turn the sums of a cell into its mean, and its count into a weight."""
    count = side[1][at]
    if count > 0.0:
        side[0][at[0], at[1], 0] /= count
    side[1][at] = min(count, np.float32(1.0))


@jit(allocates=False)
def push_sides(depth, matte, mixed, subject, behind):
    """Average the depths of what is surely the subject, and of what surely is not, over 2 x 2 pixels.

    Parameters
    ----------
    depth, matte : float32 (H, W)
    mixed : bool (H, W)
        Pixels that tell nothing.
    subject, behind : (float32 (h, w, 1), float32 (h, w))
        Means and weights, 0 or 1, at half size; overwritten.
    """
    for side in (subject, behind):
        side[0][:] = 0.0
        side[1][:] = 0.0
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            if mixed[y, x]:
                continue
            if matte[y, x] >= np.float32(0.9):
                _add_to_side(depth[y, x], subject, (y // 2, x // 2))
            elif matte[y, x] <= np.float32(0.1):
                _add_to_side(depth[y, x], behind, (y // 2, x // 2))
    for row in range(subject[1].shape[0]):
        for column in range(subject[1].shape[1]):
            _close_side(subject, (row, column))
            _close_side(behind, (row, column))


@jit(allocates=False)
def settle(matte, mixed, sides, top, depth):
    """Give the mixed pixels of some rows the depth of their side.

    Parameters
    ----------
    matte : float32 (h, W)
    mixed : bool (h, W)
    sides : (float32 (H/2, W/2, 1), float32 (H/2, W/2, 1))
        The subject's depth, and that of what lies behind it, complete at half size.
    top : int
        The picture's row that these begin at.
    depth : float32 (h, W), changed
    """
    last_row, last_column = sides[0].shape[0] - 1, sides[0].shape[1] - 1
    for y in range(depth.shape[0]):
        rows = beside(top + y, last_row)
        for x in range(depth.shape[1]):
            if mixed[y, x]:
                side = sides[0] if matte[y, x] >= np.float32(0.5) else sides[1]
                depth[y, x] = between(side, rows, beside(x, last_column), 0)
