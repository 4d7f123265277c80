"""A photo in sRGB codes, as networks and other programs expect it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core.arrays import FloatArray
from .profile import Profile, rgb_from_xyz


def srgb_codes(rgb: FloatArray, profile: Profile, size: tuple[int, int]) -> NDArray[np.uint8]:
    """SDR rendition in sRGB of scene-linear light (H, W, 3), whatever its primaries: uint8 (h, w, 3) of that size."""
    matrix = rgb_from_xyz("sRGB") @ np.linalg.inv(rgb_from_xyz(profile))
    linear = np.clip(_reduced(rgb, size), 0.0, 1.0)
    if not np.allclose(matrix, np.eye(3), atol=1e-3):
        linear = linear @ matrix.T.astype(np.float32)
    image = Image.fromarray(Profile().to_codes(linear, 8))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def _reduced(rgb: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Average whole squares of pixels, while what is left is larger than `size`."""
    by = min(have // wanted for have, wanted in zip(rgb.shape[:2], size, strict=True))
    if by < 2:
        return rgb
    height, width = (side // by * by for side in rgb.shape[:2])
    total = sum(rgb[y:height:by, x:width:by] for y in range(by) for x in range(by))
    return np.asarray(total, np.float32) / np.float32(by * by)
