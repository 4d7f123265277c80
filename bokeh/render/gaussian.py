"""The phone-like baseline: one Gaussian around the subject, clipped before it is blurred."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray
from ..optics.lens import ThinLens


def gaussian_style(
    rgb: FloatArray, dioptres: FloatArray | None, matte: FloatArray | None, lens: ThinLens
) -> FloatArray:
    """Blur everything but the subject by one Gaussian.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    dioptres : float32 (H, W), optional
        Without a matte the subject is what the lens blurs by less than a fifth of the background's radius.
    matte : float32 (H, W), optional
    lens : ThinLens
        Sets the spread: the kernel has the second moment of the disc of the median background.

    Returns
    -------
    float32 (H, W, 3)
        Within 0..1.

    Notes
    -----
    A disc of radius r has a variance of r^2/4 along each axis, so sigma = r/2.
    """
    clipped = np.clip(rgb, 0.0, 1.0)
    radius = abs(lens.radius_px(0.0))
    if dioptres is not None:
        blurred = np.abs(lens.radius_px(dioptres))
        if matte is None:
            sharp_px = max(0.2 * float(blurred.max()), 0.5)
            matte = (1.0 - np.clip(blurred / sharp_px - 0.5, 0.0, 1.0)).astype(np.float32)
        background = blurred[matte < 0.5]
        radius = float(np.median(background)) if background.size else 0.0
    assert matte is not None
    soft = np.empty_like(clipped)
    for channel in range(3):
        ndimage.gaussian_filter(
            clipped[..., channel], max(radius, 0.0) / 2.0, output=soft[..., channel], mode="nearest"
        )
    soft += matte[..., None] * (clipped - soft)
    return soft
