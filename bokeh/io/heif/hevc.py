"""Pictures and maps coded as HEVC: whole where they are small, else in tiles, which all cores code at once."""

from __future__ import annotations

import io
import math
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from ...colour.profile import Profile
from ...core.threads import each
from . import boxes
from .container import NewItem, Property, info

# libde265, which most programs read HEIC with, refuses a coded picture of more than 16 MiB. Noise at quality 100 takes
# 1.9 bytes a pixel in 8 bits, 2.3 in 10; exactly coded, 3.1 and 3.9.
_MOST_PIXELS, _MOST_EXACT_PIXELS = 7_000_000, 4_000_000
_TILE_STEP = 64  # MIAF (ISO/IEC 23000-22) wants tiles of whole multiples
LOSSLESS = -1

# The preset "superfast" gains 0.7 dB of luma above 51 in 3.8 times the CPU. Without grain kept for the eye alone, and
# choices by their exact cost in bits, a tenth of the CPU is saved, and neither size nor PSNR change by more than 0.1 %.
# Blocks divided once, not twice, would save another tenth, and take 7 % more bits at the same PSNR.
_X265 = {"preset": "ultrafast", "x265:psy-rd": "0", "x265:rd": "1"}

_FIRST = threading.Lock()
"""Held by whoever codes the first picture of a process."""


@dataclass(frozen=True)
class Coded:
    """A coded picture: the tiles it is made of (one, when it is whole), row by row, and the properties of each.

    `size` is (height, width) of the picture, `tile` of one tile.
    """

    size: tuple[int, int]
    tile: tuple[int, int]
    tiles: list[tuple[bytes, list[Property]]]
    brands: bytes

    def items(self, number: int, free: Callable[[], int], extra: list[Property], hidden: bool = False) -> list[NewItem]:
        """Return the items to write.

        Parameters
        ----------
        number : int
            The picture's item.
        free : callable
            Gives further numbers, for the tiles.
        extra : list of (str, bytes)
            Further properties of the picture.
        hidden : bool
            Whether it is no picture of its own.
        """
        if len(self.tiles) == 1:
            payload, properties = self.tiles[0]
            return [NewItem(number, info(number, "hvc1", hidden=hidden), payload, [*properties, *extra])]
        tiles = []
        for payload, properties in self.tiles:
            tile = free()
            tiles.append(NewItem(tile, info(tile, "hvc1", hidden=True), payload, properties))
        (h, w), rows, columns = self.size, -(-self.size[0] // self.tile[0]), -(-self.size[1] // self.tile[1])
        grid = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, w, h)
        shown = [(kind, body) for kind, body in self.tiles[0][1] if kind in ("colr", "pixi")]
        properties = [("ispe", bytes(4) + struct.pack(">II", w, h)), *shown, *extra]
        made_of = [("dimg", tuple(tile.number for tile in tiles))]
        return [*tiles, NewItem(number, info(number, "grid", hidden=hidden), grid, properties, made_of)]


def coded(codes: NDArray, bits: int, quality: int, profile: Profile, cicp: tuple[int, int, int] | None = None) -> Coded:
    """Code a picture.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
        16-bit codes are rounded to `bits`.
    bits : {8, 10}
    quality : int
        1..100; 100 is exact.
    profile : Profile
    cicp : (int, int, int), optional
        H.273 code points of primaries, transfer and matrix, instead of the profile.
    """
    # Full-range BT.601 luma and chroma, as every phone; the primaries are the ICC profile's business if there is one.
    primaries, transfer, matrix = cicp or ((2, 2, 6) if profile.icc else (1, 13, 6))
    more = {
        # As phones write it, and as their decoders read it: 4:4:4 would keep red edges sharper (0.7 dB of all channels,
        # a third more time), but a phone's photo has lost that already, and few decoders in hardware take it.
        "chroma": 420,
        "matrix_coefficients": matrix,
        "full_range_flag": 1,
        "bit_depth": bits,
        "color_primaries": primaries,
        "transfer_characteristics": transfer,
        **({"icc_profile": profile.icc} if profile.icc and not cicp else {}),
    }
    if quality == 100:
        # Luma and chroma round, and half the chroma is gone: exact are only the colours themselves (GBR, 4:4:4).
        quality, more = LOSSLESS, more | {"chroma": 444, "matrix_coefficients": 0}
    return _tiled(codes, "RGB" if bits == 8 else "RGB;16", quality, more)


def coded_map(codes: NDArray[np.uint8], quality: int = LOSSLESS) -> Coded:
    """Code a map (h, w) of 8-bit codes without colour, exactly unless a `quality` of 1..100 is given."""
    return _tiled(codes, "L", quality, {"matrix_coefficients": 2, "full_range_flag": 1, "save_nclx_profile": False})


@lru_cache
def _open_encoder(bits: int) -> None:
    """Code a picture of nothing.

    x265 fills its table of functions when it is opened first, and holds it for filled as soon as one is in it: a thread
    that comes meanwhile calls one that is not there yet, which ends the process. There is a table for each `bits`.
    """
    mode, dtype = ("RGB", np.uint8) if bits == 8 else ("RGB;16", np.uint16)
    nothing = np.zeros((_TILE_STEP, _TILE_STEP, 3), dtype)
    size = _TILE_STEP, _TILE_STEP
    pillow_heif.encode(mode, size, nothing.data, io.BytesIO(), quality=50, enc_params=_X265, chroma=420, bit_depth=bits)


def _tiled(codes: NDArray, mode: str, quality: int, more: dict) -> Coded:
    with _FIRST:
        _open_encoder(more.get("bit_depth", 8))
    h, w = codes.shape[:2]
    tile = _tile_size(h, w, _MOST_EXACT_PIXELS if quality == LOSSLESS and codes.ndim == 3 else None)

    def code(corner: tuple[int, int]) -> bytes:
        piece = codes[corner[0] : corner[0] + tile[0], corner[1] : corner[1] + tile[1]]
        beyond = [(0, tile[k] - piece.shape[k]) for k in (0, 1)] + [(0, 0)] * (codes.ndim - 2)
        piece = np.pad(piece, beyond, "edge") if any(after for _, after in beyond) else np.ascontiguousarray(piece)
        if codes.dtype == np.uint16:  # the encoder cuts the low bits off
            top = (1 << more["bit_depth"]) - 1
            piece = ((piece * np.uint32(top) + 32767) // 65535 << (16 - more["bit_depth"])).astype(np.uint16)
        file = io.BytesIO()
        pillow_heif.encode(
            mode,
            (tile[1], tile[0]),
            piece.data,
            file,
            quality=quality,
            enc_params=_X265,
            **more,
        )
        return file.getvalue()

    corners = [(y, x) for y in range(0, h, tile[0]) for x in range(0, w, tile[1])]
    files = each(code, corners)
    tiles = []
    for file in files:
        meta = boxes.read_meta(file)
        item = meta.items[meta.primary]
        tiles.append((meta.payload(item), item.properties))
    return Coded((h, w), tile, tiles, boxes.brand_box(files[0]))


def _tile_size(height: int, width: int, most: int | None = None) -> tuple[int, int]:
    """(height, width) of the fewest equal tiles that may each be coded in one piece."""
    most = most or _MOST_PIXELS
    best = (height, width)
    fewest = math.inf
    least = -(-height * width // most)
    if least == 1:
        return best
    for rows in range(1, 2 * least + 1):
        for columns in range(1, 2 * least // rows + 1):
            tile = _whole_steps(height / rows), _whole_steps(width / columns)
            # As few as can be, and of those the nearest to a square: the least length of seams.
            cost = rows * columns + abs(math.log(tile[0] / tile[1])) / 10
            if tile[0] * tile[1] <= most and cost < fewest:
                best, fewest = tile, cost
    return best


def _whole_steps(length: float) -> int:
    return math.ceil(length / _TILE_STEP) * _TILE_STEP
