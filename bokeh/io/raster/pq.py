"""10-bit PQ: the codes that HEIC and AVIF hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...colour.pq_hlg import to_pq
from ...colour.profile import rgb_from_xyz
from ...hdr.gain_map import radiance
from ...photo.photo import Photo
from ..formats import PQ_BITS

# H.273 code points: primaries, PQ, and the luma matrix that goes with them.
_GAMUTS = {"Display P3": (12, 16, 6), "Rec.2020": (9, 16, 9)}
_OUTSIDE = -0.01


def codes(photo: Photo) -> tuple[NDArray[np.uint16], tuple[int, int, int]]:
    """PQ codes (H, W, 3) of the photo's radiance, 10 bits spread over 16, and their H.273 code points.

    The primaries are P3 where they hold the photo's, else those of Rec. 2020.
    """
    own = np.linalg.inv(rgb_from_xyz(photo.profile))
    matrix = rgb_from_xyz("Display P3") @ own
    name = "Display P3" if matrix.min() >= _OUTSIDE else "Rec.2020"
    matrix = rgb_from_xyz(name) @ own
    same = np.allclose(matrix, np.eye(3), atol=2e-3)  # as ICC profiles round their primaries
    return to_pq(radiance(photo), None if same else matrix, PQ_BITS), _GAMUTS[name]
