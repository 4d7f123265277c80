"""HEIC that stays an editable portrait: a new picture, grafted into what its source held beside the old one.

Depth, mattes, their XMP, and the picture's XMP and EXIF are copied bit for bit. The source's rotation is kept:
the new pixels are turned back before they are coded, so that all images of the file agree. What describes the old
pixels (thumbnails, gain map) stays behind.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.errors import InputError, RebokehWarning
from ...photo.photo import Photo
from ..found_maps import FoundMaps
from ..metadata import apple
from . import boxes, disparity, hevc
from .auxiliaries import changed_images, read_source
from .carried_items import CarriedItems, GraftError, PictureMetadata, describing, from_source, metadata_items
from .container import NewItem, Property, assemble


def portrait(
    photo: Photo,
    codes: NDArray,
    code: Callable[[NDArray], hevc.Coded],
    metadata: PictureMetadata,
    *,
    gain: tuple[NDArray[np.uint8], bytes] | None = None,
    name: str = "output",
) -> bytes:
    """Write a HEIC with depth and mattes: the source's own where the photo still has them, else the photo's.

    Parameters
    ----------
    photo : Photo
        For its depth, mattes and metadata.
    codes : uint8 or uint16 (H, W, 3)
        The picture, upright.
    code : callable
        Codes the picture as HEVC, as it is stored.
    metadata : PictureMetadata
    gain : (uint8 (h, w), bytes), optional
        Gain map of this picture in Apple's coding, upright, and its XMP.
    name : str
        For warnings.

    Returns
    -------
    bytes

    Warns
    -----
    RebokehWarning
        When the source's images cannot be taken over.
    """
    carried = CarriedItems(1, list(metadata_items(metadata.exif, metadata.xmp, itertools.count(2).__next__, 1)), [])
    added = list(changed_images(photo, FoundMaps()))
    if photo.meta.original is not None:
        try:
            source = read_source(photo.meta.original, name)
            changed = list(changed_images(photo, source.maps))
            carried, added = from_source(photo, source, {image.urn for image in changed}, metadata), changed
        except (GraftError, boxes.BoxError, InputError) as err:
            said = f"{name}: the source's depth and mattes are not taken over as they are ({err})"
            warnings.warn(said, RebokehWarning, stacklevel=2)
    if gain is not None:
        added.append(disparity.Auxiliary(apple.GAIN_MAP_URN, gain[0], gain[1], quality=90))
    free = carried.free_numbers()
    coded = code(stored(codes, carried.turns))
    items = coded.items(carried.primary, free, carried.turns) + carried.items
    for image in added:
        items += _auxiliary(image, carried, free)
    return assemble(_brands(coded.brands, carried, photo.meta.original), carried.primary, items)


def _brands(own: bytes, carried: CarriedItems, source: bytes | None) -> bytes:
    """Say what the file conforms to: MIAF (ISO/IEC 23000-22) only where the source of what is carried does."""
    if not carried.is_from_source or source is None or "miaf" in boxes.brands(source):
        return own
    compatible = (own[k : k + 4] for k in range(8, len(own), 4))
    return own[:8] + b"".join(brand for brand in compatible if brand != b"miaf")


def stored(codes: NDArray, turns: list[Property]) -> NDArray:
    """Turn an upright picture (H, W, ...) back to how it is stored under these ``irot`` and ``imir``."""
    for kind, body in reversed(turns):
        if kind == "irot":
            codes = np.rot90(codes, -(body[0] & 3))
        else:
            codes = codes[:, ::-1] if body[0] & 1 else codes[::-1]
    return codes


def _auxiliary(image: disparity.Auxiliary, carried: CarriedItems, free: Callable[[], int]) -> list[NewItem]:
    quality = hevc.LOSSLESS if image.quality is None else image.quality
    number = free()
    what = ("auxC", bytes(4) + image.urn.encode() + b"\0" + image.tail)
    coded = hevc.coded_map(stored(image.codes, carried.turns), quality)
    items = coded.items(number, free, [*carried.turns, what], hidden=True)
    items[-1].references.append(("auxl", (carried.primary,)))
    return [*items, describing(free(), image.xmp, number)]
