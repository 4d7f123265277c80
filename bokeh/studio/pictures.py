"""Small pictures and facts of a photo, of a lens, of a format: what a page shows beside the picture itself."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ..colour.profile import named_profile
from ..image.resize import resize, size_within
from ..io.formats import FORMATS
from ..load import load
from ..optics.lens_file import LensFile, lens_names, read_lens
from ..optics.psf import psf
from ..photo.photo import Photo
from .gallery import Entry
from .view import View, jpeg_of, jpeg_of_codes

THUMB_PX, LENS_PX, LIGHT_RADIUS_PX = 192, 96, 34.0
BINS = 64
SOURCE_QUALITY = 90


def lenses() -> list[dict[str, Any]]:
    """List the lenses of the package."""
    return [_of_lens(read_lens(name)) for name in lens_names()]


def _of_lens(lens: LensFile) -> dict[str, Any]:
    return {
        "name": lens.name, "title": lens.title, "f_number": lens.f_number, "note": lens.source,
        "blades": lens.iris.blades, "curvature": lens.iris.curvature,
    }  # fmt: skip


def format_facts(name: str) -> dict[str, Any]:
    """Say what a format holds."""
    row = FORMATS[name]
    return {"name": name, "suffixes": list(row.suffixes), "hdr": list(row.hdr), "quality": row.quality}


def depth_facts(view: View) -> dict[str, Any] | None:
    """Say how the picture's depths are spread: from where to where, and how much of it lies where."""
    dioptres = view.scene.dioptres
    if dioptres is None:
        return None
    far, near = view.scene.depth_range
    every = max(1, round((dioptres.size / 250_000) ** 0.5))
    counts, _ = np.histogram(dioptres[::every, ::every], BINS, (far, max(near, far + 1e-6)))
    return {
        "near_m": 1.0 / near if near > 0.0 else float("inf"),
        "far_m": 1.0 / far if far > 0.0 else float("inf"),
        "dioptres": [far, near],
        "histogram": counts.tolist(),
        "unitless": view.photo.depth_kind == "unitless",
    }


def picture(photo: Photo, width: int) -> bytes:
    """Return a photo as it is, no wider than so many pixels: JPEG."""
    height, full = photo.size
    size = size_within(photo.size, round(width * max(height, full) / full)) if width < full else photo.size
    return jpeg_of(resize(photo.rgb, size, "area"), photo.profile, SOURCE_QUALITY)


def thumbnail(entry: Entry) -> bytes:
    """Return a small picture of a photo, without preparing it: JPEG."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    try:
        with Image.open(entry.path) as image:
            image.draft("RGB", (2 * THUMB_PX, 2 * THUMB_PX))
            turned = ImageOps.exif_transpose(image)
            icc = turned.info.get("icc_profile")
            turned.thumbnail((THUMB_PX, THUMB_PX))
            codes = np.asarray(turned.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow does not open, we may
        photo = load(entry.path)
        return jpeg_of_codes(photo.srgb8(size_within(photo.size, THUMB_PX)), SOURCE_QUALITY)
    return jpeg_of_codes(codes, SOURCE_QUALITY, icc)


def light_of(lens_file: LensFile) -> bytes:
    """Draw a light behind focus as a lens shows it, half way out to the side: PNG."""
    lens = lens_file.lens()
    light = psf(lens, LIGHT_RADIUS_PX, (0.35, 0.0), 5000.0)
    middle, half = light.shape[0] // 2, LENS_PX // 2
    canvas = np.zeros((LENS_PX, LENS_PX, 3), np.float32)
    reach = min(middle, half)
    inner = slice(half - reach, half + reach)
    canvas[inner, inner] = light[middle - reach : middle + reach, middle - reach : middle + reach]
    lit = canvas.max(axis=2)
    white = float(np.quantile(lit[lit > 1e-3 * lit.max()], 0.99)) if lit.any() else 1.0
    codes = named_profile("sRGB").to_codes(np.clip(canvas / np.float32(white), 0.0, 1.0), 8)
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "PNG")
    return file.getvalue()
