"""What is one surface: neighbours whose depth does not jump."""

import numpy as np

from .jit import jit


@jit(inline="always")
def _is_inside(reached, y, x):
    """Whether a pixel's eight neighbours are all reached."""
    within = True
    for v in range(max(y - 1, 0), min(y + 2, reached.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, reached.shape[1])):
            within &= reached[v, u]
    return within


@jit(inline="always")
def _find_rim(reached, rim):
    """Write the reached pixels that have a neighbour which is not, as y * W + x; return how many there are."""
    height, width = reached.shape
    count = 0
    for y in range(height):
        for x in range(width):
            if not reached[y, x]:
                continue
            if not _is_inside(reached, y, x):
                rim[count] = y * width + x
                count += 1
    return count


@jit(inline="always")
def _step_from(pixel, reached, dioptres, jump_dioptres, step, rim, count):
    """Reach a pixel's neighbours.

    Parameters
    ----------
    pixel : int
        y * W + x.
    reached : bool (H, W)
        Set where the step comes to.
    dioptres : float32 (H, W)
    jump_dioptres : float
        No step leads to a neighbour that differs by more.
    step : int
        Its number: those of an odd one may be diagonal.
    rim : int32 (H * W,)
        What is reached is appended.
    count : int
        Entries in it.

    Returns
    -------
    int
        Entries in it now.
    """
    height, width = reached.shape
    y, x = pixel // width, pixel % width
    here = dioptres[y, x]
    for v in range(max(y - 1, 0), min(y + 2, height)):
        for u in range(max(x - 1, 0), min(x + 2, width)):
            if reached[v, u] or (step % 2 == 0 and v != y and u != x):
                continue
            if abs(dioptres[v, u] - here) <= jump_dioptres:
                reached[v, u] = True
                rim[count] = v * width + u
                count += 1
    return count


@jit(allocates=False)
def _flood(reached, dioptres, jump_dioptres, length, rim):
    """Walk as `walk` does.

    Parameters
    ----------
    reached, dioptres, jump_dioptres, length
        As there.
    rim : int32 (H * W,)
        Overwritten: the rim of what is reached so far, and the next one.
    """
    count = _find_rim(reached, rim)
    first = 0
    for step in range(length):
        last = count
        for k in range(first, last):
            count = _step_from(rim[k], reached, dioptres, jump_dioptres, step, rim, count)
        # A pixel that a straight step passed by may be reached diagonally by the next: the rim before goes on with it.
        first = last if step % 2 == 1 else first
        if count == last and step % 2 == 1:
            break


@jit()
def walk(reached, dioptres, jump_dioptres, length):
    """Go from a set of pixels along connected surfaces, in place.

    Parameters
    ----------
    reached : bool (H, W)
        Where the walk begins; becomes where it comes to.
    dioptres : float32 (H, W)
    jump_dioptres : float
        Two neighbours that differ by more lie on two surfaces: no way leads from one to the other.
    length : int
        Steps. Every other one may be diagonal, so that what is reached is an octagon: 0 to 12 % beyond the circle.

    Notes
    -----
    A breadth-first flood; distances in turns of four and of eight neighbours are the octagonal metric of Rosenfeld and
    Pfaltz (1968).
    """
    _flood(reached, dioptres, jump_dioptres, length, np.empty(reached.size, np.int32))
