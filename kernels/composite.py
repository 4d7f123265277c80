"""What is seen of a slice past the nearer ones.

Slices are laid near to far, each with the light that gets through what is in front of it: the operator "over" of
T. Porter, T. Duff, "Compositing digital images", 1984, from the other end.
"""

import numpy as np

from .jit import QUICK, jit

# Where less than this share of the light still gets through, nothing more is seen.
HIDDEN = np.float32(1e-4)


@jit(fastmath=QUICK)
def add(light, layer, top, left):
    """Lay a slice behind all that is there.

    Parameters
    ----------
    light : float32 (H, W, 4)
        Colour that arrives so far, and the share of light that gets through from behind; changed in place.
    layer : float32 (h, w, 4)
        Premultiplied colour, coverage.
    top, left : int
        Where the layer lies in the picture.
    """
    for row in range(layer.shape[0]):
        for column in range(layer.shape[1]):
            clear = light[top + row, left + column, 3]
            if clear > HIDDEN:
                for channel in range(3):
                    light[top + row, left + column, channel] += clear * layer[row, column, channel]
                light[top + row, left + column, 3] = clear * (np.float32(1.0) - layer[row, column, 3])


@jit(allocates=False)
def clear_extent(light, box):
    """Find where in a box of a picture (H, W, 4) light still gets through.

    `box`, and what is returned, are the first row and the one after the last, and the same of columns: of the smallest
    box around what is clear; the first row is not before the other where nothing is.
    """
    top, bottom, left, right = box[1], box[0], box[3], box[2]
    for row in range(box[0], box[1]):
        first = box[2]
        while first < box[3] and light[row, first, 3] <= HIDDEN:
            first += 1
        if first == box[3]:
            continue
        last = box[3] - 1
        while last >= right and light[row, last, 3] <= HIDDEN:
            last -= 1
        top, bottom, left, right = min(top, row), row + 1, min(left, first), max(right, last + 1)
    return top, bottom, left, right
