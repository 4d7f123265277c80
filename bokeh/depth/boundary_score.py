"""How well a depth map's occluding contours follow a matte: the boundary scores of Depth Pro.

A contour lies between two neighbouring pixels where the farther one's distance is more than t times the nearer one's.
The scores are means over ten t from 1.05 to 1.25, the higher ones weighing more (Bochkovskii et al. 2024, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.errors import DepthError, NoDepthError
from ..image.resize import resize
from ..photo.photo import Photo
from .upsample import repair_holes, resize_matte, upsample

THRESHOLDS = np.linspace(1.05, 1.25, 10)
WEIGHTS = THRESHOLDS / THRESHOLDS.sum()

COVERED = 0.1
"""Coverage from which a pixel belongs to the subject."""

FARTHEST_DIOPTRES = 1e-4
"""Infinity, for ratios."""

MOST_PIXELS = 4_000_000
"""A larger matte is reduced to this."""


@dataclass(frozen=True)
class BoundaryScore:
    """How well two sets of contours agree, 0..1.

    Attributes
    ----------
    precision : float
        Share of the map's contours that lie on the matte's.
    recall : float
        Share of the matte's contours that the map has.
    f1 : float
        Harmonic mean of both.
    """

    precision: float
    recall: float
    f1: float


def score(dioptres: FloatArray, matte: FloatArray) -> BoundaryScore:
    """Hold a depth map's contours against a matte's.

    Parameters
    ----------
    dioptres : float32 (H, W)
        Finite, >= 0.
    matte : float32 (H, W)
        Coverage of the subject, 0..1.

    Notes
    -----
    Each of the four directions in which a contour can face is scored by itself; a soft edge, over which many
    neighbours differ enough, counts once, where it is steepest. Only the very pixel is right.
    """
    near, covered = np.maximum(dioptres, FARTHEST_DIOPTRES), matte > COVERED
    results = np.zeros((len(THRESHOLDS), 2))
    for ratio, edge in _directions(near, covered):
        for k, threshold in enumerate(THRESHOLDS):
            contour = steepest(ratio, threshold)
            common = np.count_nonzero(contour & edge)
            results[k] += common / max(np.count_nonzero(contour), 1), common / max(np.count_nonzero(edge), 1)
    precision, recall = (results / 4).T
    total = precision + recall
    f1 = 2 * precision * recall / np.where(total > 0, total, 1.0)
    return BoundaryScore(*(float((WEIGHTS * share).sum()) for share in (precision, recall, f1)))


def score_photo(photo: Photo) -> tuple[BoundaryScore, BoundaryScore]:
    """Score a photo's depth map at the size of its matte.

    Returns
    -------
    as_read, as_rendered : BoundaryScore
        The map merely enlarged; and brought to the edges of the picture and the matte, as for a render.

    Raises
    ------
    NoDepthError
        When the photo has no depth.
    DepthError
        When it has no matte.
    """
    if photo.depth is None:
        raise NoDepthError(f"{photo.meta.path or 'the photo'} holds no depth whose edges could be scored; give `depth`")
    if photo.matte is None:
        raise DepthError(f"{photo.meta.path or 'the photo'} holds no matte to score edges against; give `matte`")
    height, width = photo.matte.shape
    scale = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5, max(photo.size) / max(height, width))
    size = (round(height * scale), round(width * scale))
    matte = resize_matte(photo.matte, size)
    rgb = resize(photo.rgb, size)
    plain = resize(repair_holes(photo.depth), size)
    return score(plain, matte), score(upsample(photo.depth, rgb, matte), matte)


def steepest(ratio: FloatArray, threshold: float) -> NDArray[np.bool_]:
    """Mark the largest value of each run along the rows in which values exceed a threshold.

    Parameters
    ----------
    ratio : float32 (H, W)
    threshold : float

    Returns
    -------
    bool (H, W)
    """
    above = np.flatnonzero(ratio > threshold)
    mask = np.zeros(ratio.shape, bool)
    if above.size:
        values, begins = ratio.ravel()[above], np.ones(above.size, bool)
        begins[1:] = (np.diff(above) > 1) | (above[1:] % ratio.shape[1] == 0)
        run = np.cumsum(begins) - 1
        top = np.flatnonzero(values == np.maximum.reduceat(values, np.flatnonzero(begins))[run])
        _, first = np.unique(run[top], return_index=True)
        mask.ravel()[above[top[first]]] = True
    return mask


def _directions(near: FloatArray, covered: NDArray[np.bool_]) -> Iterator[tuple[FloatArray, NDArray[np.bool_]]]:
    """For each direction: the ratio of each pixel's nearness to its neighbour's, and where the matte has an edge."""
    for plane, inside in ((near, covered), (near.T, covered.T)):
        plane, inside = np.ascontiguousarray(plane), np.ascontiguousarray(inside)
        before, after = (np.s_[:, :-1], np.s_[:, 1:])
        for this, next_one in ((before, after), (after, before)):
            yield plane[this] / plane[next_one], inside[this] & ~inside[next_one]
