"""The image of one point of light, anywhere in the picture and at any defocus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .lens import Lens


def point_spread(
    lens: Lens, radius_px: float, field: tuple[float, float] = (0.0, 0.0), diagonal_px: float = 5000.0
) -> NDArray[np.float32]:
    """Return the image of a point of light, by rays: without diffraction.

    Parameters
    ----------
    lens : Lens
    radius_px : float
        Signed blur radius of the thin lens, pixels; + behind focus.
    field : (float, float)
        Where in the picture, x to the right and y down, from its middle in units of the half diagonal.
    diagonal_px : float
        Of the whole picture: the flaws are as large as the picture is.

    Returns
    -------
    float32 (2n + 1, 2n + 1, 3)
        Red, green and blue that fall into each pixel; the point's own place is the middle of the middle one. The sum
        is 1 in the middle of the picture, and elsewhere what the vignetting lets through.
    """
    raise NotImplementedError
