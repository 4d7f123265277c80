"""AVIF, 8 bit by Pillow, more by imagecodecs where it is installed."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import AvifImagePlugin

from ...colour.pq_hlg import Coding
from ...colour.profile import Profile
from ...core.extras import how_to_install
from ...core.foreign import decoding
from ...photo.photo import Photo
from ..decoded import Decoded, upright
from ..found_maps import attempt
from ..heif import boxes, integrity, tone_map
from ..metadata.cicp import cicp_profile
from .pillow import decode


def read(data: bytes, name: str) -> Photo:
    """Read an AVIF with its gain map; more than 8 bits are rounded, unless imagecodecs is installed.

    Raises
    ------
    InputError
        When it is truncated, damaged or too large.
    """
    meta = _meta(data)
    integrity.check_av1_size(meta, name)
    integrity.check_metadata_size(meta, name)
    decoded = _decode(data, name)
    decoded.notes.extend(integrity.doubts(meta))
    decoded = replace(decoded, warnings=integrity.contradicted_turn(meta, decoded.turn))
    bits = int.from_bytes(_property(meta, "pixi")[5:6]) or 8
    if bits > 8:
        decoded = _deepened(data, decoded, bits)
    return decoded.photo(attempt(partial(tone_map.find, meta, decoded, lambda alone: _decode(alone, name).codes)))


def _decode(data: bytes, name: str) -> Decoded:
    return decode(data, name, "avif", lambda d: AvifImagePlugin.AvifImageFile(io.BytesIO(d)), _untagged_profile)


def _deepened(data: bytes, decoded: Decoded, bits: int) -> Decoded:
    """Take the codes from a decoder that keeps more than 8 bits, where it is installed."""
    try:
        from imagecodecs import avif_decode
    except ImportError:
        decoded.notes.append(f"AVIF of more than 8 bits is read as 8 bit; to read them all, {how_to_install('avif')}")
        return decoded
    with decoding(decoded.name):
        codes = np.asarray(avif_decode(data))
    codes = upright(codes[..., :3], decoded.turn) if codes.ndim == 3 and codes.shape[2] >= 3 else codes
    if codes.shape == decoded.codes.shape and codes.dtype == np.uint16 and bits < 16:
        return replace(decoded, codes=codes << (16 - bits) | codes >> (2 * bits - 16), bit_depth=bits)
    decoded.notes.append("AVIF of more than 8 bits is read as 8 bit")
    return decoded


def _untagged_profile(data: bytes, info: dict, notes: list[str]) -> tuple[Profile, Coding]:
    """Profile and coding by the primary's ``nclx`` code points."""
    colr = _property(_meta(data), "colr")
    if colr[:4] == b"nclx" and len(colr) >= 8:
        return cicp_profile(int.from_bytes(colr[4:6]), int.from_bytes(colr[6:8]))
    return Profile(), "sdr"


def _meta(data: bytes) -> boxes.Meta | None:
    try:
        return boxes.read_meta(data)
    except boxes.BoxError:
        return None


def _property(meta: boxes.Meta | None, kind: str) -> bytes:
    """Payload of a property of the primary item, or of its first tile; empty when there is none."""
    return (meta.found(meta.primary, kind) if meta else None) or b""
