"""Linear interpolation between pixel centres."""

import numpy as np

from .jit import jit


@jit(inline="always")
def placed(index, coarse, fine):
    """Find where a fine pixel's centre lies among `coarse` ones: the one before it, and how far beyond that."""
    position = min(max((index + 0.5) * coarse / fine - 0.5, 0.0), coarse - 1.0)
    before = min(int(position), max(coarse - 2, 0))
    return before, np.float32(position - before)


@jit(inline="always")
def mixed(one, two, share):
    """Go from one value to another by a share 0..1."""
    return one + share * (two - one)


@jit(inline="always")
def mix_rows(values, row, height, line):
    """Interpolate `values` (h, w) down to a row of an enlargement of a height: `line` (w,)."""
    top, down = placed(row, values.shape[0], height)
    below = min(top + 1, values.shape[0] - 1)
    for x in range(values.shape[1]):
        line[x] = mixed(values[top, x], values[below, x], down)


@jit()
def bilinear(values, rows, out):
    """Enlarge `values` float32 (h, w) to rows, (first, stop), of `out` float32 (H, W); the border repeats."""
    columns = values.shape[1]
    height, width = out.shape
    left = np.empty(width, np.int64)
    across = np.empty(width, np.float32)
    for x in range(width):
        left[x], across[x] = placed(x, columns, width)
    for y in range(rows[0], rows[1]):
        # One more than there are: the last column's neighbour is itself.
        line = np.empty(columns + 1, np.float32)
        mix_rows(values, y, height, line)
        line[columns] = line[columns - 1]
        for x in range(width):
            out[y, x] = mixed(line[left[x]], line[left[x] + 1], across[x])


@jit()
def multiply(values, rows, picture):
    """Multiply rows, (first, stop), of a picture (H, W, 3), in place, by `values` (h, w), enlarged as by `bilinear`."""
    columns = values.shape[1]
    height, width = picture.shape[0], picture.shape[1]
    left = np.empty(width, np.int64)
    across = np.empty(width, np.float32)
    for x in range(width):
        left[x], across[x] = placed(x, columns, width)
    for y in range(rows[0], rows[1]):
        line = np.empty(columns + 1, np.float32)
        mix_rows(values, y, height, line)
        line[columns] = line[columns - 1]
        for x in range(width):
            light = mixed(line[left[x]], line[left[x] + 1], across[x])
            for c in range(3):
                picture[y, x, c] *= light
