"""JPEG, and what phones of every make put beside the picture: one adapter for each family, chosen by content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...photo.photo import Photo
from ..metadata.xmp import Xmp
from ..raster.raster import decode, open_jpeg
from . import apple_jpeg, dynamic_depth, gdepth, huawei, samsung, ultra_hdr
from .embedded import Jpeg
from .segments import Segments, walk

# Each gives fields of a Photo, or nothing when the file is not of its family; the first that finds depth is the last.
DEPTHS: list[Callable[[Jpeg], dict]] = [
    apple_jpeg.fields,
    dynamic_depth.fields,
    gdepth.fields,
    huawei.fields,
    samsung.fields,
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
    for fields in DEPTHS:
        # Pixels wrote GDepth and Dynamic Depth into one file: the second map need not be decoded.
        found = found if "depth" in found else {**fields(jpeg), **found}
    if "gain_map" not in found:
        found |= ultra_hdr.fields(jpeg)
    if not {"depth", "gain_map"} <= found.keys():
        _say_what_is_lost(jpeg, decoded.notes)
    area = found.pop("af_area", None)
    photo = decoded.photo(**found)
    if area is not None and photo.meta.af_area is None:
        photo = replace(photo, meta=replace(photo.meta, af_area=area))
    return photo


def _say_what_is_lost(jpeg: Jpeg, notes: list[str]) -> None:
    frames = jpeg.segments.frames
    whole = [start for start, size in frames if start + size <= len(jpeg.data)]
    if len(whole) < len(frames):
        notes.append("lists further frames (depth, mattes, gain map) that are cut off or gone")
    silent = sum(not Xmp(found.xmp).values for start in whole if (found := walk(jpeg.data, start)))
    if silent:
        notes.append(f"{silent} further frame{'s' * (silent > 1)} without XMP: nothing says what it is")
