"""What is one surface: neighbours whose depth does not jump."""

import numpy as np

from .jit import jit


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
    """
    height, width = reached.shape
    # The rim of what is reached so far, and the next one.
    rim = np.empty(height * width, np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            if not reached[y, x]:
                continue
            within = True
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    within &= reached[v, u]
            if not within:
                rim[count] = y * width + x
                count += 1
    first = 0
    for step in range(length):
        last = count
        for k in range(first, last):
            y, x = rim[k] // width, rim[k] % width
            here = dioptres[y, x]
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    if reached[v, u] or (step % 2 == 0 and v != y and u != x):
                        continue
                    if abs(dioptres[v, u] - here) <= jump_dioptres:
                        reached[v, u] = True
                        rim[count] = v * width + u
                        count += 1
        # A pixel that a straight step passed by may be reached diagonally by the next: the rim before goes on with it.
        first = last if step % 2 == 1 else first
        if count == last and step % 2 == 1:
            break
