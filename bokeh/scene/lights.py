"""Lights of a scene: where they are, what lies under them, how deep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..hdr.restore import (
    HIDDEN_MATTE,
    _mean_of_each,
    _or_none,
)
from ..image.inpaint import inpaint_at
from ..image.regions import connected, dilate

LIGHT_RADIANCE = 2.0
"""A light is brighter than this; sunlit white is 1."""

LIGHT_CONTRAST = 3.0
"""... and by this factor brighter than what surrounds it."""

LIGHT_SHARE = 5e-4
"""... and no larger than this share of the picture: beyond it, it is a bright surface and stays in its layer."""

LEAST_SEEN = 0.1
"""A light of which less is seen cannot be told apart from a wrong coverage."""


@dataclass(frozen=True, eq=False)
class Lights:
    """Small bright things, apart from the picture they stood in.

    Attributes
    ----------
    mask : bool (H, W)
        Pixels that hold light.
    base : float32 (N, 3)
        What those pixels (in raster order) show without the light.
    dioptres : float32 (N,)
        One depth for each connected light.
    """

    mask: NDArray[np.bool_]
    base: FloatArray
    dioptres: FloatArray


def find_lights(
    rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None, extra: FloatArray | None = None
) -> Lights | None:
    """Find the lights of a picture; None when there are none.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional
    extra : float32 (H, W, 3), optional
        Radiance to add to `rgb`.

    Returns
    -------
    Lights or None

    Notes
    -----
    A light's rim often has its neighbour's depth, and hair before it the subject's. So a light has one depth, the
    median over its radiance where the subject does not cover it; where nothing else is seen of it, it lies behind:
    it takes the farthest depth around.
    """
    from ...kernels import highlights as kernels

    bright = np.empty(rgb.shape[:2], np.bool_)
    if not kernels.brighter(rgb, _or_none(extra), np.float32(LIGHT_RADIANCE), bright):
        return None
    mask = dilate(bright, 1)
    pieces = connected(mask)
    small = pieces.pixels <= max(LIGHT_SHARE * mask.size, 64)
    labels = pieces.labels
    ys, xs = np.nonzero(mask)
    at = small[labels]
    labels, ys, xs = labels[at], ys[at], xs[at]
    radiance = rgb[ys, xs] if extra is None else rgb[ys, xs] + extra[ys, xs]
    around = _without(rgb, extra, dilate(mask, 1), ys, xs, radiance)
    surround = _mean_of_each(labels, around.max(axis=1), pieces.count, otherwise=0.0)
    brightest = np.zeros(pieces.count + 1, np.float32)
    np.maximum.at(brightest, labels, radiance.max(axis=1))
    kept = (brightest > LIGHT_CONTRAST * np.maximum(surround, 1e-3))[labels]
    if not kept.any():
        return None
    labels, ys, xs, radiance, around = labels[kept], ys[kept], xs[kept], radiance[kept], around[kept]
    mask[:] = False
    mask[ys, xs] = True
    base = np.minimum(radiance, np.minimum(around, np.float32(1.0)))
    hidden = matte[ys, xs] if matte is not None else np.zeros(len(base), np.float32)
    farthest = np.empty(len(base), np.float32)
    kernels.least_around(dioptres, ys, xs, 3, farthest)
    return Lights(mask, base, _depth_of_each(labels, (radiance - base).sum(axis=1), dioptres[ys, xs], hidden, farthest))


def _without(
    rgb: FloatArray, extra: FloatArray | None, hole: NDArray[np.bool_], ys: NDArray, xs: NDArray, radiance: FloatArray
) -> FloatArray:
    """Continue the picture into its holes, as `inpaint` does, at the pixels (ys, xs) in them: float32 (N, 3)."""

    def band(rows: slice) -> tuple[FloatArray, NDArray[np.bool_]]:
        return rgb[rows] if extra is None else rgb[rows] + extra[rows], ~hole[rows]

    filled = inpaint_at(band, (rgb.shape[0], rgb.shape[1]), 3, (ys, xs))
    return radiance if filled is None else filled


def _depth_of_each(
    label: NDArray, energy: FloatArray, dioptres: FloatArray, hidden: FloatArray, farthest: FloatArray
) -> FloatArray:
    """Give every pixel its light's depth: the energy-weighted median of what the subject leaves open."""
    depth = np.empty_like(dioptres)
    order = np.lexsort((dioptres, label))
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    for first, last in zip(starts, np.append(starts[1:], len(order)), strict=True):
        own = order[first:last]
        weight = np.cumsum(energy[own] * (hidden[own] < HIDDEN_MATTE))
        if weight[-1] > 0.0:
            depth[own] = dioptres[own[np.searchsorted(weight, 0.5 * weight[-1])]]
        else:
            depth[own] = farthest[own].min()
    return depth


def seen_by_pinhole(matte: FloatArray) -> FloatArray:
    """Share of each light that the photo shows: hair before it dimmed it, and will again, ray by ray.

    Parameters
    ----------
    matte : float32 (N,)
        Coverage of the subject at each light's pixels, 0 for a light in front of it.

    Returns
    -------
    float32 (N,)
        A light that shines where the subject covers the whole pixel tells that the matte is wrong: it counts as seen
        whole.
    """
    return np.where(matte > 1.0 - LEAST_SEEN, np.float32(1.0), np.float32(1.0) - matte)
