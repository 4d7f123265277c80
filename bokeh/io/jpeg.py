"""JPEG, and what phones of every make put beside the picture: one adapter for each family, chosen by content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..photo import Photo
from . import apple_jpeg, dynamic_depth, gdepth, huawei, samsung, ultra_hdr
from .embedded import Jpeg
from .raster import decode, open_jpeg
from .segments import Segments, walk
from .xmp import Xmp

# Each gives fields of a Photo, or nothing when the file is not of its family; what an earlier one found stands.
FAMILIES: list[Callable[[Jpeg], dict]] = [
    apple_jpeg.fields,
    dynamic_depth.fields,
    gdepth.fields,
    huawei.fields,
    samsung.fields,
    ultra_hdr.fields,
]


def read(data: bytes, name: str) -> Photo:
    """Read a JPEG with the depth, the mattes and the gain map that lie in it or behind it.

    Raises
    ------
    InputError
        When the picture is truncated, damaged or too large. What is wrong beside it becomes a note.
    """
    decoded = decode(data, name, "jpeg", open_jpeg)
    segments = walk(data) or Segments(None, None, (), None, len(data))
    decoded.notes.extend(segments.notes)
    jpeg = Jpeg(data, decoded, segments, Xmp(segments.xmp, segments.extended))
    found: dict = {}
    for fields in FAMILIES:
        # Two families may both hold depth (Pixels wrote GDepth and Dynamic Depth): the second need not be decoded.
        if "depth" not in found or fields is ultra_hdr.fields:
            found = {**fields(jpeg), **found}
    if not found and any(start + size > len(data) for start, size in segments.frames):
        decoded.notes.append("lists further frames (depth, mattes) that are cut off or gone")
    area = found.pop("af_area", None)
    photo = decoded.photo(**found)
    if area is not None and photo.meta.af_area is None:
        photo = replace(photo, meta=replace(photo.meta, af_area=area))
    return photo
