"""What can be laid over the picture: depth, the sharp zone, the subject's matte, its doubt; RGBA, PNG."""

from __future__ import annotations

import io
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core.arrays import FloatArray
from ..core.errors import UsageError
from ..depth.doubt import without_doubt
from ..image.resize import resize, size_within
from ..optics.lens import mount
from ..photo.photo import Photo
from ..tools.drawing.false_colour import NEAR_TO_FAR, ramp
from .errors import NotThereError
from .view import SHARP_MM, Look, View

Kind = Literal["depth", "sharp", "matte", "doubt"]

DEPTH_ALPHA, ZONE_ALPHA, PEAK_ALPHA = 0.72, 0.28, 0.95
PEAK, MATTE, DOUBT = (90, 255, 120), (255, 0, 160), (255, 190, 0)

FINE = 0.04
"""Local contrast, of the square root of light, from which on what is sharp is marked as an edge is."""


def overlay(view: View, kind: str, look: Look, width: int) -> bytes:
    """Draw an overlay, about `width` wide, as a PNG.

    Raises
    ------
    UsageError
        When there is no such kind.
    NotThereError
        When the photo has nothing of it.
    """
    if kind not in get_args(Kind):
        raise UsageError(f"overlay {kind!r} is none; one of {', '.join(get_args(Kind))}")
    height, full = view.photo.size
    size = size_within(view.photo.size, max(round(min(width, full) * max(height, full) / full), 16))
    if kind == "matte":
        return _png(MATTE, _plane(view.scene.matte, size, "matte"))
    if kind == "doubt":
        return _png(DOUBT, _plane(doubt_of(view.photo), size, "doubt"))
    dioptres = view.scene.dioptres
    if dioptres is None:
        raise NotThereError("this photo has no depth")
    plane = resize(dioptres, size, "nearest")
    if kind == "depth":
        far, near = view.scene.depth_range
        colours = ramp(np.clip((near - plane) / max(near - far, 1e-9), 0.0, 1.0).astype(np.float32), NEAR_TO_FAR)
        codes = np.rint(255.0 * colours).astype(np.uint8)
        return _png(codes, np.full(size, DEPTH_ALPHA, np.float32))
    return _png(PEAK, _sharp(view, look, plane, size))


def doubt_of(photo: Photo) -> FloatArray | None:
    """Return what of a matte is only doubt, float32 (h, w); None where nothing is."""
    if photo.matte is None or photo.depth is None:
        return None
    doubt = photo.matte - without_doubt(photo.matte, photo.depth, photo.mattes.get("hair"))
    return doubt if float(doubt.max(initial=0.0)) > 0.02 else None


def _sharp(view: View, look: Look, plane: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Mark what is in focus, and its edges most: coverage (h, w)."""
    thin = mount(look.lens, view.photo.size, view.photo.meta.f35_mm, look.thin.focus_m)
    radius_mm = np.abs(thin.radius_px(plane)) / (np.hypot(*view.photo.size) / 43.27)
    zone = np.clip(2.0 - radius_mm / SHARP_MM, 0.0, 1.0)
    grey = np.sqrt(np.maximum(resize(view.photo.rgb, size, "area").mean(axis=2), 0.0))
    contrast = sum(np.abs(np.diff(grey, axis=axis, append=np.take(grey, [-1], axis))) for axis in (0, 1))
    fine = np.clip(np.asarray(contrast) / FINE - 0.5, 0.0, 1.0)
    return np.asarray(zone * (ZONE_ALPHA + (PEAK_ALPHA - ZONE_ALPHA) * fine), np.float32)


def _plane(values: FloatArray | None, size: tuple[int, int], name: str) -> FloatArray:
    if values is None:
        raise NotThereError(f"this photo has no {name}")
    return 0.6 * np.clip(resize(values, size, "area"), 0.0, 1.0)


def _png(colour: tuple[int, int, int] | NDArray[np.uint8], alpha: FloatArray) -> bytes:
    rgba = np.empty((*alpha.shape, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = np.rint(255.0 * alpha)
    file = io.BytesIO()
    Image.fromarray(rgba, "RGBA").save(file, "PNG", compress_level=1)
    return file.getvalue()
