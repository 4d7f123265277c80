"""What the optics tests share: a lens of wanted strength, and depths of wanted blur."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

import rebokeh as rk

FOCUS_M = 2.0
FOCUS = 1.0 / FOCUS_M
FOCAL_MM = 50.0
ROUND = rk.Aperture()


def lens_of(size: tuple[int, int], px_per_dioptre: float, aperture: rk.Aperture = ROUND, focus_m: float = FOCUS_M):
    """Return a lens whose blur radius changes by so many pixels of a picture of this size with each dioptre."""
    sensor_mm = (36.0, 24.0)
    px_per_mm = max(max(size) / 36.0, min(size) / 24.0)
    pupil_mm = px_per_dioptre * 2 * 1000.0 / px_per_mm * (focus_m * 1000 - FOCAL_MM) / (FOCAL_MM * focus_m * 1000)
    return rk.Lens(
        f_number=FOCAL_MM / pupil_mm, focal_mm=FOCAL_MM, sensor_mm=sensor_mm, focus_m=focus_m, aperture=aperture
    )


def depth_of(radius_px: ArrayLike, px_per_dioptre: float, focus: float = FOCUS) -> NDArray[np.float32]:
    """Dioptres at which that lens blurs with the signed radius; + behind focus."""
    dioptres = focus - np.asarray(radius_px, np.float64) / px_per_dioptre
    assert (dioptres >= 0).all(), "this radius lies beyond infinity"
    return np.asarray(dioptres, np.float32)


def texture(size: tuple[int, int], seed: int = 0, low: float = 0.05, high: float = 1.0) -> np.ndarray:
    """Return random colours in patches of 3 x 3 pixels, float32 (H, W, 3)."""
    height, width = size
    patches = np.random.default_rng(seed).uniform(low, high, (math.ceil(height / 3), math.ceil(width / 3), 3))
    return np.repeat(np.repeat(patches, 3, axis=0), 3, axis=1)[:height, :width].astype(np.float32)


def soft(image: np.ndarray, sigma_px: float) -> NDArray[np.float32]:
    """Return the image through a Gaussian."""
    return np.asarray(ndimage.gaussian_filter(image.astype(np.float64), sigma_px), np.float32)


def depth_inside(mask: np.ndarray) -> NDArray[np.float64]:
    """Return how far each pixel of a mask lies from the nearest pixel outside."""
    return np.asarray(ndimage.distance_transform_edt(mask), np.float64)


def grown(mask: np.ndarray, pixels: int) -> NDArray[np.bool_]:
    """Return a mask grown by so many pixels; shrunk by a negative number of them."""
    change = ndimage.binary_dilation if pixels > 0 else ndimage.binary_erosion
    return np.asarray(change(mask, iterations=abs(pixels)), bool)
