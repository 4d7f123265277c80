"""A photo in sRGB codes, as networks and other programs expect it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..image.resize import block_means, resize_codes
from .profile import Profile, rgb_from_xyz


def srgb_codes(rgb: FloatArray, profile: Profile, size: tuple[int, int]) -> NDArray[np.uint8]:
    """SDR rendition in sRGB of scene-linear light (H, W, 3), whatever its primaries: uint8 (h, w, 3) of that size."""
    matrix = rgb_from_xyz("sRGB") @ np.linalg.inv(rgb_from_xyz(profile))
    by = min(have // wanted for have, wanted in zip(rgb.shape[:2], size, strict=True))
    linear = np.clip(rgb if by < 2 else block_means(rgb, by), 0.0, 1.0)
    if not np.allclose(matrix, np.eye(3), atol=1e-3):
        linear = linear @ matrix.T.astype(np.float32)
    return resize_codes(Profile().to_codes(linear, 8), size, "cubic")
