"""A sheet -> its picture through the lens: colour and coverage, spread pixel by pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, area, outline
from .lens import ThinLens
from .sheets import Sheet, dilate

FloatArray = NDArray[np.float32]

BAND_ROWS = 32
"""Output rows that one thread sums at a time; the result does not depend on it."""


def spread(sheet: Sheet, lens: ThinLens, aperture: Aperture) -> tuple[FloatArray, FloatArray]:
    """Blur one sheet.

    Parameters
    ----------
    sheet : Sheet
        Of shape (h, w).
    lens : ThinLens
    aperture : Aperture

    Returns
    -------
    light : float32 (h, w, 3)
        Premultiplied colour.
    coverage : float32 (h, w)
        0..1.

    Notes
    -----
    Coverage is what the sheet's pixels scatter, divided by what they would scatter if the sheet were whole. A whole
    sheet has coverage 1 to the last bit however its radius changes: nothing solid turns translucent. The quotient
    also stands for the scene beyond the frame: it goes on there as it is inside.
    """
    from ..kernels.scatter import scatter

    radius = lens.radius_px(sheet.dioptres)
    support = sheet.coverage > 0.0
    largest = float(np.abs(radius[support]).max()) if support.any() else 0.0
    np.clip(radius, -largest, largest, out=radius)
    active = support if support.all() else dilate(support, 2 * int(np.ceil(largest)) + 2)

    values = np.empty((*sheet.coverage.shape, 5), np.float32)
    values[..., 4] = sheet.weight
    np.multiply(sheet.coverage, sheet.weight, out=values[..., 3])
    np.multiply(sheet.rgb, values[..., 3:4], out=values[..., :3])
    spread_values = np.empty_like(values)
    scatter(values, radius, active, outline(aperture), area(aperture), BAND_ROWS, spread_values)
    whole = spread_values[..., 4]
    scale = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 1e-9)
    return spread_values[..., :3] * scale[..., None], np.clip(spread_values[..., 3] * scale, 0.0, 1.0)
