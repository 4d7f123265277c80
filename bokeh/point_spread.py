"""The image of one point of light, anywhere in the picture and at any defocus."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .lens import Lens
from .optics import Optics
from .sprites import images_of


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
    from ..kernels import sprite
    from ..kernels.outline import OutlineTables

    reach = math.ceil(Optics(lens, (1, 1), diagonal_px).reach_px(max(abs(radius_px), 0.5))) + 2
    # The lens is before a picture in which the field is where the drawn part's middle is.
    side = 2 * reach + 1
    optics = Optics(lens, (side, side), diagonal_px)
    image = np.zeros((side, side, 3), np.float32)
    corner, start = np.array([[0, 0, side]]), np.array([0, side**2])
    masks = sprite.Masks(corner, start, np.ones(side**2, np.float32))
    where = np.array([field], np.float64)
    middle = np.full((1, 2), float(reach))
    for seen in images_of(optics, middle + 0.5 * diagonal_px * where, np.array([float(radius_px)])):
        place = seen.place - 0.5 * diagonal_px * where
        lights = sprite.Lights(place, seen.radius, np.ones((1, 3)), np.zeros(1, np.int64), seen.which)
        outlines = OutlineTables(seen.tables, seen.frames)
        sprite.deposit(lights, masks, outlines, seen.strips, seen.channels, (0, side), image)
    return image * np.float32(optics.light(where)[0])
