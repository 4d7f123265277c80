"""The grain of a picture: products of its gradients, and how much changes along a direction."""

from __future__ import annotations

import math

import numpy as np

from .jit import jit


@jit(inline="always")
def root(light):
    """Square root of light, clipped to 0..4: differences as they are seen."""
    return math.sqrt(min(max(light, np.float32(0.0)), np.float32(4.0)))


@jit(inline="always")
def _add_products(values, y, x, sums):
    """Add the products of a pixel's gradients to the sums (xx, xy, yy), colour by colour."""
    xx, xy, yy = sums
    for c in range(3):
        here = root(values[y, x, c])
        gx = root(values[y, x + 1, c]) - here
        gy = root(values[y + 1, x, c]) - here
        xx += gx * gx
        xy += gx * gy
        yy += gy * gy
    return xx, xy, yy


@jit()
def _block_products(values, known, rows, columns):
    """Sum up the products xx, xy, yy in a block of rows and columns, (first, stop) each, and count its known pixels."""
    sums, count = (0.0, 0.0, 0.0), 0.0
    for y in range(rows[0], rows[1]):
        for x in range(columns[0], columns[1]):
            if known[y, x] and known[y, x + 1] and known[y + 1, x]:
                count += 1.0
                sums = _add_products(values, y, x, sums)
    return sums[0], sums[1], sums[2], count


@jit()
def gradients(values, known, block, wanted, out):
    """Sum up the products of the known picture's gradients in square blocks.

    Parameters
    ----------
    values : float32 (H, W, 4)
        Linear colour first.
    known : bool (H, W)
    block : int
        Pixels a side.
    wanted : bool (ceil(H / block), ceil(W / block))
        The blocks to look at; 0 elsewhere.
    out : float32 (4, ceil(H / block), ceil(W / block)), written
        Sums of xx, xy, yy over the three (square root) colours, and how many pixels were known.

    Notes
    -----
    Smoothed, this is the structure tensor (J. Bigun, G. H. Granlund, "Optimal orientation detection of linear
    symmetry", 1987).
    """
    # A gradient leads to the next row and column.
    last_row, last_column = known.shape[0] - 1, known.shape[1] - 1
    for i in range(out.shape[1]):
        rows = i * block, min((i + 1) * block, last_row)
        for j in range(out.shape[2]):
            columns = j * block, min((j + 1) * block, last_column)
            if not wanted[i, j]:
                out[:, i, j] = 0.0
                continue
            out[0, i, j], out[1, i, j], out[2, i, j], out[3, i, j] = _block_products(values, known, rows, columns)


@jit(inline="always")
def change(products, direction):
    """Root of the mean squared change per step in a direction, from the gradients' products (xx, xy, yy)."""
    xx, xy, yy = products
    dy, dx = direction
    return math.sqrt(max(xx * dx * dx + 2.0 * xy * dx * dy + yy * dy * dy, 0.0))
