"""Radiance above the clip: restored from the gain map or estimated; and the lights, lifted out of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .fill import fill
from .photo import Photo

FloatArray = NDArray[np.float32]
Mode = Literal["auto", "gain-map", "estimate", "off"]

CLIP = 0.98
"""Scene-linear value from which a channel of an SDR photo counts as clipped (8-bit code 253)."""

LIGHT_RADIANCE = 2.0
"""A light is brighter than this; sunlit white is 1."""

LIGHT_CONTRAST = 3.0
"""... and by this factor brighter than what surrounds it."""

LIGHT_SHARE = 5e-4
"""... and no larger than this share of the picture: beyond it, it is a bright surface and stays in its sheet."""

HIDDEN_MATTE = 0.3
"""Pixels with more of the subject than this tell nothing about the depth of a light."""


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
    hidden : float32 (N,)
        Share of the pixel that the subject covers: the light was dimmed by it.
    """

    mask: NDArray[np.bool_]
    base: FloatArray
    dioptres: FloatArray
    hidden: FloatArray


def above_clip(photo: Photo, mode: Mode) -> tuple[FloatArray | None, str]:
    """What the scene radiates beyond what the photo's SDR rendition shows.

    Parameters
    ----------
    photo : Photo
    mode : {"auto", "gain-map", "estimate", "off"}
        "auto" takes the gain map when there is one, else estimates. Scene-linear input is left as it stands.

    Returns
    -------
    float32 (H, W, 3) or None
        Radiance to add to `photo.rgb`, >= 0.
    str
        Where it comes from, in words.
    """
    if mode == "off":
        return None, "off"
    if photo.gain_map is not None and mode != "estimate":
        gain = np.exp2(_enlarge(photo.gain_map.log2_gain, photo.size))
        if gain.ndim == 2:
            gain = gain[..., None]
        headroom = photo.gain_map.headroom
        return np.maximum(photo.rgb * (gain - 1.0), 0.0), f"gain map, headroom {headroom:.2f}"
    if mode == "gain-map":
        return None, "no gain map in the file"
    if photo.profile.is_linear or photo.meta.format == "array":
        return None, "scene-linear as it stands"
    return _estimate(photo.rgb), "estimated at clipped regions"


def find_lights(radiance: FloatArray, dioptres: FloatArray, matte: FloatArray | None) -> Lights | None:
    """Find the lights of a picture; None when there are none.

    Parameters
    ----------
    radiance : float32 (H, W, 3)
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional

    Returns
    -------
    Lights or None

    Notes
    -----
    A light's rim often has its neighbour's depth, and hair before it the subject's. So a light has one depth, the
    median over its radiance where the subject does not cover it; where nothing else is seen of it, it lies behind:
    it takes the farthest depth around.
    """
    peak = radiance.max(axis=2)
    bright = peak > LIGHT_RADIANCE
    if not bright.any():
        return None
    square = np.ones((3, 3), bool)
    mask = ndimage.binary_dilation(bright, square)
    labels, count = ndimage.label(mask, square)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    small = pixels <= max(LIGHT_SHARE * mask.size, 64)
    small[0] = False

    around = fill(radiance, ~ndimage.binary_dilation(mask, square))
    surround = ndimage.mean(around.max(axis=2), labels, np.arange(count + 1))
    brightest = ndimage.maximum(peak, labels, np.arange(count + 1))
    keep = small & (brightest > LIGHT_CONTRAST * np.maximum(surround, 1e-3))
    mask = keep[labels]
    if not mask.any():
        return None
    base = np.minimum(radiance[mask], np.minimum(around[mask], 1.0))
    hidden = matte[mask] if matte is not None else np.zeros(len(base), np.float32)
    farthest = ndimage.minimum_filter(dioptres, 7)[mask]
    depth = _depth_of_each(labels[mask], (radiance[mask] - base).sum(axis=1), dioptres[mask], hidden, farthest)
    return Lights(mask, base.astype(np.float32), depth, hidden)


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


def _estimate(rgb: FloatArray) -> FloatArray:
    """Guess the radiance of clipped pixels of a photo without gain map.

    A lamp and a white wall both read 1. What tells them apart is size and surround: a lamp is a small plateau that
    stands out from what is around it, a wall is large. The guess is bounded: a wrong factor on a small spot changes
    the brightness of one disc, on a wall the whole picture.
    """
    clipped = rgb.max(axis=2) >= CLIP
    extra = np.zeros_like(rgb)
    labels, count = ndimage.label(clipped, np.ones((3, 3), bool))
    if not count:
        return extra
    index = np.arange(count + 1)
    pixels = np.bincount(labels.ravel(), minlength=count + 1).astype(np.float64)
    ring = ndimage.grey_dilation(labels, size=(5, 5))
    ring[clipped] = 0
    surround = ndimage.mean(rgb.mean(axis=2), ring, index)
    surround = np.nan_to_num(surround, nan=1.0)
    share = pixels / clipped.size
    # From 16 times white for a spot down to 1 for a tenth of the frame, by the logarithm of its size.
    stops = np.interp(np.log10(np.maximum(share, 1e-9)), [-6.0, -4.0, -2.0, -1.0], [4.0, 4.0, 1.0, 0.0])
    stops *= np.clip(1.5 * (1.0 - surround), 0.0, 1.0)
    gain = (np.exp2(stops) - 1.0).astype(np.float32)
    gain[0] = 0.0
    return rgb * gain[labels][..., None]


def _enlarge(field: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring a smooth map to the photo's size, bilinearly."""
    if field.shape[:2] == size:
        return field
    if field.ndim == 3:
        return np.dstack([_enlarge(field[..., k], size) for k in range(field.shape[2])])
    zoom = (size[0] / field.shape[0], size[1] / field.shape[1])
    return ndimage.zoom(field, zoom, order=1, mode="nearest", grid_mode=True)
