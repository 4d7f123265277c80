"""Writing a picture: HEIC, JPEG, PNG, TIFF, EXR, AVIF, with its profile and metadata, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import OpenEXR
from numpy.typing import NDArray
from PIL import Image

from ..colour import SRGB_CURVE, Profile
from ..cores import each
from ..errors import OutputError, RebokehError, UsageError
from ..photo import FloatArray, Photo, Rendering
from . import deep, exif, graft, hevc, mark, pq_write, renditions, ultra_hdr_write
from .atomic import check_output, write_atomic
from .common import printable

SUFFIXES = {
    ".heic": "heic", ".heif": "heic", ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png",
    ".tif": "tiff", ".tiff": "tiff", ".exr": "exr", ".avif": "avif",
}  # fmt: skip
BIT_DEPTHS = {"heic": (8, 10), "jpeg": (8,), "png": (8, 16), "tiff": (8, 16), "exr": (16, 32), "avif": (8,)}
FORMATS = tuple(BIT_DEPTHS)
# Visually lossless: luma 45 dB or better of a picture with grain, all channels 44 dB (benchmarks/speed/encoding.py,
# 12 MP). HEIC 80 is 52.5 dB in 2.9 bits a pixel; 92 is 56.7 in 4.6, 65 is 47.5 in 1.4. Its quality costs little time:
# 3.4 s of CPU at 75, 4.3 at 92. JPEG 95 is 45.7 dB, 90 is 44.6. AVIF 95 is 49.1 dB, 90 is 46.4.
QUALITY = {"heic": 80, "jpeg": 95, "avif": 95}
STRIPPABLE = ("gps",)
Hdr = Literal["auto", "off", "gain-map", "pq"]
_HDR_WORDS = ("auto", "off", "gain-map", "pq")
HDR_KINDS = {"gain-map": ("heic", "jpeg"), "pq": ("heic", "avif")}
# What a renderer writes for "nothing there"; infinity itself breaks the arithmetic of some compositors.
_EXR_INFINITY_M = 1e10
_MAX_SIDE = {"jpeg": 65_500, "heic": 16_384, "avif": 65_536}
_ROWS = 16  # converted at once: temporaries stay in the cache
_JPEG_SEGMENT = 65_533  # the most a JPEG marker holds, its two bytes of length not counted
_JPEG_XMP = _JPEG_SEGMENT - 29  # less its label
_OF_PARTS = 1000  # what an Ultra HDR file's XMP says of its parts


def save(
    photo: Photo,
    path: str | Path,
    *,
    overwrite: bool = False,
    strip: Iterable[str] = (),
    format: str | None = None,
    quality: int | None = None,
    bit_depth: int | None = None,
    hdr: Hdr = "auto",
) -> Path:
    """Write a picture.

    What is brighter than white is clipped, except as `hdr` has it, and in EXR. HEIC holds depth and mattes: those of
    the HEIC that was read, bit for bit, where the photo still has them, else the photo's own in 8 bits. EXR holds `Z`.
    The other formats hold no depth.

    Parameters
    ----------
    photo : Photo
    path : str or Path
        Its suffix chooses the format, unless `format` does.
    overwrite : bool
        Replace an existing file; the input is refused even so.
    strip : iterable of {"gps"}
        Metadata to leave out.
    format : {"heic", "jpeg", "png", "tiff", "exr", "avif"}, optional
    quality : int, optional
        1..100, for HEIC, JPEG and AVIF; the default is visually lossless.
    bit_depth : int, optional
        8 or 10 (HEIC), 8 or 16 (PNG, TIFF), 16 or 32 (EXR); default as the source.
    hdr : {"auto", "off", "gain-map", "pq"}
        How light above white is kept. "gain-map": beside the SDR picture, as Apple does (HEIC) or as Ultra HDR (JPEG),
        where there is such light; "pq": 10-bit PQ of the radiance, 1.0 at 203 nits (HEIC, AVIF); "auto": as the source
        did, where the format can.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        When the format, quality, bit depth, strip or hdr makes no sense, or does not go with the format.
    OutputError
        When the file exists, is the input, or cannot be written.

    Warns
    -----
    RebokehWarning
        When the depth and mattes of the HEIC that was read cannot be taken over as they are.
    """
    kind = output_format(path, format)
    source = photo.meta.path if photo.meta.path and photo.meta.path != "<bytes>" else None
    real = check_output(path, source, overwrite)
    data = encode(photo, kind, strip=strip, quality=quality, bit_depth=bit_depth, hdr=hdr, name=printable(path))
    write_atomic(real, data)
    return Path(path)


def output_format(path: str | Path, format: str | None = None) -> str:
    """Return the format that the name's suffix, or `format`, asks for.

    Raises
    ------
    UsageError
        When it is none that is written.
    """
    if format is None:
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            what = repr(suffix) if suffix else "no suffix"
            raise UsageError(f"{printable(path)}: cannot tell the format from {what}; one of {_listed()}")
        return SUFFIXES[suffix]
    kind = SUFFIXES.get("." + format.lower().lstrip("."))
    if kind is None:
        raise UsageError(f"format {format!r} is not written; one of {_listed()}")
    return kind


def _listed() -> str:
    return ", ".join(FORMATS)


def encode(
    photo: Photo,
    kind: str,
    *,
    strip: Iterable[str] = (),
    quality: int | None = None,
    bit_depth: int | None = None,
    hdr: Hdr = "auto",
    name: str = "output",
) -> bytes:
    """Return the bytes of the file that `save` would write; same parameters, same errors."""
    strip = (strip,) if isinstance(strip, str) else tuple(strip)
    for word in strip:
        if word not in STRIPPABLE:
            raise UsageError(f"cannot strip {word!r}; one of {', '.join(STRIPPABLE)}")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality {quality} must be 1 to 100")
    held = _hdr(photo, kind, hdr, bit_depth)
    rendered = mark.signed(photo.meta, saved_as(kind, strip=strip, quality=quality, bit_depth=bit_depth, hdr=hdr))
    bits = pq_write.BITS if held == "pq" else _bits(photo, kind, bit_depth)
    h, w = photo.size
    if max(h, w) > _MAX_SIDE.get(kind, 1 << 31):
        raise OutputError(f"{name}: {w}x{h} is more than {kind} holds; write TIFF or PNG")
    try:
        if kind == "exr":
            return _exr(photo, bits, rendered)
        profile, cicp = _output_profile(photo, bits), None
        keep_gps = "gps" not in strip
        # Pillow rebuilds an AVIF's EXIF, without its maker note, when it states an orientation.
        block = exif.for_output(photo.meta.exif, photo.size, photo.meta.af_area, keep_gps, kind != "avif")
        xmp = exif.xmp_for_output(photo.meta.xmp, keep_gps, photo.meta.turn != 1)
        xmp = mark.marked(xmp, rendered)
        if kind == "jpeg" and xmp and len(xmp) > _JPEG_XMP - _OF_PARTS * (held == "gain-map"):
            xmp = mark.marked(None, rendered)
        level = QUALITY.get(kind, 0) if quality is None else quality
        if held == "pq" and kind == "avif":
            return pq_write.avif(photo, level, block, xmp)
        if held == "pq":
            codes, cicp = pq_write.codes(photo)
        else:
            codes = profile.to_dithered_codes(photo.rgb) if bits == 8 else profile.to_codes(photo.rgb, bits)
        if kind == "heic":
            picture = partial(hevc.coded, bits=bits, quality=level, profile=profile, cicp=cicp)
            apple = renditions.apple_gain(photo) if held == "gain-map" else None
            gain = (apple[0], apple[2]) if apple else None
            return graft.portrait(
                photo, picture, codes, block, xmp, keep_gps=keep_gps, rendered=rendered, gain=gain, name=name
            )
        if kind == "jpeg" and held == "gain-map":
            return _ultra_hdr(photo, codes, level, profile, block, xmp)
        if kind in ("png", "tiff"):
            return (deep.png if kind == "png" else deep.tiff)(codes, profile.icc, block, xmp)
        return (_jpeg if kind == "jpeg" else _avif)(codes, level, profile, block, xmp)
    except RebokehError:
        raise
    except (OSError, ValueError, RuntimeError, SyntaxError, EOFError, MemoryError) as err:
        said = " ".join(str(err).split())[:120]
        raise OutputError(f"{name}: the picture cannot be coded as {kind} ({said})") from err


def saved_as(
    kind: str, *, strip: Iterable[str] = (), quality: int | None = None, bit_depth: int | None = None, hdr: str = "auto"
) -> dict[str, Any]:
    """Say how a picture is coded, for the digest of its recipe: what is left to its default and what states it alike.

    Parameters
    ----------
    kind : str
        Format.
    strip, quality, bit_depth, hdr
        As for `encode`.
    """
    level = (QUALITY[kind] if quality is None else quality) if kind in QUALITY else None
    return {"format": kind, "strip": sorted(set(strip)), "quality": level, "bit_depth": bit_depth, "hdr": hdr}


def check_hdr(kind: str, hdr: str, bit_depth: int | None = None) -> None:
    """Refuse what no file of this format holds.

    Raises
    ------
    UsageError
    """
    if hdr not in _HDR_WORDS:
        raise UsageError(f"hdr is {hdr!r}; it is one of {', '.join(_HDR_WORDS)}")
    if hdr in HDR_KINDS and kind not in HDR_KINDS[hdr]:
        raise UsageError(f"{kind} holds no HDR as {hdr}; write {' or '.join(HDR_KINDS[hdr])}")
    if hdr == "pq" and bit_depth not in (None, pq_write.BITS):
        raise UsageError(f"PQ is written with {pq_write.BITS} bits, not {bit_depth}")
    if hdr == "pq" and kind == "avif":
        pq_write.need_imagecodecs()


def _hdr(photo: Photo, kind: str, hdr: Hdr, bit_depth: int | None) -> str:
    """How the file holds light above white: "gain-map", "pq" or "off"."""
    check_hdr(kind, hdr, bit_depth)
    if hdr != "auto":
        return hdr
    theirs = "pq" if photo.meta.hdr in ("pq", "hlg") else photo.meta.hdr
    if photo.meta.format == "array" and photo.gain_map is not None:
        theirs = "gain-map"
    can = theirs in HDR_KINDS and kind in HDR_KINDS[theirs]
    if theirs == "pq":
        can = can and bit_depth in (None, pq_write.BITS) and (kind != "avif" or find_spec("imagecodecs") is not None)
    return theirs if can else "off"


def _bits(photo: Photo, kind: str, asked: int | None) -> int:
    choice = BIT_DEPTHS[kind]
    if asked is not None:
        if asked not in choice:
            raise UsageError(f"{kind} is written with {' or '.join(map(str, choice))} bits, not {asked}")
        return asked
    meta = photo.meta
    if kind == "heic":
        return 10 if meta.format == "heic" and meta.bit_depth > 8 else 8
    if kind == "exr":
        return 16
    return choice[-1] if meta.bit_depth > 8 else choice[0]


def _output_profile(photo: Photo, bits: int) -> Profile:
    """Return the photo's profile; with the sRGB curve where codes of this depth cannot hold linear light."""
    profile = photo.profile
    kept = profile.icc and photo.meta.format != "exr" and (bits > 8 or photo.meta.bit_depth == 8)
    return profile if kept or not profile.is_linear else profile.with_curve(SRGB_CURVE)


def _jpeg(codes: NDArray, quality: int, profile: Profile, block: bytes | None, xmp: bytes | None) -> bytes:
    more: dict = {}
    if block and len(block) + 6 <= _JPEG_SEGMENT:
        more["exif"] = b"Exif\0\0" + block
    if xmp and len(xmp) <= _JPEG_XMP:
        more["xmp"] = xmp
    if profile.icc:
        more["icc_profile"] = profile.icc
    file = io.BytesIO()
    # Tables made to measure or a progressive scan save 3 to 6 % and take two to four times as long. 4:2:0 saves 18 %,
    # and costs the edges of red things.
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=0, optimize=False, **more)
    return file.getvalue()


def _ultra_hdr(
    photo: Photo, codes: NDArray, quality: int, profile: Profile, block: bytes | None, xmp: bytes | None
) -> bytes:
    """JPEG with a gain map, where there is light above white."""
    found = renditions.over_sdr(photo)
    if found is None:
        return _jpeg(codes, quality, profile, block, xmp)
    gain_codes, metadata = renditions.coded(found)
    gain = _jpeg(gain_codes, quality, Profile(), None, None)
    return ultra_hdr_write.joined(_jpeg(codes, quality, profile, block, None), gain, metadata, xmp)


def _avif(codes: NDArray, quality: int, profile: Profile, block: bytes | None, xmp: bytes | None) -> bytes:
    more = {"exif": block, "xmp": xmp, "icc_profile": profile.icc}
    file = io.BytesIO()
    kept = {key: value for key, value in more.items() if value}
    # Speed 8 writes the same size and takes 1.4 times as long; 4:2:0 saves 3 % of the size.
    Image.fromarray(codes).save(file, "AVIF", quality=quality, speed=10, subsampling="4:4:4", **kept)
    return file.getvalue()


def _exr(photo: Photo, bits: int, rendered: Rendering | None) -> bytes:
    """Scene-linear RGB, half or float, and Z in metres at the picture's size when there is depth."""
    channels: dict = {"RGB": photo.rgb if bits == 32 else _halves(photo.rgb)}
    if photo.depth is not None:
        dioptres = enlarged(photo.depth, photo.size)
        with np.errstate(divide="ignore"):
            metres = np.where(dioptres > 1 / _EXR_INFINITY_M, 1 / dioptres, _EXR_INFINITY_M)
        channels["Z"] = np.where(np.isnan(dioptres), 0, metres).astype(np.float32)
    # Half the time of ZIP (0.65 s against 1.25 of CPU at 12 MP) and 7 % smaller; lossless too, and as old as EXR.
    header: dict = {"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.scanlineimage}
    if rendered:
        header["xmp"] = (mark.marked(None, rendered) or b"").decode()
    corners = photo.profile.chromaticities()
    if corners:
        header["chromaticities"] = corners
    file = io.BytesIO()
    OpenEXR.File(header, channels).write(file)
    return file.getvalue()


def _halves(rgb: FloatArray) -> NDArray[np.float16]:
    """Half floats of light, clipped to what they hold."""
    out = np.empty(rgb.shape, np.float16)
    most = np.float32(65504)

    def convert(top: int) -> None:
        rows = slice(top, top + _ROWS)
        out[rows] = np.clip(rgb[rows], -most, most)

    each(convert, range(0, len(rgb), _ROWS))
    return out


def enlarged(depth: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bilinear enlargement (H, W) of a map (h, w); holes (NaN) stay holes and do not spread."""
    if depth.shape == size:
        return depth
    known = np.isfinite(depth)
    weights = _bilinear(known.astype(np.float32), size)
    values = _bilinear(np.where(known, depth, 0).astype(np.float32), size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weights > 0.5, values / weights, np.nan).astype(np.float32)


def _bilinear(plane: FloatArray, size: tuple[int, int]) -> FloatArray:
    for axis in (0, 1):
        n, m = plane.shape[axis], size[axis]
        at = np.clip((np.arange(m) + 0.5) * (n / m) - 0.5, 0, n - 1)
        low = np.minimum(at.astype(np.intp), max(n - 2, 0))
        part = (at - low).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        a, b = np.take(plane, low, axis), np.take(plane, np.minimum(low + 1, n - 1), axis)
        plane = a + (b - a) * part
    return plane
