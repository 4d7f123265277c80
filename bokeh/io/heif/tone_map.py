"""The ``tmap`` item of HEIC and AVIF: a gain map by ISO 21496-1, whose image decoders do not hand out.

They decode the primary and its auxiliaries. The gain image is neither, so it is put into a file of its own first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..decoded import Decoded, same_aspect
from ..found_maps import FoundMaps, UnusableMapError, of_gain_map
from ..metadata import gain_map
from . import boxes
from .container import NewItem, assemble, info


def find(meta: boxes.Meta | None, decoded: Decoded, decode: Callable[[bytes], NDArray]) -> FoundMaps:
    """Find the gain map that the primary's ``tmap`` item describes.

    Parameters
    ----------
    meta : Meta or None
        The file's items.
    decoded : Decoded
        The picture.
    decode : callable
        Codes, uint8 or uint16 (h, w) or (h, w, 3), upright, of a HEIF file's bytes.

    Raises
    ------
    UnusableMapError
        When there is one that cannot be used.
    """
    ids = _item_ids(meta) if meta else None
    if meta is None or ids is None:
        return FoundMaps()
    with of_gain_map():
        return _described(meta, ids, decoded, decode)


def _described(
    meta: boxes.Meta, ids: tuple[int, int], decoded: Decoded, decode: Callable[[bytes], NDArray]
) -> FoundMaps:
    item_id, gain_id = ids
    try:
        block = meta.payload(meta.items[item_id])
        stated = gain_map.from_iso(block[1:])
        codes = one_channel(decode(alone(meta, gain_id)))
    except (boxes.BoxError, gain_map.GainMapError) as err:
        raise UnusableMapError(f"the gain map's {err}, so it is not used") from err
    if not same_aspect(codes.shape, decoded.size):
        raise UnusableMapError("the gain map has another shape than the picture, so it is not used")
    kind = "ISO 21496-1"
    return gain_map.found_gain_map(codes, gain_map.usable(stated, kind), kind)


def _item_ids(meta: boxes.Meta) -> tuple[int, int] | None:
    """Ids of the ``tmap`` item that begins with the primary, and of its gain image."""
    for item_id, item in meta.items.items():
        inputs = meta.made_of(item_id)
        if item.kind == "tmap" and len(inputs) == 2 and inputs[0] == meta.primary and inputs[1] in meta.items:
            return item_id, inputs[1]
    return None


def one_channel(codes: NDArray) -> NDArray:
    """Codes (h, w) where all channels agree, else as they are (h, w, 3)."""
    if codes.ndim == 3 and np.array_equal(codes[..., :-1], codes[..., 1:]):
        return np.ascontiguousarray(codes[..., 0])
    return codes


def alone(meta: boxes.Meta, item_id: int) -> bytes:
    """Make a HEIF file of one image and the tiles it is made of.

    Raises
    ------
    BoxError
        When an item is missing, outside the file, or made of itself.
    """
    ids = [item_id, *dict.fromkeys(meta.made_of(item_id))]
    if item_id in ids[1:] or any(k not in meta.items or meta.made_of(k) for k in ids[1:]):
        raise boxes.BoxError("image is made of what is not there")
    if any(meta.items[k].kind == "av01" for k in ids):
        brands = b"avif" + bytes(4) + b"mif1avif"
    else:
        brands = b"heic" + bytes(4) + b"mif1heic"
    items = []
    for k in ids:
        item = meta.items[k]
        properties = [p for p in item.properties if p[0] != "auxC"]  # it is the auxiliary of nothing here
        references = [("dimg", meta.made_of(k))] if meta.made_of(k) else []
        items.append(NewItem(k, info(k, item.kind, hidden=k != item_id), meta.payload(item), properties, references))
    return assemble(brands, item_id, items)
