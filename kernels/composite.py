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
