"""Radiance above the clip: restored from the gain map or estimated; and the lights, lifted out of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .fill import fill
from .masks import connected, dilate
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


RING_SHARE = 2e-3
"""Width of the ring in which the surround of a clipped region is looked at, as a share of the shorter side."""

DARK_SURROUND, BRIGHT_SURROUND = 0.1, 0.35
"""Scene-linear surround in which a clipped spot is surely a lamp, and in which it may as well be a bright surface."""


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


def above_clip(photo: Photo, matte: FloatArray | None, mode: Mode) -> tuple[FloatArray | None, str]:
    """Find what the scene radiates beyond what the photo's SDR rendition shows.

    Parameters
    ----------
    photo : Photo
    matte : float32 (H, W), optional
        The subject's: nothing on it is taken for a lamp.
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
    return _estimate(photo.rgb, matte), "estimated at clipped regions"


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
    mask = dilate(bright, 1)
    labels, count = connected(mask)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    small = pixels <= max(LIGHT_SHARE * mask.size, 64)
    small[0] = False

    around = fill(radiance, ~dilate(mask, 1))
    surround = _mean_of_each(labels, around.max(axis=2), count, otherwise=0.0)
    brightest = ndimage.maximum(peak, labels, np.arange(count + 1))
    keep = small & (brightest > LIGHT_CONTRAST * np.maximum(surround, 1e-3))
    mask = keep[labels]
    if not mask.any():
        return None
    base = np.minimum(radiance[mask], np.minimum(around[mask], 1.0))
    hidden = matte[mask] if matte is not None else np.zeros(len(base), np.float32)
    farthest = np.asarray(ndimage.minimum_filter(dioptres, 7), np.float32)[mask]
    depth = _depth_of_each(labels[mask], (radiance[mask] - base).sum(axis=1), dioptres[mask], hidden, farthest)
    return Lights(mask, base.astype(np.float32), depth)


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


def _estimate(rgb: FloatArray, matte: FloatArray | None) -> FloatArray:
    """Guess the radiance of clipped pixels of a photo without gain map.

    A lamp, a glint on skin and a white wall all read 1. What tells them apart is size and surround: a lamp is a small
    solid plateau in the dark; skin and walls are bright around their clipped part. The guess is bounded and errs
    towards none: a lamp guessed too dim is a dim disc, a glint guessed to be a lamp ruins a face.
    """
    clipped = rgb.max(axis=2) >= CLIP
    extra = np.zeros_like(rgb)
    if not clipped.any():
        return extra
    labels, count = connected(clipped)
    pixels = np.bincount(labels.ravel(), minlength=count + 1).astype(np.float64)
    width = max(int(RING_SHARE * min(clipped.shape)), 2)
    ring = ndimage.grey_dilation(labels, size=(2 * width + 1, 2 * width + 1))
    ring[dilate(clipped, width // 2)] = 0
    surround = _mean_of_each(ring, rgb.mean(axis=2), count, otherwise=1.0)
    share = pixels / clipped.size
    # From 16 times white for a small lamp down to 1 for a tenth of the frame, by the logarithm of its size; single
    # pixels are noise, not lamps.
    stops = np.interp(np.log10(np.maximum(share, 1e-9)), [-6.5, -5.5, -4.0, -2.0, -1.0], [0.0, 4.0, 4.0, 1.0, 0.0])
    stops *= np.clip((BRIGHT_SURROUND - surround) / (BRIGHT_SURROUND - DARK_SURROUND), 0.0, 1.0)
    if matte is not None:
        stops *= _mean_of_each(labels, matte, count, otherwise=0.0) < HIDDEN_MATTE
    gain = (np.exp2(stops) - 1.0).astype(np.float32)
    gain[0] = 0.0
    return rgb * gain[labels][..., None]


def _mean_of_each(labels: NDArray, values: NDArray, count: int, otherwise: float) -> NDArray[np.float64]:
    """Mean of the values under each label 0..count; `otherwise` where a label has no pixel."""
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    total = np.bincount(labels.ravel(), values.ravel(), minlength=count + 1)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), otherwise)


def _enlarge(field: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring a smooth map to the photo's size, bilinearly."""
    if field.shape[:2] == size:
        return field
    if field.ndim == 3:
        return np.dstack([_enlarge(field[..., k], size) for k in range(field.shape[2])])
    zoom = (size[0] / field.shape[0], size[1] / field.shape[1])
    return np.asarray(ndimage.zoom(field, zoom, order=1, mode="nearest", grid_mode=True), np.float32)
