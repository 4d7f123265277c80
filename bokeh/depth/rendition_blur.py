"""How far a phone blurred its own picture, where the file holds the sharp original beside it: the two are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..image.resize import resize
from ..photo.photo import Photo
from .existing_blur import ExistingBlur

BINS = 8
"""The range of depths is measured in so many parts."""

RADII_PX = (0.0, *(0.7 * 2.0 ** (k / 4) for k in range(23)))
"""Radii that are tried, pixels of the small pictures: to 32, of which each is a fifth more than the one before."""

LEAST_PIXELS = 200
"""Of a part, for it to be measured."""

SAME_DEPTH, AROUND_PX = 0.12, 17
"""Nothing is measured within half of so many pixels of a step in depth of this share of the range."""

TEXTURE = 0.01
"""Standard deviation of what the widest blur takes away (of the square root of light): with less, none can be told."""

EXPLAINED = 0.5
"""A blur counts that leaves no more than this share of the difference between the two pictures."""


def blur_of_rendition(photo: Photo, dioptres: FloatArray) -> ExistingBlur | None:
    """Measure how far the phone blurred its own picture, at each depth.

    Parameters
    ----------
    photo : Photo
        The sharp original; `meta.rendition` is what the phone made of it.
    dioptres : float32 (H, W)
        Without holes.

    Returns
    -------
    ExistingBlur or None
        Radii in pixels of the photo; None when the file holds no such picture, or it is as sharp as the original.

    Notes
    -----
    The original, blurred by one radius after the other, is compared with the rendition, depth by depth.
    """
    rendition = photo.meta.rendition
    if rendition is None:
        return None
    size = rendition.shape[0], rendition.shape[1]
    by = photo.size[0] / size[0]
    before, after = (np.sqrt(np.maximum(rgb, 0.0).mean(axis=2)) for rgb in (resize(photo.rgb, size, "area"), rendition))
    number, middles = _bins(resize(dioptres, size, "area"))
    counts = np.bincount(number.ravel(), minlength=BINS + 1)[:BINS]
    errors, blurred = np.empty((len(RADII_PX), BINS)), before
    for k, radius_px in enumerate(RADII_PX):
        # A disc of radius r has the variance r^2/4.
        blurred = ndimage.gaussian_filter(before, radius_px / 2.0, mode="nearest") if radius_px else before
        errors[k] = np.bincount(number.ravel(), np.square(blurred - after).ravel(), BINS + 1)[:BINS]
    texture = np.bincount(number.ravel(), np.square(before - blurred).ravel(), BINS + 1)[:BINS]
    told = (counts >= LEAST_PIXELS) & (texture >= TEXTURE**2 * counts)
    best = errors.argmin(axis=0)
    best[errors.min(axis=0) > EXPLAINED * errors[0]] = 0
    radius_px = by * np.asarray(RADII_PX)[best]
    if not told.any() or not (radius_px[told] >= by).any():
        return None
    sharpest = told & (radius_px == radius_px[told].min())
    focus = float(np.average(middles[sharpest], weights=counts[sharpest]))
    return ExistingBlur(tuple(middles[told].tolist()), tuple(radius_px[told].tolist()), focus, 1.0)


def _bins(dioptres: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give each pixel the number of its depth, far to near (`BINS`: not measured), and each number its depth."""
    least, most = (float(v) for v in np.quantile(dioptres, (0.01, 0.99)))
    edges = np.linspace(least, most, BINS + 1)
    number = np.clip(np.searchsorted(edges, dioptres, side="right") - 1, 0, BINS - 1)
    spread = ndimage.maximum_filter(dioptres, AROUND_PX) - ndimage.minimum_filter(dioptres, AROUND_PX)
    number[spread > SAME_DEPTH * max(most - least, 1e-6)] = BINS
    counts = np.maximum(np.bincount(number.ravel(), minlength=BINS + 1)[:BINS], 1)
    sums = np.bincount(number.ravel(), dioptres.ravel().astype(np.float64), BINS + 1)[:BINS]
    return number, sums / counts
