"""HEIC that stays an editable portrait: a new picture, with what the source held beside its own, bit for bit.

Depth, mattes, their XMP, and the picture's XMP and EXIF are copied as they are coded. The source's rotation is kept:
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
from ...photo.metadata import Rendering
from ...photo.photo import Photo
from ..metadata import apple
from . import boxes, disparity, hevc
from .auxiliaries import Beside, beside, own_images
from .carried_items import Frame, GraftError, describing, from_source, metadata
from .container import Part, Property, assemble


def portrait(
    photo: Photo,
    picture: Callable[[NDArray], hevc.Coded],
    codes: NDArray,
    block: bytes | None,
    xmp: bytes | None,
    *,
    keep_gps: bool = True,
    rendered: Rendering | None = None,
    gain: tuple[NDArray[np.uint8], bytes] | None = None,
    name: str = "output",
) -> bytes:
    """Write a HEIC with depth and mattes: the source's own where the photo still has them, else the photo's.

    Parameters
    ----------
    photo : Photo
        For its depth, mattes and metadata.
    picture : callable
        Codes the picture.
    codes : uint8 or uint16 (H, W, 3)
        Upright.
    block, xmp : bytes or None
        EXIF and XMP for a file that takes nothing over.
    keep_gps : bool
    rendered : Rendering, optional
        What the mark says; `xmp` holds it already.
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
    frame = Frame(1, list(metadata(block, xmp, itertools.count(2).__next__, 1)), [])
    added = list(own_images(photo, Beside((0, 0))))
    if photo.meta.original is not None:
        try:
            theirs = beside(photo.meta.original, name)
            mine = list(own_images(photo, theirs))
            replaced = {image.urn for image in mine}
            frame, added = from_source(photo, theirs, replaced, block, xmp, keep_gps, rendered), mine
        except (GraftError, boxes.BoxError, InputError) as err:
            said = f"{name}: the source's depth and mattes are not taken over as they are ({err})"
            warnings.warn(said, RebokehWarning, stacklevel=2)
    if gain is not None:
        added.append(disparity.Auxiliary(apple.GAIN_MAP_URN, gain[0], gain[1], quality=90))
    free = frame.numbers()
    coded = picture(stored(codes, frame.turns))
    parts = coded.parts(frame.primary, free, frame.turns) + frame.parts
    for image in added:
        parts += _auxiliary(image, frame, free)
    return assemble(coded.brands, frame.primary, parts)


def stored(codes: NDArray, turns: list[Property]) -> NDArray:
    """Turn an upright picture (H, W, ...) back to how it is stored under these ``irot`` and ``imir``."""
    for kind, body in reversed(turns):
        if kind == "irot":
            codes = np.rot90(codes, -(body[0] & 3))
        else:
            codes = codes[:, ::-1] if body[0] & 1 else codes[::-1]
    return codes


def _auxiliary(image: disparity.Auxiliary, frame: Frame, free: Callable[[], int]) -> list[Part]:
    quality = hevc.LOSSLESS if image.quality is None else image.quality
    number = free()
    what = ("auxC", bytes(4) + image.urn.encode() + b"\0" + image.tail)
    coded = hevc.coded_map(stored(image.codes, frame.turns), quality)
    parts = coded.parts(number, free, [*frame.turns, what], hidden=True)
    parts[-1].references.append(("auxl", (frame.primary,)))
    return [*parts, describing(free(), image.xmp, number)]
