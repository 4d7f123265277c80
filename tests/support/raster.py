"""Files of pixels, made by other hands than rebokeh's."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import OpenEXR
import tifffile
from PIL import Image

RNG = np.random.default_rng(7)
H, W = 40, 60
DEEP = RNG.integers(0, 65536, (H, W, 3)).astype(np.uint16)
RGB = (DEEP >> 8).astype(np.uint8)


def saved(image: Image.Image, kind: str, **more) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def png16(codes: np.ndarray, colour_type: int, extra: bytes = b"", interlace: int = 0) -> bytes:
    """PNG of 16-bit samples without filters, by hand."""
    h, w = codes.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in codes)
    head = struct.pack(">IIBBBBB", w, h, 16, colour_type, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    """Frame a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tif(array: np.ndarray, **more) -> bytes:
    file = io.BytesIO()
    options: dict[str, Any] = {"photometric": "rgb" if array.ndim == 3 else "minisblack"} | more
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def exr(channels: dict, **header) -> bytes:
    file = io.BytesIO()
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}, channels).write(
        file
    )
    return file.getvalue()
