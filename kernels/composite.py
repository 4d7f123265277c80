"""What is seen of a sheet past the nearer ones."""

import numpy as np

from .jit import jit


@jit()
def add(light, colour, coverage):
    """Lay a sheet behind all that is there.

    Parameters
    ----------
    light : float32 (H, W, 4)
        Colour that arrives so far, and the share of light that gets through from behind; changed in place.
    colour : float32 (H, W, 3)
        Premultiplied.
    coverage : float32 (H, W)
    """
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            clear = light[row, column, 3]
            if clear > 0.0:
                for channel in range(3):
                    light[row, column, channel] += clear * colour[row, column, channel]
                light[row, column, 3] = clear * (np.float32(1.0) - coverage[row, column])


@jit()
def end(light, behind):
    """Lay a picture behind all that is there; both float32 (H, W, 4), as of `add`; the first is changed in place."""
    for row in range(light.shape[0]):
        for column in range(light.shape[1]):
            clear = light[row, column, 3]
            if clear > 0.0:
                for channel in range(3):
                    light[row, column, channel] += clear * behind[row, column, channel]
                light[row, column, 3] = clear * behind[row, column, 3]
