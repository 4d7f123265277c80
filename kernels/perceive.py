"""Loops over a photo that make a smaller one, in perceptual colours: square roots of light."""

from __future__ import annotations

import math

import numpy as np

from .jit import jit

NONE = np.float32(0.0)


@jit(inline="always")
def _sum_of_light(light, rows, columns):
    """Sum up the light of some rows and columns, (first, the one after the last) each, clipped to 0..2.25."""
    most = np.float32(2.25)
    r = g = b = NONE
    for v in range(rows[0], rows[1]):
        for u in range(columns[0], columns[1]):
            r += min(max(light[v, u, 0], NONE), most)
            g += min(max(light[v, u, 1], NONE), most)
            b += min(max(light[v, u, 2], NONE), most)
    return r, g, b


@jit(error_model="numpy")
def _perceive_row(light, y, out):
    """Write a row of `perceive`."""
    (HH, WW, _), (H, W, _) = light.shape, out.shape
    rows = y * HH // H, (y + 1) * HH // H
    for x in range(W):
        columns = x * WW // W, (x + 1) * WW // W
        r, g, b = _sum_of_light(light, rows, columns)
        count = (rows[1] - rows[0]) * (columns[1] - columns[0])
        out[y, x, 0], out[y, x, 1], out[y, x, 2] = math.sqrt(r / count), math.sqrt(g / count), math.sqrt(b / count)


@jit()
def perceive(light, rows, out):
    """Area means of `light` (HH, WW, 3), scene-linear, as square roots up to 1.5: rows, (first, stop), of (H, W, 3)."""
    for y in range(rows[0], rows[1]):
        _perceive_row(light, y, out)
