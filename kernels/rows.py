"""Rows of an outline: light and sides shared out among them, each row's light cut into pieces of even density.

Heights are counted in rows from the outline's top.
"""

import math

import numpy as np

from .jit import jit


@jit(inline="always")
def _within_row(a, b, row):
    """Where heights from `a` down to `b` begin and end within a row; the first is larger where they do not."""
    return max(a, float(row)), min(b, row + 1.0)


@jit(inline="always")
def along(x0, a, x1, b, lengths, moments):
    """Add a piece of a curve to the rows it passes: its height in each, and that times its x.

    Parameters
    ----------
    x0, x1 : float
        x of its ends.
    a, b : float
        Their heights.
    lengths, moments : float64 (rows,)
        Added to.
    """
    if b < a:
        x0, a, x1, b = x1, b, x0, a
    if b - a < 1e-12:
        return
    for row in range(max(int(a), 0), min(int(b), lengths.size - 1) + 1):
        upper, lower = _within_row(a, b, row)
        if lower > upper:
            t = (0.5 * (upper + lower) - a) / (b - a)
            lengths[row] += lower - upper
            moments[row] += (lower - upper) * (x0 + t * (x1 - x0))


@jit(inline="always")
def deposit(x0, a, x1, b, energy, branch, weights, moments):
    """Share the light of a piece of a line out among the rows it passes.

    Parameters
    ----------
    x0, x1 : float
        x of its ends.
    a, b : float
        Their heights.
    energy : float
        Its light.
    branch : int
        Column that it is added to.
    weights, moments : float64 (rows, columns)
        Added to: light, and light times x.
    """
    if b < a:
        a, b, x0, x1 = b, a, x1, x0
    rows = weights.shape[0]
    if b - a < 1e-9:
        row = min(max(int(a), 0), rows - 1)
        weights[row, branch] += energy
        moments[row, branch] += energy * 0.5 * (x0 + x1)
        return
    for row in range(max(int(a), 0), min(int(b), rows - 1) + 1):
        upper, lower = _within_row(a, b, row)
        if lower > upper:
            share = energy * (lower - upper) / (b - a)
            t = (0.5 * (upper + lower) - a) / (b - a)
            weights[row, branch] += share
            moments[row, branch] += share * (x0 + t * (x1 - x0))


@jit(inline="always")
def _share(piece, pieces):
    """Light before a piece: the first and last hold less, where a soft image fades and a hard one has its rim."""
    return 0.5 - 0.5 * math.cos(math.pi * piece / pieces)


@jit(inline="always")
def sort_by_place(places, energies, count):
    """Sort the first `count` lines by place, in place; return their light. By insertion: most are in order."""
    total = 0.0
    for n in range(count):
        place, energy = places[n], energies[n]
        total += energy
        k = n
        while k > 0 and places[k - 1] > place:
            places[k], energies[k] = places[k - 1], energies[k - 1]
            k -= 1
        places[k], energies[k] = place, energy
    return total


@jit(inline="always")
def widened(low, high, least):
    """Two places at least so far apart, about the same middle."""
    if high - low < least:
        middle = 0.5 * (low + high)
        return middle - 0.5 * least, middle + 0.5 * least
    return low, high


@jit(inline="always")
def place_edges(places, energies, count, total, edges):
    """Place the edges between pieces where the light before them is the pieces' share.

    Parameters
    ----------
    places, energies : float64 (n,)
        Sorted lines; the light of each reaches half way to the next.
    count : int
        How many of them are used.
    total : float
        Their light.
    edges : float64 (pieces + 1,)
        The first and the last are read, the others written.
    """
    pieces = edges.size - 1
    piece, before, start = 1, 0.0, edges[0]
    for n in range(count):
        end = 0.5 * (places[n] + places[n + 1]) if n + 1 < count else edges[pieces]
        while piece < pieces and before + energies[n] >= total * _share(piece, pieces):
            t = (total * _share(piece, pieces) - before) / max(energies[n], 1e-30)
            edges[piece] = start + t * (end - start)
            piece += 1
        before += energies[n]
        start = end
    while piece < pieces:
        edges[piece] = edges[pieces]
        piece += 1


@jit(inline="always")
def fill_pieces(edges, total, least, densities):
    """Give each piece its share of the light; too narrow a one is widened into the next, so that all its light stays.

    `edges` (pieces + 1,) are moved, `densities` (pieces,) overwritten; none is narrower than `least` / pieces.
    """
    pieces = densities.size
    for piece in range(pieces):
        if edges[piece + 1] - edges[piece] < least / pieces:
            edges[piece + 1] = edges[piece] + least / pieces
        own = total * (_share(piece + 1, pieces) - _share(piece, pieces))
        densities[piece] = own / (edges[piece + 1] - edges[piece])


@jit(allocates=False)
def join(table):
    """Make one piece of each row: from the leftmost edge to the rightmost, as dense as all its pieces together."""
    for row in range(table.shape[0]):
        left, right, light = np.inf, -np.inf, 0.0
        for edge in range(table.shape[1]):
            if table[row, edge, 0] != 0.0:
                place = table[row, edge, 1] / table[row, edge, 0]
                left, right = min(left, place), max(right, place)
                light -= table[row, edge, 1]
        table[row] = 0.0
        if light > 0.0:
            density = light / (right - left)
            table[row, 0, 0], table[row, 0, 1] = density, density * left
            table[row, 1, 0], table[row, 1, 1] = -density, -density * right
