"""Reading a photo: its file, then what is asked of it beside the file."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from .core.arrays import FloatArray
from .depth.calibrate import calibrate
from .io import registry, sidecar
from .io.decoded import at_most, read_file
from .photo.load_options import Anchor, FileOrBytes, LoadOptions
from .photo.photo import Photo

_Function = TypeVar("_Function", bound=Callable[..., object])


def _documented(function: _Function) -> _Function:
    """Put the explanation of `LoadOptions` into the place of ``**options`` in a docstring."""
    head, mark, tail = inspect.cleandoc(function.__doc__ or "").partition("**options\n")
    if mark:
        explained = inspect.cleandoc(LoadOptions.__doc__ or "").split("----------\n", 1)[1].split("\n\nRaises", 1)[0]
        function.__doc__ = f"{head}{explained}\n{tail}"
    return function


@_documented
def load(
    path: FileOrBytes,
    *,
    depth_model: str | Path | None = None,
    depth_unit: str | None = None,
    matte_model: str | Path | None = None,
    depth: FileOrBytes | None = None,
    depth_scale: float | None = None,
    matte: FileOrBytes | None = None,
    anchors: Sequence[Anchor] = (),
    stereo: FileOrBytes | None = None,
    baseline_m: float | None = None,
    max_pixels: int | None = None,
) -> Photo:
    """Read a photo, with its depth and mattes.

    Parameters
    ----------
    path : str, Path or bytes
        A file, or its content.
    **options
    max_pixels : int, optional
        Most pixels of the picture and of each map, by their headers; by default 200 million.

    Returns
    -------
    Photo

    Raises
    ------
    InputError
        When a file is missing, truncated, damaged or too large (`UnknownFormatError`: of no kind that is read).
    DepthError
        When the depth map or matte has another aspect, or no usable value.
    UsageError
        When the depth unit or scale makes no sense, or the anchors contradict the map.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> path = rk.save(rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32)), "grey.png")
    >>> np.save("metres.npy", np.full((30, 40), 2.0, np.float32))
    >>> photo = rk.load(path, depth="metres.npy")
    >>> photo.size, float(photo.depth[0, 0])
    ((30, 40), 0.5)
    """
    options = LoadOptions(
        depth_model=depth_model,
        depth_unit=depth_unit,
        matte_model=matte_model,
        depth=depth,
        depth_scale=depth_scale,
        matte=matte,
        anchors=anchors,
        stereo=stereo,
        baseline_m=baseline_m,
    )
    return completed(opened(path, max_pixels=max_pixels), options, max_pixels=max_pixels)


def opened(path: str | Path | bytes, *, max_pixels: int | None = None, name: str | None = None) -> Photo:
    """Read a photo as its file is, before anything else is asked of it: the first half of `load`.

    Parameters
    ----------
    path : str, Path or bytes
    max_pixels : int, optional
    name : str, optional
        For messages, of bytes.

    Raises
    ------
    InputError
    """
    data, known_as = read_file(path)
    with at_most(max_pixels):
        photo = registry.read(data, name or known_as)
    # As the system knows it, not as messages print it: `save` recognises its input by this.
    where = str(path) if isinstance(path, (str, Path)) else photo.meta.path
    return replace(photo, meta=replace(photo.meta, path=where, source=hashlib.sha256(data).hexdigest()))


def completed(photo: Photo, options: LoadOptions, *, max_pixels: int | None = None) -> Photo:
    """Give a photo that is `opened` its depth and mattes, in true metres where it can: the second half of `load`.

    Errors are those of `load`.
    """
    used = options.to_json()
    with at_most(max_pixels):
        if options.depth is not None:
            photo = _with_map(photo, options.depth, options.depth_unit, options.depth_scale)
            used["depth"] = _digest(photo.depth)
        if options.matte is not None:
            matte = sidecar.read_matte(options.matte, photo.size, photo.meta.turn)
            meta = replace(photo.meta, matte_source=matte.source, notes=(*photo.meta.notes, f"matte: {matte.source}"))
            photo = replace(photo, matte=matte.coverage, meta=meta)
            used["matte"] = _digest(matte.coverage)
        if options.depth_model is not None:
            from .depth.models import estimate_depth

            photo = estimate_depth(photo, options.depth_model, options.depth_unit)
        if options.stereo is not None and options.baseline_m is not None:
            from .depth.stereo import measure_depth

            other = load(options.stereo, max_pixels=max_pixels)
            used["stereo"] = other.meta.source
            photo = measure_depth(photo, other, options.baseline_m)
        if options.matte_model is not None:
            from .depth.models import estimate_matte

            photo = estimate_matte(photo, options.matte_model)
    return calibrate(replace(photo, meta=replace(photo.meta, asked=used)), options.anchors)


def _with_map(photo: Photo, depth: str | Path | bytes, unit: str | None, scale: float | None) -> Photo:
    """Put a depth map from a file of its own in the place of the photo's."""
    found, notes = sidecar.read_depth(depth, photo.size, photo.meta.turn, unit, scale)
    meta = replace(photo.meta, depth_source=found.source, notes=(*photo.meta.notes, *notes))
    return replace(photo, depth=found.dioptres, depth_kind=found.kind, meta=meta)


def _digest(values: FloatArray | None) -> str:
    return "" if values is None else hashlib.sha256(values.tobytes()).hexdigest()
