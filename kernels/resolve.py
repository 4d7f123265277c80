"""Loops over a photo's pixels that give each the depth of the surface it belongs to.

Colours here are perceptual: square roots of light.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .edges import COLOUR_SHARPNESS
from .enlarge import mix_rows, mixed, placed
from .jit import jit

# At the outer end of a ramp, depths are the map's own.
FLAT = np.float32(0.05)
# Log-odds that are as good as any larger ones.
SURE = np.float32(5.0)
NONE, ONE = np.float32(0.0), np.float32(1.0)


class Columns(NamedTuple):
    """How the photo's columns lie among those of a map and of the guide."""

    left: NDArray[np.int32]
    """(WW,): map column before each."""
    right: NDArray[np.int32]
    """(WW,): the one after it."""
    across: NDArray[np.float32]
    """(WW,): how far beyond the first."""
    first: NDArray[np.int32]
    """(W + 1,): first of them that lies in each guide column, and how many there are."""
    beside: NDArray[np.float32]
    """(WW, 3): how much the guide column before, it and the one after count."""


@jit(inline="always")
def _lies_in(index, coarse, fine, weights):
    """Find which of `coarse` pixels a fine one lies in, and how much that and its neighbours count: `weights` (3,)."""
    middle = min(int((index + 0.5) * coarse / fine), coarse - 1)
    centre = (index + 0.5) * coarse / fine - 0.5
    for k in range(3):
        weights[k] = math.exp(-((middle + k - 1 - centre) ** 2))
    return middle


@jit(inline="always")
def _seen(light, y, x):
    """Perceptual colour of a photo pixel, clipped to 0..1.5."""
    bright = np.float32(1.5)
    return (
        min(math.sqrt(max(light[y, x, 0], NONE)), bright),
        min(math.sqrt(max(light[y, x, 1], NONE)), bright),
        min(math.sqrt(max(light[y, x, 2], NONE)), bright),
    )


@jit(inline="always")
def _distance(colour, y, x, own):
    """Squared distance of a guide pixel's colour from another, in units of what tells surfaces apart."""
    dr, dg, db = own[0] - colour[y, x, 0], own[1] - colour[y, x, 1], own[2] - colour[y, x, 2]
    return (dr * dr + dg * dg + db * db) * np.float32(COLOUR_SHARPNESS)


@jit(inline="always")
def _mean_around(colour, surfaces, place, own, above, beside):
    """Average the surfaces around a guide pixel for a photo pixel, by how near they lie and how much they look alike.

    Parameters
    ----------
    colour, surfaces
        As of `resolve`.
    place : (int, int)
        The guide pixel.
    own : (float32, float32, float32)
        The photo pixel's colour.
    above, beside : float32 (3,)
        How much the rows, and the columns, count.

    Returns
    -------
    near, far, odds : float32

    Notes
    -----
    Joint bilateral upsampling (J. Kopf et al., 2007), of two surfaces each.
    """
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    even, far_apart = SURE, np.float32(20.0)
    n = f = side = total = NONE
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            if near[v, u] == far[v, u]:
                continue
            d = _distance(colour, v, u, own)
            # Colours far apart leave where they lie alone; most of the time goes into exponentials.
            weight = np.float32(1e-6)
            if d < far_apart:
                weight += math.exp(-d)
            weight *= above[v - cy + 1] * beside[u - cx + 1]
            total += weight
            n += weight * near[v, u]
            f += weight * far[v, u]
            side += weight * min(max(odds[v, u], -even), even)
    return n / total, f / total, side


@jit(inline="always")
def _snapped(value, near, far, odds):
    """Depth of a pixel at an edge: its surface's, but the map's own on the flat beside the ramp.

    There the map is right, to the last bit of its slope.
    """
    t = (value - far) / max(near - far, np.float32(1e-9))
    if odds > NONE:
        return mixed(near, value, min(max((t - (ONE - FLAT)) / FLAT, NONE), ONE))
    return mixed(far, value, min(max((FLAT - t) / FLAT, NONE), ONE))


@jit(inline="always")
def _interpolate(line, columns, limits, row):
    """Interpolate a row of the map, `line` (w,), between its pixels, within limits: `row` (WW,), overwritten."""
    for x in range(row.size):
        before, after = line[np.uint32(columns.left[x])], line[np.uint32(columns.right[x])]
        row[x] = min(max(mixed(before, after, columns.across[x]), limits[0]), limits[1])


@jit(inline="always")
def _is_settled(surfaces, place):
    """Whether a guide pixel and its eight neighbours all lie at an edge, and surely on the same side of it."""
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    sure = np.float32(math.copysign(SURE, odds[place]))
    settled = True
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            settled &= near[v, u] != far[v, u] and odds[v, u] * sure >= sure * sure
    return settled


@jit(inline="always")
def _mean_of_settled(surfaces, place, above, beside):
    """Average the surfaces around a guide pixel by how near they lie alone; as of `_mean_around`."""
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    n = f = total = NONE
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            weight = above[v - cy + 1] * beside[u - cx + 1]
            total += weight
            n += weight * near[v, u]
            f += weight * far[v, u]
    return n / total, f / total, odds[place]


@jit(inline="always")
def _resolve_cell(colour, surfaces, light, cell, above, beside, pixel):
    """Return the two surfaces, and the odds, of a photo pixel at an edge.

    Parameters
    ----------
    colour, surfaces, light
        As of `resolve`.
    cell : (int, int, bool)
        The guide pixel that it lies in, and whether `_is_settled`.
    above, beside : float32 (3,)
        As of `_mean_around`.
    pixel : (int, int)
        The photo pixel.
    """
    place = cell[0], cell[1]
    if light.shape[0] == surfaces.near.shape[0]:
        return surfaces.near[place], surfaces.far[place], surfaces.odds[place]
    if cell[2]:
        return _mean_of_settled(surfaces, place, above, beside)
    return _mean_around(colour, surfaces, place, _seen(light, pixel[0], pixel[1]), above, beside)


@jit(error_model="numpy", allocates=False)
def _resolve_row(depth, colour, surfaces, light, limits, columns, scratch, y, out):
    """Write the depth of each photo pixel of a row.

    Parameters
    ----------
    depth, colour, surfaces, light, out
        As of `resolve`.
    limits
        As of `resolve`.
    columns : Columns
    scratch : (float32 (w,), float32 (3,))
        Overwritten.
    y : int
        The row.
    """
    line, above = scratch
    mix_rows(depth, y, out.shape[0], line)
    cy = _lies_in(y, surfaces.near.shape[0], out.shape[0], above)
    _interpolate(line, columns, limits, out[y])
    for cx in range(surfaces.near.shape[1]):
        if surfaces.near[cy, cx] == surfaces.far[cy, cx]:
            continue
        cell = cy, cx, _is_settled(surfaces, (cy, cx))
        for x in range(columns.first[cx], columns.first[cx + 1]):
            n, f, side = _resolve_cell(colour, surfaces, light, cell, above, columns.beside[x], (y, x))
            value = mixed(line[columns.left[x]], line[columns.right[x]], columns.across[x])
            out[y, x] = min(max(_snapped(value, n, f, side), limits[0]), limits[1])


@jit()
def resolve(depth, colour, surfaces, light, limits, rows, out):
    """Write the depth of each photo pixel: the chosen surface at an edge, the map itself elsewhere.

    Parameters
    ----------
    depth : float32 (h, w)
        The map, dioptres.
    colour : float32 (H, W, 3)
        Of the guide.
    surfaces : Surfaces
    light : float32 (HH, WW, 3)
        The photo, scene-linear.
    limits : (float32, float32)
        No answer lies beyond these, dioptres.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (HH, WW), written
        Dioptres.
    """
    width, last = out.shape[1], np.int32(depth.shape[1] - 1)
    left, right, across = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.float32)
    first, beside = np.zeros(colour.shape[1] + 1, np.int32), np.empty((width, 3), np.float32)
    for x in range(width):
        left[x], across[x] = placed(x, depth.shape[1], width)
        right[x] = min(left[x] + 1, last)
        first[_lies_in(x, colour.shape[1], width, beside[x]) + 1] = x + 1
    # A guide column that none lies in begins where the one before ends.
    for column in range(1, first.size):
        first[column] = max(first[column], first[column - 1])
    columns = Columns(left, right, across, first, beside)
    scratch = np.empty(depth.shape[1], np.float32), np.empty(3, np.float32)
    for y in range(rows[0], rows[1]):
        _resolve_row(depth, colour, surfaces, light, limits, columns, scratch, y, out)
