"""Depth maps and mattes in files of their own: `depth` and `matte` of `load`."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin, PngImagePlugin

from ..core.arrays import FloatArray
from ..core.errors import DepthError, UnknownFormatError, UsageError
from ..core.foreign import decoding, silence
from ..photo.nominal import UNITS, spread
from .decoded import check_size, read_file, same_aspect, upright
from .found_maps import DepthMap, Matte
from .raster import exr, tiff
from .raster.pillow import most_pixels, open_tiff, raw_mode, sixteen_bits
from .registry import kind_of

_FORMATS = "PNG, TIFF, EXR, NPY, PFM or JPEG"


def read_depth(
    path: str | Path | bytes,
    size: tuple[int, int],
    turn: int = 1,
    unit: str | None = None,
    scale: float | None = None,
) -> tuple[DepthMap, tuple[str, ...]]:
    """Read a depth map, and notes on how it was understood.

    Parameters
    ----------
    path : str, Path or bytes
    size : (height, width)
        The upright picture's.
    turn : int
        EXIF orientation that was applied to the picture; a map that still lies as the sensor saw it is
        turned likewise.
    unit : {"m", "dioptre", "relative"}, optional
        What the values are. Left out: metres for EXR and float maps, relative for 8 bit; for 16-bit
        integers it must be said.
    scale : float, optional
        Value times scale = metres or dioptres. Default 1; 0.001 for 16-bit integers (millimetres, or
        thousandths of a dioptre).

    Raises
    ------
    UsageError
        When the unit or the scale makes no sense.
    DepthError
        When the map has another aspect or no usable value.
    InputError
        When the file cannot be read.
    """
    if unit is not None and unit not in UNITS:
        raise UsageError(f"depth unit {unit!r} is none of {', '.join(UNITS)}")
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise UsageError(f"depth scale {scale} must be a positive number")
    data, name = read_file(path, "depth map")
    values, how = _read_plane(data, name, "depth map", ("Z", "depth", "Depth", "Y", "V"))
    notes = [how] if how else []
    if values.size < 4 or min(values.shape) < 2:
        raise DepthError(f"{name}: the depth map is {values.shape[1]}x{values.shape[0]}, too small to be of this photo")
    values = turn_like_picture(values, size, turn, name, "depth map")
    integer, deep = values.dtype.kind in "ui", values.dtype.itemsize > 1
    said = unit is not None
    if unit is None:
        if integer and deep:
            raise UsageError(f"{name}: say what 16-bit values are: `depth_unit` m (millimetres), dioptre or relative")
        unit = "relative" if integer else "m"
    if unit == "relative":
        if scale is not None:
            raise UsageError("a depth scale needs `depth_unit` m or dioptre; relative values have no scale")
        dioptres, kind = spread(values, name), "unitless"
    else:
        factor = scale if scale is not None else 0.001 if integer and deep else 1.0
        with np.errstate(over="ignore"):
            scaled = values.astype(np.float64) * factor
        dioptres = exr.metres_to_dioptres(scaled) if unit == "m" else _dioptres(scaled)
        kind = "absolute"
        if factor != 1.0:
            notes.append(f"depth values times {factor:g} = {unit}")
    if np.isnan(dioptres).all():
        raise DepthError(
            f"{name}: the depth map holds no usable value as {unit} (all zero, negative or NaN); "
            "check `depth_unit` or give another map"
        )
    source = f"{Path(name).name}, {unit}" + ("" if said else " (assumed; `depth_unit` says otherwise)")
    notes.insert(0, f"depth: {source}, {values.shape[1]}x{values.shape[0]}")
    return DepthMap(dioptres, kind, source), tuple(notes)


def read_matte(path: str | Path | bytes, size: tuple[int, int], turn: int = 1) -> Matte:
    """Read a matte.

    Parameters
    ----------
    path : str, Path or bytes
    size : (height, width)
        The upright picture's.
    turn : int
        EXIF orientation that was applied to the picture, as for `read_depth`.

    Raises
    ------
    DepthError
        When it has another aspect, or is zero everywhere.
    InputError
        When the file cannot be read.
    """
    data, name = read_file(path, "matte")
    values, how = _read_plane(data, name, "matte", ("matte", "A", "Y", "V", "R"), alpha=True)
    values = turn_like_picture(values, size, turn, name, "matte")
    if values.dtype.kind in "ui":
        matte = values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    elif values.dtype.kind == "b":
        matte = values.astype(np.float32)
    else:
        matte = np.clip(np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if not matte.max() > 0:
        raise DepthError(f"{name}: the matte is zero everywhere; paint the subject white, or leave `matte` out")
    return Matte(matte, Path(name).name + (f" ({how})" if how else ""))


def turn_like_picture(values: NDArray, size: tuple[int, int], turn: int, name: str, what: str) -> NDArray:
    """Turn a map with its picture, where it still lies as the sensor saw it.

    Parameters
    ----------
    values : (h, w)
        The map, of any dtype.
    size : (height, width)
        The upright picture's.
    turn : int
        EXIF orientation that was applied to the picture.
    name, what : str
        The file and what it is, for messages.

    Raises
    ------
    DepthError
        When it is of another aspect either way.
    """
    if same_aspect(values.shape, size):
        return values
    if turn >= 5 and same_aspect(values.shape[::-1], size):
        return upright(values, turn)
    raise DepthError(
        f"{name}: the {what} is {values.shape[1]}x{values.shape[0]}, the photo {size[1]}x{size[0]}: another shape, "
        f"so another picture's; give a {what} of the photo's aspect"
    )


def _dioptres(values: NDArray) -> FloatArray:
    """Dioptres as they stand; negative, NaN and infinite are holes."""
    with np.errstate(invalid="ignore"):
        return np.where((values >= 0) & (values <= 1e4), values, np.nan).astype(np.float32)


def _read_plane(
    data: bytes, name: str, what: str, channels: tuple[str, ...], alpha: bool = False
) -> tuple[NDArray, str]:
    """One plane of values (h, w) as stored (uint8, uint16, bool or float), and a note on where it was found."""
    kind = kind_of(data)
    note = ""
    if data[:6] == b"\x93NUMPY":
        array = _read_npy(data, name, what)
    elif data[:3] in (b"Pf\n", b"PF\n", b"Pf ", b"PF ", b"Pf\r", b"PF\r"):
        array = _read_pfm(data, name, what)
    elif kind == "exr":
        planes, _ = exr.read_channels(data, name, what)
        key = exr.depth_channel(planes, channels) or (next(iter(planes)) if len(planes) == 1 else None)
        if key is None:
            raise DepthError(f"{name}: the EXR has no channel {channels[0]}, and more than one other")
        array, note = planes[key], f"{what} from the EXR channel {key}" if key != channels[0] else ""
    elif kind == "tiff":
        array = tiff.read_array(data, name, what)[0]
        if array is None:
            array = _read_pillow(data, name, what, "tiff")
    elif kind in ("png", "jpeg"):
        array = _read_pillow(data, name, what, kind)
        if kind == "jpeg" and not alpha:
            note = "a JPEG's depth has blocks and ringing; PNG is better"
    else:
        raise UnknownFormatError(f"{name}: no {what} that rebokeh reads; give {_FORMATS}")
    return _one_plane(array, name, what, alpha), note


def _one_plane(array: NDArray, name: str, what: str, alpha: bool) -> NDArray:
    """(h, w) of an array with or without channels."""
    if array.dtype.kind not in "uifb" or array.dtype.itemsize > 8:
        raise DepthError(f"{name}: the {what} holds {array.dtype}, not numbers of depth or coverage")
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
        array = array[..., 0] if array.shape[2] == 1 else array[0]
    if array.ndim == 3 and array.shape[2] in (2, 4):
        opacity = array[..., -1]
        full = np.iinfo(opacity.dtype).max if opacity.dtype.kind in "ui" else 1
        if alpha and opacity.size and opacity.min() < full:
            return np.ascontiguousarray(opacity)  # a cut-out: the subject's shape stands in its transparency
        array = array[..., :-1]
    if array.ndim == 3 and array.shape[2] in (1, 3):
        if array.shape[2] == 3 and not all(np.array_equal(array[..., 0], array[..., k]) for k in (1, 2)):
            if not alpha:
                raise DepthError(f"{name}: a colour picture, not a depth map; give the map in grey")
            return np.ascontiguousarray(array.max(axis=2))
        array = array[..., 0]
    if array.ndim != 2 or 0 in array.shape:
        raise DepthError(f"{name}: the {what} has shape {array.shape}; it must be (height, width)")
    check_size(array.shape[1], array.shape[0], name, what)
    if array.dtype.kind == "i" and array.dtype.itemsize <= 2:
        array = np.clip(array, 0, None).astype(f"u{array.dtype.itemsize}")
    elif array.dtype.kind in "ui" and array.dtype.itemsize > 2:
        array = array.astype(np.float64)  # a NumPy user's integers are plain numbers, not codes
    return np.ascontiguousarray(array)


def _read_npy(data: bytes, name: str, what: str) -> NDArray:
    with decoding(name, what):
        array = np.load(io.BytesIO(data), allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("no array")
    return array


def _read_pfm(data: bytes, name: str, what: str) -> NDArray:
    """Portable float map: three lines of text, then rows from the bottom up."""
    with decoding(name, what):
        tokens, at = [], 0
        while len(tokens) < 4:
            end = at
            while end < min(len(data), 200) and not data[end : end + 1].isspace():
                end += 1
            if end > at:
                tokens.append(data[at:end].decode("ascii"))
            elif end >= min(len(data), 200):
                raise ValueError("no header")
            at = end + 1
        width, height, scale, planes = int(tokens[1]), int(tokens[2]), float(tokens[3]), 3 if tokens[0] == "PF" else 1
        check_size(width, height, name, what)
        count = width * height * planes
        if len(data) - at < 4 * count:
            raise ValueError("too few values")
        flat = np.frombuffer(data, ("<" if scale < 0 else ">") + "f4", count, at)
    return flat.reshape(height, width, planes)[::-1].astype(np.float32)


def _read_pillow(data: bytes, name: str, what: str, kind: str) -> NDArray:
    """Read samples of a PNG, JPEG or TIFF as Pillow gives them; 16-bit grey stays 16 bit."""
    with decoding(name, what), silence() if kind == "tiff" else contextlib.nullcontext():
        if kind == "png":
            image = PngImagePlugin.PngImageFile(io.BytesIO(data))
        elif kind == "jpeg":
            image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        else:
            image = open_tiff(data)
        check_size(*image.size, name, what, most_pixels(data, kind))
        if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
            return np.asarray(image.convert("RGBA" if "transparency" in image.info else "RGB"))
        deep = raw_mode(image)
        if kind == "png" and deep in ("RGB;16B", "RGBA;16B"):
            return sixteen_bits(image, PngImagePlugin.PngImageFile(io.BytesIO(data)), deep)
        if image.mode == "1":
            return np.asarray(image.convert("L"))
        if image.mode.startswith("I"):
            return np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return np.asarray(image)
