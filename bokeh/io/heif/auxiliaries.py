"""Depth, mattes, EXIF and XMP of the HEIC that a photo was read from, and which of them the photo still has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...core.arrays import FloatArray
from ...core.foreign import decoding
from ...photo.photo import Photo
from ..decoded import Decoded
from ..found_maps import FoundMaps, attempt
from ..metadata import apple
from . import boxes, disparity
from .heic import auxiliaries_of, depth_of, opened


@dataclass(frozen=True, eq=False)
class SourceHeic:
    """What a HEIC holds, but for its picture's pixels.

    Attributes
    ----------
    size : (height, width)
        Of the picture, upright, in pixels.
    maps : FoundMaps
        Depth and mattes, no gain map.
    exif, xmp : bytes, optional
        The picture's raw blocks.
    """

    size: tuple[int, int]
    maps: FoundMaps
    exif: bytes | None = None
    xmp: bytes | None = None


def read_source(data: bytes, name: str) -> SourceHeic:
    """Read what `heic.read` reads, without the picture itself and without a gain map, which is never carried over.

    Raises
    ------
    InputError, BoxError
        When the file is damaged.
    """
    meta = boxes.read_meta(data)
    with decoding(name):
        image = opened(data)
        size = image.size[1], image.size[0]
        block, xmp = image.info.get("exif") or None, image.info.get("xmp") or None
    decoded = Decoded(np.broadcast_to(np.uint8(0), (*size, 3)), name, "heic")
    maps = attempt(lambda: depth_of(image, meta, decoded))
    maps = maps.filled(auxiliaries_of(image, meta, decoded, with_gain_map=False))
    return SourceHeic(size, maps, block, xmp)


def changed_images(photo: Photo, source: FoundMaps) -> Iterator[disparity.Auxiliary]:
    """Yield depth and mattes of the photo that its source does not hold like this."""
    depth = source.depth and source.depth.dioptres
    dioptres = photo.depth if photo.meta.depth_map is None else photo.meta.depth_map
    if photo.depth is not None and dioptres is not None and not _same_depth(dioptres, depth):
        yield disparity.of_depth(dioptres, photo.depth_kind)
    if photo.matte is not None and not _same_matte(photo.matte, source.matte and source.matte.coverage):
        yield disparity.of_matte(apple.MATTE_URN, photo.matte)
    for name, matte in photo.mattes.items():
        if name in disparity.MATTE_URNS and not _same_matte(matte, source.mattes.get(name)):
            yield disparity.of_matte(disparity.MATTE_URNS[name], matte)


def _same_depth(mine: FloatArray, theirs: FloatArray | None) -> bool:
    """Whether a map is the source's, or the source's with another scale and offset, as anchoring gives it."""
    if theirs is None or mine.shape != theirs.shape:
        return False
    if np.array_equal(mine, theirs, equal_nan=True):
        return True
    known = np.isfinite(mine) & np.isfinite(theirs) & (mine > 0) & (theirs > 0)
    x, y = theirs[known].astype(np.float64), mine[known].astype(np.float64)
    if x.size < 2 or np.ptp(x) == 0:
        return False
    scale, offset = np.polyfit(x, y, 1)
    # A quarter of an 8-bit code.
    return scale > 0 and bool(np.abs(scale * x + offset - y).max() <= scale * np.ptp(x) / 1024)


def _same_matte(mine: FloatArray, theirs: FloatArray | None) -> bool:
    return theirs is not None and mine.shape == theirs.shape and bool(np.abs(mine - theirs).max() < 1 / 1024)
