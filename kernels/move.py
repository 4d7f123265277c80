"""Depths moved as a table says; to the bit what numpy's interpolation makes of them."""

from .jit import jit


@jit(inline="always")
def _moved(dioptres, nodes, moved, per):
    """Where a depth moves; arguments as of `move`."""
    last = nodes.size - 1
    if dioptres != dioptres:
        return dioptres
    if dioptres <= nodes[0]:
        return moved[0]
    if dioptres >= nodes[last]:
        return moved[last]
    k = min(int((dioptres - nodes[0]) * per), last - 1)
    while nodes[k] > dioptres:
        k -= 1
    while nodes[k + 1] <= dioptres:
        k += 1
    return (moved[k + 1] - moved[k]) / (nodes[k + 1] - nodes[k]) * (dioptres - nodes[k]) + moved[k]


@jit(allocates=False)
def move(dioptres, nodes, moved, per, out):
    """Move depths.

    Parameters
    ----------
    dioptres : float32 (n,)
    nodes, moved : float64 (N,)
        Depths, ascending, and where they move; what lies beyond the first and last moves as they do.
    per : float
        How many nodes there are to a dioptre, about.
    out : float32 (n,), overwritten
    """
    for n in range(dioptres.size):
        out[n] = _moved(float(dioptres[n]), nodes, moved, per)


@jit(allocates=False)
def move_fragments(front, back, weight, nodes, moved, per):
    """Move the depths of fragments, in place.

    Parameters
    ----------
    front, back, weight
        As of `fragments.FragmentArrays`, (h, w).
    nodes, moved, per
        As of `move`.
    """
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            front[y, x, 3] = _moved(float(front[y, x, 3]), nodes, moved, per)
            if weight[y, x] > 0.0:
                back[y, x, 3] = _moved(float(back[y, x, 3]), nodes, moved, per)
