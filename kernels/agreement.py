"""Loops over the pixels of edges that lean to the side of neighbours that look like them."""

from __future__ import annotations

import math

import numpy as np

from .edges import COLOUR_SHARPNESS
from .jit import jit

NEIGHBOUR_TRUST = 0.8
NONE = np.float32(0.0)


@jit(inline="always")
def _alike(colour, one, two):
    """How much two pixels (y, x) look like one surface: 1 = the same colour."""
    d = NONE
    for c in range(3):
        e = colour[two[0], two[1], c] - colour[one[0], one[1], c]
        d += e * e
    return math.exp(-d * np.float32(COLOUR_SHARPNESS))


@jit(inline="always")
def _weigh_neighbours(colour, near, far, place, i, weights):
    """Write how much one pixel looks like its eight neighbours, row by row around it.

    Parameters
    ----------
    colour, near, far, weights
        As of `likeness_of_neighbours`.
    place : (int, int)
    i : int
        The pixel's row of `weights`.
    """
    (H, W), (y, x) = near.shape, place
    k = 0
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            if v == y and u == x:
                continue
            weights[i, k] = NONE
            if 0 <= v < H and 0 <= u < W and near[v, u] != far[v, u]:
                weights[i, k] = NEIGHBOUR_TRUST * _alike(colour, place, (v, u))
                if v != y and u != x:
                    weights[i, k] *= 0.7
            k += 1


@jit()
def likeness_of_neighbours(colour, near, far, edge, weights):
    """How much each edge pixel looks like its eight neighbours, as far as these are edge pixels too.

    Parameters
    ----------
    colour : float32 (H, W, 3)
    near, far : float32 (H, W)
        As of `Surfaces`.
    edge : int64 (N,)
        Flat indices of the pixels into (H, W).
    weights : float32 (N, 8), written
        Row by row around each pixel.
    """
    width = near.shape[1]
    for i in range(edge.size):
        _weigh_neighbours(colour, near, far, (edge[i] // width, edge[i] % width), i, weights)


@jit(inline="always")
def _pull_of_neighbours(total, weights, i, leaning, pixel, width):
    """Add to log-odds where the eight neighbours of a pixel lean, by their weights.

    Parameters
    ----------
    total : float32
        Log-odds.
    weights, leaning, width
        As of `agree`.
    i, pixel : int
        Number of the pixel in `weights`; its flat index.

    Returns
    -------
    float32
    """
    last = leaning.size - 1
    k = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if dy == 0 and dx == 0:
                continue
            total += weights[i, k] * leaning[min(max(pixel + dy * width + dx, 0), last)]
            k += 1
    return total


@jit()
def agree(edge, weights, data, leaning, odds, next_leaning, width):
    """One step of agreement: each pixel of an edge leans to the side of neighbours that look alike.

    Parameters
    ----------
    edge, weights
        As of `likeness_of_neighbours`.
    data : float32 (N,)
        Log-odds by each pixel alone.
    leaning : float32 (H * W,)
        q / sqrt(4 + q^2) of the odds q before, 0 where there is no edge.
    odds : float32 (N,), written
    next_leaning : float32 (H * W,), written at the pixels of `edge`
    width : int
        W.

    Notes
    -----
    Mean field inference of two labels, with a quicker curve than the hyperbolic tangent of q / 2.
    """
    for i in range(edge.size):
        p = edge[i]
        total = _pull_of_neighbours(data[i], weights, i, leaning, p, width)
        odds[i] = total
        next_leaning[p] = total / math.sqrt(np.float32(4.0) + total * total)
