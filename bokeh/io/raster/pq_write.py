"""10-bit PQ: the codes that HEIC and AVIF hold, and an AVIF of them."""

from __future__ import annotations

import itertools
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ...colour.pq_hlg import to_pq
from ...colour.profile import rgb_from_xyz
from ...core.errors import UsageError
from ...hdr.gain_map import radiance
from ...photo.photo import Photo
from ..heif import boxes
from ..heif import carried_items as kept
from ..heif.container import Part, assemble, info

BITS = 10
# H.273 code points: primaries, PQ, and the luma matrix that goes with them.
_GAMUTS = {"Display P3": (12, 16, 6), "Rec.2020": (9, 16, 9)}
_OUTSIDE = -0.01


def codes(photo: Photo) -> tuple[NDArray[np.uint16], tuple[int, int, int]]:
    """PQ codes (H, W, 3) of the photo's radiance, 10 bits spread over 16, and their H.273 code points.

    The primaries are P3 where they hold the photo's, else those of Rec. 2020.
    """
    own = np.linalg.inv(rgb_from_xyz(photo.profile))
    matrix = rgb_from_xyz("Display P3") @ own
    name = "Display P3" if matrix.min() >= _OUTSIDE else "Rec.2020"
    matrix = rgb_from_xyz(name) @ own
    same = np.allclose(matrix, np.eye(3), atol=2e-3)  # as ICC profiles round their primaries
    return to_pq(radiance(photo), None if same else matrix, BITS), _GAMUTS[name]


def need_imagecodecs() -> None:
    """Refuse AVIF of 10 bits where imagecodecs is not installed.

    Raises
    ------
    UsageError
    """
    if find_spec("imagecodecs") is None:
        raise UsageError("AVIF of 10 bits needs imagecodecs: pip install 'rebokeh[avif]'; or write HEIC")


def avif(photo: Photo, quality: int, block: bytes | None, xmp: bytes | None) -> bytes:
    """Write a 10-bit PQ AVIF with EXIF and XMP.

    Raises
    ------
    UsageError
        When imagecodecs is not installed: the base packages code AVIF of 8 bits only.
    """
    need_imagecodecs()
    from imagecodecs import avif_encode

    deep, (primaries, transfer, matrix) = codes(photo)
    file = bytes(avif_encode(
        deep >> (16 - BITS), level=quality, speed=8, bitspersample=BITS, pixelformat="444",
        primaries=primaries, transfer=transfer, matrix=matrix,
    ))  # fmt: skip
    meta = boxes.read_meta(file)
    item = meta.items[meta.primary]
    picture = Part(1, info(1, item.kind), meta.payload(item), item.properties)
    free = itertools.count(2).__next__
    return assemble(boxes.brand_box(file), 1, [picture, *kept.metadata(block, xmp, free, 1)])
