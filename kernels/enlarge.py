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


@jit(inline="always")
def places(coarse, fine):
    """Find where all fine pixels of a row lie, as `placed`: int64 (fine,), float32 (fine,)."""
    before, beyond = np.empty(fine, np.int64), np.empty(fine, np.float32)
    for index in range(fine):
        before[index], beyond[index] = placed(index, coarse, fine)
    return before, beyond


@jit(inline="always")
def mixed_line(values, row, height):
    """Interpolate `values` (h, w) down to a row, as `mix_rows`: float32 (w + 1,), the last column twice."""
    columns = values.shape[1]
    line = np.empty(columns + 1, np.float32)
    mix_rows(values, row, height, line)
    line[columns] = line[columns - 1]
    return line


@jit()
def bilinear(values, rows, out):
    """Enlarge `values` float32 (h, w) to rows, (first, stop), of `out` float32 (H, W); the border repeats."""
    height, width = out.shape
    left, across = places(values.shape[1], width)
    for y in range(rows[0], rows[1]):
        line = mixed_line(values, y, height)
        for x in range(width):
            out[y, x] = mixed(line[left[x]], line[left[x] + 1], across[x])


@jit()
def multiply(values, rows, picture):
    """Multiply rows, (first, stop), of a picture (H, W, 3), in place, by `values` (h, w), enlarged as by `bilinear`."""
    height, width = picture.shape[0], picture.shape[1]
    left, across = places(values.shape[1], width)
    for y in range(rows[0], rows[1]):
        line = mixed_line(values, y, height)
        for x in range(width):
            light = mixed(line[left[x]], line[left[x] + 1], across[x])
            for c in range(3):
                picture[y, x, c] *= light
