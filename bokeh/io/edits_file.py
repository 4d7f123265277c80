"""The file beside a photo that holds what is painted over its maps; docs/edits.md says what stands in it."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from ..core.errors import InputError, RebokehError, UsageError
from ..core.foreign import decoding
from ..core.text import one_line, printable
from ..photo.edits import CHANNELS, LONGEST_PX, Edits
from ..photo.load_options import EDITS_ENDING, NO_EDITS, FileOrBytes
from ..photo.photo import Photo
from .decoded import read_file
from .files.atomic import check_output, write_atomic

FORMAT, VERSION = "rebokeh edits", 1

_MOST_BYTES = 24 << 20
"""More than all planes take when nothing in them can be made smaller."""

_SHA256 = re.compile("[0-9a-f]{64}")
_IN_THE_WAY = "mend or remove it, or load with `edits` off"


@dataclass(frozen=True)
class EditsFile:
    """What a file of edits holds.

    Attributes
    ----------
    edits : Edits
    name : str
        Of the photo that they are of.
    size : (int, int)
        Height and width of that photo, upright.
    sha256 : str
        Of its bytes, hex.
    """

    edits: Edits
    name: str
    size: tuple[int, int]
    sha256: str


def places_of(photo: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Where the edits of a photo's file may lie, the first before the second: ``a.heic.`` and ``a.rebokeh.json``.

    The first is for a photo that shares its name, less its ending, with another that has edits.
    """
    path = Path(photo)
    return path.with_name(path.name + EDITS_ENDING), path.with_name(path.stem + EDITS_ENDING)


def found_beside(photo: str | os.PathLike[str]) -> Path | None:
    """Name the file of edits beside a photo's file; None where there is none."""
    try:
        return next((place for place in places_of(photo) if place.is_file()), None)
    except ValueError:  # of a name that can be none
        return None


def to_bytes(edits: Edits, name: str, size: tuple[int, int], sha256: str) -> bytes:
    """Write edits as their file has them.

    Parameters
    ----------
    edits : Edits
    name : str
        The photo's file, without its folder.
    size : (int, int)
        The photo's height and width.
    sha256 : str
        Of the photo's bytes, hex.
    """
    painted = [channel for channel in CHANNELS if channel in edits.planes]
    height, width = edits.size
    planes = np.concatenate([edits.planes[one] for one in painted]) if painted else np.zeros((1, width), np.uint16)
    png = io.BytesIO()
    Image.fromarray(planes).save(png, "png", compress_level=6)
    told = {
        "format": FORMAT,
        "version": VERSION,
        "about": "What was painted over the depth, the matte and the lights of a photo; see docs/edits.md of rebokeh.",
        "photo": {"name": one_line(name), "width": size[1], "height": size[0], "sha256": sha256},
        "raster": {
            "width": width,
            "height": height,
            "from": "the upright picture, top left",
            "value": "(code - zero) * scale",
            "channels": [{"name": one, **asdict(CHANNELS[one])} for one in painted],
            "png": base64.b64encode(png.getvalue()).decode(),
        },
    }
    return json.dumps(told, indent=2, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read_edits(path: FileOrBytes) -> EditsFile:
    """Read a file of edits.

    Parameters
    ----------
    path : str, Path, bytes or file

    Raises
    ------
    InputError
        When it is missing, damaged, of a newer version, or no file of edits.
    """
    data, name = read_file(path, "file of edits")
    if len(data) > _MOST_BYTES:
        raise InputError(f"{name}: {len(data) / 1e6:.0f} MB are no edits of a photo; {_IN_THE_WAY}")
    with decoding(name, "file of edits"):
        held = json.loads(data)
    if not isinstance(held, Mapping) or held.get("format") != FORMAT:
        raise InputError(f"{name}: this is no file of edits; {_IN_THE_WAY}")
    version = held.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise InputError(f"{name}: edits of a newer rebokeh (version {one_line(str(version))[:20]}); update rebokeh")
    with decoding(name, "file of edits"):
        photo, raster = held["photo"], held["raster"]
        said = EditsFile(
            Edits(_size(raster, LONGEST_PX)), one_line(str(photo["name"])), _size(photo, 1 << 20), str(photo["sha256"])
        )
        if not _SHA256.fullmatch(said.sha256):
            raise ValueError("the photo's digest is none")
        return replace(said, edits=_edits(raster))


def _size(said: Mapping[str, Any], most: int) -> tuple[int, int]:
    size = said["height"], said["width"]
    if not all(type(side) is int and 0 < side <= most for side in size):
        raise ValueError("a size is none")
    return size


def _edits(raster: Mapping[str, Any]) -> Edits:
    """Read the planes: each as version 1 codes it."""
    size, channels = _size(raster, LONGEST_PX), raster["channels"]
    names = [str(channel["name"]) for channel in channels]
    if len(set(names)) < len(names) or any(name not in CHANNELS for name in names):
        raise ValueError("its channels are not those of version 1")
    for name, channel in zip(names, channels, strict=True):
        if any(
            channel[key] != value for key, value in asdict(CHANNELS[name]).items() if key in ("scale", "zero", "rest")
        ):
            raise ValueError(f"channel {name} is coded otherwise")
    if not names:
        return Edits(size)
    image = PngImagePlugin.PngImageFile(io.BytesIO(base64.b64decode(raster["png"], validate=True)))
    if image.size != (size[1], size[0] * len(names)) or not image.mode.startswith("I"):
        raise ValueError(f"its PNG is {image.size[0]}x{image.size[1]}, {image.mode}")
    codes = np.asarray(image).astype(np.uint16).reshape(len(names), *size)
    return Edits(size, dict(zip(names, codes, strict=True)))


def with_edits(photo: Photo, given: FileOrBytes | None, beside: FileOrBytes | None = None) -> Photo:
    """Give a photo that was just read what is painted over it.

    Parameters
    ----------
    photo : Photo
    given : str, Path, bytes or file, optional
        A file of edits that was asked for; "off" for none. What is wrong with it is an error.
    beside : str, Path, bytes or file, optional
        One that was found beside the photo, where none was asked for. What is wrong with it is a warning.

    Returns
    -------
    Photo

    Raises
    ------
    InputError, DepthError
        When the file that was asked for cannot be used.
    """
    if given == NO_EDITS or (given is None and beside is None):
        return photo
    if given is not None:
        name = printable(given) if isinstance(given, (str, Path)) else "the edits"
        read = read_edits(given)
        edited = photo.with_edits(read.edits)
        strange = "" if read.sha256 == photo.meta.source else f"{name}: painted over {_what(read)}, and not this photo"
        return _said(edited, f"edits: {name}", f"{strange}; used all the same" if strange else "")
    assert beside is not None
    name = printable(beside) if isinstance(beside, (str, Path)) else "the edits beside the photo"
    try:
        read = read_edits(beside)
        if read.sha256 != photo.meta.source:
            return _said(photo, "", f"{name}: painted over {_what(read)}; not used, unless `edits` names it")
        edited = photo.with_edits(read.edits)
    except RebokehError as error:
        return _said(photo, "", f"{error}; the photo is taken without edits")
    return _said(edited, f"edits: {name}, beside the photo" if edited.edits is not None else "")


def _what(read: EditsFile) -> str:
    return f"another file, {read.name}, {read.size[1]}x{read.size[0]}"


def _said(photo: Photo, note: str = "", warning: str = "") -> Photo:
    meta = photo.meta
    notes, warnings = (*meta.notes, *filter(None, [note])), (*meta.warnings, *filter(None, [warning]))
    return photo.with_checked(meta=replace(meta, notes=notes, warnings=warnings))


def save_edits(photo: Photo, path: str | os.PathLike[str] | None = None) -> Path | None:
    """Write what is painted over a photo into the file beside it, from where `load` takes it; the photo stays as it is.

    Parameters
    ----------
    photo : Photo
        As `load` read it from a file, with edits. Without any, the file that is there is removed.
    path : str or Path, optional
        Another file to write, instead.

    Returns
    -------
    Path or None
        Where they are; None where there are none.

    Raises
    ------
    UsageError
        When the photo is from no file.
    OutputError
        When the folder cannot be written; what was there is then still there.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> photo = rk.load(rk.save(rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32)), "grey.png"))
    >>> mended = photo.with_edits(rk.Edits.of_size(photo.size).with_stroke("lamp", [(0.5, 0.5)], radius=0.1))
    >>> rk.save_edits(mended).name
    'grey.rebokeh.json'
    >>> rk.load("grey.png").edits.digest == mended.edits.digest
    True
    """
    meta = photo.meta
    if not meta.source or (path is None and not meta.path):
        raise UsageError("the photo is from no file, so that nothing can lie beside it; name the file of its edits")
    place = _own_place(meta.path, meta.source) if path is None else Path(path)
    if photo.edits is None or photo.edits.is_empty:
        place.unlink(missing_ok=True)
        return None
    real = check_output(place, overwrite=True, inputs=[meta.path])
    write_atomic(real, to_bytes(photo.edits, Path(meta.path).name, photo.size, meta.source))
    return place


def _own_place(photo: str, source: str) -> Path:
    """Name the file that a photo's edits go to: the short name, unless that holds another photo's."""
    longer, short = places_of(photo)
    if longer.exists() or not short.exists():
        return longer if longer.exists() else short
    try:
        read = read_edits(short)
    except InputError:
        return longer  # what it is nobody knows: it stays
    return short if source == read.sha256 or read.name == Path(photo).name else longer
