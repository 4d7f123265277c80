"""Profiles that work by tables (CMYK, LUT RGB): converted to sRGB or Display P3 by LittleCMS, in 8 bit."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ..colour.profile import Profile, named_profile, rgb_from_xyz
from ..core.foreign import decoding

# Share of pixels that may lie outside sRGB before the picture is kept in Display P3.
_FEW = 1e-3


def to_srgb(codes: NDArray, icc: bytes, name: str, notes: list[str]) -> tuple[Profile, NDArray[np.uint8]]:
    """Convert RGB codes under a profile of tables to sRGB, or to Display P3 where that is too small.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
    icc : bytes
        Their profile.
    name : str
        For messages.
    notes : list of str
        Is added to.

    Returns
    -------
    Profile
    uint8 (H, W, 3)
        Codes in that profile.
    """
    if codes.dtype == np.uint16:
        codes = (codes >> 8).astype(np.uint8)
    return convert_image(Image.fromarray(np.ascontiguousarray(codes), "RGB"), icc, name, notes)


def convert_image(image: Image.Image, icc: bytes, name: str, notes: list[str]) -> tuple[Profile, NDArray[np.uint8]]:
    """Convert an 8-bit RGB or CMYK image as `to_srgb` does; where its profile does not fit, as Pillow does."""
    try:
        wide = named_profile("Display P3")
        done = np.asarray(_converted(image, icc, ImageCms.ImageCmsProfile(io.BytesIO(wide.icc or b""))))
        if _outside_srgb(wide, done) > _FEW:
            notes.append(f"{image.mode} with an ICC profile of tables: converted to Display P3, 8 bit")
            return wide, done
        done = np.asarray(_converted(image, icc, ImageCms.createProfile("sRGB")))
        notes.append(f"{image.mode} with an ICC profile of tables: converted to sRGB, 8 bit")
        return Profile(), done
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        with decoding(name):
            done = np.asarray(image.convert("RGB"))
        why = "the ICC profile does not fit the picture" if icc else f"{image.mode} without an ICC profile"
        notes.append(f"{why}: taken as sRGB")
        return Profile(), done


def _converted(image: Image.Image, icc: bytes, target) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    done = ImageCms.profileToProfile(image, source, target, renderingIntent=intent, outputMode="RGB", flags=flags)
    if done is None:
        raise ValueError("no picture")
    return done


def _outside_srgb(wide: Profile, codes: NDArray[np.uint8]) -> float:
    """Share of pixels that sRGB has no colour for, by more than a code's rounding; of every eighth row and column."""
    linear = wide.to_linear(np.ascontiguousarray(codes[::8, ::8])).astype(np.float64)
    narrow = linear @ (rgb_from_xyz("sRGB") @ np.linalg.inv(rgb_from_xyz("Display P3"))).T
    return float(((narrow < -0.01) | (narrow > 1.01)).any(axis=-1).mean())
