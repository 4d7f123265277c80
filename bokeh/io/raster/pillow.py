"""What Pillow decodes, of JPEG, PNG, TIFF and AVIF: code values, profile and metadata, made upright.

Its plug-ins are called by class, so that only the format seen in the file's first bytes is
ever tried. 16-bit colour, which Pillow keeps as 8, is decoded twice, high bytes and low bytes.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, MpoImagePlugin, TiffImagePlugin

from ...colour.pq_hlg import Coding
from ...colour.profile import Profile
from ...core.foreign import decoding, silence
from ..decoded import Decoded, check_size, profile_or_note, upright
from ..lut import convert_image, to_srgb
from ..metadata import captions, exif, exif_edit

# Bits of pixels that one byte of the file can hold. JPEG needs a bit for each block of 8 x 8, deflate shrinks zeros
# 1032-fold. Without this, a few bytes that claim 200 megapixels are decoded to grey, in gigabytes.
_JPEG_PIXELS_PER_BYTE, _PNG_BITS_PER_BYTE = 512, 8 * 1032
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

Untagged = Callable[[bytes, dict, list[str]], tuple[Profile, Coding]]
"""Profile and coding of a picture without an ICC profile, from its bytes and Pillow's info; adds notes."""


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
        return len(data) * _PNG_BITS_PER_BYTE // max(png_pixel_bits(data), 1)
    return None


def png_pixel_bits(data: bytes) -> int:
    """Bits of one pixel of a PNG, of 26 bytes or more, by its header."""
    return data[24] * _PNG_CHANNELS.get(data[25], 1)


def open_tiff(data: bytes) -> TiffImagePlugin.TiffImageFile:
    """Open the TIFF by Pillow's plug-in, for what tifffile has no decoder for."""
    return TiffImagePlugin.TiffImageFile(io.BytesIO(data))


def decode(
    data: bytes, name: str, kind: str, opener: Callable[[bytes], Image.Image], untagged: Untagged | None = None
) -> Decoded:
    """Code values and metadata of a picture that Pillow can open.

    Parameters
    ----------
    data : bytes
    name : str
        For messages.
    kind : str
        As `Metadata.format`.
    opener : callable
        Makes the Pillow image; called again for the low bytes of 16-bit colour.
    untagged : callable, optional
        Finds the colours where there is no ICC profile; left out: sRGB.

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
    said = captions.of_png(info) if kind == "png" else captions.Captions()
    if kind == "tiff":
        block, said = exif_edit.extract(data), captions.of_tiff(data)
    icc = info.get("icc_profile")
    if icc is None and "icc_profile" in info:
        notes.append("the ICC profile is incomplete: taken as sRGB")
    coding: Coding = "sdr"
    if isinstance(codes, Image.Image):  # CMYK
        profile, codes = convert_image(codes, icc or b"", name, notes)
    elif icc:
        found = profile_or_note(icc, notes, codes)
        profile, codes = (found, codes) if found else to_srgb(codes, icc, name, notes)
    else:
        profile, coding = untagged(data, info, notes) if untagged else (Profile(), coding)
    facts = exif.read(block)
    bits = 8 if codes.dtype == np.uint8 else 16
    xmp = info.get("xmp")
    return Decoded(
        codes=upright(codes, facts.orientation),
        name=name,
        format=kind,
        bit_depth=bits,
        profile=profile,
        coding=coding,
        exif=block or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp or None,
        captions=said,
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
