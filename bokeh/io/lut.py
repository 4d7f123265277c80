"""Profiles that work by tables (CMYK, LUT RGB): converted to sRGB by LittleCMS, in 8 bit."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ..colour import Profile
from .common import decoding


def to_srgb(codes: NDArray, icc: bytes, name: str, notes: list[str]) -> tuple[Profile, NDArray[np.uint8]]:
    """(sRGB profile, uint8 codes (H, W, 3)) of RGB codes under a profile of tables."""
    if codes.dtype == np.uint16:
        codes = (codes >> 8).astype(np.uint8)
    return Profile(), convert_image(Image.fromarray(np.ascontiguousarray(codes), "RGB"), icc, name, notes)


def convert_image(image: Image.Image, icc: bytes, name: str, notes: list[str]) -> NDArray[np.uint8]:
    """Uint8 sRGB codes (H, W, 3) of an 8-bit RGB or CMYK image under `icc`; Pillow's own conversion if that fails."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        target = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        done = ImageCms.profileToProfile(image, source, target, renderingIntent=intent, outputMode="RGB", flags=flags)
        notes.append(f"{image.mode} with an ICC profile of tables: converted to sRGB, 8 bit")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        with decoding(name):
            done = image.convert("RGB")
        notes.append("the ICC profile does not fit the picture: taken as sRGB")
    return np.asarray(done)
