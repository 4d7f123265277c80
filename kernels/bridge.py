"""Narrow gaps, closed along the direction in which the picture goes on."""

from __future__ import annotations

import math

import numpy as np

from .jit import jit

DIRECTIONS = 24
"""Over a half turn."""

BEST = 5
"""Directions whose lines make up a pixel."""


@jit()
def _end(known, y, x, dy, dx, reach):
    """Count the steps from (y, x) to the first known pixel in a direction; 0 when there is none within reach."""
    height, width = known.shape
    for step in range(1, reach + 1):
        v, u = int(round(y + step * dy)), int(round(x + step * dx))
        if v < 0 or u < 0 or v >= height or u >= width:
            return 0
        if known[v, u]:
            return step
    return 0


@jit()
def gradients(values, known, block, out):
    """Sum up the products of the known picture's gradients in square blocks.

    Parameters
    ----------
    values : float32 (H, W, 4)
        Linear colour first.
    known : bool (H, W)
    block : int
        Pixels a side.
    out : float32 (4, ceil(H / block), ceil(W / block)), written
        Sums of xx, xy, yy over the three (square root) colours, and how many pixels were known.
    """
    height, width = known.shape
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            xx = xy = yy = count = 0.0
            for y in range(i * block, min((i + 1) * block, height - 1)):
                for x in range(j * block, min((j + 1) * block, width - 1)):
                    if known[y, x] and known[y, x + 1] and known[y + 1, x]:
                        count += 1.0
                        for c in range(3):
                            here = math.sqrt(min(max(values[y, x, c], 0.0), 4.0))
                            gx = math.sqrt(min(max(values[y, x + 1, c], 0.0), 4.0)) - here
                            gy = math.sqrt(min(max(values[y + 1, x, c], 0.0), 4.0)) - here
                            xx += gx * gx
                            xy += gx * gy
                            yy += gy * gy
            out[0, i, j], out[1, i, j], out[2, i, j], out[3, i, j] = xx, xy, yy, count


@jit()
def lines(values, known, ys, xs, reach, depth_weight, per_step, grain, block, cost):
    """Follow the lines through each pixel to their two known ends, and compare what is there.

    Parameters
    ----------
    values : float32 (H, W, 4)
        Linear colour, and a depth.
    known : bool (H, W)
    ys, xs : int64 (N,)
        Pixels to close.
    reach : int
        Longest way to an end, in steps of a pixel.
    depth_weight : float
        What a unit of depth counts as in units of (square root) colour.
    per_step : float
        Cost of each step: the longer the line, the less its ends have to say.
    grain : float32 (3, h, w)
        Mean xx, xy, yy of the gradients around, in blocks: a line along the grain meets no change.
    block : int
    cost : float32 (N, DIRECTIONS), written
        Infinite where there is no line.
    """
    for n in range(ys.size):
        y, x = ys[n], xs[n]
        xx, xy, yy = (
            grain[0, y // block, x // block],
            grain[1, y // block, x // block],
            grain[2, y // block, x // block],
        )
        for k in range(DIRECTIONS):
            angle = math.pi * k / DIRECTIONS
            dy, dx = math.sin(angle), math.cos(angle)
            cost[n, k] = np.inf
            a = _end(known, y, x, dy, dx, reach)
            b = _end(known, y, x, -dy, -dx, reach) if a > 0 else 0
            if b == 0:
                continue
            v1, u1 = int(round(y + a * dy)), int(round(x + a * dx))
            v2, u2 = int(round(y - b * dy)), int(round(x - b * dx))
            total = depth_weight * abs(values[v1, u1, 3] - values[v2, u2, 3]) + per_step * (a + b)
            total += math.sqrt(max(xx * dx * dx + 2.0 * xy * dx * dy + yy * dy * dy, 0.0))
            for c in range(3):
                one = math.sqrt(min(max(values[v1, u1, c], 0.0), 4.0))
                total += abs(one - math.sqrt(min(max(values[v2, u2, c], 0.0), 4.0)))
            cost[n, k] = total


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
    for n in range(rows.size):
        count = np.zeros(DIRECTIONS)
        total = np.zeros(DIRECTIONS)
        for i in range(max(rows[n] - around, 0), min(rows[n] + around + 1, height)):
            for j in range(max(columns[n] - around, 0), min(columns[n] + around + 1, width)):
                other = number[i, j]
                if other < 0:
                    continue
                for k in range(DIRECTIONS):
                    if cost[other, k] < np.inf:
                        total[k] += cost[other, k]
                        count[k] += 1.0
        for k in range(DIRECTIONS):
            out[n, k] = total[k] / count[k] if count[k] > 0.0 else np.inf


@jit()
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


@jit()
def bridge(values, known, ys, xs, reach, number, side, cost, width_px, tolerance, out):
    """Interpolate each pixel between the two ends of its lines, in the few directions that fit best around it.

    Parameters
    ----------
    values, known, reach
        As of `lines`.
    ys, xs : int64 (N,)
        Pixels to close.
    number : int32 (h, w)
        Which row of `cost` a cell has, -1 for none.
    side : int
        Pixels a side of a cell.
    cost : float32 (M, DIRECTIONS)
    width_px : int
        A gap twice as wide keeps what `out` holds, one of this width nothing of it.
    tolerance : float
        Difference between directions that is as good as none.
    out : float32 (H, W, 4)
        Holds another guess; changed at the pixels that a line was found for.
    """
    height, width = known.shape
    for n in range(ys.size):
        y, x = ys[n], xs[n]
        cell = _cell(number, y // side, x // side)
        if cell < 0:
            continue
        left = cost[cell].copy()
        least = left.min()
        narrowest = 4 * width_px
        weight = red = green = blue = depth = 0.0
        for _ in range(BEST):
            k = left.argmin()
            if not left[k] - least <= 6.0 * tolerance:
                break
            w = math.exp((least - left[k]) / tolerance)
            left[k] = np.inf
            angle = math.pi * k / DIRECTIONS
            dy, dx = math.sin(angle), math.cos(angle)
            a = _end(known, y, x, dy, dx, reach)
            b = _end(known, y, x, -dy, -dx, reach) if a > 0 else 0
            if b == 0:
                continue
            narrowest = min(narrowest, a + b)
            v1, u1 = int(round(y + a * dy)), int(round(x + a * dx))
            v2, u2 = int(round(y - b * dy)), int(round(x - b * dx))
            one, two = w * b / (a + b), w * a / (a + b)
            weight += w
            red += one * values[v1, u1, 0] + two * values[v2, u2, 0]
            green += one * values[v1, u1, 1] + two * values[v2, u2, 1]
            blue += one * values[v1, u1, 2] + two * values[v2, u2, 2]
            depth += one * values[v1, u1, 3] + two * values[v2, u2, 3]
        if weight == 0.0:
            continue
        share = min(max(2.0 - narrowest / (2.0 * width_px), 0.0), 1.0)
        out[y, x, 0] += share * (red / weight - out[y, x, 0])
        out[y, x, 1] += share * (green / weight - out[y, x, 1])
        out[y, x, 2] += share * (blue / weight - out[y, x, 2])
        out[y, x, 3] += share * (depth / weight - out[y, x, 3])
