"""Narrow gaps, closed along the direction in which the picture goes on: between the two ends of its lines."""

from __future__ import annotations

import math

import numpy as np

from .jit import jit
from .lines import DIRECTIONS, STEPS, find_ends, find_landings
from .structure import change, root

BEST = 5
"""Directions whose lines make up a pixel."""

ALIKE = 6.0
"""Directions that are worse than the best by so many tolerances count no more."""


@jit(inline="always")
def _add_difference(values, one, two, cost):
    """Add to a cost how far the colours of two places are apart, as they are seen."""
    for c in range(3):
        cost += abs(root(values[one[0], one[1], c]) - root(values[two[0], two[1], c]))
    return cost


@jit(inline="always")
def _line_cost(values, known, place, rays, k, products, rates):
    """Compare the two ends of the line through a pixel.

    Parameters
    ----------
    values, known
        As of `compare_ends`.
    place : (int, int, float)
    rays, k
        The line is that of the k-th direction.
    products : (float, float, float)
        Mean xx, xy, yy of the gradients around.
    rates : (float, float)
        `depth_weight` and `per_step` of `compare_ends`.

    Returns
    -------
    float
        Infinite where there is no line.
    """
    depth_weight, per_step = rates
    forward, back = find_ends(known, place, rays, k)
    if back == 0:
        return np.inf
    one, two = find_landings(place, rays, k, (forward, back))
    cost = depth_weight * abs(values[one[0], one[1], 3] - values[two[0], two[1], 3]) + per_step * (forward + back)
    cost += change(products, (STEPS[k, 0], STEPS[k, 1]))
    return _add_difference(values, one, two, cost)


@jit(allocates=False)
def compare_ends(values, known, places, rays, depth_weight, per_step, grain, block, cost):
    """Follow the lines through each pixel to their two known ends, and compare what is there.

    Parameters
    ----------
    values : float32 (H, W, 4)
        Linear colour, and a depth.
    known : KnownPixels, (H, W)
    places : (int64 (N,), int64 (N,), float32 (N,))
        Rows and columns of pixels to close, and the least that ends their lines.
    rays : LineSteps
        As far as an end may be.
    depth_weight : float
        What a unit of depth counts as in units of (square root) colour.
    per_step : float
        Cost of each step: the longer the line, the less its ends have to say.
    grain : float32 (3, h, w)
        Mean xx, xy, yy of the gradients around, in blocks: a line along the grain meets no change.
    block : int
        Pixels a side of a block.
    cost : float32 (N, DIRECTIONS), written
        Infinite where there is no line.
    """
    rates = depth_weight, per_step
    ys, xs, least = places
    for n in range(ys.size):
        i, j = ys[n] // block, xs[n] // block
        products = grain[0, i, j], grain[1, i, j], grain[2, i, j]
        for k in range(DIRECTIONS):
            cost[n, k] = _line_cost(values, known, (ys[n], xs[n], least[n]), rays, k, products, rates)


@jit(inline="always")
def _add_costs(cost, cell, total, count):
    """Add a cell's costs, where it has lines, to the totals (DIRECTIONS,) and to how many they are of."""
    for k in range(DIRECTIONS):
        if cost[cell, k] < np.inf:
            total[k] += cost[cell, k]
            count[k] += 1.0


@jit()
def agree(cost, number, rows, columns, around, out):
    """Average each cell's costs over the cells around: a false match is right for one, the grain for all of them.

    Parameters
    ----------
    cost : float32 (N, DIRECTIONS)
        Infinite where a cell has no line in a direction.
    number : int32 (h, w)
        Which row of `cost` a cell has, -1 for none.
    rows, columns : int64 (N,)
        The cells' places in `number`.
    around : int
        Cells asked to every side.
    out : float32 (N, DIRECTIONS), written
    """
    height, width = number.shape
    total, count = np.empty(DIRECTIONS), np.empty(DIRECTIONS)
    for n in range(rows.size):
        total[:] = 0.0
        count[:] = 0.0
        for i in range(max(rows[n] - around, 0), min(rows[n] + around + 1, height)):
            for j in range(max(columns[n] - around, 0), min(columns[n] + around + 1, width)):
                if number[i, j] >= 0:
                    _add_costs(cost, number[i, j], total, count)
        for k in range(DIRECTIONS):
            out[n, k] = total[k] / count[k] if count[k] > 0.0 else np.inf


@jit(inline="always")
def _cell(number, i, j):
    """Find the cell (i, j), or one beside it; -1 when there is none."""
    height, width = number.shape
    if number[i, j] >= 0:
        return number[i, j]
    for v in range(max(i - 1, 0), min(i + 2, height)):
        for u in range(max(j - 1, 0), min(j + 2, width)):
            if number[v, u] >= 0:
                return number[v, u]
    return -1


@jit(inline="always")
def _add_ends(values, ends, shares, sums):
    """Add colour and depth at the two ends of a line, by their shares, to the sums: red, green, blue, depth."""
    (v1, u1), (v2, u2) = ends
    one, two = shares
    return (
        sums[0] + (one * values[v1, u1, 0] + two * values[v2, u2, 0]),
        sums[1] + (one * values[v1, u1, 1] + two * values[v2, u2, 1]),
        sums[2] + (one * values[v1, u1, 2] + two * values[v2, u2, 2]),
        sums[3] + (one * values[v1, u1, 3] + two * values[v2, u2, 3]),
    )


@jit()
def best_of(cost, tolerance, chosen, weights):
    """Choose the few directions of each cell that cost least, and how much each counts.

    Parameters
    ----------
    cost : float32 (M, DIRECTIONS)
        As of `agree`.
    tolerance : float
        Difference between directions that is as good as none.
    chosen : int64 (M, BEST), overwritten
        -1 behind the last.
    weights : float64 (M, BEST), overwritten
    """
    left = np.empty(DIRECTIONS, np.float32)
    for n in range(cost.shape[0]):
        for k in range(DIRECTIONS):
            left[k] = cost[n, k]
        least = left.min()
        chosen[n] = -1
        for i in range(BEST):
            k = left.argmin()
            if not left[k] - least <= ALIKE * tolerance:
                break
            chosen[n, i], weights[n, i] = k, math.exp((least - left[k]) / tolerance)
            left[k] = np.inf


@jit(inline="always")
def _shares(values, ends, steps, sought):
    """Shares of a line's two ends, the nearer more; none of one that lies on another surface than what is sought.

    Parameters
    ----------
    values : float32 (H, W, 4)
    ends : ((int, int), (int, int))
    steps : (int, int)
        Ways to them.
    sought : (float32, float32)
        Dioptres, and the difference from them that another surface begins at.
    """
    one = 1.0 if abs(values[ends[0][0], ends[0][1], 3] - sought[0]) <= sought[1] else 0.0
    two = 1.0 if abs(values[ends[1][0], ends[1][1], 3] - sought[0]) <= sought[1] else 0.0
    length = steps[0] + steps[1]
    return one * steps[1] / length, two * steps[0] / length


@jit(inline="always")
def _mean_of_best(values, known, place, sought, rays, best):
    """Interpolate a pixel along the few directions that cost least; of a line's ends the nearer counts more.

    Parameters
    ----------
    values, known
        As of `compare_ends`.
    place : (int, int, float)
    sought
        As of `_shares`.
    rays : LineSteps
    best : (int64 (BEST,), float64 (BEST,))
        A cell's, as of `best_of`.

    Returns
    -------
    (float, float, float, float)
        Colour and depth, times their weights.
    float
        The weights' sum; 0 when no direction has a line.
    int
        Steps of the shortest line; more than any has when there is none.
    """
    sums, total, shortest = (0.0, 0.0, 0.0, 0.0), 0.0, rays.down.shape[2]
    for i in range(BEST):
        k = best[0][i]
        if k < 0:
            break
        forward, back = find_ends(known, place, rays, k)
        if back == 0:
            continue
        ends = find_landings(place, rays, k, (forward, back))
        one, two = _shares(values, ends, (forward, back), sought)
        if one + two == 0.0:
            continue
        sums = _add_ends(values, ends, (best[1][i] * one, best[1][i] * two), sums)
        total += best[1][i] * (one + two)
        shortest = min(shortest, forward + back)
    return sums, total, shortest


@jit(inline="always")
def _trust(length, width_px):
    """How much a line counts: all up to twice the width, nothing from four times the width on."""
    return min(max(2.0 - length / (2.0 * width_px), 0.0), 1.0)


@jit(allocates=False)
def bridge(values, known, places, rays, number, side, best, width_px, jump, out):
    """Interpolate each pixel between the two ends of its lines, in the few directions that fit best around it.

    Parameters
    ----------
    values, known
        As of `compare_ends`.
    places
        As of `compare_ends`.
    rays : LineSteps
        Of twice `width_px`: so far an end may be.
    number : int32 (h, w)
        Which row of `best` a cell has, -1 for none.
    side : int
        Pixels a side of a cell.
    best : (int64 (M, BEST), float64 (M, BEST))
        As of `best_of`.
    width_px : int
        A line of four times the width keeps what `out` holds, one of twice the
        width nothing of it.
    jump : float32
        Difference in depth of two surfaces, dioptres: an end on another than `out` says is none.
    out : float32 (N, 4)
        Holds another guess of each pixel; changed where a line was found.
    """
    ys, xs, least = places
    for n in range(ys.size):
        cell = _cell(number, ys[n] // side, xs[n] // side)
        if cell < 0:
            continue
        place, sought = (ys[n], xs[n], least[n]), (out[n, 3], jump)
        own = best[0][cell], best[1][cell]
        sums, weight, shortest = _mean_of_best(values, known, place, sought, rays, own)
        if weight == 0.0:
            continue
        share = _trust(shortest, width_px)
        out[n, 0] += share * (sums[0] / weight - out[n, 0])
        out[n, 1] += share * (sums[1] / weight - out[n, 1])
        out[n, 2] += share * (sums[2] / weight - out[n, 2])
        out[n, 3] += share * (sums[3] / weight - out[n, 3])
