"""Loops over what is painted on a small raster: brought to the photo's size, its hard borders drawn to edges."""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from .enlarge import mixed, placed
from .jit import jit

PRIOR = np.float32(0.1)
"""How likely a pixel belongs to the other side of a border than it is painted on, while its colour is unknown."""

TRUST = np.float32(3.0)
"""What the odds by colour count: samples of a window are many."""

LEAST = np.float32(0.02)
"""No share of a colour is taken for less sure than this."""

STEEP = np.float32(3.0)
"""Of how the two sides are chosen between by the odds: 1 for mixing them, more for less of that."""

STRIDE = 2
"""Of the raster, every so many pixels are looked at."""


@jit(inline="always")
def _between(plane, at, beyond):
    """Interpolate a plane linearly, so far down and to the right of a pixel of it."""
    bottom, right = min(at[0] + 1, plane.shape[0] - 1), min(at[1] + 1, plane.shape[1] - 1)
    above = mixed(plane[at], plane[at[0], right], beyond[1])
    below = mixed(plane[bottom, at[1]], plane[bottom, right], beyond[1])
    return mixed(above, below, beyond[0])


@jit(inline="always")
def _unlike(colour, rgb):
    """Squared difference of a colour, square roots of light, to that of a pixel."""
    unlike = np.float32(0.0)
    for c in range(3):
        one = colour[c] - math.sqrt(min(max(rgb[c], np.float32(0.0)), np.float32(1.0)))
        unlike += one * one
    return unlike


@jit(inline="always")
def _share(value, low, high, least):
    """Where a value lies between two, 0..1, but no nearer to either than `least`."""
    return min(max((value - low) / (high - low), least), np.float32(1.0) - least)


@jit(inline="always")
def _chosen(value, alike, all_of_them, low, high):
    """Choose between the two sides of a border; where they are equal it is they, to the bit.

    Parameters
    ----------
    value : float32
        What is painted there.
    alike, all_of_them : float32
        Means around, of what has the pixel's colour, and of all.
    low, high : float32
        The two sides.
    """
    if not high > low:
        return low
    painted = _share(value, low, high, PRIOR)
    own, rest = _share(alike, low, high, LEAST), _share(all_of_them, low, high, LEAST)
    odds = own * (np.float32(1.0) - rest) / ((np.float32(1.0) - own) * rest)
    odds = odds**TRUST * painted / (np.float32(1.0) - painted)
    share = min(max(STEEP * (odds / (np.float32(1.0) + odds) - np.float32(0.5)) + np.float32(0.5), 0.0), 1.0)
    return low + (high - low) * np.float32(share * share * (3.0 - 2.0 * share))


@jit(inline="always")
def _look_around(planes, colour, rgb, at, reach, sharpness, sums):
    """Average planes around a raster pixel: what looks like a photo pixel, and all; and find their ends.

    Parameters
    ----------
    planes : float32 (K, h, w)
    colour : float32 (h, w, 3)
        Square roots of light.
    rgb : float32 (3,)
    at : (int, int)
        The raster pixel.
    reach : int
    sharpness : float32
        How much squared differences of colour count.
    sums : float32 (4, K)
        Overwritten by the mean of what is alike, the mean of all, the least and the most.
    """
    alike, count = np.float32(0.0), np.float32(0.0)
    for k in range(planes.shape[0]):
        sums[0, k], sums[1, k], sums[2, k], sums[3, k] = 0.0, 0.0, np.inf, -np.inf
    for y in range(max(at[0] - reach, 0), min(at[0] + reach + 1, planes.shape[1]), STRIDE):
        for x in range(max(at[1] - reach, 0), min(at[1] + reach + 1, planes.shape[2]), STRIDE):
            weight = np.float32(math.exp(-sharpness * _unlike(colour[y, x], rgb))) + np.float32(1e-6)
            alike, count = alike + weight, count + np.float32(1.0)
            for k in range(planes.shape[0]):
                value = planes[k, y, x]
                sums[0, k] += weight * value
                sums[1, k] += value
                sums[2, k], sums[3, k] = min(sums[2, k], value), max(sums[3, k], value)
    for k in range(planes.shape[0]):
        sums[0, k] /= alike
        sums[1, k] /= count


@jit(parallel=True)
def enlarge(planes, hardness, colour, photo, corner, reach, sharpness, out):
    """Bring planes to the photo's size, in a box of it.

    Parameters
    ----------
    planes : float32 (K, h, w)
    hardness : float32 (h, w)
        Of the borders near each pixel: 0 is interpolated, 1 drawn to the picture's edges.
    colour : float32 (h, w, 3)
        The photo at the raster's size, square roots of light.
    photo : float32 (H, W, 3)
    corner : (int, int)
        Where the box begins.
    reach : int
        Raster pixels by which a border may move.
    sharpness : float
        How much squared differences of colour count.
    out : float32 (K, rows, columns)
    """
    count, height, width = planes.shape
    for row in prange(out.shape[1]):
        sums = np.empty((4, count), np.float32)
        y = corner[0] + row
        top, down = placed(y, height, photo.shape[0])
        for column in range(out.shape[2]):
            x = corner[1] + column
            left, across = placed(x, width, photo.shape[1])
            at = min(top + int(down + 0.5), height - 1), min(left + int(across + 0.5), width - 1)
            hard = hardness[at]
            if hard > 0.0:
                _look_around(planes, colour, photo[y, x], at, reach, np.float32(sharpness), sums)
            for k in range(count):
                value = _between(planes[k], (top, left), (down, across))
                if hard > 0.0:
                    low, high = min(sums[2, k], value), max(sums[3, k], value)
                    value += hard * (_chosen(value, sums[0, k], sums[1, k], low, high) - value)
                out[k, row, column] = value
