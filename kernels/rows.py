"""Rows of an outline: light and sides shared out among them, each row's light cut into pieces of even density."""

import math

import numpy as np

from .jit import jit


@jit(inline="always")
def along(x0, y0, x1, y1, top, per_height, rows, lengths, moments):
    """Add a piece of a curve to the rows it passes: its height in each, and that times its x."""
    if y1 < y0:
        x0, y0, x1, y1 = x1, y1, x0, y0
    a, b = (y0 - top) * per_height, (y1 - top) * per_height
    if b - a < 1e-12:
        return
    for row in range(max(int(a), 0), min(int(b), rows - 1) + 1):
        upper, lower = max(a, float(row)), min(b, row + 1.0)
        if lower > upper:
            t = (0.5 * (upper + lower) - a) / (b - a)
            lengths[row] += lower - upper
            moments[row] += (lower - upper) * (x0 + t * (x1 - x0))


@jit(inline="always")
def deposit(x0, y0, x1, y1, energy, top, per_height, rows, branch, weights, moments):
    """Share the light of a piece of a line out among the rows it passes."""
    a, b = (y0 - top) * per_height, (y1 - top) * per_height
    if b < a:
        a, b, x0, x1 = b, a, x1, x0
    if b - a < 1e-9:
        row = min(max(int(a), 0), rows - 1)
        weights[row, branch] += energy
        moments[row, branch] += energy * 0.5 * (x0 + x1)
        return
    for row in range(max(int(a), 0), min(int(b), rows - 1) + 1):
        upper, lower = max(a, float(row)), min(b, row + 1.0)
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
def cut(places, energies, count, low, high, least, pieces, edges, densities):
    """Cut a row's light between `low` and `high` into pieces of even density: their edges and densities.

    `places` and `energies` of `count` lines are sorted in place; each line's light reaches half way to the next.
    """
    total = 0.0
    for n in range(count):
        place, energy = places[n], energies[n]
        total += energy
        k = n
        while k > 0 and places[k - 1] > place:
            places[k], energies[k] = places[k - 1], energies[k - 1]
            k -= 1
        places[k], energies[k] = place, energy
    low, high = min(low, places[0]), max(high, places[count - 1])
    if high - low < least:
        middle = 0.5 * (low + high)
        low, high = middle - 0.5 * least, middle + 0.5 * least
    edges[0], edges[pieces] = low, high
    piece, before, start = 1, 0.0, low
    for n in range(count):
        end = 0.5 * (places[n] + places[n + 1]) if n + 1 < count else high
        while piece < pieces and before + energies[n] >= total * _share(piece, pieces):
            t = (total * _share(piece, pieces) - before) / max(energies[n], 1e-30)
            edges[piece] = start + t * (end - start)
            piece += 1
        before += energies[n]
        start = end
    while piece < pieces:
        edges[piece] = high
        piece += 1
    for piece in range(pieces):
        # Too narrow a piece is widened into the next, so that all its light stays.
        if edges[piece + 1] - edges[piece] < least / pieces:
            edges[piece + 1] = edges[piece] + least / pieces
        own = total * (_share(piece + 1, pieces) - _share(piece, pieces))
        densities[piece] = own / (edges[piece + 1] - edges[piece])


@jit()
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
