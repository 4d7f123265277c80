"""Depths moved as a table says; to the bit what numpy's interpolation makes of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit

ONE = np.uint64(1)


class DepthTable(NamedTuple):
    """Where depths move.

    Attributes
    ----------
    nodes, moved : float64 (N,)
        Depths, ascending, and where they move; what lies beyond the first and last moves as they do. None, and nothing
        moves.
    slopes : float64 (N - 1,)
        From each to the next.
    per_dioptre : float
        How many nodes there are to a dioptre, about.
    """

    nodes: NDArray[np.float64]
    moved: NDArray[np.float64]
    slopes: NDArray[np.float64]
    per_dioptre: float


@jit(inline="always")
def moved_depth(own, table):
    """Where a depth in dioptres moves."""
    dioptres = float(own)
    if table.nodes.size == 0 or dioptres != dioptres:
        return own
    last = np.uint64(table.nodes.size - 1)
    if dioptres <= table.nodes[0]:
        return np.float32(table.moved[0])
    if dioptres >= table.nodes[last]:
        return np.float32(table.moved[last])
    k = min(np.uint64(int((dioptres - table.nodes[0]) * table.per_dioptre)), last - ONE)
    # First without a branch, which would go either way: where all nodes but one lie evenly, the loops find nothing.
    k -= np.uint64(table.nodes[k] > dioptres)
    k += np.uint64(table.nodes[k + ONE] <= dioptres)
    while table.nodes[k] > dioptres:
        k -= ONE
    while table.nodes[k + ONE] <= dioptres:
        k += ONE
    return np.float32(table.slopes[k] * (dioptres - table.nodes[k]) + table.moved[k])


@jit(allocates=False)
def move(dioptres, table, out):
    """Move depths, float32 (n,), as a `DepthTable` says: `out` (n,), overwritten."""
    for n in range(dioptres.size):
        out[n] = moved_depth(dioptres[n], table)


@jit(allocates=False)
def copy_moved(pixels, table, rows, front, back):
    """Copy some rows of fragments, their depths moved.

    Parameters
    ----------
    pixels : fragments.FragmentArrays, (h, w)
    table : DepthTable
    rows : (int, int)
        The first, and the one after the last.
    front, back : float32 (h, w, 4)
        Overwritten there; what lies behind only where it is known.
    """
    for y in range(rows[0], rows[1]):
        for x in range(pixels.weight.shape[1]):
            own, copy = pixels.front[y, x], front[y, x]
            copy[0], copy[1], copy[2], copy[3] = own[0], own[1], own[2], moved_depth(own[3], table)
            if pixels.weight[y, x] > 0.0:
                own, copy = pixels.back[y, x], back[y, x]
                copy[0], copy[1], copy[2], copy[3] = own[0], own[1], own[2], moved_depth(own[3], table)
