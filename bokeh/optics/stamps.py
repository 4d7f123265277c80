"""What a pixel spreads through a lens without flaws, at every blur radius: made once for a lens."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ...kernels.stamps import FINE_PX, PER_LARGE_PX, PER_PX, PixelStamps
from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from .aperture import Aperture
from .outlines import even_outlines

LARGEST_PX = 64
"""Stamps are made up to this blur radius: what is blurred more is made smaller, or rare."""


@lru_cache(maxsize=2)
def stamps_of(aperture: Aperture, squeeze: float = 1.0) -> PixelStamps:
    """Make the stamps of all radii of an evenly lit pupil.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    squeeze : float

    Returns
    -------
    PixelStamps
    """
    from ...kernels.stamps import make_stamps

    fine = np.arange(FINE_PX * PER_PX) / PER_PX
    radii = np.concatenate([fine, FINE_PX + np.arange((LARGEST_PX - FINE_PX) * PER_LARGE_PX + 1) / PER_LARGE_PX])
    most = 2 * sum(4 * (2 * math.ceil(radius) + 3) for radius in radii)
    made = PixelStamps(np.empty(2 * len(radii) + 1, np.int64), np.empty((most, 2), np.int32), np.empty(most))
    make_stamps(*even_outlines(aperture, squeeze), radii, made)
    count = made.first[-1]
    return PixelStamps(made.first, made.place[:count].copy(), made.step[:count].copy())


def scatter_stamps(
    values: FloatArray,
    radius: FloatArray,
    active: BoolArray,
    stamps: PixelStamps,
    largest_px: float,
    origin: tuple[int, int],
    out: FloatArray,
    empty: Empty = np.empty,
) -> None:
    """Spread each pixel's values by the stamp of its own radius; as `kernels.scatter.scatter`.

    Parameters
    ----------
    values, radius, active, stamps
        As of `kernels.stamps.add_stamps`.
    largest_px : float
        No blur radius is larger.
    origin : (int, int)
        Row and column of (h, w) where the wanted crop begins.
    out : float32 (h', w', 4), overwritten
        The sums there, divided by that of the weight; 0 where that is 0.
    empty : callable, optional
        Makes arrays.
    """
    from ...kernels.stamps import add_rest, add_stamps, add_up

    margin = math.ceil(largest_px) + 2
    height, width = (n + 2 * margin for n in radius.shape)
    # The weight is the coverage, for the most part: what it is more is kept apart.
    steps = empty((height * width, 4), np.float64), empty((height * width,), np.float64)
    for one in steps:
        one[:] = 0.0
    add_stamps(values, radius, active, stamps, margin, steps[0])
    add_rest(values, radius, active, stamps, margin, steps[1])
    add_up(steps, width, (origin[0] + margin, origin[1] + margin), out)
