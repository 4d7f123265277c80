"""What the optics tests share: a lens of wanted strength, and depths of wanted blur."""

from __future__ import annotations

import math

import numpy as np

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


def depth_of(radius_px, px_per_dioptre: float, focus: float = FOCUS):
    """Dioptres at which that lens blurs with the signed radius; + behind focus."""
    dioptres = focus - np.asarray(radius_px, np.float64) / px_per_dioptre
    assert (dioptres >= 0).all(), "this radius lies beyond infinity"
    return np.float32(dioptres) if np.ndim(radius_px) == 0 else dioptres.astype(np.float32)


def texture(size: tuple[int, int], seed: int = 0, low: float = 0.05, high: float = 1.0) -> np.ndarray:
    """Return random colours in patches of 3 x 3 pixels, float32 (H, W, 3)."""
    height, width = size
    patches = np.random.default_rng(seed).uniform(low, high, (math.ceil(height / 3), math.ceil(width / 3), 3))
    return np.repeat(np.repeat(patches, 3, axis=0), 3, axis=1)[:height, :width].astype(np.float32)


def away_from_border(size: tuple[int, int], margin: float) -> np.ndarray:
    """Return bool (H, W): pixels farther than `margin` from the picture's border."""
    y, x = np.mgrid[: size[0], : size[1]]
    return (np.minimum(y, size[0] - 1 - y) > margin) & (np.minimum(x, size[1] - 1 - x) > margin)
