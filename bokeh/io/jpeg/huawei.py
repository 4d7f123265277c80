"""Huawei and Honor: the ``edof`` block behind a wide-aperture or portrait picture.

Written from what public extractors say of the layout; no real file was at hand. Behind the picture that viewers show
stand the sharp one (a JPEG), its length (uint32), ``edof`` and four zeros, and a header of 64 bytes: at 3 the
orientation (0x10 upright, then turned by 90 degrees each), at 12 and 14 width and height (uint16), all little-endian.
The map follows, one byte for a pixel.
"""

from __future__ import annotations

import struct

from ..found_maps import FoundMaps, UnusableMapError
from .embedded import Jpeg, raw_codes, sharp_original, unitless_depth

_LABEL = b"edof\0\0\0\0"
_HEADER = 64
# EXIF orientation that turns the map upright, by the two low bits of the orientation byte.
_TURNS = (1, 8, 3, 6)


def find(jpeg: Jpeg) -> FoundMaps:
    """Find the block's depth map, and the sharp picture before it.

    Raises
    ------
    UnusableMapError
        When there is a map that cannot be used.

    Notes
    -----
    The codes have no unit. Of two public extractors both invert them to get maps that are bright where near: dark is
    near.
    """
    at = jpeg.data.find(_LABEL, jpeg.segments.end)
    if at < 0:
        return FoundMaps()
    head = at + len(_LABEL)
    if head + _HEADER > len(jpeg.data):
        raise UnusableMapError("Huawei's depth map is cut off, so it is not used")
    width, height = struct.unpack_from("<HH", jpeg.data, head + 12)
    stored = jpeg.data[head + _HEADER : head + _HEADER + width * height]
    codes = raw_codes(jpeg, stored, (height, width), "Huawei depth map", _TURNS[jpeg.data[head + 3] & 3])
    return sharp_original(jpeg, _original(jpeg, at), "Huawei").filled(unitless_depth(codes, "Huawei"))


def _original(jpeg: Jpeg, label: int) -> bytes | None:
    """Return the JPEG before the label, whose length stands between."""
    end = label - 4
    if end < jpeg.segments.end:
        return None
    size = struct.unpack_from("<I", jpeg.data, end)[0]
    return jpeg.data[end - size : end] if jpeg.segments.end <= end - size else None
