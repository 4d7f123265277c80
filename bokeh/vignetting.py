"""Vignetting: what a lens's rims keep from the picture's corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .optics import Optics

VIGNETTE_NODES = 64
"""Places along the longer side at which vignetting is reckoned."""

LEAST_LOSS = 1e-4
"""Vignetting that takes less from the corners is none."""


def vignette(optics: Optics, picture: NDArray[np.float32]) -> None:
    """Darken a picture (H, W, 3), in place, by what the rims keep from it."""
    from ..kernels.enlarge import bilinear

    height, width = optics.size
    corner = optics.field(np.array([-0.5]), np.array([-0.5]))
    if not optics.varies or optics.light(corner)[0] > 1.0 - LEAST_LOSS:
        return
    rows, columns = (max(2, round(VIGNETTE_NODES * n / max(height, width))) for n in (height, width))
    # The middles of cells as large as the picture is when it is cut into so many.
    x, y = np.meshgrid(
        (np.arange(columns) + 0.5) * width / columns - 0.5, (np.arange(rows) + 0.5) * height / rows - 0.5
    )
    passed = optics.light(optics.field(x.ravel(), y.ravel())).reshape(rows, columns).astype(np.float32)
    light = np.empty((height, width), np.float32)
    bilinear(passed, light)
    picture *= light[..., None]
