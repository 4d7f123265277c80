"""Depth without metres, spread over nominal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.errors import DepthError

NOMINAL_DIOPTRES = 2.0
"""Where a map that gives only an order is put: its nearest point at 0.5 m, its farthest at infinity."""


def spread(values: NDArray, name: str, *, black_is_near: bool = False, from_zero: bool = False) -> FloatArray:
    """Spread values of which larger is nearer over 0..NOMINAL_DIOPTRES; NaN and infinities are holes.

    Parameters
    ----------
    values : (h, w)
    name : str
        For messages.
    black_is_near : bool
        Smaller is nearer.
    from_zero : bool
        Zero is infinity, and what is below it a hole.

    Raises
    ------
    DepthError
        When they are all alike, or none is finite.
    """
    values = values.astype(np.float64)
    if from_zero:
        values = np.where(values >= 0, values, np.nan)
    good = np.isfinite(values)
    if not good.any():
        raise DepthError(f"{name}: the depth map holds no usable value (all NaN or infinite); give another map")
    low, high = 0.0 if from_zero else values[good].min(), values[good].max()
    # Halves, so that the whole range of float64 has a difference.
    span = high / 2 - low / 2
    if not span > 0:
        raise DepthError(f"{name}: the depth map has one value everywhere, nothing is nearer; give another map")
    spread = np.full(values.shape, np.nan)
    spread[good] = np.clip((values[good] / 2 - low / 2) / span, 0.0, 1.0) * NOMINAL_DIOPTRES
    return (NOMINAL_DIOPTRES - spread if black_is_near else spread).astype(np.float32)
