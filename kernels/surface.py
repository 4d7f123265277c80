"""What is one surface: neighbours whose depth does not jump."""

import numpy as np

from .jit import jit

# There and back, twice: once more than a surface without bays needs.
SWEEPS = 4


@jit()
def walk(distance, dioptres, jump_dioptres, reach):
    """Spread the distance from the pixels at 0 along connected surfaces, in place.

    Parameters
    ----------
    distance : float32 (H, W)
        0 where the walk begins, a large number elsewhere; becomes the length of the way in pixels (chamfer).
    dioptres : float32 (H, W)
    jump_dioptres : float
        Two neighbours that differ by more lie on two surfaces: no way leads from one to the other.
    reach : float
        No way longer than this is of interest.
    """
    height, width = distance.shape
    diagonal = np.float32(1.41421356)
    straight = np.float32(1.0)
    for sweep in range(SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for j in range(height):
            y = j if step == 1 else height - 1 - j
            for i in range(width):
                x = i if step == 1 else width - 1 - i
                best = distance[y, x]
                if best == 0.0:
                    continue
                here = dioptres[y, x]
                for k in range(4):
                    # the four neighbours that this sweep has already passed: left, and the three of the row above
                    ny = y if k == 0 else y - step
                    nx = x - step if k == 0 else x + (k - 2)
                    if ny < 0 or nx < 0 or ny >= height or nx >= width:
                        continue
                    way = distance[ny, nx] + (straight if k == 0 or k == 2 else diagonal)
                    if way < best and way <= reach and abs(dioptres[ny, nx] - here) <= jump_dioptres:
                        best = way
                distance[y, x] = best
