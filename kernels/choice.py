"""Which outline a pixel's light is drawn with."""

import numpy as np

from .jit import QUICK, jit


@jit(inline="always", fastmath=QUICK)
def cell_at(place, per_cell, cells):
    """Cell of so many that a pixel lies in, along one side of the picture."""
    return min(max(int((place + 0.5) * per_cell), 0), cells - 1)


@jit(inline="always", fastmath=QUICK)
def _radius_step(signed, per_octave, per_knee, most):
    """Blur radius as a number: evenly spaced up to the knee, and beyond it so many to a doubling; 0 = by sign only."""
    step = 0 if signed >= 0.0 else 1
    if per_octave > 0.0:
        size = int(per_octave * np.log2(np.float32(1.0) + abs(signed) * per_knee) + 0.5)
        step = most + (min(size, most) if signed >= 0.0 else -min(size, most))
    return step


@jit(fastmath=QUICK)
def choose(radius, active, origin, lens, cells, radii, slots, wanted, defocused, which):
    """Find each pixel's outline by the cell of the picture it lies in and by its blur radius; return how many lack one.

    Parameters
    ----------
    radius : float32 (H, W)
        Signed, pixels.
    active : bool (H, W)
        The others get -1.
    origin : (int, int)
        Row and column of the picture where the arrays begin.
    lens : tuple of float
        y and x of the middle of the picture, pixels; the square of its half diagonal; by how much the lens takes from
        the radius in the middle, and how much more in the corner, pixels.
    cells : (float, int, int)
        Side of a cell in pixels; how many lie across and down.
    radii : (float, float, int)
        Radii are told apart evenly up to a knee, and beyond it in so many steps to a doubling: this number (0 = by sign
        only), the knee in pixels, and steps to the largest radius.
    slots : int32 (K,)
        The outline of each cell and step; -1 where there is none yet.
    wanted : bool (K,)
        Set for those that are needed and not there.
    defocused : float32 (H, W), overwritten
        The radius, less what the lens takes.
    which : int32 (H, W), overwritten

    Returns
    -------
    int
    """
    middle_y, middle_x, corner, everywhere, curved = lens
    cell_px, across, down = cells
    per_octave, knee_px, most = radii
    per_knee, per_cell = np.float32(1.0 / knee_px), 1.0 / cell_px
    missing = 0
    for row in range(radius.shape[0]):
        first = cell_at(origin[0] + row, per_cell, down) * across
        y = origin[0] + row - middle_y
        for column in range(radius.shape[1]):
            if not active[row, column]:
                which[row, column] = -1
                continue
            x = origin[1] + column - middle_x
            signed = radius[row, column] - np.float32(everywhere + curved * (x * x + y * y) / corner)
            defocused[row, column] = signed
            step = _radius_step(signed, per_octave, per_knee, most)
            key = (first + cell_at(origin[1] + column, per_cell, across)) * (2 * most + 2) + step
            which[row, column] = slots[key]
            if slots[key] < 0:
                wanted[key] = True
                missing += 1
    return missing


@jit(fastmath=QUICK)
def choose_listed(cell, signed, radii, slots, wanted, which):
    """Find outlines by cell and blur radius; return how many are lacking.

    Parameters
    ----------
    cell : int64 (n,)
    signed : float64 (n, C)
        Radii, less what the lens takes in each colour.
    radii, slots, wanted
        As of `choose`.
    which : int32 (n, C), overwritten

    Returns
    -------
    int
    """
    per_octave, knee_px, most = radii
    per_knee, missing = np.float32(1.0 / knee_px), 0
    for n in range(cell.size):
        for colour in range(signed.shape[1]):
            step = _radius_step(np.float32(signed[n, colour]), per_octave, per_knee, most)
            key = cell[n] * (2 * most + 2) + step
            which[n, colour] = slots[key]
            if slots[key] < 0:
                wanted[key] = True
                missing += 1
    return missing
