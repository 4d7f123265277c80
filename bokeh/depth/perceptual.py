"""A photo as edges are looked for in it: the square root of its light, reduced."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each_part

LENGTH_PX = 2048
"""It is no longer than this: a blur that is not seen at this size does no harm."""


def reduced_by(size: tuple[int, ...]) -> int:
    """Return by how much a photo of a size (height, width, ...) is reduced."""
    return -(-max(size[:2]) // LENGTH_PX)


def perceptual(rgb: FloatArray) -> FloatArray:
    """Return the square root of light, clipped a little above white, at most `LENGTH_PX` long: float32 (h, w, 3)."""
    from ...kernels.perceive import perceive

    by = reduced_by(rgb.shape)
    picture = np.empty((max(1, rgb.shape[0] // by), max(1, rgb.shape[1] // by), 3), np.float32)
    each_part(lambda rows: perceive(rgb, (rows.start, rows.stop), picture), len(picture))
    return picture
