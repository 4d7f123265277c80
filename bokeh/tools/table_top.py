"""A made photo to measure with: a patterned plane that runs to the horizon, with things at every depth on it."""

from __future__ import annotations

import math

import numpy as np

from ..core.arrays import FloatArray
from ..photo.photo import Photo

FOCUS_M = 1.6
"""Distance of what stands in the middle of `table_top`."""

HORIZON, NEAREST = 0.02, 1.1
"""Dioptres at the top and at the bottom of `table_top`."""


def table_top(megapixels: float, seed: int = 0) -> Photo:
    """Make a photo of a patterned plane that runs from the camera to the horizon, with things at every depth on it.

    Parameters
    ----------
    megapixels : float
        Of a picture of 4:3.
    seed : int
        Where the things stand, and the grain.

    Returns
    -------
    Photo
        Without a matte; its depth exact and of the picture's size. Ten lamps are brighter than the clip.
    """
    height, width = shape_of(megapixels)
    random = np.random.default_rng(seed)
    rgb, dioptres = np.empty((height, width, 3), np.float32), np.empty((height, width), np.float32)
    # A plane's inverse depth is linear in the picture.
    dioptres[:] = np.linspace(HORIZON, NEAREST, height, dtype=np.float32)[:, None]
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)
    for row in range(height):
        away = 1.0 / dioptres[row, 0]
        checks = np.sin(9.0 * away) * np.sin(12.0 * away * across) > 0.0
        rgb[row] = np.where(checks[:, None], (0.55, 0.42, 0.3), (0.12, 0.15, 0.2))
    middle = 1.0 / FOCUS_M
    for near in np.sort(np.append(random.uniform(HORIZON, NEAREST, 60), middle)):
        x = 0.5 if near == middle else random.random()
        _stand(rgb, dioptres, float(near), float(x), random)
    for _ in range(10):
        y, x = (int(v * random.random()) for v in (height, width))
        side = max(round(0.004 * width), 1)
        rgb[y : y + side, x : x + side] = random.uniform(4.0, 30.0)
    for row in range(height):
        rgb[row] *= 1.0 + 0.06 * random.standard_normal((width, 3), np.float32)
    return Photo(rgb=np.maximum(rgb, 0.0, out=rgb), depth=dioptres)


def shape_of(megapixels: float) -> tuple[int, int]:
    """Height and width of a picture of 4:3 of so many megapixels."""
    height = max(round(math.sqrt(megapixels * 1e6 * 3 / 4)), 8)
    return height, round(height * 4 / 3)


def _stand(rgb: FloatArray, dioptres: FloatArray, near: float, x: float, random: np.random.Generator) -> None:
    """Put a striped thing, thick or thin, upright on the plane, where that is `near` dioptres away."""
    height, width = dioptres.shape
    foot = int((near - HORIZON) / (NEAREST - HORIZON) * height)
    tall = int(random.uniform(0.2, 0.5) * near * height) + 2
    wide = int(random.choice((0.01, 0.05, 0.15)) * near * width) + 1
    box = slice(max(foot - tall, 0), foot), slice(max(int(x * width) - wide, 0), int(x * width) + wide)
    pitch = max(int(0.01 * near * width), 1)
    stripes = np.arange(box[0].stop - box[0].start)[:, None, None] // pitch % 2
    rgb[box] = np.where(stripes == 0, random.uniform(0.05, 0.9, 3), random.uniform(0.05, 0.9, 3))
    dioptres[box] = near
