"""What a phone would have stored of a scene's exact depth and matte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.floating]

DEPTH_SIZE = (512, 768)
"""Rows and columns of a phone's depth map."""
THIN_PX = 5
"""What is thinner than this in the photo is missing from the depth map: hair, wires."""
SOFT_PX = 1.2
"""Blur of the depth map's edges, in its own pixels."""
SHIFT = 3 / 960
"""By how much of the picture's width the depth lies too far to the right."""
MATTE_SOFT_PX = 1.0
"""Blur of the matte, in its own pixels, which are two of the photo's."""


def phone_depth(dioptres: FloatArray) -> NDArray[np.float32]:
    """Depth at 768x512 in 8-bit codes, thin things lost, edges soft and shifted; back at the photo's size.

    Parameters
    ----------
    dioptres : float (H, W)

    Returns
    -------
    float32 (H, W)
    """
    size = dioptres.shape[0], dioptres.shape[1]
    small = resized(opened(dioptres), DEPTH_SIZE)
    small = ndimage.gaussian_filter(small, SOFT_PX, mode="mirror")
    low, high = float(small.min()), float(small.max())
    codes = np.round((small - low) / max(high - low, 1e-9) * 255.0)
    large = resized(codes / 255.0 * (high - low) + low, size)
    return ndimage.shift(large, (0, round(SHIFT * size[1])), order=0, mode="nearest").astype(np.float32)


def phone_matte(matte: FloatArray) -> NDArray[np.float32]:
    """Matte at half size, soft; back at the photo's size."""
    size = matte.shape[0], matte.shape[1]
    half = resized(matte, ((size[0] + 1) // 2, (size[1] + 1) // 2))
    return resized(ndimage.gaussian_filter(half, MATTE_SOFT_PX, mode="mirror"), size).astype(np.float32)


def opened(dioptres: FloatArray) -> NDArray[np.float32]:
    """Take out of a depth map what is thinner than THIN_PX and nearer than what is around it."""
    return ndimage.grey_opening(dioptres, size=THIN_PX).astype(np.float32)


def resized(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Resize (H, W): averages over areas where it shrinks, linear interpolation where it grows."""
    result = np.asarray(values, np.float64)
    for axis, after in enumerate(size):
        result = np.moveaxis(_resized_rows(np.moveaxis(result, axis, 0), after), 0, axis)
    return result


def _resized_rows(values: FloatArray, after: int) -> FloatArray:
    before = values.shape[0]
    if after < before:
        # The running integral at the new pixels' borders; its differences are the sums over them.
        integral = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
        return np.diff(_between(integral, np.arange(after + 1) * (before / after)), axis=0) * (after / before)
    return _between(values, (np.arange(after) + 0.5) * (before / after) - 0.5)


def _between(values: FloatArray, rows: FloatArray) -> FloatArray:
    rows = np.clip(rows, 0.0, len(values) - 1.0)
    above = np.minimum(rows.astype(int), len(values) - 2)
    t = (rows - above)[:, None]
    return values[above] * (1.0 - t) + values[above + 1] * t
