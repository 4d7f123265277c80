"""PNG, 8 or 16 bit: Pillow decodes; what it refuses or does not notice is seen to here."""

from __future__ import annotations

import io
import zlib

from PIL import PngImagePlugin

from ...colour.icc import D65, BrokenProfileError, gamma_curve
from ...colour.pq_hlg import Coding
from ...colour.profile import PRIMARIES, Profile
from ...core.foreign import decoding
from ...photo.photo import Photo
from ..metadata.cicp import cicp_profile
from .pillow import decode, png_pixel_bits

_TEXT = (b"iTXt", b"tEXt", b"zTXt")


def open_png(data: bytes) -> PngImagePlugin.PngImageFile:
    """Open the PNG; nothing is decoded yet."""
    return PngImagePlugin.PngImageFile(io.BytesIO(data))


def read(data: bytes, name: str) -> Photo:
    """Read a PNG, 8 or 16 bit.

    Raises
    ------
    InputError
        When it is truncated, damaged or too large.
    """
    shorter = _without_long_text(data)
    decoded = decode(shorter, name, "png", open_png, _untagged_profile)
    if len(shorter) < len(data):
        decoded.notes.append(f"text of {(len(data) - len(shorter)) / 1e6:.0f} MB is not read")
    if not (
        decoded.codes[0].any() and decoded.codes[-1].any() and decoded.codes[:, 0].any() and decoded.codes[:, -1].any()
    ):
        _check_rows(data, name)
    return decoded.photo()


def _without_long_text(data: bytes) -> bytes:
    """Return the PNG without text (XMP too) that is longer than Pillow takes, which else refuses the whole picture."""
    view, pieces, at, start = memoryview(data), [], 0, 8
    while start + 8 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        if data[start + 4 : start + 8] in _TEXT and end - start - 12 > PngImagePlugin.MAX_TEXT_CHUNK:
            pieces.append(view[at:start])
            at = min(end, len(data))
        start = end
    return b"".join([*pieces, view[at:]]) if pieces else data


def _check_rows(data: bytes, name: str) -> None:
    """Refuse a PNG that ends before its last row: Pillow leaves what is missing black. Asked where a side is black."""
    width, height, interlaced = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"), data[28]
    wanted = height * (1 + -(-width * png_pixel_bits(data) // 8))
    unpacker, found, at = zlib.decompressobj(), 0, 8
    with decoding(name):
        while at + 8 <= len(data) and not interlaced and found < wanted:
            size = int.from_bytes(data[at : at + 4], "big")
            if data[at + 4 : at + 8] == b"IDAT":
                for start in range(at + 8, at + 8 + size, 1 << 16):
                    found += len(unpacker.decompress(data[start : min(start + (1 << 16), at + 8 + size)]))
            at += 12 + size
        if found < wanted and not interlaced:
            raise ValueError("rows are missing")


def _untagged_profile(data: bytes, info: dict, notes: list[str]) -> tuple[Profile, Coding]:
    """Profile and coding by the chunks cICP, sRGB, gAMA and cHRM."""
    at = data.find(b"cICP", 0, max(data.find(b"IDAT"), 0))
    if at > 0 and data[at - 4 : at] == b"\0\0\0\4" and len(data) >= at + 8:
        return cicp_profile(data[at + 4], data[at + 5])
    gamma, corners = info.get("gamma"), info.get("chromaticity")
    if "srgb" in info or not gamma or abs(gamma * 2.2 - 1.0) < 0.02:
        return Profile(), "sdr"
    w, r, g, b = [corners[k : k + 2] for k in (0, 2, 4, 6)] if corners else (D65, *PRIMARIES["sRGB"])
    try:
        profile = Profile.from_primaries(f"gamma {1 / gamma:.3g}", r, g, b, w, gamma_curve(1 / gamma))
    except (BrokenProfileError, ZeroDivisionError):
        return Profile(), "sdr"
    notes.append(f"PNG gamma {gamma:.4g}: read by it")
    return profile, "sdr"
