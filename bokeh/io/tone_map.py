"""The ``tmap`` item of HEIC and AVIF: a gain map by ISO 21496-1, whose image decoders do not hand out.

They decode the primary and its auxiliaries. The gain image is neither, so it is put into a file of its own first.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from . import boxes, gain_map
from .common import Decoded, same_aspect

_ESSENTIAL = {"hvcC", "av1C", "irot", "imir", "clap"}
# What makes an item the auxiliary of another, and its XMP's place in the file, mean nothing in a file of one.
_LEFT_OUT = {"auxC"}


def read(meta: boxes.Meta | None, decoded: Decoded, decode: Callable[[bytes], NDArray]) -> dict:
    """{"gain_map": ...} for a Photo, from the primary's ``tmap``; {} when there is none, or with a note why not.

    Parameters
    ----------
    meta : Meta or None
        The file's items.
    decoded : Decoded
        The picture; its notes are added to.
    decode : callable
        Codes, uint8 or uint16 (h, w) or (h, w, 3), upright, of a HEIF file's bytes.
    """
    found = _find(meta) if meta else None
    if meta is None or found is None:
        return {}
    item_id, gain_id = found
    try:
        block = meta.payload(meta.items[item_id])
        metadata = gain_map.from_iso(block[1:])
        codes = one_channel(decode(alone(meta, gain_id)))
    except (boxes.BoxError, gain_map.GainMapError) as err:
        decoded.notes.append(f"the gain map's {err}, so it is not used")
        return {}
    if not same_aspect(codes.shape, decoded.codes.shape[:2]):
        decoded.notes.append("the gain map has another shape than the picture, so it is not used")
        return {}
    return gain_map.gain_map_or_note(codes, metadata, "ISO 21496-1", decoded.notes)


def _find(meta: boxes.Meta) -> tuple[int, int] | None:
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
    items = [meta.items[k] for k in ids]
    payloads = [meta.payload(item) for item in items]
    tiles = [ids.index(k) + 1 for k in meta.made_of(item_id)]
    brand = b"avif" if any(item.kind == "av01" for item in items) else b"heic"

    infos = [
        _full(b"infe", struct.pack(">HH4sB", n, 0, item.kind.encode("latin-1"), 0), 2) for n, item in _count(items)
    ]
    shelf: list[bytes] = []
    rows = b""
    for n, item in _count(items):
        own = [(kind, body) for kind, body in item.properties if kind not in _LEFT_OUT]
        rows += struct.pack(">HB", n, len(own))
        for kind, body in own:
            shelf.append(_box(kind.encode("latin-1"), body))
            rows += struct.pack(">H", len(shelf) | (0x8000 if kind in _ESSENTIAL else 0))
    links = _box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *tiles)) if tiles else b""
    fixed = _full(b"hdlr", bytes(4) + b"pict" + bytes(13)) + _full(b"pitm", struct.pack(">H", 1))
    fixed += _full(b"iinf", struct.pack(">H", len(items)) + b"".join(infos))
    fixed += _full(b"iref", links) if links else b""
    fixed += _box(b"iprp", _box(b"ipco", b"".join(shelf)) + _full(b"ipma", struct.pack(">I", len(items)) + rows, 0, 1))
    head = _box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    at = len(head) + 12 + len(fixed) + 12 + 4 + 14 * len(items) + 8
    places = b""
    for n, payload in enumerate(payloads, 1):
        places += struct.pack(">HHHII", n, 0, 1, at, len(payload))
        at += len(payload)
    located = _full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places)
    return head + _full(b"meta", fixed + located) + _box(b"mdat", b"".join(payloads))


def _count(items: list[boxes.Item]) -> list[tuple[int, boxes.Item]]:
    return list(enumerate(items, 1))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + body)
