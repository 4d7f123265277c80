"""Small photos as a camera takes them: a scene's radiance through a lens that scatters a little, clipped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap

SCATTERED = 0.03
"""Share of its light that a camera's lens scatters around a lamp."""

SUN, ROOM, STREET = 30000.0, 300.0, 20.0
"""Luminance at which a photo clips that is exposed for a sunny day, a room, a street at night, cd/m2."""


def taken(radiance: np.ndarray, sharp_px: float = 0.7) -> np.ndarray:
    """Blur a scene (H, W, 3) by a camera's own lens, and clip it."""
    height, width = radiance.shape[:2]
    y = np.minimum(np.arange(2 * height), 2 * height - np.arange(2 * height))[:, None]
    x = np.minimum(np.arange(2 * width), 2 * width - np.arange(2 * width))[None]
    away = np.hypot(y, x)
    core = np.exp(-0.5 * (away / sharp_px) ** 2)
    tail = np.where((away < 2.0) | (away > 80.0), 0.0, 1.0 / np.maximum(away, 1.0) ** 2.2)
    kernel = (1.0 - SCATTERED) * core / core.sum() + SCATTERED * tail / tail.sum()
    padded = np.pad(radiance, ((0, height), (0, width), (0, 0)), mode="symmetric")
    seen, through = np.asarray(fft.rfft2(padded, axes=(0, 1))), np.asarray(fft.rfft2(kernel))
    spread = np.asarray(fft.irfft2(seen * through[..., None], padded.shape[:2], axes=(0, 1)))
    codes = np.rint(255 * np.clip(spread[:height, :width], 0.0, 1.0) ** (1 / 2.2))
    return ((codes / 255) ** 2.2).astype(np.float32)


def photo(
    rgb: np.ndarray,
    depth: float | np.ndarray = 0.2,
    clip_cd_m2: float | None = None,
    gain_map: GainMap | None = None,
    **more,
) -> rk.Photo:
    """Return a photo as from an SDR file."""
    dioptres = np.broadcast_to(np.float32(depth), rgb.shape[:2])
    meta = Metadata(format="jpeg", f35_mm=50.0, clip_cd_m2=clip_cd_m2)
    return rk.Photo(rgb=rgb, depth=dioptres, gain_map=gain_map, profile=Profile(), meta=meta, **more)


def discs(size: tuple[int, int], places: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """Coverage (H, W) of discs: row, column, radius."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    cover = np.zeros(size)
    for row, column, radius in places:
        cover = np.maximum(cover, np.clip(radius + 0.5 - np.hypot(y - row, x - column), 0.0, 1.0))
    return cover


def over(ground: np.ndarray, cover: np.ndarray, colour: tuple[float, float, float] | float) -> np.ndarray:
    """Lay a colour over a scene."""
    return ground + cover[..., None] * (np.broadcast_to(np.asarray(colour), 3) - ground)
