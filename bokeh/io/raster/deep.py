"""PNG and TIFF of 16 bits, which Pillow cannot write in colour; TIFF of 8 bits takes the same road.

Both are lossless and plain: any reader opens them.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from ...core.threads import each
from ..metadata.exif_edit import main_entries

# Filtered photographs are noise and runs: a search for longer matches finds none worth their bits. At 12 MP with grain,
# on one core, runs alone take 1.2 s (16 bit: 2.2) and 10.8 bits a pixel (39.9), level 4 with its search 2.0 s (4.8) and
# 11.9 (40.2); benchmarks/speed/encoding.py.
_EFFORT, _STRATEGY = 1, zlib.Z_RLE
# Filtered and packed at once, by one core: small enough that the filter's temporaries stay in its cache.
_STRIP_BYTES = 1 << 18
# Tags of a TIFF's main directory that describe its pixels, and so are written anew.
_PIXEL_TAGS = {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338,
               339, 347, 513, 514, 529, 530, 531, 700, 34675}  # fmt: skip


def png(codes: NDArray, icc: bytes | None, exif: bytes | None, xmp: bytes | None) -> bytes:
    """PNG of codes (H, W, 3), uint8 or uint16.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
    icc, exif, xmp : bytes or None
        `exif` begins with the TIFF header.
    """
    h, w = codes.shape[:2]
    bits = 8 * codes.dtype.itemsize
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, 2, 0, 0, 0))]
    if icc:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)))
    else:
        chunks.append(_chunk(b"sRGB", b"\1"))
    if exif:
        chunks.append(_chunk(b"eXIf", exif))
    if xmp:
        chunks.append(_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    step = max(1, _STRIP_BYTES // (codes.strides[0] or 1))
    strips = each(lambda top: _strip(codes, top, min(top + step, h)), range(0, h, step))
    check = 1
    for _, rows in strips:
        check = zlib.adler32(rows.data, check)
    packed = [b"\x78\x01" + strips[0][0], *(body for body, _ in strips[1:]), struct.pack(">I", check)]
    chunks += [_chunk(b"IDAT", body) for body in packed]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*chunks, _chunk(b"IEND", b"")])


def filtered(codes: NDArray, top: int, end: int) -> NDArray[np.uint8]:
    """Rows of a PNG, each after the number of its filter."""
    rows = _row_bytes(codes[max(top - 1, 0) : end])
    above = rows[:-1] if top else np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    rows = rows[1:] if top else rows
    out = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    out[:, 0] = 4
    np.subtract(rows, _paeth(rows, above, 3 * codes.dtype.itemsize), out=out[:, 1:])
    return out


def _strip(codes: NDArray, top: int, end: int) -> tuple[bytes, NDArray[np.uint8]]:
    """Rows filtered, and deflated as a piece of one stream: it ends on a byte, the last one ends the stream."""
    rows = filtered(codes, top, end)
    squeeze = zlib.compressobj(_EFFORT, zlib.DEFLATED, -15, strategy=_STRATEGY)
    last = end == len(codes)
    return squeeze.compress(rows.data) + squeeze.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH), rows


def _row_bytes(codes: NDArray) -> NDArray[np.uint8]:
    """Rows as PNG stores them, big-endian."""
    big = np.ascontiguousarray(codes, codes.dtype.newbyteorder(">"))
    return big.view(np.uint8).reshape(len(codes), -1)


def _paeth(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> NDArray[np.uint8]:
    """PNG's filter 4: of left, above and above-left, the one nearest to left + above - above-left."""
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, pixel:], corner[:, pixel:] = rows[:, :-pixel], above[:, :-pixel]
    down, right = above.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_above, to_corner = np.abs(down), np.abs(right), np.abs(down + right)
    nearest = np.where(to_above <= to_corner, above, corner)
    np.copyto(nearest, left, where=to_left <= np.minimum(to_above, to_corner))
    return nearest


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tiff(codes: NDArray, icc: bytes | None, exif: bytes | None, xmp: bytes | None) -> bytes:
    """TIFF (deflate, horizontal differences) of codes (H, W, 3), uint8 or uint16.

    An EXIF block is itself a TIFF without pixels: the file begins with it as it stands, so that nothing in it
    moves, and a new main directory takes over its entries.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
    icc, exif, xmp : bytes or None
        `exif` begins with the TIFF header.
    """
    start = exif or b"II*\0" + bytes(4)
    order = "<" if start[:2] == b"II" else ">"
    h, w = codes.shape[:2]
    rows = max(1, _STRIP_BYTES // max(codes.strides[0], 1))
    of_camera = main_entries(exif, _PIXEL_TAGS) if exif else {}
    out = [start, bytes(len(start) % 2)]
    at = sum(map(len, out))
    offsets, counts = [], []

    def strip(top: int) -> bytes:
        differences = codes[top : top + rows].copy()
        differences[:, 1:] -= codes[top : top + rows, :-1]  # wraps round, as the predictor wants
        squeeze = zlib.compressobj(_EFFORT, strategy=_STRATEGY)
        body = squeeze.compress(differences.astype(codes.dtype.newbyteorder(order)).tobytes()) + squeeze.flush()
        return body + bytes(len(body) % 2)

    for packed in each(strip, range(0, h, rows)):
        out.append(packed)
        offsets.append(at)
        counts.append(len(packed))
        at += len(packed)
    entries: dict[int, bytes] = dict(of_camera)

    def add(tag: int, letter: str, values) -> None:
        nonlocal at
        kind = {"H": 3, "I": 4, "B": 7}[letter]
        body = bytes(values) if letter == "B" else struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(body) > 4:
            out.append(body + bytes(len(body) % 2))
            field, at = struct.pack(order + "I", at), at + len(out[-1])
        else:
            field = body.ljust(4, b"\0")
        entries[tag] = struct.pack(order + "HHI", tag, kind, len(values)) + field

    bits = 8 * codes.dtype.itemsize
    for tag, letter, values in (
        (256, "I", [w]), (257, "I", [h]), (258, "H", [bits] * 3), (259, "H", [8]), (262, "H", [2]),
        (273, "I", offsets), (277, "H", [3]), (278, "I", [rows]), (279, "I", counts), (284, "H", [1]),
        (317, "H", [2]), (339, "H", [1] * 3),
    ):  # fmt: skip
        add(tag, letter, values)
    if xmp:
        add(700, "B", xmp)
    if icc:
        add(34675, "B", icc)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries[t] for t in sorted(entries)) + bytes(4)
    out[0] = start[:4] + struct.pack(order + "I", at) + start[8:]
    return b"".join([*out, directory])
