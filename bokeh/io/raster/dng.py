"""DNG, Apple ProRAW among it: developed by LibRaw to scene-linear Rec.2020 with the camera's white balance.

Depth and mattes that a ProRAW file may hold are not reached; give a depth map beside it.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import tifffile

from ...colour.icc import LINEAR_CURVE
from ...colour.profile import named_profile
from ...core.errors import UsageError
from ...core.extras import how_to_install
from ...core.foreign import decoding, silence
from ...photo.photo import Photo
from ..decoded import Decoded, check_size, upright
from ..metadata import captions, exif, exif_edit

# A ProRAW file has five: preview, raw, mattes.
_MAX_PAGES = 64


def read(data: bytes, name: str) -> Photo:
    """Develop a raw file: 1.0 is where the camera's sensor clips, under its white balance.

    Raises
    ------
    UsageError
        When rawpy, which brings LibRaw, is not installed.
    InputError
        When the file is truncated, damaged, too large or of a kind that LibRaw cannot develop.
    """
    rawpy = _rawpy(name)
    with decoding(name, "raw picture"):
        _check_whole(data)
    with decoding(name, "raw picture"), silence(), rawpy.imread(io.BytesIO(data)) as raw:
        check_size(raw.sizes.width, raw.sizes.height, name)
        codes = raw.postprocess(
            gamma=(1, 1),
            no_auto_bright=True,
            use_camera_wb=True,
            output_bps=16,
            output_color=rawpy.ColorSpace.Rec2020,
            user_flip=0,
        )
    block = exif_edit.extract(data)
    facts = exif.read(block)
    return Decoded(
        codes=upright(codes, facts.orientation),
        name=name,
        format="dng",
        bit_depth=16,
        profile=named_profile("Rec.2020", LINEAR_CURVE),
        exif=block,
        captions=captions.of_tiff(data),
        turn=facts.orientation,
        facts=facts,
        notes=["raw: developed to scene-linear Rec.2020 with the camera's white balance"],
    ).photo()


def _check_whole(data: bytes) -> None:
    """Refuse a file that is cut off, or goes in circles: LibRaw takes what is missing for black, and never ends."""
    _check_chain(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage)]
        for page in pages:
            pages.extend(p for p in (page.pages or ())[:_MAX_PAGES] if isinstance(p, tifffile.TiffPage))
            for start, size in zip(page.dataoffsets, page.databytecounts, strict=False):
                if start + size > len(data):
                    raise ValueError("its data lie beyond its end")
            if len(pages) > _MAX_PAGES:
                raise ValueError("too many pictures in it")


def _check_chain(data: bytes) -> None:
    order = "<" if data[:2] == b"II" else ">"
    ifd, seen = struct.unpack_from(order + "I", data, 4)[0], set()
    while ifd:
        if ifd in seen or len(seen) > _MAX_PAGES:
            raise ValueError("its directories go in circles")
        seen.add(ifd)
        count = struct.unpack_from(order + "H", data, ifd)[0]
        ifd = struct.unpack_from(order + "I", data, ifd + 2 + 12 * count)[0]


def _rawpy(name: str) -> Any:
    try:
        import rawpy
    except ImportError as err:
        raise UsageError(
            f"{name}: a raw file (DNG) needs rawpy; {how_to_install('raw')}, or develop the file to a TIFF first"
        ) from err
    return rawpy
