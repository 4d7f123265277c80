"""TIFF: tifffile for what it decodes (plain, deflate, float), Pillow's libtiff for the rest (LZW, JPEG)."""

from __future__ import annotations

import io
import logging
import math

import numpy as np
import tifffile
from numpy.typing import NDArray

from ...colour.profile import Profile, linear_profile
from ...core.errors import InputError, UnknownFormatError
from ...core.foreign import decoding
from ...photo.photo import Photo
from ..decoded import Decoded, check_size, finite_light, profile_or_note, upright
from ..lut import to_srgb
from ..metadata import captions, exif, exif_edit
from .pillow import decode, open_tiff

# tifffile logs a warning for every oddity it works around; the adapters say what matters.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_DNG_VERSION = 50706
_RGB, _GREY = 2, 1
# How many bytes of pixels come out of one byte at most, by kind of compression: none, LZW (12 bits stand for
# 3840 bytes at the most), deflate.
_MOST_RATIO = {1: 1, 5: 2560, 8: 1032, 32946: 1032}


def read(data: bytes, name: str) -> Photo:
    """Read a TIFF: 8 or 16 bit, or float, which is scene-linear unless its ICC profile says otherwise.

    Raises
    ------
    InputError
        When it is truncated, damaged, too large, or of 32-bit integers.
    """
    array, page = read_array(data, name)
    if array is None:
        return decode(data, name, "tiff", open_tiff).photo()
    return _from_array(array, page, data, name).photo()


def read_array(data: bytes, name: str, what: str = "picture") -> tuple[NDArray | None, tifffile.TiffPage]:
    """Read samples (h, w) or (h, w, n) of the first page, and the page; None where Pillow has to decode.

    Raises
    ------
    InputError
        When it is truncated, damaged or too large.
    UnknownFormatError
        When it is a camera's raw file.
    """
    with decoding(name, what):
        page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
        if not isinstance(page, tifffile.TiffPage):
            raise ValueError("no first page")
        if _DNG_VERSION in page.tags:
            raise UnknownFormatError(
                f"{name}: this raw file (DNG in BigTIFF) is not read; develop it to a picture first"
            )
        held = sum(page.databytecounts) * _MOST_RATIO.get(int(page.compression), len(data))
        most = 8 * held // max(page.bitspersample * page.samplesperpixel, 1)
        check_size(page.imagewidth, page.imagelength, name, what, most)
        if page.imagedepth != 1 or page.samplesperpixel > 16:
            raise ValueError("a volume, not a picture")
        for start, size in zip(page.dataoffsets, page.databytecounts, strict=False):
            # tifffile fills missing strips with zeros: a black band would pass for a picture.
            if start + size > len(data):
                raise ValueError("strips lie beyond its end")
        if len(page.dataoffsets) < math.prod(page.chunked):
            raise ValueError("strips are missing")
        plain = int(page.photometric) in (_RGB, _GREY) and int(page.compression) in (1, 8, 32946)
        if not plain or not _whole_samples(page):
            return None, page
        array = page.asarray(maxworkers=1)
        if array is None:
            raise ValueError("no pixels")
        if page.axes.startswith("S"):
            array = np.moveaxis(array, 0, -1)
    return array.reshape(page.imagelength, page.imagewidth, -1), page


def _whole_samples(page: tifffile.TiffPage) -> bool:
    """Whether the samples are NumPy numbers as they stand (not 1, 4 or 12 bits)."""
    return page.dtype is not None and page.dtype.kind in "uf" and page.dtype.itemsize * 8 == page.bitspersample


def _from_array(array: NDArray, page: tifffile.TiffPage, data: bytes, name: str) -> Decoded:
    """Make a decoded picture of samples."""
    notes: list[str] = []
    count = array.shape[2]
    if count in (2, 4) or count > 4:
        notes.append("transparency is ignored" if count in (2, 4) else "further channels are ignored")
    if count < 3:
        notes.append("grey picture: taken as RGB")
        array = array[..., :1].repeat(3, axis=2)
    array = np.ascontiguousarray(array[..., :3])
    if array.dtype.itemsize > 2 and array.dtype.kind == "u":
        raise InputError(f"{name}: 32-bit integer TIFF is not read; save it as 16 bit or float")
    block = exif_edit.extract(data)
    icc = page.tags.valueof(34675)
    xmp = page.tags.valueof(700)
    facts = exif.read(block)
    warnings: tuple[str, ...] = ()
    if array.dtype.kind == "f":
        profile, bits = _float_profile(icc, notes), 32 if array.dtype.itemsize >= 4 else 16
        array, warnings = finite_light(array.astype(np.float32))
    else:
        bits = 8 * array.dtype.itemsize
        found = profile_or_note(bytes(icc) if icc else None, notes, array)
        profile, array = (found, array) if found else to_srgb(array, bytes(icc), name, notes)
    return Decoded(
        codes=upright(array, facts.orientation),
        name=name,
        format="tiff",
        bit_depth=bits if array.dtype != np.uint8 else 8,
        profile=profile,
        exif=block,
        xmp=bytes(xmp) if isinstance(xmp, (bytes, bytearray)) else None,
        captions=captions.of_tiff(data),
        turn=facts.orientation,
        facts=facts,
        notes=notes,
        warnings=warnings,
    )


def _float_profile(icc: bytes | None, notes: list[str]) -> Profile:
    profile = profile_or_note(bytes(icc), notes) if icc else None
    if profile is None:
        notes.append("float TIFF: taken as scene-linear")
        return linear_profile()
    notes.append("float TIFF: " + ("scene-linear" if profile.is_linear else "read by its ICC curve, clipped at 1"))
    return profile
