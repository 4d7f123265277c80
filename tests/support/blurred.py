"""Photos that hold blur already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .scenes import FOCUS

SIZE = 512


def things(seed: int = 0, size: tuple[int, int] = (SIZE, SIZE), soft_px: float = 0.5) -> NDArray[np.float32]:
    """Return rectangles of many sizes and shades on top of each other, as sharp as a camera's pixels are."""
    rng = np.random.default_rng(seed)
    grey = np.full(size, 0.3)
    for _ in range(size[0] * size[1] // 900):
        top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
        height, width = rng.integers(8, 60, 2)
        grey[top : top + height, left : left + width] = rng.uniform(0.05, 0.8)
    return colour(ndimage.gaussian_filter(grey, soft_px))


def colour(grey: np.ndarray) -> NDArray[np.float32]:
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def blurred(rgb: np.ndarray, radius_px: float, kernel: str = "gaussian") -> NDArray[np.float32]:
    """Blur as a disc of this radius does, or a Gaussian of the same variance."""
    if kernel == "gaussian":
        return ndimage.gaussian_filter(rgb, (radius_px / 2, radius_px / 2, 0)).astype(np.float32)
    reach = int(radius_px) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius_px + 0.5 - np.hypot(x, y), 0, 1)
    return colour(ndimage.convolve(rgb[..., 0], disc / disc.sum()))


def halves(far_radius_px: float, kernel: str = "gaussian", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo of two walls, the left one sharp and in focus, and its depth."""
    rgb, far = things(seed), np.arange(SIZE) >= SIZE // 2
    soft = blurred(things(seed + 1), far_radius_px, kernel) if far_radius_px else things(seed + 1)
    depth = np.where(far, 0.1, FOCUS) + np.zeros((SIZE, 1))
    return np.where(far[:, None], soft, rgb).astype(np.float32), depth.astype(np.float32)
