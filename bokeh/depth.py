"""From a phone's disparity codes to dioptres at the photo's resolution.

A phone's map is small, in 256 steps, full of small holes, and its edges are soft and lie some pixels beside the
picture's. `upsample` is the way from there to one clean depth per photo pixel; a map that is exact
already passes through it untouched.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

FloatArray = NDArray[np.float32]


def upsample(
    depth: FloatArray, rgb: FloatArray, matte: FloatArray | None, *, code_step: float | None = None
) -> FloatArray:
    """Bring a depth map to the photo's resolution: no holes, no bands, edges where the picture has them.

    Parameters
    ----------
    depth : float32 (h, w)
        Inverse depth in dioptres, >= 0, NaN = hole; at least one value is finite.
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    matte : float32 (H, W) or None
        Coverage of the subject at the photo's resolution, 0..1.
    code_step : float, optional
        Size of one code in dioptres; None = found from the values, 0 = the map is continuous.

    Returns
    -------
    float32 (H, W)
        Dioptres, finite, within the range of the finite values of `depth`.
    """
    H, W = rgb.shape[:2]
    whole = repair_holes(depth)
    return whole if whole.shape == (H, W) else _resize(whole, (H, W))


def repair_holes(depth: FloatArray) -> FloatArray:
    """Fill the NaN of a depth map (dioptres) from their surroundings.

    Of two surfaces beside a hole the farther one goes on behind the nearer: what a stereo pair could not
    match is mostly what one of its cameras could not see.
    """
    from ..kernels import depth as kernels

    holes = ~np.isfinite(depth)
    filled = np.array(depth, np.float32, order="C")
    if not holes.any():
        return filled
    if holes.all():
        return np.zeros_like(filled)
    filled[holes] = np.nan
    values = np.zeros((8, *depth.shape), np.float32)
    distances = np.zeros((8, *depth.shape), np.float32)
    for k, (dy, dx) in enumerate(((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))):
        kernels.first_seen(filled, dy, dx, values[k], distances[k])
    lo, hi = np.nanmin(filled), np.nanmax(filled)
    kernels.fill_holes(filled, values, distances, max(depth.shape) / 32, 0.05 * float(hi - lo))
    unseen = np.isnan(filled)
    if unseen.any():
        # Rare: a pixel none of whose eight directions meets any depth.
        nearest = ndimage.distance_transform_edt(unseen, return_distances=False, return_indices=True)
        filled = filled[tuple(np.asarray(nearest))]
    return filled


def resize_matte(matte: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Resize a matte (h, w) to `size` = (H, W), smoothly and without ringing; values stay in 0..1."""
    if matte.shape == tuple(size):
        return np.ascontiguousarray(matte, np.float32)
    return np.clip(_resize(matte, size), 0.0, 1.0)


def _resize(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Linear interpolation when enlarging, area-weighted when reducing; never beyond the values' range."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.array(image.resize((size[1], size[0]), Image.Resampling.BILINEAR), np.float32)
