"""Pictures inside a picture: maps and sharp originals that a JPEG carries in its metadata or behind its end.

What is wrong with one of them never costs the picture: `UnusableMapError` says why it is left out.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.foreign import decoding
from ...photo.metadata import DepthKind
from ...photo.nominal import NOMINAL_DIOPTRES
from ..decoded import Decoded, check_size, same_aspect, upright
from ..found_maps import DepthMap, FoundMaps, SharpOriginal, UnusableMapError
from ..metadata.xmp import Xmp
from ..raster.pillow import decode, open_jpeg
from .segments import JpegSegments

# What is embedded is at most as large as its picture; what claims to be much larger only wants to fill the memory.
_MOST_OF_PICTURE = 2


@dataclass(frozen=True, eq=False)
class Jpeg:
    """A JPEG as the adapters of its families see it.

    Attributes
    ----------
    data : bytes
        The whole file.
    decoded : Decoded
        The picture that viewers show, upright.
    segments : JpegSegments
        Of that picture.
    xmp : Xmp
        Its XMP, the extended part included.
    """

    data: bytes
    decoded: Decoded
    segments: JpegSegments
    xmp: Xmp


def map_codes(jpeg: Jpeg, data: bytes, what: str) -> NDArray:
    """Codes of a map that is a JPEG or PNG, turned like the picture.

    Parameters
    ----------
    jpeg : Jpeg
    data : bytes
        The map's own file.
    what : str
        The map, for the note.

    Returns
    -------
    uint8 or uint16 (h, w) or (h, w, 3)

    Raises
    ------
    UnusableMapError
        When it is damaged, too large, or another picture's.
    """
    try:
        with decoding(jpeg.decoded.name, what):
            image = _open(data)
            _check_size(jpeg, image.size, what)
            # Pillow keeps 16-bit grey as it is; of grey and alpha, and of RGB and alpha, alpha is no part of a map.
            codes = np.asarray(image if image.mode in ("L", "RGB") else _plain(image))
    except InputError as err:
        raise UnusableMapError(f"the {what} is damaged or too large, so it is not used") from err
    return _upright_map(jpeg, codes, what)


def raw_codes(jpeg: Jpeg, data: bytes, size: tuple[int, int], what: str, turn: int | None = None) -> NDArray[np.uint8]:
    """8-bit codes (h, w) that lie in the file as they are, made upright.

    Parameters
    ----------
    jpeg : Jpeg
    data : bytes
    size : (height, width)
        As they are stored.
    what : str
        The map, for the note.
    turn : int, optional
        EXIF orientation to apply instead of the picture's.

    Raises
    ------
    UnusableMapError
        When they are cut off, too large, or another picture's.
    """
    height, width = size
    try:
        _check_size(jpeg, (width, height), what)
    except InputError as err:
        raise UnusableMapError(f"the {what} is damaged or too large, so it is not used") from err
    if len(data) < height * width:
        raise UnusableMapError(f"the {what} is cut off, so it is not used")
    codes = np.frombuffer(data, np.uint8, height * width).reshape(height, width)
    return _upright_map(jpeg, codes, what, turn)


def unit_values(codes: NDArray) -> FloatArray:
    """Values 0..1, float32 (h, w), of codes (h, w), or of the first channel of codes (h, w, 3)."""
    plane = codes if codes.ndim == 2 else codes[..., 0]
    return plane.astype(np.float32) / np.float32(np.iinfo(plane.dtype).max)


def depth_map(dioptres: FloatArray, kind: DepthKind, family: str) -> FoundMaps:
    """Depth of a map in dioptres (h, w), upright, with a note; `family` names its maker or format."""
    height, width = dioptres.shape
    source = f"{family} depth map, {width}x{height}, {kind}"
    note = f"depth: {source}, {np.nanmin(dioptres):.3g} to {np.nanmax(dioptres):.3g} dioptres"
    return FoundMaps(depth=DepthMap(dioptres, kind, source), notes=(note,))


def unitless_depth(codes: NDArray, family: str) -> FoundMaps:
    """Depth of codes that say no distances, with a note; code 0 is nearest."""
    return depth_map((1 - unit_values(codes)) * np.float32(NOMINAL_DIOPTRES), "unitless", family)


def sharp_original(jpeg: Jpeg, data: bytes | None, family: str) -> FoundMaps:
    """Find the picture before the phone's blur, or say why the blurred one is used.

    Parameters
    ----------
    jpeg : Jpeg
        The blurred picture.
    data : bytes or None
        The original's own JPEG; None = it is not in the file.
    family : str
        For the note.
    """
    decoded, said = jpeg.decoded, f"{family}: the picture before the phone's blur"
    if data is None or data[:3] != b"\xff\xd8\xff":
        return FoundMaps(notes=(f"{said} is not in the file",))
    try:
        with decoding(decoded.name, "original"):
            _check_size(jpeg, _open(data).size, "original")
        original = decode(data, decoded.name, "jpeg", open_jpeg)
    except InputError:
        return FoundMaps(notes=(f"{said} is damaged or too large, so the blurred one is used",))
    codes = original.codes if original.exif else upright(original.codes, decoded.turn)
    if not same_aspect(codes.shape, decoded.size) or codes.dtype != decoded.codes.dtype:
        return FoundMaps(notes=(f"{said} has another shape, so the blurred one is used",))
    note = f"picture: {family}, before the phone's blur, {codes.shape[1]}x{codes.shape[0]}"
    return FoundMaps(original=SharpOriginal(codes, original.profile if original.profile.icc else None), notes=(note,))


def _open(data: bytes) -> Image.Image:
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PngImagePlugin.PngImageFile(io.BytesIO(data))
    return JpegImagePlugin.JpegImageFile(io.BytesIO(data))


def _plain(image: Image.Image) -> Image.Image | NDArray[np.uint16]:
    if image.mode.startswith("I"):
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    return image.convert("L" if image.mode in ("LA", "1", "La") else "RGB")


def _check_size(jpeg: Jpeg, size: tuple[int, int], what: str) -> None:
    check_size(*size, jpeg.decoded.name, what)
    height, width = jpeg.decoded.size
    if size[0] * size[1] > _MOST_OF_PICTURE * height * width:
        raise InputError(f"{jpeg.decoded.name}: the {what} is larger than the picture")


def _upright_map(jpeg: Jpeg, codes: NDArray, what: str, turn: int | None = None) -> NDArray:
    codes = upright(codes, jpeg.decoded.turn if turn is None else turn)
    if not same_aspect(codes.shape[:2], jpeg.decoded.size):
        raise UnusableMapError(f"the {what} has another shape than the picture, so it is not used")
    return codes
