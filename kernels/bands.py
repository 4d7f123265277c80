"""Loops that join pixels of a depth map's edges: into bands of one colour, and into pieces of one side."""

from __future__ import annotations

import numpy as np

from .jit import jit
from .pieces import first_of, join

NONE, HALF = np.float32(0.0), np.float32(0.5)


@jit(inline="always")
def _join_earlier(kind, p, likeness, least, width, parent):
    """Join a pixel with those of its kind above it and before it that look like it.

    Parameters
    ----------
    kind, least, width, parent
        As of `join_alike`.
    p : int
        Its flat index.
    likeness : float32 (8,)
    """
    x, is_below = p % width, p >= width
    if is_below and x > 0 and likeness[0] >= least and kind[p - width - 1] == kind[p]:
        join(parent, p, p - width - 1)
    if is_below and likeness[1] >= least and kind[p - width] == kind[p]:
        join(parent, p, p - width)
    if is_below and x + 1 < width and likeness[2] >= least and kind[p - width + 1] == kind[p]:
        join(parent, p, p - width + 1)
    if x > 0 and likeness[3] >= least and kind[p - 1] == kind[p]:
        join(parent, p, p - 1)


@jit()
def join_alike(edge, weights, kind, least, width, parent):
    """Join pixels of an edge with neighbours of their kind that look like them.

    Parameters
    ----------
    edge, weights
        As of `agreement.likeness_of_neighbours`.
    kind : int8 (H * W,)
        Pixels of kind 0 are left alone.
    least : float32
        Likeness, as of `weights`, from which they are joined; corners weigh less.
    width : int
        W.
    parent : int32 (H * W,), written at the pixels of `edge`
        The first pixel, in raster order, of all that each is joined with.
    """
    for i in range(edge.size):
        parent[edge[i]] = edge[i]
    for i in range(edge.size):
        if kind[edge[i]] != 0:
            _join_earlier(kind, edge[i], weights[i], least, width, parent)
    for i in range(edge.size):
        parent[edge[i]] = first_of(parent, edge[i])


@jit()
def share_odds(edge, kind, parent, odds):
    """Give all pixels that are joined the mean of their odds.

    Parameters
    ----------
    edge, kind, parent
        As of `join_alike`.
    odds : float32 (H * W,), changed where the kind is not 0
    """
    total, count = np.zeros(odds.size, np.float64), np.zeros(odds.size, np.int32)
    for i in range(edge.size):
        p = edge[i]
        if kind[p] != 0:
            total[parent[p]] += odds[p]
            count[parent[p]] += 1
    for i in range(edge.size):
        p = edge[i]
        if kind[p] != 0:
            odds[p] = total[parent[p]] / count[parent[p]]


@jit(inline="always")
def _is_at_border(near, far, p, width):
    """Whether one of a pixel's four neighbours is missing or at no edge."""
    x = p % width
    return (
        (x == 0 or near[p - 1] == far[p - 1])
        or (x + 1 == width or near[p + 1] == far[p + 1])
        or (p < width or near[p - width] == far[p - width])
        or (p + width >= near.size or near[p + width] == far[p + width])
    )


@jit()
def turn_unseen(edge, parent, surfaces, height, least, width, odds):
    """Turn pieces of one side over to the other where the map sees nothing of them.

    Parameters
    ----------
    edge, parent, width
        As of `join_alike`.
    surfaces : (float32 (H * W,), float32 (H * W,))
        Dioptres of the near and of the far one.
    height : float32 (H * W,)
        The map's own dioptres.
    least : float32
        A piece is seen where the map lies beyond the middle of both, to its side, by this share of the way; where the
        other side is not all around it, beyond the middle at all.
    odds : float32 (H * W,), changed
        Log-odds of the near surface.
    """
    near, far = surfaces
    is_seen = np.zeros(odds.size, np.bool_)
    for i in range(edge.size):
        p = edge[i]
        half = HALF * (near[p] - far[p])
        beyond = height[p] - (far[p] + half)
        if odds[p] <= NONE:
            beyond = -beyond
        if beyond >= least * half or (beyond >= NONE and _is_at_border(near, far, p, width)):
            is_seen[parent[p]] = True
    for i in range(edge.size):
        p = edge[i]
        if not is_seen[parent[p]]:
            odds[p] = -odds[p]
