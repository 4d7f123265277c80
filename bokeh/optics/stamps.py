"""What a pixel spreads through a lens without flaws, at every blur radius: made once for a lens."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...kernels.stamps import PER_PX, PixelStamps


def stamps_of(tables: NDArray[np.float64], psf_headers: NDArray[np.float64], largest_px: float) -> PixelStamps:
    """Make the stamps of all radii.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    psf_headers : float64 (2, HEADER)
        Of the image of a point behind focus, and of one in front of it.
    largest_px : float

    Returns
    -------
    PixelStamps
    """
    from ...kernels.stamps import stamp

    count = math.ceil(largest_px * PER_PX) + 1
    most = 4 * (2 * math.ceil(largest_px) + 3)
    place, step = np.empty((2 * count, most, 2), np.int32), np.empty((2 * count, most))
    sizes = np.array(
        [stamp(tables, psf_headers[n // count], n % count / PER_PX, place[n], step[n]) for n in range(2 * count)]
    )
    kept = np.arange(most) < sizes[:, None]
    return PixelStamps(np.concatenate([[0], np.cumsum(sizes)]), place[kept], step[kept])
