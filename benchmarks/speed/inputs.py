"""The photos that are measured: any number of megapixels, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import rebokeh as rk
from rebokeh.bokeh.tools.table_top import FOCUS_M, table_top

FloatArray = NDArray[np.float32]

SAMPLES = Path(__file__).parents[2] / "samples"
GRAIN = 0.03
"""Standard deviation of the grain, of the light: an enlarged photo would be smoother than a real one."""


def portrait(megapixels: float) -> tuple[rk.Photo, float]:
    """Enlarge the sample portrait, with fine grain; depth, mattes and gain map as a phone stores them.

    Returns
    -------
    Photo
    float
        Focus distance in metres: the subject's.
    """
    photo = rk.load(SAMPLES / "portrait.heic")
    size = _size(photo.size, megapixels)
    rgb = np.empty((*size, 3), np.float32)
    random = np.random.default_rng(0)
    for channel in range(3):
        rgb[..., channel] = _resized(photo.rgb[..., channel], size)
        for row in rgb[..., channel]:
            row *= 1.0 + GRAIN * random.standard_normal(size[1], np.float32)
    assert photo.depth is not None and photo.matte is not None
    subject = _resized(photo.matte, (photo.depth.shape[0], photo.depth.shape[1])) > 0.9
    focus_m = 1.0 / float(np.nanmedian(photo.depth[subject]))
    return replace(photo, rgb=np.clip(rgb, 0.0, 1.0, out=rgb)), focus_m


def table(megapixels: float) -> tuple[rk.Photo, float]:
    """Make the patterned plane with things at every depth: no matte, depth of the picture's size."""
    return table_top(megapixels), FOCUS_M


SCENES: dict[str, Callable[[float], tuple[rk.Photo, float]]] = {"portrait": portrait, "table": table}


def radius_map(photo: rk.Photo, focus_m: float, largest_px: float) -> FloatArray:
    """Signed blur radii of a photo's pixels, scaled to the largest; for those who blur by nothing else."""
    assert photo.depth is not None
    away = 1.0 / focus_m - np.nan_to_num(photo.depth)
    away *= largest_px / np.abs(away).max()
    return away if photo.depth.shape == photo.size else _resized(away, photo.size)


def write_heic(megapixels: float, path: Path) -> None:
    """Write the portrait, enlarged, as a phone's HEIC with everything in it."""
    from support.heic import pack_heic

    photo, _ = portrait(megapixels)
    assert photo.matte is not None and photo.gain_map is not None
    codes = np.asarray(photo.profile.from_linear(photo.rgb) * 255.0 + 0.5, np.uint8)
    gain = (np.exp2(photo.gain_map.log2_gain) - 1.0) / (photo.gain_map.headroom - 1.0)
    # In one piece, which decoders refuse when it is more than some 11 MB coded.
    quality = 88 if megapixels < 24 else 70
    pack_heic(
        codes,
        photo.depth,
        {"portrait": photo.matte, **photo.mattes},
        gain,
        photo.gain_map.headroom,
        photo.meta.exif or b"",
        path,
        icc=photo.profile.icc,
        f35_mm=photo.meta.f35_mm or 65.0,
        quality=quality,
    )


def _size(size: tuple[int, int], megapixels: float) -> tuple[int, int]:
    scale = (megapixels * 1e6 / (size[0] * size[1])) ** 0.5
    return round(size[0] * scale), round(size[1] * scale)


def _resized(plane: NDArray[np.floating], size: tuple[int, int]) -> FloatArray:
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC))
