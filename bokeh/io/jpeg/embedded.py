"""Pictures inside a picture: maps and sharp originals that a JPEG carries in its metadata or behind its end.

What is wrong with one of them never costs the picture: it is left out, with a note.
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
from ..metadata.xmp import Xmp
from ..raster.raster import decode, open_jpeg
from .segments import Segments

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
        The picture that viewers show, upright; `notes` are added to it.
    segments : Segments
        Of that picture.
    xmp : Xmp
        Its XMP, the extended part included.
    """

    data: bytes
    decoded: Decoded
    segments: Segments
    xmp: Xmp

    def note(self, text: str) -> None:
        """Say something of what was found."""
        self.decoded.notes.append(text)


def map_codes(jpeg: Jpeg, data: bytes, what: str, turn: int | None = None) -> NDArray | None:
    """Codes of a map that is a JPEG or PNG, turned like the picture; None, with a note, when they are of no use.

    Parameters
    ----------
    jpeg : Jpeg
    data : bytes
        The map's own file.
    what : str
        For the note.
    turn : int, optional
        EXIF orientation to apply instead of the picture's.

    Returns
    -------
    uint8 or uint16 (h, w) or (h, w, 3), or None
    """
    name = jpeg.decoded.name
    try:
        with decoding(name, what):
            image = _open(data)
            _check_size(jpeg, image.size, what)
            # Pillow keeps 16-bit grey as it is; of grey and alpha, and of RGB and alpha, alpha is no part of a map.
            codes = np.asarray(image if image.mode in ("L", "RGB") else _plain(image))
    except InputError:
        jpeg.note(f"the {what} is damaged or too large, so it is not used")
        return None
    return _fitting(jpeg, codes, what, turn)


def raw_codes(jpeg: Jpeg, data: bytes, size: tuple[int, int], what: str, turn: int | None = None) -> NDArray | None:
    """8-bit codes (h, w) that lie in the file as they are, turned; None, with a note, when they are of no use."""
    height, width = size
    try:
        _check_size(jpeg, (width, height), what)
    except InputError:
        jpeg.note(f"the {what} is damaged or too large, so it is not used")
        return None
    if len(data) < height * width:
        jpeg.note(f"the {what} is cut off, so it is not used")
        return None
    codes = np.frombuffer(data, np.uint8, height * width).reshape(height, width)
    return _fitting(jpeg, codes, what, turn)


def share(codes: NDArray) -> FloatArray:
    """0..1 of codes (h, w), or of the first channel of codes (h, w, 3)."""
    plane = codes if codes.ndim == 2 else codes[..., 0]
    return plane.astype(np.float32) / np.float32(np.iinfo(plane.dtype).max)


def depth_fields(jpeg: Jpeg, dioptres: FloatArray, kind: DepthKind, family: str) -> dict:
    """{"depth": ..., "depth_kind": ..., "depth_source": ...} for a Photo, and a note."""
    height, width = dioptres.shape
    source = f"{family} depth map, {width}x{height}, {kind}"
    jpeg.note(f"depth: {source}, {np.nanmin(dioptres):.3g} to {np.nanmax(dioptres):.3g} dioptres")
    return {"depth": dioptres, "depth_kind": kind, "depth_source": source}


def unitless_fields(jpeg: Jpeg, codes: NDArray, family: str) -> dict:
    """Depth fields of codes that say no distances; code 0 is nearest."""
    return depth_fields(jpeg, (1 - share(codes)) * np.float32(NOMINAL_DIOPTRES), "unitless", family)


def use_original(jpeg: Jpeg, data: bytes | None, family: str) -> None:
    """Put the sharp original in the place of the picture that the phone has blurred already.

    EXIF, XMP and, where the original has none, the colour profile stay the picture's.
    """
    decoded = jpeg.decoded
    if data is None or data[:3] != b"\xff\xd8\xff":
        jpeg.note(f"{family}: the picture before the phone's blur is not in the file")
        return
    try:
        with decoding(decoded.name, "original"):
            _check_size(jpeg, _open(data).size, "original")
        original = decode(data, decoded.name, "jpeg", open_jpeg)
    except InputError:
        jpeg.note(f"{family}: the picture before the phone's blur is damaged or too large, so the blurred one is used")
        return
    codes = original.codes if original.exif else upright(original.codes, decoded.turn)
    if not same_aspect(codes.shape, decoded.codes.shape[:2]) or codes.dtype != decoded.codes.dtype:
        jpeg.note(f"{family}: the picture before the phone's blur has another shape, so the blurred one is used")
        return
    decoded.codes = codes
    if original.profile.icc:
        decoded.profile = original.profile
    jpeg.note(f"picture: {family}, before the phone's blur, {codes.shape[1]}x{codes.shape[0]}")


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
    height, width = jpeg.decoded.codes.shape[:2]
    if size[0] * size[1] > _MOST_OF_PICTURE * height * width:
        raise InputError(f"{jpeg.decoded.name}: the {what} is larger than the picture")


def _fitting(jpeg: Jpeg, codes: NDArray, what: str, turn: int | None) -> NDArray | None:
    codes = upright(codes, jpeg.decoded.turn if turn is None else turn)
    if not same_aspect(codes.shape[:2], jpeg.decoded.codes.shape[:2]):
        jpeg.note(f"the {what} has another shape than the picture, so it is not used")
        return None
    return codes
