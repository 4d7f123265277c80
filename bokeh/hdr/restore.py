"""Radiance above the clip: restored from the gain map or estimated; and the lights, lifted out of the picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..image.regions import connected, dilate
from ..photo.photo import GainMap, Photo

Mode = Literal["auto", "gain-map", "estimate", "off"]

CLIP = 0.98
"""Scene-linear value from which a channel of an SDR photo counts as clipped (8-bit code 253)."""


HIDDEN_MATTE = 0.3
"""Pixels with more of the subject than this tell nothing about the depth of a light."""


RING_SHARE = 2e-3
"""Width of the ring in which the surround of a clipped region is looked at, as a share of the shorter side."""

DARK_SURROUND, BRIGHT_SURROUND = 0.1, 0.35
"""Scene-linear surround in which a clipped spot is surely a lamp, and in which it may as well be a bright surface."""

RING_BANDS = 16
"""Bands of the picture that are summed apart, so that the sums are the same whatever the number of cores."""

_NONE: FloatArray = np.empty((0, 0, 3), np.float32)


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
        Radiance to add to `photo.rgb`, >= 0; None when there is none.
    str
        Where it comes from, in words.
    """
    if mode == "off":
        return None, "off"
    if photo.gain_map is not None and mode != "estimate":
        return gained(photo.rgb, photo.gain_map), f"gain map, headroom {photo.gain_map.headroom:.2f}"
    if mode == "gain-map":
        return None, "no gain map in the file"
    if is_radiance(photo):
        return None, "scene-linear as it stands"
    return _estimate(photo.rgb, matte), "estimated at clipped regions"


def is_radiance(photo: Photo) -> bool:
    """Whether a photo's values are the scene's radiance as they stand, so that nothing is clipped at 1."""
    return photo.profile.is_linear or photo.meta.format == "array" or photo.meta.hdr in ("pq", "hlg")


def _estimate(rgb: FloatArray, matte: FloatArray | None) -> FloatArray | None:
    """Guess the radiance of clipped pixels of a photo without gain map.

    A lamp, a glint on skin and a white wall all read 1. What tells them apart is size and surround: a lamp is a small
    solid plateau in the dark; skin and walls are bright around their clipped part. The guess is bounded and errs
    towards none: a lamp guessed too dim is a dim disc, a glint guessed to be a lamp ruins a face.
    """
    from ...kernels import highlights as kernels

    clipped = np.empty(rgb.shape[:2], np.bool_)
    if not kernels.brighter(rgb, _NONE, np.nextafter(np.float32(CLIP), np.float32(0.0)), clipped):
        return None
    pieces = connected(clipped)
    width = max(int(RING_SHARE * min(clipped.shape)), 2)
    sums = np.zeros((2, RING_BANDS, pieces.count + 1))
    runs = pieces.row_starts, pieces.first, pieces.stop, pieces.label
    kernels.ring_sums(rgb, dilate(clipped, width // 2), runs, width, *sums)
    total, ring = sums.sum(axis=1)
    surround = np.where(ring > 0, total / np.maximum(ring, 1.0), 1.0)
    share = pieces.pixels / clipped.size
    # From 16 times white for a small lamp down to 1 for a tenth of the frame, by the logarithm of its size; single
    # pixels are noise, not lamps.
    stops = np.interp(np.log10(np.maximum(share, 1e-9)), [-6.5, -5.5, -4.0, -2.0, -1.0], [0.0, 4.0, 4.0, 1.0, 0.0])
    stops *= np.clip((BRIGHT_SURROUND - surround) / (BRIGHT_SURROUND - DARK_SURROUND), 0.0, 1.0)
    labels = pieces.labels
    if matte is not None:
        stops *= _mean_of_each(labels, matte[clipped], pieces.count, otherwise=0.0) < HIDDEN_MATTE
    gain = (np.exp2(stops) - 1.0).astype(np.float32)[labels]
    if not gain.any():
        return None
    extra = np.zeros_like(rgb)
    extra[clipped] = rgb[clipped] * gain[:, None]
    return extra


def gained(rgb: FloatArray, gain_map: GainMap) -> FloatArray | None:
    """Radiance (H, W, 3) that a gain map adds; None when it adds none."""
    from ...kernels import highlights as kernels

    # Memory that was zero from the start costs nothing until it is written: most of a picture is not above the clip.
    extra = np.zeros(rgb.shape, np.float32)
    return extra if kernels.gain(rgb, gain_map.planes, *gain_map.offsets, extra) else None


def _or_none(extra: FloatArray | None) -> FloatArray:
    """For the kernels, which know no None."""
    return _NONE if extra is None else extra


def _mean_of_each(labels: NDArray, values: NDArray, count: int, otherwise: float) -> NDArray[np.float64]:
    """Mean of the values under each label 0..count; `otherwise` where a label has no pixel."""
    pixels = np.bincount(labels, minlength=count + 1)
    total = np.bincount(labels, values, minlength=count + 1)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), otherwise)
