"""A picture of dots that shows depth to eyes that look through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FloatArray = NDArray[np.float32]

WIDTH_PX = 1600
"""Widest picture: eyes do not fuse dots that are finer than the screen's."""

FAR_SHARE, NEAR_SHARE = 0.085, 0.060
"""Distance between two dots of a pair that shows what is farthest and nearest, as shares of the picture's width."""


@dataclass(frozen=True, eq=False)
class Autostereogram:
    """Dots, and the separations that make the depth.

    Attributes
    ----------
    codes : uint8 (h, w, 3)
    separation_px : int64 (h, w)
        Distance between the two dots, either side of a pixel, that show its depth: linear in dioptres.
    far_px, near_px : float
        Separation of the farthest and of the nearest.
    """

    codes: NDArray[np.uint8]
    separation_px: NDArray[np.int64]
    far_px: float
    near_px: float


def autostereogram(dioptres: FloatArray, width: int = WIDTH_PX, seed: int = 1) -> Autostereogram:
    """Draw a depth map in random dots (Thimbleby, Inglis and Witten, "Displaying 3D images", 1994).

    Parameters
    ----------
    dioptres : float32 (H, W)
    width : int
        Of the picture; the depth map's, where that is smaller.
    seed : int
        Of the dots: the same picture from the same depth.
    """
    height, width = (
        dioptres.shape[0] * min(width, dioptres.shape[1]) // dioptres.shape[1],
        min(width, dioptres.shape[1]),
    )
    plane = Image.fromarray(dioptres).resize((width, max(height, 1)), Image.Resampling.NEAREST)
    depth = np.asarray(plane, np.float32)
    far, near = float(depth.min()), float(depth.max())
    far_px, near_px = FAR_SHARE * width, NEAR_SHARE * width
    share = (depth - far) / max(near - far, 1e-9)
    separation = np.rint(far_px + share * (near_px - far_px)).astype(np.int64)
    return Autostereogram(_dots(separation, seed), separation, far_px, near_px)


def _dots(separation: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
    """Give the two dots of each pair one colour; where a dot is in two pairs, the nearer one counts."""
    height, width = separation.shape
    rows = np.arange(height)
    partner = np.tile(np.arange(width), (height, 1))
    for x in range(width):
        left = x - separation[:, x] // 2
        right = left + separation[:, x]
        inside = (left >= 0) & (right < width)
        own, there, here = rows[inside], right[inside], left[inside]
        old = partner[own, there]
        # The nearer pair is the narrower one: its left dot lies further right.
        partner[own, there] = np.where(old == there, here, np.maximum(old, here))
    codes = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for x in range(width):
        codes[:, x] = codes[rows, partner[:, x]]
    return codes
