"""The image of one point of light, anywhere in the picture and at any defocus."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .lens import Lens
from .optics import Optics
from .outline import even_outlines, fine, trace


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

    optics = Optics(lens, (1, 1), diagonal_px)
    reach = math.ceil(optics.reach_px(max(abs(radius_px), 0.5))) + 2
    side = 2 * reach + 1
    image = np.zeros((side, side, 3), np.float32)
    place, radius = np.full((1, 2), float(reach)), np.array([float(radius_px)])
    bundle, corner, start = np.zeros(1, np.int64), np.array([[0, 0, side]]), np.array([0, side**2])
    drawn = (np.ones((1, 3)), bundle, corner, start, np.ones(side**2, np.float32))
    where = np.array([field], np.float64)
    if optics.is_even:
        which = np.array([int(radius_px < 0.0)])
        sprite.deposit(
            place,
            radius,
            *drawn,
            which,
            *even_outlines(optics.aperture, lens.glass.pupil.squeeze),
            0,
            3,
            0,
            side,
            image,
        )
        return image
    for colour in range(3):
        tables, frames = trace(optics, radius, where, colour, fine(optics))
        sprite.deposit(place, radius, *drawn, bundle, tables, frames, colour, colour + 1, 0, side, image)
    return image * np.float32(optics.light(where)[0])
