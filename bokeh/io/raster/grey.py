"""16-bit PNG of one plane, that says in a text chunk what its codes mean."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ...core.arrays import FloatArray


def depth_png(dioptres: FloatArray) -> tuple[bytes, float]:
    """Code a depth map in 16 bits, linear in dioptres: that is how depth is measured, and infinity has a code.

    Parameters
    ----------
    dioptres : float32 (H, W)

    Returns
    -------
    bytes
        The PNG. Its text chunks Unit and Scale say what `scale` does.
    float
        Dioptres of one code; 0 is infinity.
    """
    scale = max(float(dioptres.max()), 1e-6) / 65535.0
    codes = np.rint(dioptres / np.float32(scale)).clip(0, 65535).astype(np.uint16)
    words = {"Unit": "dioptre", "Scale": repr(scale), "Description": "code * Scale = 1 / metres; 0 is infinity"}
    return plane_png(codes, words), scale


def plane_png(codes: NDArray[np.uint8] | NDArray[np.uint16], words: dict[str, str] | None = None) -> bytes:
    """PNG of one plane of codes (h, w), or of colour codes (h, w, 3 or 4) of 8 bits, with text chunks."""
    info = PngInfo()
    for key, value in (words or {}).items():
        info.add_text(key, value)
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "PNG", pnginfo=info, compress_level=3)
    return file.getvalue()
