"""A picture blurred by every radius of a ladder, what a render is held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from ...core.arrays import FloatArray

Shape = Literal["disc", "gaussian"]

SMALLEST_PX, STEP, LARGEST_SHARE = 0.5, 1.14, 0.06
"""The ladder's first radius, the ratio of two rungs, and the largest radius as a share of the longer side."""

LUMINANCE = np.array([0.25, 0.65, 0.10], np.float32)
"""Weights of red, green and blue: near enough for all primaries that phones use."""


def luminance(rgb: FloatArray) -> FloatArray:
    """Luminance (H, W) of scene-linear rgb (H, W, 3)."""
    return rgb @ LUMINANCE


def radii_px(length_px: int) -> NDArray[np.float64]:
    """Radii of a ladder for a picture of this length: 0, then `SMALLEST_PX` and up."""
    rungs = int(np.log(max(LARGEST_SHARE * length_px / SMALLEST_PX, STEP)) / np.log(STEP)) + 1
    return np.concatenate([[0.0], SMALLEST_PX * STEP ** np.arange(rungs)])


def rungs(light: FloatArray, radii: NDArray[np.float64], shape: Shape) -> Iterator[FloatArray]:
    """Blur a picture by each radius in turn.

    Parameters
    ----------
    light : float32 (H, W)
        Scene-linear; the scene goes on mirrored beyond the border.
    radii : float64 (K,)
        Pixels.
    shape : {"disc", "gaussian"}
        A Gaussian of the radius r has the variance of the disc, r^2/4 along each axis.

    Yields
    ------
    float32 (H, W)
    """
    spectrum = np.asarray(fft.dctn(light, type=2))
    # Cycles per pixel of each cosine.
    down, across = (np.arange(side, dtype=np.float32) / (2.0 * side) for side in light.shape)
    frequency = np.hypot(down[:, None], across[None, :])
    for radius in radii:
        passed = spectrum * _passed(frequency, float(radius), shape)
        yield np.asarray(fft.idctn(passed, type=2, overwrite_x=True))


def _passed(frequency: FloatArray, radius: float, shape: Shape) -> FloatArray:
    """Share of each frequency that a blur lets pass."""
    angle = 2.0 * np.pi * radius * frequency
    if shape == "gaussian":
        return np.exp(-0.125 * angle**2).astype(np.float32)
    angle = np.maximum(angle, 1e-6)
    return (2.0 * special.j1(angle) / angle).astype(np.float32)
