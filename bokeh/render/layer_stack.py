"""Pictures over each other: nothing at all, and what was made at half the size."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..core.scratch import Empty
from ..image.regions import PixelBox


def nothing(size: tuple[int, int], empty: Empty = np.empty) -> FloatArray:
    """No light yet, and nothing in its way: float32 (H, W, 4)."""
    light: FloatArray = empty((*size, 4), np.float32)
    light.fill(0.0)
    light[..., 3] = 1.0
    return light


def enlarged(light: FloatArray | None, box: PixelBox, empty: Empty = np.empty) -> FloatArray:
    """Enlarge a picture (h, w, 4) of half the size, in a box of the whole; None is no light, and nothing in its way."""
    from ...kernels.doubling import enlarge

    size = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    if light is None:
        return nothing(size, empty)
    out = empty((*size, 4), np.float32)
    enlarge(light, box[0].start, box[1].start, out)
    return out
