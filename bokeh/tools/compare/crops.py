"""Where two pictures differ most, by what is there: highlights, hair, foreground, edges of depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...core.arrays import BoolArray, FloatArray
from ...depth.upsample import resize_matte
from ...image.resize import block_means
from .measure import Comparison, differing

CROP_SHARE = 0.16
"""Side of a crop as a share of the picture's longer side ..."""

MOST_PX = 640
"""... and at most so many pixels of it, which is what the page shows."""

SEARCHED_LENGTH = 512
NEARER = 1.15
"""The foreground is nearer than what is in focus, by so much in dioptres."""

BRIGHT = 0.9
LEAST_SHARE = 2e-4
"""A kind of place must cover so much of the picture to be shown."""

EDGE_STEP = 0.04


@dataclass(frozen=True)
class Crop:
    """A square of the photo.

    Attributes
    ----------
    title : str
    x, y, side : int
        Pixels of the photo.
    difference : float
        Mean difference there, codes of 0..255.
    """

    title: str
    x: int
    y: int
    side: int
    difference: float


def difference(comparison: Comparison, codes: Mapping[str, NDArray[np.uint8]]) -> FloatArray:
    """Return how far the two pictures are apart (H, W), codes of 0..255, mean over red, green and blue."""
    one, other = (codes[name].astype(np.float32) for name in differing(comparison.pictures))
    return np.where(comparison.covered, np.abs(one - other).mean(axis=2), 0.0).astype(np.float32)


def crops(comparison: Comparison, apart: FloatArray) -> list[Crop]:
    """Choose the crops: of each kind of place, the square where the pictures are most apart; none overlap much.

    Parameters
    ----------
    comparison : Comparison
    apart : float32 (H, W)
        As `difference` returns it.

    Returns
    -------
    list of Crop
    """
    by = max(max(apart.shape) // SEARCHED_LENGTH, 1)
    small = block_means(apart, by)
    side = min(round(CROP_SHARE * max(apart.shape)), MOST_PX, *apart.shape)
    window = max(side // by, 2)
    found: list[Crop] = []
    for title, mask in _places(comparison, by, (small.shape[0], small.shape[1])).items():
        if mask.mean() < LEAST_SHARE:
            continue
        score = ndimage.uniform_filter(np.where(mask, small, 0.0), window, mode="constant")
        for crop in found:
            y, x = (v // by for v in (crop.y, crop.x))
            score[max(y, 0) : y + window, max(x, 0) : x + window] = 0.0
        row, column = (int(v) for v in np.unravel_index(np.argmax(score), score.shape))
        if score[row, column] <= 0.0:
            continue
        y, x = (
            int(np.clip(at * by - side // 2, 0, whole - side))
            for at, whole in zip((row, column), apart.shape, strict=True)
        )
        found.append(Crop(title, x, y, side, float(apart[y : y + side, x : x + side].mean())))
    return found


def _places(comparison: Comparison, by: int, size: tuple[int, int]) -> dict[str, BoolArray]:
    """Masks (h, w) of each kind of place."""
    scene = comparison.scene
    assert scene.dioptres is not None
    depth = scene.dioptres[by // 2 :: by, by // 2 :: by][: size[0], : size[1]]
    bright = block_means((scene.photo.rgb.max(axis=2) > BRIGHT).astype(np.float32), by) > 0.0
    away = np.abs(comparison.lens.radius_px(depth)) > 0.1 * float(np.abs(comparison.lens.radius_px(depth)).max())
    least, most = np.quantile(depth, (0.01, 0.99))
    edges = ndimage.grey_dilation(depth, 3) - ndimage.grey_erosion(depth, 3) > EDGE_STEP * max(
        float(most - least), 1e-6
    )
    places = {"highlights": ndimage.binary_dilation(bright & away, iterations=3)}
    hair = scene.photo.mattes.get("hair")
    if hair is not None:
        cover = block_means(resize_matte(hair, scene.photo.size), by)
        places["hair"] = (cover > 0.1) & (cover < 0.9)
    elif scene.matte is not None:
        cover = block_means(scene.matte, by)
        places["hair and the subject's outline"] = (cover > 0.1) & (cover < 0.9)
    focus = comparison.lens.focus_dioptres
    places["foreground"] = depth > max(NEARER * focus, focus + 0.1 * float(most - least))
    places["edges of depth"] = ndimage.binary_dilation(edges, iterations=3)
    places["elsewhere"] = np.ones(size, bool)
    return {title: np.asarray(mask, bool) for title, mask in places.items()}
