"""How files begin: what a file is, its first bytes say, never its name.

Each signature takes a file's bytes and says whether they are of its format. No two formats claim the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from .heif.boxes import brands

Signature = Callable[[bytes], bool]

_DNG_VERSION = 0xC612
_HEIF = frozenset({"heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"})
_AVIF = frozenset({"avif", "avis"})


def begins_with(*starts: bytes) -> Signature:
    """Return the signature of files that begin with one of these."""
    return lambda data: data.startswith(starts)


def is_avif(data: bytes) -> bool:
    """Whether this is a HEIF file of AV1 pictures."""
    return not _AVIF.isdisjoint(brands(data))


def is_heic(data: bytes) -> bool:
    """Whether this is any other HEIF file."""
    return not _HEIF.isdisjoint(brands(data)) and not is_avif(data)


def is_dng(data: bytes) -> bool:
    """Whether this is a TIFF whose first directory says a DNG version."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return False
    ifd = struct.unpack_from(order + "I", data, 4)[0]
    if ifd + 2 > len(data):
        return False
    count = struct.unpack_from(order + "H", data, ifd)[0]
    tags = (data[at : at + 2] for at in range(ifd + 2, min(ifd + 2 + 12 * count, len(data) - 12), 12))
    return struct.pack(order + "H", _DNG_VERSION) in tags


_is_tiff_or_dng = begins_with(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_tiff(data: bytes) -> bool:
    """Whether this is a TIFF, or a BigTIFF, that is no DNG."""
    return _is_tiff_or_dng(data) and not is_dng(data)
