"""Loops over what is painted on a small raster: brought to the photo's size, its hard borders drawn to edges."""

from __future__ import annotations

import math

import numpy as np

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

NONE, ONE = np.float32(0.0), np.float32(1.0)

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
def _likeness(colour, own, sharpness):
    """How much a colour is like a pixel's own, both square roots of light: 0..1."""
    unlike = np.float32(0.0)
    for c in range(3):
        unlike += (colour[c] - own[c]) * (colour[c] - own[c])
    # A bell curve, without an exponential.
    bell = ONE / (ONE + np.float32(0.25) * sharpness * unlike)
    bell *= bell
    return bell * bell + np.float32(1e-6)


@jit(inline="always")
def _perceive(rgb, own):
    """Write the square roots of a pixel's light, as far as it does not clip."""
    for c in range(3):
        own[c] = math.sqrt(min(max(rgb[c], NONE), ONE))


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
def _look_around(planes, colour, own, at, look, sums):
    """Average planes around a raster pixel: what looks like a photo pixel, and all; and find their ends.

    Parameters
    ----------
    planes : float32 (2, h, w)
    colour : float32 (h, w, 3)
        Square roots of light.
    own : float32 (3,)
        The photo pixel's.
    at : (int, int)
        The raster pixel.
    look : (int, float32)
        How far, and how much squared differences of colour count.
    sums : float32 (4, 2)
        Overwritten by the mean of what is alike, the mean of all, the least and the most.
    """
    reach, sharpness = look
    alike, count = NONE, NONE
    for k in range(2):
        sums[0, k], sums[1, k], sums[2, k], sums[3, k] = 0.0, 0.0, np.inf, -np.inf
    for y in range(max(at[0] - reach, 0), min(at[0] + reach + 1, planes.shape[1]), STRIDE):
        for x in range(max(at[1] - reach, 0), min(at[1] + reach + 1, planes.shape[2]), STRIDE):
            weight = _likeness(colour[y, x], own, sharpness)
            alike, count = alike + weight, count + ONE
            for k in range(2):
                value = planes[k, y, x]
                sums[0, k] += weight * value
                sums[1, k] += value
                sums[2, k], sums[3, k] = min(sums[2, k], value), max(sums[3, k], value)
    for k in range(2):
        sums[0, k] /= alike
        sums[1, k] /= count


@jit(inline="always")
def _drawn(value, hard, k, sums):
    """Draw an interpolated value of plane k to an edge, as far as the border is hard."""
    if not hard > NONE:
        return value
    low, high = min(sums[2, k], value), max(sums[3, k], value)
    return value + hard * (_chosen(value, sums[0, k], sums[1, k], low, high) - value)


@jit()
def paint(planes, hardness, colour, photo, box, look, most, values):
    """Paint over a box of a map of the photo's size, in place; what nothing is painted over stays as it is.

    Parameters
    ----------
    planes : float32 (2, h, w)
        What is kept of a value, 0..1, and what is added.
    hardness : float32 (h, w)
        Of the borders near each pixel: 0 is interpolated, 1 drawn to the picture's edges.
    colour : float32 (h, w, 3)
        The photo at the raster's size, square roots of light.
    photo : float32 (H, W, 3)
    box : (int, int, int, int)
        First row, and past the last; first column, and past the last.
    look : (int, float32)
        Raster pixels by which a border may move, and how much squared differences of colour count.
    most : float32
        No value is more than this, nor less than 0.
    values : float32 (H, W)
    """
    _, height, width = planes.shape
    for y in range(box[0], box[1]):
        sums, own = np.empty((4, 2), np.float32), np.empty(3, np.float32)
        top, down = placed(y, height, photo.shape[0])
        for x in range(box[2], box[3]):
            left, across = placed(x, width, photo.shape[1])
            at = min(top + int(down + 0.5), height - 1), min(left + int(across + 0.5), width - 1)
            hard = hardness[at]
            if hard > NONE:
                _perceive(photo[y, x], own)
                _look_around(planes, colour, own, at, look, sums)
            kept = _drawn(_between(planes[0], (top, left), (down, across)), hard, 0, sums)
            added = _drawn(_between(planes[1], (top, left), (down, across)), hard, 1, sums)
            if kept != ONE or added != NONE:
                values[y, x] = min(max(kept * values[y, x] + added, NONE), most)
