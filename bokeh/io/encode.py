"""Writing a picture: in any of the formats, with its profile and metadata, whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, overload

from ..core.checks import expect
from ..core.errors import OutputError, RebokehError, RebokehWarning, UsageError
from ..core.text import printable
from ..photo.photo import Photo
from .encode_job import EncodeJob
from .files.atomic import check_output, write_atomic
from .formats import FORMATS, PQ_BITS, Format, Hdr, can_hold_pq, check_saving, format_of, output_format, saved_as
from .metadata.render_mark import signed


@overload
def save(
    photo: Photo,
    path: str | Path,
    *,
    overwrite: bool = ...,
    strip: Iterable[str] = ...,
    format: str | None = ...,
    quality: int | None = ...,
    bit_depth: int | None = ...,
    hdr: Hdr = ...,
) -> Path: ...


@overload
def save(
    photo: Photo,
    path: BinaryIO,
    *,
    overwrite: bool = ...,
    strip: Iterable[str] = ...,
    format: str | None = ...,
    quality: int | None = ...,
    bit_depth: int | None = ...,
    hdr: Hdr = ...,
) -> None: ...


def save(
    photo: Photo,
    path: str | Path | BinaryIO,
    *,
    overwrite: bool = False,
    strip: Iterable[str] = (),
    format: str | None = None,
    quality: int | None = None,
    bit_depth: int | None = None,
    hdr: Hdr = "auto",
) -> Path | None:
    """Write a picture.

    What is brighter than white is clipped, except as `hdr` has it, and in EXR. HEIC holds depth and mattes: those of
    the HEIC that was read, bit for bit, where the photo still has them, else the photo's own in 8 bits. EXR holds `Z`.
    The other formats hold no depth.

    Parameters
    ----------
    photo : Photo
    path : str, Path or file
        Its suffix chooses the format, unless `format` does. A binary file that is open for writing is given the whole
        picture at once, where it stands, and stays open; `format` says what for one without a name.
    overwrite : bool
        Replace an existing file; the input is refused even so.
    strip : iterable of {"gps", "location", "depth", "all"}
        What to leave out. "gps", or "location": where the photo was taken, as coordinates and as names of places, in
        EXIF, XMP and IPTC; "depth": depth and mattes; "all": both, and all other metadata. The colour profile, the gain
        map and the mark of the render stay.
    format : str, optional
        A format by its name, like "heic", or by an ending of its files; another is answered with all that there are.
    quality : int, optional
        1..100, for formats that lose something; the default is visually lossless.
    bit_depth : int, optional
        8 or 10 (HEIC), 8 or 16 (PNG, TIFF), 16 or 32 (EXR), 8 (any other); default as the source.
    hdr : {"auto", "off", "gain-map", "pq"}
        How light above white is kept. "gain-map": beside the SDR picture, as Apple does (HEIC) or as Ultra HDR (JPEG),
        where there is such light; "pq": 10-bit PQ of the radiance, 1.0 at 203 nits (HEIC, AVIF); "auto": as the source
        did, where the format can.

    Returns
    -------
    Path or None
        What was written; None for an open file.

    Raises
    ------
    UsageError
        When the format, quality, bit depth, strip or hdr makes no sense, or does not go with the format.
    OutputError
        When the file exists, is the input, or cannot be written.

    Warns
    -----
    RebokehWarning
        When the depth and mattes of the HEIC that was read cannot be taken over as they are, or the format cannot hold
        what the photo holds.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> photo = rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32))
    >>> rk.save(photo, "grey.png", bit_depth=16).name
    'grey.png'
    >>> import io
    >>> file = io.BytesIO()
    >>> rk.save(photo, file, format="jpeg")
    >>> file.getvalue()[:2].hex()
    'ffd8'
    """
    expect("photo", photo, Photo)
    coding = {"strip": strip, "quality": quality, "bit_depth": bit_depth, "hdr": hdr}
    if not isinstance(path, (str, os.PathLike)):
        _write_into(path, photo, format, coding)
        return None
    kind = output_format(path, format)
    real = check_output(path, overwrite=overwrite, inputs=[photo.meta.path])
    write_atomic(real, encode(photo, kind, **coding, name=printable(path)))
    return Path(path)


def _write_into(file: BinaryIO, photo: Photo, format: str | None, coding: dict[str, Any]) -> None:
    """Write a picture into an open file, coded before the first byte."""
    if not hasattr(file, "write"):
        raise UsageError(f"`path` is a {type(file).__name__}; give a file's name, or a binary file open for writing")
    called = getattr(file, "name", None)
    name = os.fsdecode(called) if isinstance(called, (str, os.PathLike)) else ""
    if format is None and format_of(name) is None:
        raise UsageError("an open file says no format; say `format`")
    data = encode(photo, output_format(name, format), **coding, name=printable(name) or "<file>")
    try:
        file.write(data)
    except TypeError as err:
        raise UsageError("the file is open as text; open it as binary, by mode 'wb'") from err
    except (OSError, ValueError) as err:
        raise OutputError(f"the open file cannot be written ({err})") from err


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
    expect("strip", strip, Iterable)
    strip = (strip,) if isinstance(strip, str) else tuple(strip)
    expect("quality", quality, int | None)
    expect("bit_depth", bit_depth, int | None)
    check_saving(kind, strip=strip, quality=quality, bit_depth=bit_depth, hdr=hdr)
    row = FORMATS[kind]
    photo = _stripped(photo, strip)
    held = hdr if hdr != "auto" else _as_source(photo, row, bit_depth)
    bits = PQ_BITS if held == "pq" else _bits(photo, row, bit_depth)
    h, w = photo.size
    if row.max_side is not None and max(h, w) > row.max_side:
        raise OutputError(f"{name}: {w}x{h} is more than {kind} holds; write TIFF or PNG")
    job = EncodeJob(
        photo,
        bits=bits,
        quality=(row.quality or 0) if quality is None else quality,
        hdr=held,
        keep_place=not {"gps", "location", "all"} & set(strip),
        holds=row.holds,
        is_grafted=kind == "heic" and photo.meta.original is not None,
        rendered=signed(photo.meta, saved_as(kind, strip=strip, quality=quality, bit_depth=bit_depth, hdr=hdr)),
        name=name,
    )
    for lost in (*(f"{one} is" for one in photo.meta.unkept), *(f"{one} are" for one in job.lost)):
        warnings.warn(f"{name}: {lost} not taken over", RebokehWarning, stacklevel=2)
    try:
        return import_module(f".writers.{kind}", __package__).write(job)
    except RebokehError:
        raise
    except (OSError, ValueError, RuntimeError, SyntaxError, EOFError, MemoryError) as err:
        said = " ".join(str(err).split())[:120]
        raise OutputError(f"{name}: the picture cannot be coded as {kind} ({said})") from err


def _stripped(photo: Photo, strip: Iterable[str]) -> Photo:
    """Leave depth and mattes out of a photo, and the metadata that it may go without."""
    meta = photo.meta
    if "all" in strip:
        meta = replace(
            meta, exif=None, xmp=None, iptc=None, resources=None, comment=(), density=None, unkept=(),
            attributes={}, camera="", lens="", focal_mm=None, f35_mm=None, f_number=None,
        )  # fmt: skip
    if "all" in strip or "depth" in strip:
        meta = replace(meta, original=None, depth_map=None)
        photo = replace(photo, depth=None, matte=None, mattes={})
    return photo if meta is photo.meta else replace(photo, meta=meta)


def _as_source(photo: Photo, row: Format, bit_depth: int | None) -> Hdr:
    """How the source holds light above white, where this format can: "gain-map", "pq" or "off"."""
    theirs = "pq" if photo.meta.hdr in ("pq", "hlg") else photo.meta.hdr
    if photo.meta.format == "array" and photo.gain_map is not None:
        theirs = "gain-map"
    if theirs == "pq":
        return "pq" if bit_depth in (None, PQ_BITS) and can_hold_pq(row) else "off"
    return "gain-map" if theirs == "gain-map" and theirs in row.hdr else "off"


def _bits(photo: Photo, row: Format, asked: int | None) -> int:
    if asked is not None:
        if asked not in row.bit_depths:
            raise UsageError(f"{row.name} is written with {' or '.join(map(str, row.bit_depths))} bits, not {asked}")
        return asked
    is_deep = photo.meta.bit_depth > 8 and (row.deep_from is None or photo.meta.format in row.deep_from)
    return row.bit_depths[-1 if is_deep else 0]
