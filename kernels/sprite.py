"""Lights as sprites: each draws its own image of the aperture, cut by what stands between."""

import math

import numba
import numpy as np

from .jit import jit
from .scatter import MIN_RADIUS_PX, edge_integral

# Steps of the fixed point that finds where a ray crosses an occluder; its radius changes little from pixel to pixel.
RAY_STEPS = 4

# A picture row of a sprite is drawn as so many spans: with one, a level edge would be off by up to half a pixel.
STRIPS = 8

# Below this radius one output pixel gathers rays from all over the pupil, and the light is shaded as a whole.
SHARP_RADIUS_PX = 2.0


@jit(inline="always")
def _clear(coverage, dioptres, top, left, focus_dioptres, px_per_dioptre, x, y, ux, uy, behind_dioptres):
    """Share of a ray, arriving at picture point (x, y) from pupil point (ux, uy), that a sheet lets through."""
    height, width = coverage.shape
    qx, qy = x, y
    column, row = 0, 0
    for _ in range(RAY_STEPS):
        column = min(max(int(math.floor(qx + 0.5)) - left, 0), width - 1)
        row = min(max(int(math.floor(qy + 0.5)) - top, 0), height - 1)
        radius = (focus_dioptres - dioptres[row, column]) * px_per_dioptre
        qx, qy = x - ux * radius, y - uy * radius
    column, row = int(math.floor(qx + 0.5)) - left, int(math.floor(qy + 0.5)) - top
    if column < 0 or row < 0 or column >= width or row >= height:
        return np.float32(1.0)
    if dioptres[row, column] <= behind_dioptres:
        return np.float32(1.0)
    return np.float32(1.0) - coverage[row, column]


@jit(parallel=True)
def shade(
    place, radius, behind, start, pupil, coverage, dioptres, top, left, focus_dioptres, px_per_dioptre, transmitted
):
    """Let one sheet cut the sprites that lie behind it, ray by ray.

    Parameters
    ----------
    place : float64 (L, 2)
        x, y of each light in the picture.
    radius : float64 (L,)
        Signed blur radius of each light, pixels.
    behind : float64 (L,)
        A sheet's pixel cuts a light when its dioptres exceed this.
    start : int64 (L + 1,)
        Where each sprite begins in `transmitted`; it is a square of 2 * ceil(|radius|) + 3 pixels a side.
    pupil : float64 (P, 2)
        Points evenly over the unit pupil, for lights too sharp to tell their rays apart.
    coverage, dioptres : float32 (h, w)
        The sheet; `top`, `left` is where it lies in the picture.
    focus_dioptres, px_per_dioptre : float
        The lens: radius = (focus_dioptres - dioptres) * px_per_dioptre.
    transmitted : float32 (start[L],)
        Multiplied in place by what the sheet lets through.

    Notes
    -----
    The ray through pupil point u lands at p + u r and crosses an occluder of radius r_o at that surface's pixel
    q = p + u (r - r_o(q)): a fixed point, since r_o depends on the pixel.
    """
    for light in numba.prange(place.shape[0]):
        r = radius[light]
        x, y = place[light, 0], place[light, 1]
        reach = int(math.ceil(max(abs(r), MIN_RADIUS_PX))) + 1
        side = 2 * reach + 1
        if abs(r) < SHARP_RADIUS_PX:
            share = 0.0
            for k in range(pupil.shape[0]):
                ux, uy = pupil[k, 0], pupil[k, 1]
                share += _clear(
                    coverage, dioptres, top, left, focus_dioptres, px_per_dioptre,
                    x + ux * r, y + uy * r, ux, uy, behind[light],
                )  # fmt: skip
            for k in range(start[light], start[light + 1]):
                transmitted[k] *= np.float32(share / pupil.shape[0])
            continue
        column0, row0 = math.floor(x + 0.5) - reach, math.floor(y + 0.5) - reach
        limit = (abs(r) + 1.0) ** 2
        for j in range(side):
            for i in range(side):
                dx, dy = column0 + i - x, row0 + j - y
                if dx * dx + dy * dy > limit:
                    continue
                k = start[light] + j * side + i
                if transmitted[k] > 0.0:
                    transmitted[k] *= _clear(
                        coverage, dioptres, top, left, focus_dioptres, px_per_dioptre,
                        x + dx, y + dy, dx / r, dy / r, behind[light],
                    )  # fmt: skip


@jit(parallel=True)
def deposit(place, radius, energy, start, transmitted, outlines, area, band_rows, out):
    """Add the sprites to the picture.

    Parameters
    ----------
    place, radius, start, transmitted
        As in `shade`.
    energy : float64 (L, 3)
        Radiance times pixels of each light.
    outlines : float64 (2, M+1, 3)
        Edge integrals of the unit outline, behind focus and in front. See aperture.outline.
    area : float
        Area of the unit outline.
    band_rows : int
        Output rows per task; the result does not depend on it.
    out : float64 (H, W, 3)
        Added to.
    """
    height, width = out.shape[0], out.shape[1]
    rows_per_height = (outlines.shape[1] - 1) / (outlines[0, -1, 2] - outlines[0, 0, 2])
    for band in numba.prange((height + band_rows - 1) // band_rows):
        top, bottom = band * band_rows, min(band * band_rows + band_rows, height)
        for light in range(place.shape[0]):
            x, y = place[light, 0], place[light, 1]
            r = max(abs(radius[light]), MIN_RADIUS_PX)
            reach = int(math.ceil(r)) + 1
            side = 2 * reach + 1
            column0, row0 = int(math.floor(x + 0.5)) - reach, int(math.floor(y + 0.5)) - reach
            if row0 + side <= top or row0 >= bottom:
                continue
            table = outlines[0 if radius[light] >= 0.0 else 1]
            outline_top, outline_bottom = table[0, 2], table[table.shape[0] - 1, 2]
            weight = 1.0 / (area * r * r)
            for row in range(max(row0, top), min(row0 + side, bottom)):
                for strip in range(STRIPS):
                    upper = max((row - 0.5 + strip / STRIPS - y) / r, outline_top)
                    lower = min((row - 0.5 + (strip + 1) / STRIPS - y) / r, outline_bottom)
                    if lower <= upper:
                        continue
                    stretch = r / (lower - upper)
                    first = edge_integral(table, rows_per_height, lower, 0)
                    first = x + (first - edge_integral(table, rows_per_height, upper, 0)) * stretch
                    last = edge_integral(table, rows_per_height, lower, 1)
                    last = x + (last - edge_integral(table, rows_per_height, upper, 1)) * stretch
                    covered = (lower - upper) * r * weight
                    leftmost = max(int(math.floor(first + 0.5)), column0, 0)
                    rightmost = min(int(math.floor(last + 0.5)), column0 + side - 1, width - 1)
                    for column in range(leftmost, rightmost + 1):
                        share = covered * max(min(last, column + 0.5) - max(first, column - 0.5), 0.0)
                        share *= transmitted[start[light] + (row - row0) * side + column - column0]
                        for channel in range(3):
                            out[row, column, channel] += share * energy[light, channel]
