"""Samsung: the SEF trailer behind a Live Focus or portrait picture.

Written from what ExifTool and public extractors say of the layout; no real file was at hand. The file ends with a
directory ``SEFH``, version, count, entries, its length, ``SEFT``; an entry (12 bytes) is two zeros, type, how far
before ``SEFH`` its block begins, and the block's size; a block is two zeros, type, the length of its name, name, data.
All numbers are little-endian.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ..decoded import same_aspect
from ..found_maps import FoundMaps, UnusableMapError
from .embedded import Jpeg, raw_codes, sharp_original, unitless_depth

_DEPTH = {0x0AB1: 0x0AB3, 0x0B41: 0x0B40}
"""Type of the block that says a depth map's size, by the map's type: of two cameras, of one."""

_PICTURE, _SHARP = 0x0001, "DualShot_1"
_MAX_BLOCKS = 256


class TrailerBlock(NamedTuple):
    """One block of the trailer."""

    kind: int
    name: str
    data: bytes


def find(jpeg: Jpeg) -> FoundMaps:
    """Find the trailer's depth map, and the sharp picture.

    Raises
    ------
    UnusableMapError
        When the trailer is damaged, or holds a map that cannot be used.

    Notes
    -----
    The codes have no unit. Public extractors invert them to get maps that are bright where near: dark is near.
    """
    blocks = _blocks(jpeg)
    depth = next((block for block in blocks if block.kind in _DEPTH), None)
    if depth is None:
        return FoundMaps()
    info = b"".join(block.data for block in blocks if block.kind == _DEPTH[depth.kind])
    size = _size(jpeg, info, len(depth.data))
    if size is None:
        raise UnusableMapError("Samsung's depth map does not say its size, so it is not used")
    codes = raw_codes(jpeg, depth.data, size, "Samsung depth map")
    sharp = next((block.data for block in blocks if block.kind == _PICTURE and block.name == _SHARP), None)
    return sharp_original(jpeg, sharp, "Samsung").filled(unitless_depth(codes, "Samsung"))


def _blocks(jpeg: Jpeg) -> list[TrailerBlock]:
    """List the blocks of the trailer that lie inside the file behind the picture."""
    data = jpeg.data
    if data[-4:] != b"SEFT" or len(data) < 20:
        return []
    directory = len(data) - 8 - struct.unpack_from("<I", data, len(data) - 8)[0]
    if directory < jpeg.segments.end or data[directory : directory + 4] != b"SEFH":
        raise UnusableMapError("Samsung's trailer is damaged, so it is not read")
    count = struct.unpack_from("<I", data, directory + 8)[0]
    found = []
    for k in range(min(count, (len(data) - 20 - directory) // 12, _MAX_BLOCKS)):
        _, kind, back, size = struct.unpack_from("<HHII", data, directory + 12 + 12 * k)
        at = directory - back
        if at < jpeg.segments.end or size < 8 or at + size > directory:
            continue
        length = struct.unpack_from("<I", data, at + 4)[0]
        if 8 + length <= size:
            name = data[at + 8 : at + 8 + min(length, 64)].rstrip(b"\0").decode("ascii", "replace")
            found.append(TrailerBlock(kind, name, data[at + 8 + length : at + size]))
    return found


def _size(jpeg: Jpeg, info: bytes, count: int) -> tuple[int, int] | None:
    """(height, width) of a map of `count` codes, as it is stored.

    Its place among the numbers of the info block, and the order of the two, change from version to version: they are
    the two that stand side by side, have the right product, and the picture's shape.
    """
    height, width = jpeg.decoded.size
    stored = (width, height) if jpeg.decoded.turn >= 5 else (height, width)
    numbers = struct.unpack_from(f"<{len(info) // 4}I", info)[:4096]
    for a, b in zip(numbers, numbers[1:], strict=False):
        if a and a * b == count:
            for size in ((a, b), (b, a)):
                if same_aspect(size, stored):
                    return size
    return None
