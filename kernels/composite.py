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


@jit(fastmath=QUICK)
def end(light, behind):
    """Lay a picture behind all that is there; both float32 (H, W, 4), as of `add`; the first is changed in place."""
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            clear = light[row, column, 3]
            if clear > HIDDEN:
                for channel in range(3):
                    light[row, column, channel] += clear * behind[row, column, channel]
                light[row, column, 3] = clear * behind[row, column, 3]


@jit(fastmath=QUICK)
def within(light):
    """Bring back, in place, what a cubic enlargement swung beyond 0 and 1 beside an edge, and the colour with it.

    Parameters
    ----------
    light : float32 (H, W, 4)
        Colour, and the share of light that gets through.
    """
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            clear = light[row, column, 3]
            if clear < 0.0:
                # Covered by 1 - clear, more than all.
                for channel in range(3):
                    light[row, column, channel] /= np.float32(1.0) - clear
                light[row, column, 3] = 0.0
            elif clear > 1.0:
                for channel in range(4):
                    light[row, column, channel] = 1.0 if channel == 3 else 0.0
