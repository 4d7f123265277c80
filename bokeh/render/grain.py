"""Grain: the noise of a photo, measured where it is flat, and put back where blur took it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..optics.lens import ThinLens

BLOCK_PX = 16
"""Noise is measured in squares of so many pixels."""

STEPS = 9
"""Brightnesses, evenly from black to white in square roots of light, that noise is told for."""

FLAT_SHARE = 0.1
"""Of the squares of a brightness, this share is taken to be flat: that with the least noise."""

LEAST_BLOCKS = 20
"""Fewer squares than this of one brightness tell nothing of it."""

SHARED = 0.6
"""Share of the noise's variance that the channels have in common: phones smooth colour more than light."""

_MEDIAN = 0.6745
# Medians of 64 numbers scatter by a tenth: so much less are the quietest of many, of noise alone.
_QUIET = 0.87


def noise_of(rgb: FloatArray) -> NDArray[np.float64] | None:
    """Measure a photo's noise.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.

    Returns
    -------
    float64 (STEPS, 3), or None
        Standard deviation, in square roots of light, by brightness; None when the photo is too small to tell.

    Notes
    -----
    The diagonal detail of squares of 2 x 2 pixels is blind to slopes, and its median to single edges (Donoho and
    Johnstone). What is left of texture is left out by taking the quietest squares.
    """
    height, width = (n // BLOCK_PX * BLOCK_PX for n in rgb.shape[:2])
    if height == 0 or width == 0:
        return None
    rows, columns, half = height // BLOCK_PX, width // BLOCK_PX, BLOCK_PX // 2
    sigma, level = np.empty((rows * columns, 3)), np.empty((rows * columns, 3))
    for c in range(3):
        root = np.sqrt(np.clip(rgb[:height, :width, c], 0.0, 1.0))
        detail = np.abs(root[::2, ::2] - root[1::2, ::2] - root[::2, 1::2] + root[1::2, 1::2]) / 2.0
        squares = detail.reshape(rows, half, columns, half).transpose(0, 2, 1, 3).reshape(rows * columns, -1)
        sigma[:, c] = np.median(squares, axis=1) / _MEDIAN
        level[:, c] = root.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean((1, 3)).ravel()
    found = np.full((STEPS, 3), np.nan)
    for c in range(3):
        nearest = np.rint(level[:, c] * (STEPS - 1)).astype(int)
        for step in range(STEPS):
            own = sigma[nearest == step, c]
            if len(own) >= LEAST_BLOCKS:
                found[step, c] = np.quantile(own, FLAT_SHARE) / _QUIET
        known = np.flatnonzero(np.isfinite(found[:, c]))
        if not len(known):
            return None
        found[:, c] = np.interp(np.arange(STEPS), known, found[known, c])
    return found


def add_grain(
    picture: FloatArray, noise: NDArray[np.float64], dioptres: FloatArray, lens: ThinLens, strength: float = 1.0
) -> None:
    """Put back, in place, the noise that blur took.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        A render.
    noise : float64 (STEPS, 3)
        As of `noise_of`.
    dioptres : float32 (H, W)
    lens : ThinLens
    strength : float
        1 is as strong as the photo's.
    """
    from ...kernels.grain import add

    thin, sigma = (lens.focus_dioptres, lens.px_per_dioptre), strength * noise
    each_part(lambda own: add(picture, dioptres, thin, sigma, SHARED, (own.start, own.stop)), len(picture))
