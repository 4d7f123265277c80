"""PNG of 8 or 16 bits, which Pillow cannot write in colour: plain, and coded by all cores."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.threads import each
from ..encode_job import EncodeJob
from ..metadata import captions, iptc

# Filtered photographs are noise and runs: a search for longer matches finds none worth their bits. At 12 MP with grain,
# on one core, runs alone take 1.2 s (16 bit: 2.2) and 10.8 bits a pixel (39.9), level 4 with its search 2.0 s (4.8) and
# 11.9 (40.2); benchmarks/speed/encoding.py.
_EFFORT, _STRATEGY = 1, zlib.Z_RLE
# Filtered and packed at once, by one core: small enough that the filter's temporaries stay in its cache.
_STRIP_BYTES = 1 << 18


def write(job: EncodeJob) -> bytes:
    """Write a PNG."""
    return png(job.codes(), job.profile.icc, job.exif(), job.xmp, _captions(job))


def _captions(job: EncodeJob) -> list[bytes]:
    """Chunks of IPTC, comments and the density of a print."""
    chunks = []
    if job.density is not None:
        x, y = captions.per_metre(job.density)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    for key, block in (
        ("iptc", iptc.joined(job.iptc, None)),
        ("8bim", iptc.joined(None, job.photo.meta.resources, job.is_turned)),
    ):
        if block:
            text = zlib.compress(captions.raw_profile(key, block))
            chunks.append(_chunk(b"zTXt", b"Raw profile type " + key.encode() + b"\0\0" + text))
    if job.comment:
        chunks.append(_chunk(b"iTXt", b"Comment\0\0\0\0\0" + job.comment.encode()))
    return chunks


def png(
    codes: NDArray, icc: bytes | None, exif: bytes | None, xmp: bytes | None, further: Sequence[bytes] = ()
) -> bytes:
    """PNG of codes (H, W, 3), uint8 or uint16.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
    icc, exif, xmp : bytes or None
        `exif` begins with the TIFF header.
    further : sequence of bytes
        Chunks that stand before the pixels.
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
    chunks += further
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
