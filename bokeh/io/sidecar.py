"""Depth maps and mattes in files of their own: `depth` and `matte` of `load`."""

from __future__ import annotations

import contextlib
import io
import math
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin, PngImagePlugin

from ..core.errors import DepthError, UnknownFormatError, UsageError
from ..core.foreign import decoding, silence
from ..core.text import one_line
from ..photo.load_options import FileOrBytes, known_unit
from ..photo.photo import Photo
from .decoded import check_size, read_file, same_aspect, upright
from .depth_values import UnitGuess, guess, to_dioptres, which_way
from .exr.choose import DepthChannel, choose_depth, is_grey, named_channel
from .exr.planes import read_planes
from .found_maps import DepthMap, Matte
from .raster import tiff
from .raster.pillow import most_pixels, open_tiff, raw_mode, sixteen_bits
from .registry import kind_of

_FORMATS = "PNG, TIFF, EXR, NPY, NPZ, PFM, PGM, BMP, WebP or JPEG"
_PLAIN = [re.compile(mark, re.DOTALL) for mark in (rb"P[25]\s", rb"BM.{4}\0{4}", rb"RIFF.{4}WEBPVP8")]
"""How PGM, BMP and WebP begin."""
_MAP = re.compile("depth|disp|matte|mask|alpha")
_CHROMA_CODES = 16
"""A JPEG of grey, saved as colour, has next to none: so far its channels come apart, by rounding, where grey changes.
Maps in false colours differ by a hundred and more."""


def read_depth(
    path: FileOrBytes,
    size: tuple[int, int],
    turn: int = 1,
    unit: str | None = None,
    scale: float | None = None,
    *,
    near: str | None = None,
    channel: str | None = None,
    photo: Photo | None = None,
) -> tuple[DepthMap, tuple[str, ...]]:
    """Read a depth map, and notes on how it was understood.

    Parameters
    ----------
    path : str, Path, bytes or file
    size : (height, width)
        The upright picture's.
    turn : int
        EXIF orientation that was applied to the picture; a map that still lies as the sensor saw it is
        turned likewise.
    unit : {"m", "dioptre", "disparity", "relative"}, optional
        What the values are. Left out: relative for 8 bit; what the evidence says for float maps, with a warning unless
        something is sure; for 16-bit integers it must be said.
    scale : float, optional
        Value times scale = metres or dioptres. Default 1; 0.001 for 16-bit integers (millimetres, or
        thousandths of a dioptre).
    near : {"white", "black"}, optional
        What is nearest in a relative map.
    channel : str, optional
        Of an EXR.
    photo : Photo, optional
        The picture, for what it knows of its depth.

    Raises
    ------
    UsageError
        When the unit or the scale makes no sense, or the EXR has no such channel.
    DepthError
        When the map has another aspect or no usable value.
    InputError
        When the file cannot be read.
    """
    unit = None if unit is None else known_unit(unit)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise UsageError(f"depth scale {scale} must be a positive number")
    data, name = read_file(path, "depth map")
    found = _read_plane(data, name, "depth map", channel)
    values, notes = found.values, [found.note] if found.note else []
    if values.size < 4 or min(values.shape) < 2:
        raise DepthError(f"{name}: the depth map is {values.shape[1]}x{values.shape[0]}, too small to be of this photo")
    values = turn_like_picture(values, size, turn, name, "depth map")
    black_is_near = near == "black"
    warnings = found.warnings
    how = ""
    if unit is None and near is not None:
        unit, how = "relative", f", {near} is near"
    elif unit is None:
        assumed = _assumed(values, name, found, scale, photo)
        unit, black_is_near, scale = assumed.unit, assumed.black_is_near, scale or assumed.scale
        how = " (assumed; `depth_unit` says otherwise)"
        if not assumed.is_known:
            warnings += (f"{name}: {_words(assumed)}; `depth_unit` says otherwise",)
        elif values.dtype.kind in "ui":
            away, direction = which_way(values, photo)
            if direction < 0:
                warnings += (f"{name}: brighter is taken for nearer, but{away[1:]}; `depth_near` black turns it round",)
    understood = to_dioptres(values, unit, scale, black_is_near, name)
    source = f"{Path(name).name}, {unit}{how}"
    notes = [f"depth: {source}, {values.shape[1]}x{values.shape[0]}", *notes, *understood.notes]
    return DepthMap(understood.dioptres, understood.kind, source, warnings=warnings), tuple(notes)


def _assumed(values: NDArray, name: str, found: _Plane, scale: float | None, photo: Photo | None) -> UnitGuess:
    """Say what the values of a map are of which nobody said it."""
    if values.dtype.kind in "ui":
        if values.dtype.itemsize > 1:
            raise UsageError(f"{name}: say what 16-bit values are: `depth_unit` m (millimetres), dioptre or relative")
        return UnitGuess("relative", "", is_known=True)
    guessed = guess(values, f"{name} {found.called}", photo)
    has_metres = scale is not None or (found.is_depth_by_name and guessed.unit == "m" and guessed.scale is None)
    return UnitGuess("m", "", is_known=True) if has_metres else guessed


def _words(assumed: UnitGuess) -> str:
    meant = {"m": "metres", "dioptre": "dioptres"}.get(assumed.unit, assumed.unit)
    if assumed.unit == "relative":
        meant += ", black is near" if assumed.black_is_near else ", larger is nearer"
    return f"taken for {meant}, for {assumed.why}"


def read_matte(path: FileOrBytes, size: tuple[int, int], turn: int = 1) -> Matte:
    """Read a matte.

    Parameters
    ----------
    path : str, Path, bytes or file
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
    found = _read_plane(data, name, "matte", None, alpha=True)
    values, how, warnings = found.values, found.note, found.warnings
    values = turn_like_picture(values, size, turn, name, "matte")
    if values.dtype.kind in "ui":
        matte = values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    elif values.dtype.kind == "b":
        matte = values.astype(np.float32)
    else:
        holes = int(np.isnan(values).sum())
        if holes:
            warnings = (f"{name}: NaN in {holes} pixels of the matte: taken for nothing of the subject",)
        matte = np.clip(np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if not matte.max() > 0:
        raise DepthError(f"{name}: the matte is zero everywhere; paint the subject white, or leave `matte` out")
    return Matte(matte, Path(name).name + (f" ({how})" if how else ""), warnings)


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


@dataclass(frozen=True, eq=False)
class _Plane:
    """Values (h, w) as stored: uint8, uint16, bool or float; where they were found, and what was guessed for that."""

    values: NDArray
    note: str = ""
    called: str = ""
    is_depth_by_name: bool = False
    warnings: tuple[str, ...] = ()


def _read_plane(data: bytes, name: str, what: str, channel: str | None, alpha: bool = False) -> _Plane:
    """Read the one plane of a file that is the map."""
    kind = kind_of(data)
    note, called, is_depth = "", "", False
    warnings: tuple[str, ...] = ()
    if kind != "exr" and channel is not None:
        raise UsageError(f"{name}: `depth_channel` chooses among the channels of an EXR, and this is none")
    if data[:6] == b"\x93NUMPY":
        array = _read_npy(data, name, what)
    elif data[:4] == b"PK\x03\x04":
        array, called = _read_npz(data, name, what)
        note, is_depth = f"{what} from the array {called}", called == "depth"  # Depth Pro's, in metres
    elif data[:3] in (b"Pf\n", b"PF\n", b"Pf ", b"PF ", b"Pf\r", b"PF\r"):
        array = _read_pfm(data, name, what)
    elif kind == "exr":
        chosen, is_depth = _exr_channel(data, name, what, channel, alpha)
        array, called = chosen.plane.placed(0.0 if alpha else np.nan), chosen.plane.name
        warnings = tuple(f"{name}: {said}" for said in chosen.warnings)
        note = f"{what} from the EXR channel {called}" if called != "Z" else ""
    elif kind == "tiff":
        array = tiff.read_array(data, name, what)[0]
        if array is None:
            array = _read_pillow(data, name, what, "tiff")
    elif kind in ("png", "jpeg"):
        array = _read_pillow(data, name, what, kind)
        if kind == "jpeg" and not alpha:
            array = _without_chroma(array)
            note = "a JPEG's depth has blocks and ringing; PNG is better"
    elif any(mark.match(data) for mark in _PLAIN):
        array = _read_plain(data, name, what)
    else:
        raise UnknownFormatError(f"{name}: no {what} that rebokeh reads; give {_FORMATS}")
    return _Plane(_one_plane(array, name, what, alpha), note, called, is_depth, warnings)


def _exr_channel(data: bytes, name: str, what: str, channel: str | None, alpha: bool) -> tuple[DepthChannel, bool]:
    """Choose the channel of an EXR that is the map, and say whether it is one of distance by its name."""
    content = read_planes(data, name, what)
    if channel is not None:
        return named_channel(content, channel, "", name), False
    if not alpha:
        chosen, _ = choose_depth(content, None)
        if chosen is not None:
            return chosen, True
    whole = [plane for plane in content.planes if plane.is_whole]
    for wanted in ("matte", "A", "Y", "V", "R") if alpha else ("Y", "V"):
        found = [plane for plane in whole if plane.leaf == wanted]
        if len(found) == 1 or (found and alpha):
            return DepthChannel(found[0]), False
    red = next((plane for plane in whole if plane.leaf == "R"), None)
    if len(whole) == 1 or (red is not None and len(whole) == 3 and is_grey(content.layer(red))):
        return DepthChannel(red or whole[0]), False
    which = "save the matte alone" if alpha else "`depth_channel` says which"
    raise DepthError(f"{name}: the EXR has no channel {'A' if alpha else 'Z'}, and more than one other; {which}")


def _without_chroma(array: NDArray) -> NDArray:
    """Take a JPEG's colours (h, w, 3), uint8, for their luma where they are grey but for rounding."""
    if array.ndim != 3 or array.shape[2] != 3 or np.ptp(array, axis=2).max(initial=0) > _CHROMA_CODES:
        return array
    return np.rint(array @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.uint8)


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


def _read_npz(data: bytes, name: str, what: str) -> tuple[NDArray, str]:
    """Read the one array of a NumPy archive that is the map, and its name."""
    with decoding(name, what), zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member.removesuffix(".npy"): member for member in archive.namelist() if member.endswith(".npy")}
        likely = [key for key in members if _MAP.search(key.lower())]
        key = next(iter(members if len(members) == 1 else likely), None)
        if key is None or (len(members) > 1 and len(likely) > 1 and "depth" not in members):
            said = ", ".join(map(one_line, list(members)[:8]))
            raise DepthError(f"{name}: which of the archive's arrays is the {what} is not sure ({said}); save it alone")
        key = "depth" if "depth" in members else key
        with archive.open(members[key]) as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
        check_size(max(math.prod(shape), 1) if 0 not in shape else 0, 1, name, what)
        if dtype.hasobject:
            raise ValueError("no array of numbers")
        with archive.open(members[key]) as file:
            return np.lib.format.read_array(file, allow_pickle=False), key


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


def _read_plain(data: bytes, name: str, what: str) -> NDArray:
    """Read samples of a plain raster, as imageio gives them."""
    from imageio import v3

    with decoding(name, what):
        shape = v3.improps(data, plugin="pillow", index=0).shape
        check_size(shape[1], shape[0], name, what)
        array = v3.imread(data, plugin="pillow", index=0)
    if array.dtype == np.int32:  # 16-bit grey, as Pillow gives it
        return np.clip(array, 0, 65535).astype(np.uint16)
    return array


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
