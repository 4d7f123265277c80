"""Loops over depth maps: holes, and bands of the 8-bit code."""

import math

import numpy as np
from numba import prange

from .jit import jit


@jit()
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


@jit()
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


@jit(parallel=True)
def next_codes(code, linked, away):
    """Measure how far each pixel is from the next lower and the next higher code of its surface.

    Parameters
    ----------
    code : int32 (h, w)
    linked : int
        Neighbours that differ by more codes than this lie on two surfaces.
    away : float32 (2, h, w), written
        Pixels to the line down and up to the next code, along the plateau; inf where there is none.
    """
    _, h, w = away.shape
    straight, diagonal = np.float32(1.0), np.float32(1.4142135)
    # Which of the eight neighbours have the same code, a bit each.
    same = np.zeros((h, w), np.uint8)
    for y in prange(h):
        for x in range(w):
            lower = higher = np.float32(np.inf)
            bit = 1
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    if dy == 0 and dx == 0:
                        continue
                    v, u = y + dy, x + dx
                    if 0 <= v < h and 0 <= u < w:
                        rise = code[v, u] - code[y, x]
                        half = np.float32(0.5) * (diagonal if dy != 0 and dx != 0 else straight)
                        if rise == 0:
                            same[y, x] |= bit
                        elif 0 < rise <= linked:
                            higher = min(higher, half)
                        elif -linked <= rise < 0:
                            lower = min(lower, half)
                    bit *= 2
            away[0, y, x] = lower
            away[1, y, x] = higher
    for side in prange(2):
        near = away[side]
        for sweep in range(4):
            step = 1 if sweep % 2 == 0 else -1
            for j in range(h):
                y = j if step > 0 else h - 1 - j
                for i in range(w):
                    x = i if step > 0 else w - 1 - i
                    bits = same[y, x]
                    # No way along the plateau is shorter than one pixel and half a step.
                    if bits == 0 or near[y, x] <= straight:
                        continue
                    least = near[y, x]
                    if bits & 1:
                        least = min(least, near[y - 1, x - 1] + diagonal)
                    if bits & 2:
                        least = min(least, near[y - 1, x] + straight)
                    if bits & 4:
                        least = min(least, near[y - 1, x + 1] + diagonal)
                    if bits & 8:
                        least = min(least, near[y, x - 1] + straight)
                    if bits & 16:
                        least = min(least, near[y, x + 1] + straight)
                    if bits & 32:
                        least = min(least, near[y + 1, x - 1] + diagonal)
                    if bits & 64:
                        least = min(least, near[y + 1, x] + straight)
                    if bits & 128:
                        least = min(least, near[y + 1, x + 1] + diagonal)
                    near[y, x] = least


@jit(parallel=True)
def smooth_rows(values, codes, jump, keep):
    """Smooth each row of `values` in place, forth and back, never across a jump of `codes`.

    `keep` (0..1) is how much of the value before stays per pixel: exp(-1/length).
    """
    h, w = values.shape
    for y in prange(h):
        for x in range(1, w):
            if abs(codes[y, x] - codes[y, x - 1]) <= jump:
                values[y, x] += keep * (values[y, x - 1] - values[y, x])
        for x in range(w - 2, -1, -1):
            if abs(codes[y, x + 1] - codes[y, x]) <= jump:
                values[y, x] += keep * (values[y, x + 1] - values[y, x])
