"""Continue a picture into where it is not known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def fill(values: FloatArray, known: NDArray) -> FloatArray:
    """Fill the unknown pixels smoothly from the known ones around them (push-pull).

    Parameters
    ----------
    values : float32 (H, W, C)
    known : bool or float32 (H, W)
        1 = known and kept, 0 = unknown, between = blended.

    Returns
    -------
    float32 (H, W, C)
        A new array. When nothing at all is known, the values as they are.

    Notes
    -----
    Weighted averages go down a pyramid until everything is known, then back up (Gortler et al., "The Lumigraph",
    1996, section 4). What lies beside a hole counts most, and no value leaves the range of the known ones.
    """
    from ..kernels import pyramid

    if not known.any():
        return np.array(values, np.float32)
    levels = [(np.array(values, np.float32), np.ascontiguousarray(known, np.float32))]
    while levels[-1][1].size > 1 and not levels[-1][1].min() >= 1.0:
        fine_values, fine_weight = levels[-1]
        height, width = fine_weight.shape
        shape = ((height + 1) // 2, (width + 1) // 2)
        coarse_values = np.empty((*shape, values.shape[2]), np.float32)
        coarse_weight = np.empty(shape, np.float32)
        pyramid.push(fine_values, fine_weight, coarse_values, coarse_weight)
        levels.append((coarse_values, coarse_weight))
    complete, _ = levels.pop()
    while levels:
        fine_values, fine_weight = levels.pop()
        pyramid.pull(complete, fine_values, fine_weight)
        complete = fine_values
    return complete
