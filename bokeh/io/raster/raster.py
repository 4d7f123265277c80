"""JPEG, PNG, TIFF and AVIF: code values, profile and metadata, made upright.

Pillow decodes; its plug-ins are called by class, so that only the format seen in the file's first bytes is
ever tried. 16-bit colour, which Pillow keeps as 8, is decoded twice, high bytes and low bytes.
"""

from __future__ import annotations

import contextlib
import io
import sys
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin

from ...colour.icc import D65, LINEAR_CURVE, SRGB_CURVE, BrokenProfileError, gamma_curve
from ...colour.pq_hlg import Coding
from ...colour.profile import PRIMARIES, Profile, named_profile
from ...core.foreign import decoding, silence
from ...photo.photo import Photo
from ..decoded import Decoded, check_size, profile_or_note, upright
from ..heif import boxes, integrity, tone_map
from ..metadata import exif
from .lut import convert_image, to_srgb

# H.273 code points that pictures use.
_CICP_PRIMARIES = {1: "sRGB", 9: "Rec.2020", 12: "Display P3"}
_CICP_HDR: dict[int, Coding] = {16: "pq", 18: "hlg"}
# The camera curves (Rec.709 and its kin) are shown as sRGB's by every program, and so not told apart from it.
_CICP_CURVES = {4: gamma_curve(2.2), 5: gamma_curve(2.8), 8: LINEAR_CURVE}
# Bits of pixels that one byte of the file can hold. JPEG needs a bit for each block of 8 x 8, deflate shrinks zeros
# 1032-fold. Without this, a few bytes that claim 200 megapixels are decoded to grey, in gigabytes.
_JPEG_PIXELS_PER_BYTE, _PNG_BITS_PER_BYTE = 512, 8 * 1032
_PNG_TEXT = (b"iTXt", b"tEXt", b"zTXt")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def open_jpeg(data: bytes) -> JpegImagePlugin.JpegImageFile | MpoImagePlugin.MpoImageFile:
    """Open the JPEG, as a file of several frames where it says so (MPF)."""
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    if "mp" not in image.info:
        return image
    try:
        several = MpoImagePlugin.MpoImageFile(io.BytesIO(data))
        several.seek(1)  # Ultra HDR's second frame may lie elsewhere than MPF says
        several.seek(0)
    except (SyntaxError, ValueError, EOFError, OSError, IndexError, KeyError, TypeError):
        return image
    return several


def most_pixels(data: bytes, kind: str) -> int | None:
    """How many pixels a JPEG or PNG of so many bytes can hold; None for other kinds."""
    if kind == "jpeg":
        return len(data) * _JPEG_PIXELS_PER_BYTE
    if kind == "png" and len(data) > 25:
        return len(data) * _PNG_BITS_PER_BYTE // max(_png_pixel_bits(data), 1)
    return None


def _png_pixel_bits(data: bytes) -> int:
    return data[24] * _PNG_CHANNELS.get(data[25], 1)


def read_png(data: bytes, name: str) -> Photo:
    """Read a PNG, 8 or 16 bit."""
    shorter = _without_long_text(data)
    decoded = decode(shorter, name, "png", lambda d: PngImagePlugin.PngImageFile(io.BytesIO(d)))
    if len(shorter) < len(data):
        decoded.notes.append(f"text of {(len(data) - len(shorter)) / 1e6:.0f} MB is not read")
    if not (
        decoded.codes[0].any() and decoded.codes[-1].any() and decoded.codes[:, 0].any() and decoded.codes[:, -1].any()
    ):
        _check_rows(data, name)
    return decoded.photo()


def _without_long_text(data: bytes) -> bytes:
    """Return the PNG without text (XMP too) that is longer than Pillow takes, which else refuses the whole picture."""
    view, kept, at = memoryview(data), [], 0
    start = 8
    while start + 8 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        if data[start + 4 : start + 8] in _PNG_TEXT and end - start - 12 > PngImagePlugin.MAX_TEXT_CHUNK:
            kept.append(view[at:start])
            at = min(end, len(data))
        start = end
    return b"".join([*kept, view[at:]]) if kept else data


def _check_rows(data: bytes, name: str) -> None:
    """Refuse a PNG that ends before its last row: Pillow leaves what is missing black. Asked where a side is black."""
    width, height, interlaced = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"), data[28]
    wanted = height * (1 + -(-width * _png_pixel_bits(data) // 8))
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


def read_avif(data: bytes, name: str) -> Photo:
    """Read an AVIF; more than 8 bits are rounded, unless imagecodecs is installed."""
    meta = _meta(data)
    integrity.check_av1_size(meta, name)
    integrity.check_metadata_size(meta, name)
    decoded = decode(data, name, "avif", _open_avif)
    decoded.notes.extend(integrity.doubts(meta))
    if (_avif_property(data, "pixi")[5:6] or b"\x08") > b"\x08":
        _deepen(data, decoded)
    return decoded.photo(
        **tone_map.read(_meta(data), decoded, lambda alone: decode(alone, name, "avif", _open_avif).codes)
    )


def _deepen(data: bytes, decoded: Decoded) -> None:
    """Take the codes from a decoder that keeps more than 8 bits, where it is installed."""
    bits = _avif_property(data, "pixi")[5]
    try:
        from imagecodecs import avif_decode
    except ImportError:
        decoded.notes.append("AVIF of more than 8 bits is read as 8 bit; pip install 'rebokeh[avif]' reads them all")
        return
    with decoding(decoded.name):
        codes = np.asarray(avif_decode(data))
    codes = upright(codes[..., :3], decoded.turn) if codes.ndim == 3 and codes.shape[2] >= 3 else codes
    if codes.shape == decoded.codes.shape and codes.dtype == np.uint16 and 8 < bits < 16:
        decoded.codes, decoded.bit_depth = codes << (16 - bits) | codes >> (2 * bits - 16), bits
    else:
        decoded.notes.append("AVIF of more than 8 bits is read as 8 bit")


def _open_avif(data: bytes) -> AvifImagePlugin.AvifImageFile:
    return AvifImagePlugin.AvifImageFile(io.BytesIO(data))


def _meta(data: bytes) -> boxes.Meta | None:
    try:
        return boxes.read_meta(data)
    except boxes.BoxError:
        return None


def _avif_property(data: bytes, kind: str) -> bytes:
    """Payload of a property of the primary item, empty when there is none."""
    meta = _meta(data)
    item = meta.items.get(meta.primary) if meta else None
    return (item.find(kind) if item else None) or b""


def open_tiff(data: bytes) -> TiffImagePlugin.TiffImageFile:
    """Open the TIFF by Pillow's plug-in, for what tifffile has no decoder for."""
    return TiffImagePlugin.TiffImageFile(io.BytesIO(data))


def decode(data: bytes, name: str, kind: str, opener: Callable[[bytes], Image.Image]) -> Decoded:
    """Code values and metadata of a picture that Pillow can open.

    Parameters
    ----------
    data : bytes
    name : str
        For messages.
    kind : str
        Metadata.format.
    opener : callable
        Makes the Pillow image; called again for the low bytes of 16-bit colour.

    Raises
    ------
    InputError
        When it is truncated, damaged, too large or coded in a way that is not read.
    """
    notes: list[str] = []
    with decoding(name), silence() if kind == "tiff" else contextlib.nullcontext():
        image = opener(data)
        check_size(*image.size, name, "picture", most_pixels(data, kind))
        codes = _codes(image, data, opener, notes)
        image.load()  # PNG text after the pixels: XMP and EXIF may stand there
        info = dict(image.info)
        block = info.get("exif")
    if kind == "tiff":
        block = exif.extract(data)
    icc = info.get("icc_profile")
    if icc is None and "icc_profile" in info:
        notes.append("the ICC profile is incomplete: taken as sRGB")
    coding: Coding = "sdr"
    if isinstance(codes, Image.Image):  # CMYK
        profile, decoded_codes = convert_image(codes, icc or b"", name, notes)
    elif icc:
        found = profile_or_note(icc, notes, codes)
        profile, decoded_codes = (found, codes) if found else to_srgb(codes, icc, name, notes)
    else:
        (profile, coding), decoded_codes = _untagged_profile(data, kind, info, notes), codes
    facts = exif.read(block)
    bits = 8 if decoded_codes.dtype == np.uint8 else 16
    xmp = info.get("xmp")
    return Decoded(
        codes=upright(decoded_codes, facts.orientation),
        name=name,
        format=kind,
        bit_depth=bits,
        profile=profile,
        coding=coding,
        exif=block or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp or None,
        turn=facts.orientation,
        facts=facts,
        notes=notes,
    )


def _codes(image: Image.Image, data: bytes, opener: Callable[[bytes], Image.Image], notes: list[str]):
    """Uint8 or uint16 codes (H, W, 3); the image itself when it is CMYK."""
    mode = image.mode
    if mode == "CMYK":
        return image
    if mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        notes.append("grey picture: taken as RGB")
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16)[..., None].repeat(3, axis=2)
    deep = raw_mode(image)
    if mode in ("RGB", "RGBA") and deep.startswith((f"{mode};16", f"{mode[:3]}X;16")):
        codes = sixteen_bits(image, opener(data), deep)
        if mode == "RGBA" and codes[..., 3].min() < 65535:
            notes.append("transparency is ignored")
        return np.ascontiguousarray(codes[..., :3])
    if deep == "LA;16B" and mode == "RGBA":
        low = opener(data)
        _unpack_as(low, "RGBA")  # grey and alpha, two bytes each, pass for four channels of one
        four = np.asarray(low).astype(np.uint16)
        notes.append("grey picture: taken as RGB")
        if four[..., 2:].min() < 255:
            notes.append("transparency is ignored")
        return np.bitwise_or(four[..., :1] << 8, four[..., 1:2], dtype=np.uint16).repeat(3, axis=2)
    if ";16" in deep:
        notes.append(f"16-bit {mode} is read as 8 bit")
    has_alpha = mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    if has_alpha:
        alpha = image.convert("RGBA").getchannel("A")
        if np.asarray(alpha).min() < 255:
            notes.append("transparency is ignored")
    if mode in ("L", "LA", "1"):
        notes.append("grey picture: taken as RGB")
    elif mode in ("P", "PA"):
        notes.append("palette: converted to RGB")
    elif mode not in ("RGB", "RGBA", "RGBX", "RGBa"):
        notes.append(f"{mode}: converted to RGB")
    if mode == "RGBA":
        return np.ascontiguousarray(np.asarray(image)[..., :3])
    return np.asarray(image if mode == "RGB" else image.convert("RGBA" if has_alpha else "RGB"))[..., :3].copy()


def raw_mode(image: Image.Image) -> str:
    """How the pixels lie in the file, in Pillow's words ("RGB;16B"), or ''."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0].args
    return args if isinstance(args, str) else str(args[0]) if args else ""


def sixteen_bits(high: Image.Image, low: Image.Image, raw: str) -> NDArray[np.uint16]:
    """Both bytes of 16-bit samples: unpacked as the other byte order, Pillow keeps the other byte."""
    order = raw[-1]
    if order == "N":
        order = "L" if sys.byteorder == "little" else "B"
    other = raw[:-1] + ("L" if order == "B" else "B")
    _unpack_as(low, other)
    both = np.left_shift(np.asarray(high).astype(np.uint16), 8, dtype=np.uint16)
    return np.bitwise_or(both, np.asarray(low), dtype=np.uint16)


def _unpack_as(image: Image.Image, raw: str) -> None:
    """Make Pillow unpack the file's bytes by another raw mode of the same width."""
    tiles = getattr(image, "tile", [])
    args = [raw if isinstance(t.args, str) else (raw, *t.args[1:]) for t in tiles]
    setattr(image, "tile", [t._replace(args=a) for t, a in zip(tiles, args, strict=True)])  # noqa: B010


def cicp_profile(primaries: int, transfer: int) -> tuple[Profile, Coding]:
    """Profile and coding of H.273 code points (HEIC and AVIF ``nclx``, PNG ``cICP``).

    An HDR coding's profile has the sRGB curve, for SDR pictures that are made of it.
    """
    known = _CICP_PRIMARIES.get(primaries, "sRGB")
    curve = _CICP_CURVES.get(transfer, SRGB_CURVE)
    profile = Profile() if known == "sRGB" and curve == SRGB_CURVE else named_profile(known, curve)
    return profile, _CICP_HDR.get(transfer, "sdr")


def _untagged_profile(data: bytes, kind: str, info: dict, notes: list[str]) -> tuple[Profile, Coding]:
    """Profile and coding of a picture without ICC, from whatever else says its colours; else sRGB."""
    if kind == "avif":
        colr = _avif_property(data, "colr")
        if colr[:4] == b"nclx" and len(colr) >= 8:
            return cicp_profile(int.from_bytes(colr[4:6], "big"), int.from_bytes(colr[6:8], "big"))
    if kind == "png":
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
    return Profile(), "sdr"
