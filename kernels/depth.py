"""Loops over depth maps: holes, bands of the 8-bit code, and the choice between two surfaces at an edge."""

import math

import numpy as np
from numba import njit, prange

_FAST = {"contract", "reassoc", "arcp", "nsz"}

# Eight directions in which a hole looks for the depth around it.
_STEP_Y = np.array([0, 0, 1, -1, 1, 1, -1, -1])
_STEP_X = np.array([1, -1, 0, 0, 1, -1, 1, -1])


@njit(cache=True, nogil=True)
def first_seen(depth, step_y, step_x, value, distance):
    """Carry the last known depth along one direction: `value` and its `distance` (px), per pixel.

    `depth` holds NaN where it is unknown; `distance` stays 0 where the border is met before any depth.
    """
    h, w = depth.shape
    length = math.sqrt(step_y * step_y + step_x * step_x)
    for i in range(h):
        y = i if step_y >= 0 else h - 1 - i
        for j in range(w):
            x = j if step_x >= 0 else w - 1 - j
            py = y - step_y
            px = x - step_x
            distance[y, x] = 0.0
            if py < 0 or py >= h or px < 0 or px >= w:
                continue
            if not math.isnan(depth[py, px]):
                value[y, x] = depth[py, px]
                distance[y, x] = length
            elif distance[py, px] > 0.0:
                value[y, x] = value[py, px]
                distance[y, x] = distance[py, px] + length


@njit(cache=True, nogil=True)
def fill_holes(depth, values, distances, reach, spread):
    """Fill the NaN of `depth` in place from what was seen in eight directions, the farther side first.

    `values`, `distances`: (8, h, w). A direction counts within three times the nearest one plus `reach`
    (px). Depths within `spread` dioptres of the farthest belong to its surface and are averaged.
    """
    h, w = depth.shape
    for y in range(h):
        for x in range(w):
            if not math.isnan(depth[y, x]):
                continue
            nearest = np.inf
            for k in range(8):
                if distances[k, y, x] > 0.0:
                    nearest = min(nearest, distances[k, y, x])
            limit = 3.0 * nearest + reach
            far = np.inf
            for k in range(8):
                if 0.0 < distances[k, y, x] <= limit:
                    far = min(far, values[k, y, x])
            total = 0.0
            weight = 0.0
            for k in range(8):
                if 0.0 < distances[k, y, x] <= limit and values[k, y, x] <= far + spread:
                    wk = 1.0 / (distances[k, y, x] * distances[k, y, x])
                    total += wk * values[k, y, x]
                    weight += wk
            if weight > 0.0:
                depth[y, x] = total / weight


@njit(cache=True, nogil=True, parallel=True)
def smooth_rows(values, jump, decay):
    """Smooth each row in place, forth and back, never across a difference of more than `jump`.

    `decay` (0..1) is how much of the neighbour's value is taken over per pixel. The stops are read from
    `values` before they change, so a row of one surface has no boundary inside.
    """
    h, w = values.shape
    for y in prange(h):
        linked = np.empty(w, np.bool_)
        linked[0] = False
        for x in range(1, w):
            linked[x] = abs(values[y, x] - values[y, x - 1]) <= jump
        for x in range(1, w):
            if linked[x]:
                values[y, x] += decay * (values[y, x - 1] - values[y, x])
        for x in range(w - 2, -1, -1):
            if linked[x + 1]:
                values[y, x] += decay * (values[y, x + 1] - values[y, x])
